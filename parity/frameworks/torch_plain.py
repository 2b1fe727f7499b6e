"""A PyTorch model as plain modules: compiled ones as they were before, weights that are computed from others as what they are."""

from __future__ import annotations

import copy

import torch
from torch.nn.utils import parametrize, remove_spectral_norm, remove_weight_norm

_REMOVERS = {"WeightNorm": remove_weight_norm, "SpectralNorm": remove_spectral_norm}  # torch.nn.utils.weight_norm and spectral_norm: a hook writes the weight


def plain_model(model: torch.nn.Module) -> tuple[torch.nn.Module, str]:
    """The model, or a copy of it whose weights are parameters, and where they were computed ("" if nowhere).

    Raises:
        ValueError: a scripted model, whose layers nobody can watch.
    """
    model = getattr(model, "_orig_mod", model)  # torch.compile
    scripted = [path or "the model" for path, module in model.named_modules() if isinstance(module, torch.jit.ScriptModule)]
    if scripted:
        raise ValueError(f"{scripted[0]} is a ScriptModule, whose layers cannot be watched; pass the module that was given to torch.jit.script")
    hooked = {path: fn for path, module in model.named_modules() for fn in module._forward_pre_hooks.values() if type(fn).__name__ in _REMOVERS}
    computed = [path for path, module in model.named_modules() if parametrize.is_parametrized(module)]
    if not hooked and not computed:
        return model, ""
    plain = _copied(model, hooked)
    for path in computed:
        _written_in(plain.get_submodule(path))
    for path, fn in hooked.items():
        _REMOVERS[type(fn).__name__](plain.get_submodule(path), fn.name)
    return plain, ", ".join(path or "the model" for path in sorted({*hooked, *computed}))


def _written_in(module: torch.nn.Module) -> None:
    """`remove_parametrizations` on a copy would take the weight from the class, which the user's own module shares."""
    values = {name: getattr(module, name).detach().clone() for name in module._modules["parametrizations"]}
    del module._modules["parametrizations"]
    module.__class__ = type(module).__bases__[0]
    for name, value in values.items():
        module.register_parameter(name, torch.nn.Parameter(value))


def _copied(model: torch.nn.Module, hooked: dict[str, object]) -> torch.nn.Module:
    """A deep copy; what hooks wrote is no leaf, which a copy does not take."""
    written = [(model.get_submodule(path), getattr(fn, "name")) for path, fn in hooked.items()]  # noqa: B009
    before = [(module.__dict__, name, module.__dict__[name]) for module, name in written if name in module.__dict__]
    try:
        for values, name, tensor in before:
            values[name] = tensor.detach()
        return copy.deepcopy(model).eval()  # spectral_norm takes a step of its iteration whenever it is read in training
    finally:
        for values, name, tensor in before:
            values[name] = tensor
