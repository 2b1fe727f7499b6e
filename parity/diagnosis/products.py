"""Dense layers and convolutions that the Keras side writes out with variables of a layer of its own (`ops.matmul(x, self.wo)`, an einsum over heads)."""

from __future__ import annotations

import math
from typing import Any

from parity.diagnosis.binding import PRODUCTS, kernel
from parity.diagnosis.cells import Nothing
from parity.diagnosis.units import CALLED, Unit


def products_written_out(found: Any) -> None:
    """Matches what is left of torch's dense layers and convolutions with variables that are as large: by names where these tell, else in their order."""
    from parity.diagnosis.matching import nearest_by_name

    for torch in [unit for unit in found.open_torch if unit.kind in PRODUCTS and not unit.part and "weight" in unit.pieces]:
        fitting = {id(raw): (raw, bias) for raw in found.open_keras if (bias := _beside(found, torch, raw)) is not None}
        if not fitting:
            continue
        nearest = nearest_by_name(torch, [raw for raw, _ in fitting.values()])
        raw, bias = fitting[id(nearest)] if nearest is not None else next(iter(fitting.values()))
        whole = Unit(raw.path, "own", Nothing(), held=[raw.held[0], *[unit.held[0] for unit in bias]])
        found.keras_units = [unit for unit in found.keras_units if unit is not raw and unit not in bias] + [whole]
        found.add(torch, whole, "shape" if len(fitting) == 1 else "order" if nearest is None else "name")


def _beside(found: Any, torch: Unit, raw: Unit) -> list[Unit] | None:
    """The variable of a bias beside that of a kernel, if torch has one; None where they do not fit."""
    if raw.kind != "raw" or kernel(tuple(raw.held[0].variable.shape), torch.pieces["weight"].shape) is None:
        return None
    if "bias" not in torch.pieces:
        return []
    size = math.prod(torch.pieces["bias"].shape)
    near = [u for u in found.open_keras if u.kind == "raw" and u is not raw and u.path == raw.path and math.prod(u.held[0].variable.shape) == size]
    named = [u for u in near if u.held[0].variable.name.rpartition("_")[2] in CALLED["bias"]]
    return next((some for some in (named, near) if len(some) == 1), None)
