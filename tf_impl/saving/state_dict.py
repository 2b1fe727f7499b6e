"""Weights of a Keras model under PyTorch's names and in PyTorch's layout, both ways; a state that does not fit is refused before anything is loaded."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from jaxtyping import Float

from tf_impl.saving._names import tensors
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


class StateError(ValueError):
    """A state that does not fit a model: `missing`, `unexpected` and `misshapen` names, all at once. Nothing was loaded.

    Shapes: those that do not fit stand in the message as they came.

    Differs from PyTorch:
        PyTorch's own RuntimeError comes when the names that do fit have been loaded.
    """

    def __init__(self, model: str, missing: list[str], unexpected: list[str], misshapen: list[str]) -> None:
        self.missing, self.unexpected, self.misshapen = missing, unexpected, misshapen
        told = [f"{word}: {', '.join(names)}" for word, names in (("missing", missing), ("unexpected", unexpected), ("other shapes", misshapen)) if names]
        super().__init__(f"The state does not fit {model}; {'; '.join(told)}. Nothing was loaded.")


def state_dict(model: keras.Model) -> dict[str, np.ndarray]:
    """Every weight and buffer, as `torch.nn.Module.state_dict` would name and shape it.

    Shapes:
        Linear (out, in), convolutions (out, in, *space), transposed ones (in, out, *space), depthwise ones (channels·multiplier, 1, *space).

    Raises:
        ValueError: the model is not built.

    Differs from PyTorch:
        Copies as NumPy arrays, where PyTorch's are the parameters themselves: writing into them changes nothing.

    Source: PyTorch's documentation, "Saving and loading models"; the notes, "1.7 Save and Load the Model".
    """
    found = {}
    for tensor in tensors(model):
        value = np.asarray(keras.ops.convert_to_numpy(tensor.variable.value[...]))  # NumPy warns of TensorFlow's variables, not of its tensors
        found.update({name: np.array(part, order="C") for name, part in zip(tensor.names, tensor.to_torch(value), strict=True)})
    return found


def load_state_dict(model: keras.Model, state: Mapping[str, Any], strict: bool = True) -> tuple[list[str], list[str]]:
    """Puts PyTorch's weights into a Keras model.

    Args:
        model: a built one.
        state: arrays by PyTorch's names, for example `{k: v.numpy() for k, v in torch_model.state_dict().items()}`.
        strict: every name must be there and no other. A shape must fit in any case.

    Returns:
        the names that are missing and those that are unexpected.

    Raises:
        StateError: names or shapes do not fit; the model is then as it was.

    Differs from PyTorch:
        PyTorch has loaded what fits by the time it raises; here nothing is loaded.

    Source: as `state_dict`.
    """
    wanted = tensors(model)
    shapes = {name: shape for tensor in wanted for name, shape in zip(tensor.names, tensor.shapes, strict=True)}
    missing, unexpected = [name for name in shapes if name not in state], [name for name in state if name not in shapes]
    given = {name: np.asarray(state[name]) for name in shapes if name in state}
    misshapen = [f"{name} {array.shape} for {shapes[name]}" for name, array in given.items() if array.shape != shapes[name]]
    if misshapen or (strict and (missing or unexpected)):
        raise StateError(type(model).__name__, missing, unexpected, misshapen)
    for tensor in wanted:
        if len(tensor.names) == 1 and tensor.names[0] not in given:
            continue
        current = tensor.to_torch(np.asarray(keras.ops.convert_to_numpy(tensor.variable.value[...])))
        parts = [given.get(name, part) for name, part in zip(tensor.names, current, strict=True)]
        tensor.variable.assign(np.array(tensor.to_keras(parts), order="C"))
    return missing, unexpected


def observe_loading(x: Float[Tensor, "n h w c"]) -> dict[str, Tensor | bool | str | None]:
    """The 60-minute net from a state by PyTorch's names: its scores, the state given back, and states that do not fit.

    Differs from PyTorch:
        Keras' own `load_weights` of a file that lacks one array has loaded what came before it by the time it raises, as PyTorch's own loader.
    """
    from tf_impl.models.sixty_minute_net import Net
    from tf_impl.saving._seeded import fill, seeded

    net = Net()
    net(x)
    state = fill(net)
    told: dict[str, Any] = {"scores": net(x), "given_back": _equal(state_dict(net), state)}
    other = seeded({name: array.shape for name, array in state.items()}, seed=1)
    damaged = {
        "missing": {name: array for name, array in other.items() if name != "fc2.bias"},
        "renamed": {name.replace("conv1.", "conv."): array for name, array in other.items()},
        "surplus": {**other, "fc4.bias": np.zeros(3)},
        "misshapen": {**other, "fc1.weight": other["fc1.weight"].T},
    }
    for name, given in damaged.items():
        told |= attempt(name, lambda given=given: load_state_dict(net, given))
        told[f"{name}_left_as_it_was"] = _equal(state_dict(net), state)
    told["partial"] = str(load_state_dict(net, damaged["missing"], strict=False))
    told["own_loader_half_loads"] = _half_loads()
    return told


def _half_loads() -> bool:
    """Keras' own loader on a file whose second layer has another shape: is the first one changed?"""
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "a.weights.h5")
        wrong, net = (keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(width)]) for width in (5, 2))
        wrong.save_weights(path)
        before = net.layers[0].get_weights()[0]
        try:
            net.load_weights(path)
        except ValueError:
            return not np.array_equal(net.layers[0].get_weights()[0], before)
    return False


def _equal(one: Mapping[str, np.ndarray], two: Mapping[str, np.ndarray]) -> bool:
    return list(one) == list(two) and all(np.array_equal(one[name], two[name].astype(one[name].dtype)) for name in one)
