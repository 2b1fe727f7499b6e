"""Saving beyond its cases: weights from one framework into the other and back through real files, damaged files, and what they leave behind."""

import importlib.util
import re
import tomllib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

import tf_impl.saving.artefacts
import tf_impl.saving.state_dict as keras_side
import torch_ref.saving.state_dict as torch_side
from parity.discovery import all_cases
from parity.judging import judge
from parity.needs import EXTRAS
from parity.recording import record_case
from parity.runner import run
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.conv_transpose import ConvTranspose2d
from tf_impl.layers.embedding import Embedding
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.gru import GRU
from tf_impl.layers.linear import Linear
from tf_impl.layers.lstm import LSTM
from tf_impl.layers.multihead_attention import MultiheadAttention
from tf_impl.layers.rnn import RNN
from tf_impl.models.sixty_minute_net import Net as KerasNet
from tf_impl.saving._seeded import fill, seeded
from torch_ref.models.sixty_minute_net import Net as TorchNet

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# Both directions


PAIRS = {
    "linear": (lambda: nn.Linear(3, 5), lambda: Linear(3, 5), (4, 3), "same"),
    "convolution": (lambda: nn.Conv2d(2, 6, (3, 2), groups=2), lambda: Conv2d(2, 6, (3, 2), groups=2), (2, 2, 7, 6), "image"),
    "transposed": (lambda: nn.ConvTranspose2d(4, 3, 3, stride=2), lambda: ConvTranspose2d(4, 3, 3, stride=2), (2, 4, 5, 3), "image"),
    "normalisation": (lambda: nn.BatchNorm2d(3), lambda: BatchNorm2d(3), (2, 3, 4, 5), "image"),
    "rnn": (lambda: nn.RNN(3, 4, 2, bidirectional=True), lambda: RNN(3, 4, 2, bidirectional=True), (5, 2, 3), "same"),
    "lstm": (lambda: nn.LSTM(3, 4, 2), lambda: LSTM(3, 4, 2), (5, 2, 3), "same"),
    "gru": (lambda: nn.GRU(3, 4, 2, bidirectional=True), lambda: GRU(3, 4, 2, bidirectional=True), (5, 2, 3), "same"),
    "container": (
        lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3 * 4 * 2, 5)),
        lambda: Sequential(Conv2d(2, 3, 3), BatchNorm2d(3), Flatten(), Linear(3 * 4 * 2, 5)),
        (2, 2, 6, 4),
        "image",
    ),
}


def numpy_of(told) -> np.ndarray:
    told = told[0] if isinstance(told, tuple) else told
    return told.detach().numpy() if isinstance(told, torch.Tensor) else np.asarray(told)


@pytest.mark.parametrize("name", PAIRS)
def test_weights_go_both_ways(name):
    """PyTorch → Keras: the same outputs. Keras → PyTorch: the same file again, and loadable by PyTorch's own strict loader."""
    ours, theirs, shape, layout = PAIRS[name]
    reference, twin = ours().eval(), theirs()
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    moved = np.moveaxis(x, 1, -1) if layout == "image" else x
    twin(moved)
    state = seeded({key: array.shape for key, array in torch_side.state_dict(reference).items()}, seed=4)
    torch_side.load_state_dict(reference, state)
    assert keras_side.load_state_dict(twin, state) == ([], [])
    expected, actual = numpy_of(reference(torch.from_numpy(x))), numpy_of(twin(moved))
    actual = np.moveaxis(actual, -1, 1) if layout == "image" and actual.ndim == 4 else actual
    np.testing.assert_allclose(actual, expected, rtol=2e-4, atol=2e-5)
    back = keras_side.state_dict(twin)
    assert set(back) == set(state)
    for key, array in back.items():
        np.testing.assert_array_equal(array, state[key])
    other = ours()
    other.load_state_dict({key: torch.tensor(array) for key, array in back.items()}, strict=True)


def test_attention_and_embeddings_go_both_ways():
    reference, twin = nn.MultiheadAttention(6, 2), MultiheadAttention(6, 2)
    x = np.zeros((3, 2, 6), np.float32)
    twin(x, x, x)
    state = {key: np.random.default_rng(1).normal(size=tensor.shape).astype(np.float32) for key, tensor in reference.state_dict().items()}
    assert keras_side.load_state_dict(twin, state) == ([], [])
    assert set(keras_side.state_dict(twin)) == set(state)
    table = Embedding(7, 3)
    table(np.array([[0, 1]]))
    assert list(keras_side.state_dict(table)) == ["weight"]


# Through files


def nets() -> tuple[nn.Module, keras.Model, np.ndarray]:
    x = np.random.default_rng(2).normal(size=(2, 1, 32, 32)).astype(np.float32)
    twin = KerasNet()
    twin(np.moveaxis(x, 1, -1))
    return TorchNet(), twin, x


