"""Which Keras layer is which PyTorch module, and which variable holds which weights.

One order everywhere: the user's map → equal path → the only one of its kind and shapes → the value it is fed, in float64 → execution order.
The first three need no run; the others are decided while the Keras model runs on torch's recorded values (`parity.diagnosis.forcing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from parity.diagnosis.binding import Binding, Seam, bind, kinship, laid_as
from parity.diagnosis.cells import Nothing, cells_written_out
from parity.diagnosis.patches import Patch
from parity.diagnosis.products import products_written_out
from parity.diagnosis.units import CALLED, NORMS, Held, Piece, Unit
from parity.errors import ParityUsageError

_NEAR = 0.9  # of two names, by difflib


@dataclass(eq=False)
class Match:
    """A torch unit and a Keras unit that stand for the same layer."""

    torch: Unit
    keras: Unit
    how: str
    bindings: list[Binding]
    seam: Seam | None = None
    out_seam: Seam | None = None
    folded: Unit | None = None  # the torch norm that the Keras layer contains

    @property
    def patch(self) -> Patch | None:
        """Of a convolution that stands for a dense layer over patches, or the other way round."""
        return next((binding.patch for binding in self.bindings if binding.patch is not None), None)


@dataclass(eq=False)
class Matching:
    """The matches found so far, and what is open on both sides."""

    torch_units: list[Unit]
    keras_units: list[Unit]
    matches: list[Match] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @staticmethod
    def made(torch: Unit, keras: Unit, how: str) -> Match:
        bindings = bind(torch, keras)
        assert bindings is not None
        return Match(torch, keras, how, bindings)

    def add(self, torch: Unit, keras: Unit, how: str) -> Match:
        self.matches.append(self.made(torch, keras, how))
        return self.matches[-1]

    @property
    def open_torch(self) -> list[Unit]:
        taken = {id(match.torch) for match in self.matches} | {id(match.folded) for match in self.matches if match.folded}
        return [unit for unit in self.torch_units if id(unit) not in taken]

    @property
    def open_keras(self) -> list[Unit]:
        taken = {id(match.keras) for match in self.matches}
        return [unit for unit in self.keras_units if id(unit) not in taken]

    def of_keras(self, unit: Unit) -> Match | None:
        return next((match for match in self.matches if match.keras is unit), None)

    def of_torch(self, path: str) -> list[Match]:
        return [match for match in self.matches if match.torch.path == path]

    def candidates(self, keras: Unit) -> list[Unit]:
        """Open torch units that this Keras unit could be: those of its kind with all its roles, else those of a kindred kind, else with other roles.

        A dense layer may be a convolution of 1×1 as well as a linear layer, and a norm one of the user's own, so that both count.
        """
        grades = {id(unit): kinship(unit, keras) for unit in self.open_torch}
        for least in (3, 2, 1):
            found = [unit for unit in self.open_torch if grades[id(unit)] >= least]
            near = next((kinds for kinds in ({"linear", "conv"}, NORMS) if keras.kind in kinds), set())
            if found and least == 3 and near:
                return [unit for unit in self.open_torch if grades[id(unit)] == 3 or (grades[id(unit)] == 2 and unit.kind in near)]
            if found:
                return found
        return []


def match_statically(torch_units: list[Unit], keras_units: list[Unit], mapping: Mapping[str, str] | None = None) -> Matching:
    """What names and shapes alone decide."""
    torch_units, keras_units = _cut_alike(_untied(torch_units, keras_units), keras_units)
    fits_whole = {id(unit) for unit in keras_units if unit.kind == "own" and any(kinship(other, unit) for other in torch_units)}
    keras_units = [part for unit in keras_units for part in (unit.pieces_of if unit.kind == "own" and id(unit) not in fits_whole else (unit,))]
    found = Matching(torch_units, keras_units)
    if mapping:
        _by_map(found, mapping)
    by_path: dict[str, list[Unit]] = {}
    for unit in found.open_keras:
        by_path.setdefault(_plain(unit.name), []).append(unit)
    for unit in found.open_torch:
        same = by_path.get(_plain(unit.name), [])
        if len(same) == 1 and kinship(unit, same[0]) >= 2 and found.of_keras(same[0]) is None:
            found.add(unit, same[0], "path")
    cells_written_out(found)
    products_written_out(found)
    match_unique(found)
    _variables_by_name(found)
    for torch in [unit for unit in found.open_torch if unit.kind in NORMS]:
        _written_by_hand(found, torch)
    return found


def _variables_by_name(found: Matching) -> None:
    """Variables that code uses by itself: rows of them (`flows.1.scale`, `flows.3.scale` and so on) whole and in their order, then one by one.

    The likest names first. No call tells whose they are; what departs may (`settling.py`).
    """
    for buffers in (False, True):  # what the Keras side trains is a buffer of torch's only where nothing else is
        mine = [unit for unit in found.open_torch if unit.kind == "raw" and unit.optional is buffers]
        theirs = [unit for unit in found.open_keras if unit.kind == "raw"]
        pairs = [*product(_rows(mine), _rows(theirs)), *product(([unit] for unit in mine), ([unit] for unit in theirs))]
        place = {id(unit): i / len(units) for units in (mine, theirs) for i, unit in enumerate(units)}
        order = [(len(a) == 1, -round(_likeness(a[0], b[0]), 1), abs(place[id(a[0])] - place[id(b[0])]), i) for i, (a, b) in enumerate(pairs)]
        for one, other in (pairs[i] for *_, i in sorted(order)):
            if len(one) != len(other) or any(unit not in found.open_torch for unit in one) or any(unit not in found.open_keras for unit in other):
                continue
            if all(kinship(torch, keras) >= 2 for torch, keras in zip(one, other, strict=True)):
                for torch, keras in zip(one, other, strict=True):
                    found.add(torch, keras, "order" if nearest_by_name(torch, [u for u in theirs if kinship(torch, u) >= 2]) is None else "name")


def _rows(units: Sequence[Unit]) -> list[list[Unit]]:
    """Units whose names differ in numbers alone."""
    rows: dict[str, list[Unit]] = {}
    for unit in units:
        rows.setdefault(re.sub(r"\d+", "#", unit.name), []).append(unit)
    return [row for row in rows.values() if len(row) > 1]


def _untied(torch_units: list[Unit], keras_units: list[Unit]) -> list[Unit]:
    """A dense layer that shares an embedding's table, where the Keras side multiplies by the table itself: a bias is all that is left of it."""
    tables = {id(unit.layer.weight) for unit in torch_units if unit.kind == "embedding"}

    def left(unit: Unit) -> Unit:
        if unit.kind != "linear" or unit.part or "bias" not in unit.pieces or id(getattr(unit.layer, "weight", None)) not in tables:
            return unit
        taken = any(kinship(unit, keras) for keras in keras_units)
        return unit if taken else Unit(unit.path, "raw", unit.layer, "bias", {"bias": unit.pieces["bias"]})

    return [left(unit) for unit in torch_units]


