"""Recurrences that the Keras side writes out: as variables that its code multiplies by, or as dense layers called step by step."""

from __future__ import annotations

from typing import Any

from parity.diagnosis.binding import kinship
from parity.diagnosis.units import CELLS, Unit, held_of_cell


class Nothing:
    """What stands for the layer of weights that code uses by itself: nothing calls it."""

    name = "by hand"


def _by_variables(found: Any, torch: Unit) -> None:
    """A cell on variables of the model itself."""
    raw = [unit for unit in found.open_keras if unit.kind == "raw"]
    held = held_of_cell(torch, [unit.held[0].variable for unit in raw])
    if held is None or any(unit.kind == torch.kind for unit in found.open_keras):
        return
    taken = {id(h.variable) for h in held}
    chosen = [unit for unit in raw if id(unit.held[0].variable) in taken]
    whole = Unit(chosen[0].path, torch.kind, Nothing(), held=held)
    found.keras_units = [unit for unit in found.keras_units if unit not in chosen] + [whole]
    found.add(torch, whole, "name")


def cells_written_out(found: Any) -> None:
    """A recurrence that the Keras side writes as a loop over variables, or over two dense layers, one for the input and one for the state."""
    for torch in [unit for unit in found.open_torch if unit.kind in CELLS]:
        _by_variables(found, torch)
    if any(unit.kind in CELLS | {"own"} for unit in found.open_keras):
        return
    for torch in [unit for unit in found.open_torch if unit.kind in CELLS and "weight_ih" in unit.pieces]:
        chosen: list[tuple[Unit, Unit]] = []
        for end, hints in (("ih", ("input", "x", "ih")), ("hh", ("state", "hidden", "recurrent", "hh"))):
            pieces = {role: torch.pieces[f"{role}_{end}"] for role in ("weight", "bias") if f"{role}_{end}" in torch.pieces}
            part = Unit(torch.path, "linear", torch.layer, f"{torch.part}.{end}" if torch.part else end, pieces)
            fitting = [u for u in found.open_keras if u.kind == "linear" and kinship(part, u) == 3 and not any(u is other for _, other in chosen)]
            named = [unit for unit in fitting if any(hint in unit.name.lower() for hint in hints)]
            if not fitting:
                break
            chosen.append((part, (named or fitting)[0]))
        if len(chosen) == 2:
            found.torch_units = [unit for unit in found.torch_units if unit is not torch] + [part for part, _ in chosen]
            for part, keras in chosen:
                found.add(part, keras, "shape")
