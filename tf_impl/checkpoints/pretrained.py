"""PyTorch's weights from a file or a mapping into a twin: everything fits, or nothing is loaded. PyTorch is not needed for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
import safetensors
from jaxtyping import Float

from tf_impl.checkpoints._moving import move
from tf_impl.checkpoints._pickled import UnsafeError, read_pickled
from tf_impl.saving._names import tensors
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor

COUNT = "num_batches_tracked"
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which training scripts keep the weights beside the rest


def read_checkpoint(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a `.pth` (or `.pt`, `.bin`) or `.safetensors` file by PyTorch's names and in its layout; bfloat16 becomes float32.

    Raises:
        ValueError: no checkpoint, or one with code in it.
        FileNotFoundError: no file.

    Differs from PyTorch:
        Not in the result. The pickle is read here, in the formats of before and since PyTorch 1.6; nothing but arrays and dictionaries is let through.

    Source: PyTorch's documentation, "Serialization semantics"; safetensors' format.
    """
    path = Path(path)
    try:
        loaded = _safetensors(path) if path.suffix == ".safetensors" else read_pickled(path)
    except UnsafeError as error:
        raise ValueError(f"{path.name} holds more than weights and was not read, because that may run code: it asks for {error}") from error
    except FileNotFoundError:
        raise
    except Exception as error:  # damaged bytes lead to anything
        raise ValueError(f"{path.name} is no checkpoint of PyTorch or safetensors, or it is damaged: {error}") from error
    return {name: array.astype(np.float32) if array.dtype == ml_dtypes.bfloat16 else array for name, array in _weights(loaded, path.name).items()}


def from_pretrained(model: keras.Model, source: str | Path | Mapping[str, Any], strict: bool = True) -> keras.Model:
    """The model with the weights of a file or mapping.

    Args:
        model: a twin, or any built model whose attributes are named as PyTorch's.
        source: a path as `read_checkpoint`'s, or arrays by PyTorch's names.
        strict: every name must be there and no other.

    Files from before PyTorch 0.4.1 do not count batches: their norms start at 0, as in PyTorch. Frozen norms have no counts: they leave them out of the
    files of norms that were trained, as torchvision's do.

    Raises:
        StateError: names or shapes do not fit, all of them listed; the model is as it was.
        ValueError: no checkpoint, or one with code in it.

    Differs from PyTorch:
        Names and layout are PyTorch's; the axes are moved here, and no bit is changed.

    Source: the notes, "models.vgg16(pretrained=True)".
    """
    _say_built(model)
    state = dict(source) if isinstance(source, Mapping) else read_checkpoint(source)
    state = _counted(state, [name for tensor in tensors(model) for name in tensor.names])
    move(model, state, strict)
    return model


def _say_built(model: keras.Model) -> None:
    """Twins have their variables once constructed; Keras says so only after the first call."""
    for layer in model._flatten_layers():
        if type(layer).build in (keras.layers.Layer.build, keras.Model.build):  # none of its own: a call would add nothing
            layer.built = True


def _safetensors(path: Path) -> dict[str, np.ndarray]:
    with safetensors.safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _counted(state: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The state with the counts of batches that norms of these names have."""
    counts = [name for name in names if name.endswith(COUNT)]
    if not any(name.endswith(COUNT) for name in state):
        return state | {name: np.zeros((), np.int64) for name in counts}
    frozen = {name.replace("running_var", COUNT) for name in names if name.endswith("running_var")} - set(counts)
    return {name: value for name, value in state.items() if name not in frozen}


def _weights(loaded: Any, name: str) -> Mapping[str, np.ndarray]:
    if isinstance(loaded, Mapping) and loaded and all(isinstance(value, np.ndarray) for value in loaded.values()):
        return loaded
    for wrapper in WRAPPERS if isinstance(loaded, Mapping) else ():
        if isinstance(loaded.get(wrapper), Mapping):
            return _weights(loaded[wrapper], name)
    found = f"the keys {', '.join(map(str, loaded))}" if isinstance(loaded, Mapping) else f"a {type(loaded).__name__}"
    raise ValueError(f"{name} holds no weights by name, also not under {', '.join(WRAPPERS)}: found {found}")


def observe_pretrained(x: Float[Tensor, "n h w c"]) -> dict[str, Tensor | bool | str | None]:
    """A small ResNet from a safetensors file, and files and mappings that are refused, with the model left as it was.

    Differs from PyTorch: not.
    """
    import pickle
    from tempfile import TemporaryDirectory

    from safetensors.numpy import save_file

    from tf_impl.models.resnet import resnet18
    from tf_impl.saving._seeded import fill
    from tf_impl.saving.state_dict import state_dict

    model = resnet18(width=4, num_classes=7)
    model(x)
    state = fill(model)
    told: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        good, evil, noise = (Path(folder) / name for name in ("good.safetensors", "evil.pth", "noise.pth"))
        save_file(state, good)
        evil.write_bytes(pickle.dumps(_Evil(Path(folder) / "ran"), protocol=2))
        noise.write_bytes(b"no checkpoint")
        told["scores"] = from_pretrained(resnet18(width=4, num_classes=7), good)(x)
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
