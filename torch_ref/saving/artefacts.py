"""A model through every file it can be written to, read back and run: the numbers must not change.

Shapes: x as the model takes it; every output as the model's own.

>>> import torch
>>> from torch_ref.models.linear_regression import LinearModel
>>> told = artefacts(torch.ones(2, 1), LinearModel(), formats=("state_dict", "safetensors"))
>>> torch.equal(told["live"], told["state_dict"]), torch.equal(told["live"], told["safetensors"])
(True, True)

`state_dict` is `torch.save` and `torch.load(weights_only=True)` into a new model; `torch_export` a program without its Python source (`torch.export`);
`torch_onnx` runs in onnxruntime, which has no float64 convolution: the model is exported and run in float32 whatever its own type.
Keras' formats (`keras`, `weights_h5`, `saved_model`, `litert`, `keras_onnx`) stand for the live model here, so that each row of a comparison is one artefact
against the other framework's live model.

Source: the notes, "1.7 Save and Load the Model"; PyTorch's documentation, "torch.export" and "torch.onnx".
"""

import copy
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from torch_ref.saving._seeded import fill


def artefacts(x: Tensor, model: nn.Module, formats: Sequence[str]) -> dict[str, Tensor]:
    """The outputs of a seeded model, live and through each format."""
    model.eval()
    fill(model)
    told = {"live": model(x).detach()}
    for name in formats:
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            told[name] = _WAYS.get(name, lambda model, x, folder: model(x))(model, x, Path(folder))
    return told


def _state_dict(model: nn.Module, x: Tensor, folder: Path) -> Tensor:
    torch.save(model.state_dict(), folder / "model.pt")
    other = _other(model)
    other.load_state_dict(torch.load(folder / "model.pt", weights_only=True))
    return other(x)


def _safetensors(model: nn.Module, x: Tensor, folder: Path) -> Tensor:
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    other = _other(model)
    other.load_state_dict(load_file(folder / "model.safetensors"))
    return other(x)


def _torch_export(model: nn.Module, x: Tensor, folder: Path) -> Tensor:
    torch.export.save(torch.export.export(model, (x,)), folder / "model.pt2")
    return torch.export.load(folder / "model.pt2").module()(x)


def _onnx(model: nn.Module, x: Tensor, folder: Path) -> Tensor:
    import onnxruntime

    narrow, x = copy.deepcopy(model).float(), x.float()
    batch = torch.export.Dim("batch")
    torch.onnx.export(narrow, (x,), folder / "model.onnx", dynamo=True, verbose=False, dynamic_shapes=({0: batch},))
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0])


def _other(model: nn.Module) -> nn.Module:
    """The same model with other weights, so that a file that is not read shows."""
    other = copy.deepcopy(model)
    fill(other, seed=1)
    return other


_WAYS = {"state_dict": _state_dict, "safetensors": _safetensors, "torch_export": _torch_export, "torch_onnx": _onnx}
