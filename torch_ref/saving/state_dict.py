"""Weights of a PyTorch model as NumPy arrays by name, both ways; a state that does not fit is refused before anything is loaded.

Shapes: as the parameters' own: Linear (out, in), convolutions (out, in, *space).

>>> from torch_ref.models.linear_regression import LinearModel
>>> model = LinearModel(2, 1)
>>> {name: array.shape for name, array in state_dict(model).items()}
{'linear.weight': (1, 2), 'linear.bias': (1,)}
>>> load_state_dict(model, {"linear.weights": [[1.0, 2.0]]})
Traceback (most recent call last):
torch_ref.saving.state_dict.StateError: The state does not fit LinearModel; missing: linear.weight, linear.bias; unexpected: linear.weights. Nothing was loaded.

Source: PyTorch's documentation, "Saving and loading models"; the notes, "1.7 Save and Load the Model".
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


class StateError(ValueError):
    """A state that does not fit a model: `missing`, `unexpected` and `misshapen` names. Nothing was loaded."""

    def __init__(self, model: str, missing: list[str], unexpected: list[str], misshapen: list[str]) -> None:
        self.missing, self.unexpected, self.misshapen = missing, unexpected, misshapen
        told = [f"{word}: {', '.join(names)}" for word, names in (("missing", missing), ("unexpected", unexpected), ("other shapes", misshapen)) if names]
        super().__init__(f"The state does not fit {model}; {'; '.join(told)}. Nothing was loaded.")


def state_dict(model: torch.nn.Module) -> dict[str, np.ndarray]:
    """Every weight and buffer, copied."""
    return {name: np.array(tensor.detach().cpu().numpy(), order="C") for name, tensor in model.state_dict().items()}


def load_state_dict(model: torch.nn.Module, state: Mapping[str, Any], strict: bool = True) -> tuple[list[str], list[str]]:
    """As `Module.load_state_dict`, but looks first: PyTorch's own has loaded whatever fits by the time it raises.

    Returns:
        the names that are missing and those that are unexpected.

    Raises:
        StateError: names or shapes do not fit; the model is then as it was.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    missing, unexpected = [name for name in shapes if name not in state], [name for name in state if name not in shapes]
    given = {name: np.asarray(state[name]) for name in shapes if name in state}
    misshapen = [f"{name} {array.shape} for {shapes[name]}" for name, array in given.items() if array.shape != shapes[name]]
    if misshapen or (strict and (missing or unexpected)):
        raise StateError(type(model).__name__, missing, unexpected, misshapen)
    model.load_state_dict({name: torch.tensor(array) for name, array in given.items()}, strict=False)
    return missing, unexpected


def observe_loading(x: Tensor) -> dict[str, Tensor | bool | str | None]:
    """The 60-minute net from a state by name: its scores, the state given back, and states that do not fit."""
    from torch_ref.models.sixty_minute_net import Net
    from torch_ref.saving._seeded import fill, seeded

    net = Net()
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
    """PyTorch's own loader on a state whose second layer has another shape: is the first one changed?"""
    wrong, net = (torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, width)) for width in (5, 2))
    before = net[0].weight.detach().clone()
    try:
        net.load_state_dict(wrong.state_dict())
    except RuntimeError:
        return not torch.equal(net[0].weight, before)
    return False


def _equal(one: Mapping[str, np.ndarray], two: Mapping[str, np.ndarray]) -> bool:
    return list(one) == list(two) and all(np.array_equal(one[name], two[name].astype(one[name].dtype)) for name in one)