def test_a_file_of_each_side_is_read_by_the_other(tmp_path):
    """safetensors: one format, the same names. `.pth`: PyTorch's own, read with weights_only."""
    reference, twin, x = nets()
    fill(twin, seed=7)
    save_file(keras_side.state_dict(twin), tmp_path / "keras.safetensors")
    torch_side.load_state_dict(reference, load_file(tmp_path / "keras.safetensors"))
    np.testing.assert_allclose(numpy_of(twin(np.moveaxis(x, 1, -1))), numpy_of(reference(torch.from_numpy(x))), rtol=1e-4, atol=1e-5)

    torch.save(reference.state_dict(), tmp_path / "torch.pth")
    other = KerasNet()
    other(np.moveaxis(x, 1, -1))
    keras_side.load_state_dict(other, {key: tensor.numpy() for key, tensor in torch.load(tmp_path / "torch.pth").items()})
    for one, two in zip(twin.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_arrays_that_are_not_contiguous_are_written_right(tmp_path):
    """safetensors writes memory as it lies: a transposed view would come back scrambled. `state_dict` copies."""
    twin = Linear(3, 5)
    state = keras_side.state_dict(twin)
    assert all(array.flags.c_contiguous for array in state.values())
    save_file(state, tmp_path / "x.safetensors")
    np.testing.assert_array_equal(load_file(tmp_path / "x.safetensors")["weight"], np.asarray(twin.kernel).T)


def test_what_is_returned_is_a_copy():
    twin = Linear(3, 5)
    state = keras_side.state_dict(twin)
    before = np.array(twin.kernel)
    state["weight"][...] = 9
    np.testing.assert_array_equal(twin.kernel, before)


# What does not fit


def test_everything_wrong_is_listed_at_once_and_nothing_is_loaded():
    reference, twin, _ = nets()
    good = seeded({key: array.shape for key, array in torch_side.state_dict(reference).items()}, seed=5)
    bad = {key.replace("conv2.", "second."): array for key, array in good.items()}
    del bad["fc3.bias"]
    bad["fc1.weight"] = bad["fc1.weight"][:, :-1]
    for side, model in ((torch_side, reference), (keras_side, twin)):
        before = side.state_dict(model)
        with pytest.raises(side.StateError) as told:
            side.load_state_dict(model, bad)
        assert told.value.missing == ["conv2.weight", "conv2.bias", "fc3.bias"]
        assert told.value.unexpected == ["second.weight", "second.bias"]
        assert told.value.misshapen == ["fc1.weight (120, 399) for (120, 400)"]
        assert "Nothing was loaded." in str(told.value)
        for key, array in side.state_dict(model).items():
            np.testing.assert_array_equal(array, before[key])


def test_a_part_is_loaded_where_asked_for():
    _, twin, _ = nets()
    state = keras_side.state_dict(twin)
    part = {"fc3.bias": np.full(10, 3.0, np.float32), "head.weight": np.zeros(2)}
    missing, unexpected = keras_side.load_state_dict(twin, part, strict=False)
    assert unexpected == ["head.weight"]
    assert set(missing) == set(state) - {"fc3.bias"}
    np.testing.assert_array_equal(keras_side.state_dict(twin)["fc3.bias"], 3.0)
    np.testing.assert_array_equal(keras_side.state_dict(twin)["fc3.weight"], state["fc3.weight"])


def test_a_part_does_not_excuse_a_shape():
    twin = Linear(3, 5)
    with pytest.raises(keras_side.StateError, match=r"other shapes: weight \(3, 5\) for \(5, 3\)"):
        keras_side.load_state_dict(twin, {"weight": np.zeros((3, 5))}, strict=False)


def test_a_model_that_was_never_called_says_so():
    class Late(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    with pytest.raises(ValueError, match=r"Late is not built: its variables do not exist yet\. Call it once"):
        keras_side.state_dict(Late())


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_cut_off_file_is_refused_and_leaves_the_model(tmp_path, keep):
    _, twin, _ = nets()
    before = twin.get_weights()
    path = tmp_path / "x.safetensors"
    save_file(keras_side.state_dict(twin), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Exception, match="deserializing"):
        keras_side.load_state_dict(twin, load_file(path))
    for one, two in zip(twin.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)


# Artefacts


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_onnx_files_of_both_sides_compute_what_the_live_models_do():
    """Written by torch.onnx and by tf2onnx, run by onnxruntime in float32, each judged beside the other framework's live model."""
    case = next(case for case in all_cases() if case.id == "saving.artefacts:artefacts[60-minute-net-onnx]")
    traces = {side: {dtype: record_case(case, side, dtype) for dtype in ("float64", "float32")} for side in ("torch", "keras")}
    rows = {row.name: row for row in judge(case, traces["torch"], traces["keras"]).rows}
    assert {name: row.verdict.value for name, row in rows.items()} == {
        "live": "equivalent",
        "torch_onnx": "indistinguishable",
        "keras_onnx": "indistinguishable",
    }
    assert "torch has no float64 here: judged in float32 only" in rows["torch_onnx"].note
    assert "Keras has no float64 here: judged in float32 only" in rows["keras_onnx"].note


def test_missing_packages_are_named_and_the_case_is_not_run(monkeypatch, tmp_path):
    absent = {"onnxruntime", "tf2onnx"}
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in absent else find(name, *rest))
    done = run(["saving.artefacts:*onnx*"], out=tmp_path)
    assert [result.message for result in done] == ["needs onnxruntime and tf2onnx: pip install torch-keras-parity[onnx]"] * 2
    assert all(result.skipped for result in done)


def test_the_extras_are_those_of_pyproject():
    told = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {extra: tuple(re.split(">", one)[0] for one in told[extra]) for extra in EXTRAS} == EXTRAS


def test_an_artefact_that_reads_nothing_shows(monkeypatch):
    """The model that a file is read into starts with other weights."""
    monkeypatch.setattr(tf_impl.saving.artefacts, "load_state_dict", lambda model, state: None)
    told = tf_impl.saving.artefacts.artefacts(tf.ones((1, 3)), Linear(3, 2), ["safetensors"])
    assert not np.allclose(told["live"], told["safetensors"])
