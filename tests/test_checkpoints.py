"""Published weights into both trees: files of PyTorch and safetensors, bit for bit there and back, and what is refused."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tf_impl.checkpoints import _moving
from tf_impl.checkpoints import from_pretrained as into_twin
from tf_impl.checkpoints import read_checkpoint as read_without_torch
from tf_impl.models import AlexNet as AlexTwin
from tf_impl.models import GoogLeNet as GoogTwin
from tf_impl.models import resnet18 as twin
from tf_impl.saving.state_dict import StateError, state_dict
from torch_ref.checkpoints import from_pretrained, read_checkpoint
from torch_ref.models import AlexNet, GoogLeNet, resnet18
from torch_ref.saving.state_dict import StateError as TorchStateError

READERS = pytest.mark.parametrize("read", [read_checkpoint, read_without_torch], ids=["torch", "without torch"])
ODD = {
    "half": torch.tensor([1.5, -2.0]).half(),
    "wide": torch.tensor([[1.0, 2.5, -3.0]]).bfloat16(),
    "transposed": torch.arange(24.0).reshape(4, 6).T,
    "strided": torch.arange(20)[3:9:2],
    "empty": torch.empty(0, 3),
    "bools": torch.tensor([True, False]),
    "scalar": torch.tensor(3.5, dtype=torch.float64),
}


def bits(state) -> dict[str, tuple]:
    arrays = {name: np.ascontiguousarray(array) for name, array in state.items()}
    return {name: (array.dtype, np.shape(state[name]), array.tobytes()) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return {name: torch.randn(t.shape) if t.is_floating_point() else torch.tensor(5) for name, t in resnet18(width=4).state_dict().items()}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])
@READERS
def test_pth(read, zipped, state, tmp_path):
    torch.save(state | ODD, tmp_path / "weights.pth", _use_new_zipfile_serialization=zipped)
    expected = {name: (t.float() if t.dtype == torch.bfloat16 else t).numpy() for name, t in (state | ODD).items()}
    assert bits(read(tmp_path / "weights.pth")) == bits(expected)


@READERS
@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_training_scripts_keep_weights_beside_the_rest(read, key, state, tmp_path):
    torch.save({"epoch": 3, key: state, "optimizer": {"lr": 0.1}}, tmp_path / "weights.pt")
    assert list(read(tmp_path / "weights.pt")) == list(state)


@READERS
def test_safetensors(read, state, tmp_path):
    save_file(state | {"wide": ODD["wide"]}, tmp_path / "weights.safetensors")
    found = read(str(tmp_path / "weights.safetensors"))
    assert bits({name: found[name] for name in state}) == bits({name: t.numpy() for name, t in state.items()})
    assert found["wide"].tolist() == [[1.0, 2.5, -3.0]]


@pytest.mark.parametrize(("model", "other"), [(resnet18, twin), (AlexNet, AlexTwin), (GoogLeNet, GoogTwin)], ids=["ResNet", "AlexNet", "GoogLeNet"])
def test_there_and_back_bit_for_bit(model, other, monkeypatch):
    """Also NaN, −0 and denormal numbers; in pieces, as large tensors are."""
    monkeypatch.setattr(_moving, "PIECE", 5000)
    monkeypatch.setattr(_moving, "TILE", 7)
    source = model(width=8).state_dict()
    for tensor in source.values():
        if tensor.is_floating_point() and tensor.numel() > 3:
            tensor.view(-1)[:4] = torch.tensor([float("nan"), -0.0, 1e-42, float("inf")])
    port = into_twin(other(width=8), source)
    back = from_pretrained(model(width=8), state_dict(port)).state_dict()
    assert list(back) == list(source)
    assert bits({name: t.numpy() for name, t in back.items()}) == bits({name: t.numpy() for name, t in source.items()})


def test_the_twin_keeps_nothing_of_the_source(state):
    source = {name: t.clone() for name, t in state.items()}
    port = into_twin(twin(width=4), source)
    before = bits(state_dict(port))
    for tensor in source.values():
        tensor.fill_(0)
    assert bits(state_dict(port)) == before


def test_weights_from_before_batches_were_counted(state):
    old = {name: t for name, t in state.items() if not name.endswith("num_batches_tracked")}
    for load, model in ((from_pretrained, resnet18), (into_twin, twin)):
        loaded = load(model(width=4), old)
        assert int(loaded.bn1.num_batches_tracked) == 0


CHANGED = {
    "missing": lambda s: {name: t for name, t in s.items() if name not in ("fc.bias", "layer4.1.bn2.weight")},
    "unexpected": lambda s: s | {"fc.scale": torch.zeros(3), "head.weight": torch.zeros(2, 2)},
    "other shapes": lambda s: s | {"fc.bias": torch.zeros(7), "conv1.weight": torch.zeros(4, 3, 3, 3)},
}
NAMED = {
    "missing": ["layer4.1.bn2.weight", "fc.bias"],
    "unexpected": ["fc.scale", "head.weight"],
    "other shapes": ["conv1.weight (4, 3, 3, 3) for (4, 3, 7, 7)", "fc.bias (7,) for (1000,)"],
}


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.parametrize("side", ["torch", "keras"])
def test_what_does_not_fit_is_named_and_nothing_is_loaded(side, what, state):
    load, model, error = (from_pretrained, resnet18, TorchStateError) if side == "torch" else (into_twin, twin, StateError)
    target = model(width=4)
    arrays = state_dict if side == "keras" else lambda m: {name: t.numpy().copy() for name, t in m.state_dict().items()}
    if side == "keras":
        target = into_twin(target, {name: t * 0 for name, t in state.items()})
    before = bits(arrays(target))
    with pytest.raises(error, match=what) as raised:
        load(target, CHANGED[what](state))
    assert all(name in str(raised.value) for name in NAMED[what])
    assert "Nothing was loaded" in str(raised.value)
    assert bits(arrays(target)) == before


class Code:
    def __reduce__(self):
        return os.mkdir, (self.path,)

    def __init__(self, path):
        self.path = path


def damaged(name: str, folder: Path) -> Path:
    path = folder / f"{name}.pth"
    match name:
        case "code":
            torch.save({"weight": torch.ones(2), "hook": Code(str(folder / "made"))}, path)
        case "old code":
            torch.save(Code(str(folder / "made")), path, _use_new_zipfile_serialization=False)
        case "plain code":
            path.write_bytes(pickle.dumps(Code(str(folder / "made")), protocol=2))
        case "whole model":
            torch.save(torch.nn.Linear(2, 3), path)
        case "cut":
            torch.save({"weight": torch.ones(5000)}, path)
            path.write_bytes(path.read_bytes()[:9000])
        case "old cut":
            torch.save({"weight": torch.ones(5000)}, path, _use_new_zipfile_serialization=False)
            path.write_bytes(path.read_bytes()[:9000])
        case "empty":
            path.write_bytes(b"")
        case "list":
            torch.save([torch.ones(2)], path)
        case "no header":
            path = path.with_suffix(".safetensors")
            path.write_bytes(b"abc")
        case "other zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("readme", "hello")
    return path


REFUSED = ["code", "old code", "plain code", "whole model", "cut", "old cut", "empty", "list", "no header", "other zip"]


@READERS
@pytest.mark.parametrize("name", REFUSED)
def test_refused(read, name, tmp_path):
    """One sentence that names the file; nothing of it has run."""
    path = damaged(name, tmp_path)
    with pytest.raises(ValueError, match=path.name) as raised:
        read(path)
    assert not (tmp_path / "made").exists()
    if "code" in name or name == "whole model":
        assert "may run code" in str(raised.value)


@READERS
def test_a_path_that_is_not_there(read, tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.pth")


def test_a_tensor_that_reaches_beyond_its_storage(tmp_path):
    """A file may claim any shape; memory behind the storage is not read."""
    torch.save({"weight": torch.arange(6.0)}, tmp_path / "good.pth")
    with zipfile.ZipFile(tmp_path / "good.pth") as good, zipfile.ZipFile(tmp_path / "bad.pth", "w") as bad:
        for entry in good.namelist():
            data = good.read(entry)
            bad.writestr(entry, data.replace(b"K\x06\x85", b"K\x60\x85") if entry.endswith("data.pkl") else data)
    with pytest.raises(ValueError, match="beyond its storage"):
        read_without_torch(tmp_path / "bad.pth")
