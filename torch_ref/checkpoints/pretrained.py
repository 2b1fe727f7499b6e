"""Weights from a file or a mapping into a model: everything fits, or nothing is loaded.

`.safetensors` holds data only; `.pth` is a pickle, which is read with `weights_only=True`: what would run code is refused.

Shapes: each array as the parameter of its name.

>>> import tempfile
>>> from torch_ref.models.resnet import resnet18
>>> with tempfile.TemporaryDirectory() as folder:
...     torch.save(resnet18(width=4).state_dict(), f"{folder}/resnet18.pth")
...     model = from_pretrained(resnet18(width=4), f"{folder}/resnet18.pth")
...     from_pretrained(resnet18(width=5), f"{folder}/resnet18.pth")  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
torch_ref.saving.state_dict.StateError: The state does not fit ResNet; other shapes: conv1.weight (4, 3, 7, 7) for (5, 3, 7, 7), ... Nothing was loaded.

Source: PyTorch's documentation, "torch.load"; safetensors' format; the notes, "models.vgg16(pretrained=True)".
"""

from collections.abc import Mapping
from pathlib import Path
from pickle import PickleError
from typing import Any

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from torch_ref.saving.state_dict import load_state_dict
from torch_ref.tensors._refusal import attempt

COUNT = "num_batches_tracked"
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which training scripts keep the weights beside the rest


def read_checkpoint(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a `.pth` (or `.pt`, `.bin`) or `.safetensors` file by name; bfloat16 becomes float32, which holds the same numbers.

    Raises:
        ValueError: no checkpoint, or one with code in it.
        FileNotFoundError: no file.
    """
    path = Path(path)
    try:
        loaded = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except PickleError as error:
        first = str(error).split("WeightsUnpickler error: ")[-1].strip().splitlines()[0]
        raise ValueError(f"{path.name} holds more than weights and was not read, because that may run code: {first}") from error
    except FileNotFoundError:
        raise
    except (safetensors.SafetensorError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"{path.name} is no checkpoint of PyTorch or safetensors, or it is damaged: {error}") from error
    return {name: (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).detach().numpy() for name, tensor in _weights(loaded, path.name).items()}


def from_pretrained(model: torch.nn.Module, source: str | Path | Mapping[str, Any], strict: bool = True) -> torch.nn.Module:
    """The model with the weights of a file or mapping.

    Args:
        source: a path as `read_checkpoint`'s, or arrays by name.
        strict: every name must be there and no other.

    Files from before PyTorch 0.4.1 do not count batches: their norms start at 0, as in PyTorch. Frozen norms have no counts: they leave them out of the
    files of norms that were trained, as torchvision's do.

    Raises:
        StateError: names or shapes do not fit, all of them listed; the model is as it was.
        ValueError: no checkpoint, or one with code in it.
    """
    state = dict(source) if isinstance(source, Mapping) else read_checkpoint(source)
    state = _counted(state, list(model.state_dict()))
    load_state_dict(model, state, strict)
    return model


def _counted(state: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The state with the counts of batches that norms of these names have."""
    counts = [name for name in names if name.endswith(COUNT)]
    if not any(name.endswith(COUNT) for name in state):
        return state | {name: np.zeros((), np.int64) for name in counts}
    frozen = {name.replace("running_var", COUNT) for name in names if name.endswith("running_var")} - set(counts)
    return {name: value for name, value in state.items() if name not in frozen}


def _weights(loaded: Any, name: str) -> Mapping[str, Tensor]:
    if isinstance(loaded, Mapping) and loaded and all(isinstance(value, Tensor) for value in loaded.values()):
        return loaded
    for wrapper in WRAPPERS if isinstance(loaded, Mapping) else ():
        if isinstance(loaded.get(wrapper), Mapping):
            return _weights(loaded[wrapper], name)
    found = f"the keys {', '.join(map(str, loaded))}" if isinstance(loaded, Mapping) else f"a {type(loaded).__name__}"
    raise ValueError(f"{name} holds no weights by name, also not under {', '.join(WRAPPERS)}: found {found}")


def observe_pretrained(x: Tensor) -> dict[str, Tensor | bool | str | None]:
    """A small ResNet from a safetensors file, and files and mappings that are refused, with the model left as it was."""
    import pickle
    from tempfile import TemporaryDirectory

    from safetensors.numpy import save_file

    from torch_ref.models.resnet import resnet18
    from torch_ref.saving._seeded import fill
    from torch_ref.saving.state_dict import state_dict

    model = resnet18(width=4, num_classes=7)
    state = fill(model)
    told: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        good, evil, noise = (Path(folder) / name for name in ("good.safetensors", "evil.pth", "noise.pth"))
        save_file(state, good)
        evil.write_bytes(pickle.dumps(_Evil(Path(folder) / "ran"), protocol=2))
        noise.write_bytes(b"no checkpoint")
        told["scores"] = from_pretrained(resnet18(width=4, num_classes=7), good).eval()(x)
        told |= attempt("other_model", lambda: from_pretrained(resnet18(width=4), good))
        for path in (evil, noise):
            told[f"{path.stem}_raised"] = attempt("it", lambda path=path: from_pretrained(model, path))["it_raised"]
        told |= attempt("surplus", lambda: from_pretrained(model, {**state, "fc.scale": state["fc.bias"]}))
        told["code_ran"] = (Path(folder) / "ran").exists()
        old = {name: array for name, array in state.items() if "num_batches" not in name}
        told["uncounted"] = all(np.array_equal(array, old[name]) for name, array in state_dict(from_pretrained(model, old)).items() if name in old)
    return told


class _Evil:
    """A pickle that creates a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)