def _written_by_hand(found: Matching, torch: Unit) -> None:
    """A norm whose weights are variables of the model itself."""
    chosen = []
    for role, piece in torch.pieces.items():
        fitting = [u for u in found.open_keras if u.kind == "raw" and u not in chosen and u.part in CALLED.get(role, ()) and u.shapes[u.part] == piece.shape]
        if len(fitting) != 1:
            return
        chosen.append(fitting[0])
    whole = Unit(chosen[0].path, "own", Nothing(), held=[unit.held[0] for unit in chosen])
    found.keras_units = [unit for unit in found.keras_units if unit not in chosen] + [whole]
    found.add(torch, whole, "name")


def match_unique(found: Matching) -> None:
    """Units that only one of the other side can be, both ways."""
    changed = True
    while changed:
        changed = False
        for keras in found.open_keras:
            candidates = found.candidates(keras)
            if len(candidates) == 1:
                rivals = [other for other in found.open_keras if kinship(candidates[0], other) > 0]
                if len(rivals) == 1:
                    found.add(candidates[0], keras, "shape")
                    changed = True


def _cut_alike(torch_units: list[Unit], keras_units: list[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Attention stays whole where both sides have as many of it; else both are cut into projections."""
    mine, theirs = ([u for u in units if u.kind == "attention"] for units in (torch_units, keras_units))
    if not mine and not theirs:
        return _in_threes(torch_units, keras_units), keras_units
    if len(mine) == len(theirs):
        return torch_units, keras_units
    widths = {unit.pieces_of[0].shapes["weight"][0] for unit in theirs}
    triple = [u for u in torch_units if u.kind == "linear" and u.shapes["weight"][0] == 3 * u.shapes["weight"][1] and u.shapes["weight"][1] in widths]
    if not mine and len(triple) == len(theirs):
        torch_units = [part for unit in torch_units for part in (_in_three(unit) if unit in triple else (unit,))]
    packed = {unit.shapes.get("weight") for unit in keras_units if unit.kind == "linear"}
    cut = [part for unit in torch_units for part in (_packed(unit, packed) if unit.kind == "attention" else (unit,))]
    return cut, [part for unit in keras_units for part in (unit.pieces_of or (unit,))]


def _in_threes(torch_units: list[Unit], keras_units: list[Unit]) -> list[Unit]:
    """Dense layers that give queries, keys and values side by side, cut where the Keras side has three layers for each."""

    def count(units: list[Unit], shape: tuple[int, ...]) -> int:
        return sum(unit.kind == "linear" and unit.shapes.get("weight") == shape for unit in units)

    for rows, width in {unit.shapes["weight"] for unit in torch_units if unit.kind == "linear"}:
        triple = [unit for unit in torch_units if unit.kind == "linear" and unit.shapes["weight"] == (rows, width)]
        more = count(keras_units, (width, width)) - count(torch_units, (width, width))
        if rows == 3 * width and not count(keras_units, (rows, width)) and more >= 3 * len(triple):
            torch_units = [part for unit in torch_units for part in (_in_three(unit) if unit in triple else (unit,))]
    return torch_units


def _in_three(unit: Unit) -> tuple[Unit, ...]:
    """A dense layer that gives queries, keys and values side by side, as three."""
    width = unit.shapes["weight"][1]
    parts = []
    for i, part in enumerate("qkv"):
        rows = slice(i * width, (i + 1) * width)
        pieces = {r: Piece(p.name, (width, *p.shape[1:]), rows.start, rows.stop) for r, p in unit.pieces.items()}
        parts.append(Unit(unit.path, "linear", unit.layer, part, pieces))
    return tuple(parts)


def _packed(unit: Unit, shapes: set[Any]) -> tuple[Unit, ...]:
    """The projections of torch's attention; q, k and v as one where the Keras side has one dense layer of three widths."""
    width = unit.layer.embed_dim
    if (3 * width, width) not in shapes or unit.layer.in_proj_weight is None:
        return unit.pieces_of
    prefix = f"{unit.path}." if unit.path else ""
    pieces = {"weight": Piece(f"{prefix}in_proj_weight", (3 * width, width))}
    if unit.layer.in_proj_bias is not None:
        pieces["bias"] = Piece(f"{prefix}in_proj_bias", (3 * width,))
    return Unit(unit.path, "linear", unit.layer, "qkv", pieces), unit.pieces_of[-1]


def _plain(path: str) -> str:
    """Paths as both sides may write them: "layer1.0.conv1", "layer1_0_conv1", "model/layer1/0/conv1"."""
    return re.sub(r"[./:_\-]+", ".", path).strip(".").lower()


def _by_map(found: Matching, mapping: Mapping[str, str]) -> None:
    """The user's {torch path: keras path}, with globs: "encoder.*" → "enc.*".

    Raises:
        ParityUsageError: a path that is not there, or layers that do not fit.
    """
    for torch_pattern, keras_pattern in _variables(found, mapping).items():
        torch = _named(found.torch_units, torch_pattern, "PyTorch module", "layers")
        for unit in torch:
            if any(match.torch is unit for match in found.matches):
                continue
            target = _substituted(unit, torch_pattern, keras_pattern)
            keras = [u for u in found.keras_units if _addressed(u, target)] or [u for u in found.keras_units if _holds(u, target)]
            if not keras:
                near = get_close_matches(target, [u.path for u in found.keras_units], n=3)
                there = "near it: " + ", ".join(near) if near else "there are " + _listed(found.keras_units)
                raise ParityUsageError(f"layers: no Keras layer {target!r} for PyTorch's {unit.path!r}; {there}.")
            fitting = [u for u in keras if found.of_keras(u) is None and kinship(unit, u) > 0]
            if not fitting:
                raise ParityUsageError(
                    f"layers: PyTorch's {unit.name!r} ({unit.kind}, {_shapes(unit)}) cannot be Keras' {keras[0].name!r} ({keras[0].kind}, {_shapes(keras[0])})."
                )
            best = max(fitting, key=lambda u: (u.part == unit.part, kinship(unit, u)))
            found.add(unit, best, "map")


def _variables(found: Matching, mapping: Mapping[str, str]) -> dict[str, str]:
    """Takes the entries that map one weight to one variable of the model itself, used by its own code; gives back the others."""
    left = dict(mapping)
    taken: dict[int, tuple[Unit, list[tuple[Held, Piece, Unit]]]] = {}
    for name, path in mapping.items():
        unit = next((u for u in found.torch_units if u.kind != "raw" and any(p.name == name for p in u.pieces.values())), None)
        raw = next((u for u in found.open_keras if u.kind == "raw" and _addressed(u, path)), None)
        if unit is None or raw is None:
            continue
        role, piece = next((r, p) for r, p in unit.pieces.items() if p.name == name)
        part = laid_as(tuple(raw.held[0].variable.shape), piece.shape)
        if part is None:
            raise ParityUsageError(f"weights: PyTorch's {name} {piece.shape} does not fit Keras' {path} {tuple(raw.held[0].variable.shape)}.")
        taken.setdefault(id(unit), (unit, []))[1].append((Held(raw.held[0].variable, (role,), part), piece, raw))
        del left[name]
    for unit, parts in taken.values():
        whole = Unit(parts[0][2].path, "own", Nothing(), held=[held for held, _, _ in parts])
        found.keras_units = [u for u in found.keras_units if u not in [raw for _, _, raw in parts]] + [whole]
        found.matches.append(Match(unit, whole, "map", [Binding(held, (piece,)) for held, piece, _ in parts]))
    return left


def _named(units: Iterable[Unit], pattern: str, what: str, argument: str) -> list[Unit]:
    units = list(units)
    hits = [u for u in units if _addressed(u, pattern) or any(fnmatchcase(piece.name, pattern) for piece in u.pieces.values())]
    if not hits:
        near = get_close_matches(pattern, [u.path for u in units], n=3)
        raise ParityUsageError(f"{argument}: no {what} {pattern!r} with weights; {'near it: ' + ', '.join(near) if near else 'there are ' + _listed(units)}.")
    return hits


def _addressed(unit: Unit, pattern: str) -> bool:
    return any(fnmatchcase(_plain(name), _plain(pattern)) for name in (unit.path, unit.name, getattr(unit.layer, "name", None) or unit.path))


def _holds(unit: Unit, path: str) -> bool:
    """Whether a path is that of a layer's own variable."""
    layer, _, name = path.rpartition(".")
    return bool(layer) and _addressed(unit, layer) and any(held.variable.name == name for held in unit.held)


def _substituted(unit: Unit, pattern: str, target: str) -> str:
    """What the globs of the torch pattern stood for, put in place of those of the Keras pattern."""
    if "*" not in pattern or "*" not in target:
        return target
    expression = "(.*)".join(map(re.escape, pattern.split("*")))
    stood = re.fullmatch(expression, unit.path) or re.fullmatch(expression, next(iter(unit.pieces.values())).name)
    words = list(stood.groups()) if stood else []
    return re.sub(r"\*", lambda _: words.pop(0) if words else "*", target)


def _listed(units: Iterable[Unit]) -> str:
    names = [unit.path or "the model itself" for unit in units]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "none"


def _shapes(unit: Unit) -> str:
    return ", ".join(f"{role} {shape}" for role, shape in unit.shapes.items())


def nearest_by_name(keras: Unit, candidates: Sequence[Unit]) -> Unit | None:
    """The candidate whose name is clearly closest: query for q, key for k, and so on."""
    scores = sorted(((_likeness(unit, keras), i) for i, unit in enumerate(candidates)), reverse=True)
    if len(scores) > 1 and scores[0][0] <= scores[1][0] + 1e-9:
        return None
    return candidates[scores[0][1]] if scores else None


_ALIASES = {
    "query": "q",
    "key": "k",
    "value": "v",
    "proj": "out",
    "projection": "out",
    "output": "out",
    "o": "out",
    "forward": "",
    "backward": "reverse",
    "to": "",
    "logs": "log",
    **{word: role for role in ("weight", "bias") for word in CALLED[role]},
    "loc": "bias",
}


def _words(unit: Unit) -> list[str]:
    words = [w for w in re.split(r"[^a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", unit.name).lower()) if w]
    words = [part for w in words for part in re.findall(r"[a-z]+|\d+", w)]
    return [_ALIASES.get(w, w) for w in words]


def _likeness(torch: Unit, keras: Unit) -> float:
    mine, theirs = _words(torch), _words(keras)
    shared = len(set(mine) & set(theirs)) / max(1, len(set(mine) | set(theirs)))
    last = bool(mine and theirs and mine[-1] == theirs[-1])
    return shared + last + 0.01 * SequenceMatcher(None, mine, theirs).ratio()


def complain(found: Matching) -> str:
    """What is unused and what unfilled, with near misses; "" if nothing is."""
    unused, unfilled = [unit for unit in found.open_torch if not unit.optional], found.open_keras
    if not unused and not unfilled:
        return ""
    lines = []
    if unused:
        lines.append("PyTorch weights without a place in the Keras model: " + "; ".join(_missed(unit, unfilled, keras=False) for unit in unused))
    if unfilled:
        lines.append("Keras layers that nothing fills: " + "; ".join(_missed(unit, unused, keras=True) for unit in unfilled))
    return ". ".join(lines)


def _missed(unit: Unit, others: Sequence[Unit], keras: bool) -> str:
    label = f"{unit.name or 'the model itself'} ({unit.kind}, {_shapes(unit)})"
    kin = [other for other in others if other.kind == unit.kind] or [other for other in others if {other.kind, unit.kind} <= NORMS | {"conv", "linear"}]
    if kin:
        near = max(kin, key=lambda other: SequenceMatcher(None, _plain(unit.name), _plain(other.name)).ratio())
        label += f", near it {near.name or 'the model itself'} ({_shapes(near)})"
    return label
