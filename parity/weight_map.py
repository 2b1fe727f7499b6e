"""Torch's weights in a Keras model that somebody else wrote: which layer is which, and the transfer itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parity.case import seeded
from parity.diagnosis.matching import Matching, complain
from parity.diagnosis.session import Options, Session
from parity.diagnosis.settling import settle
from parity.errors import CannotRunError, ParityUsageError


@dataclass(frozen=True)
class WeightMap:
    """{torch path: Keras path} of every layer with weights, and how each was found ("map", "path", "shape", "value", "name", "order")."""

    layers: Mapping[str, str]
    found_by: Mapping[str, str]
    notes: tuple[str, ...] = ()
    _matching: Matching | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __getitem__(self, path: str) -> str:
        return self.layers[path]

    def save(self, path: str | Path) -> None:
        """As YAML, which `weights=`, `mapping=` and `parity check --weights` read."""
        save_map({torch: (keras, self.found_by[torch]) for torch, keras in self.layers.items()}, path)


def save_map(layers: Mapping[str, tuple[str, str]], path: str | Path) -> None:
    """{torch path: (Keras path, how it was found)} as lines of YAML."""
    lines = [f"{_quoted(torch)}: {_quoted(keras)}  # by {how}" for torch, (keras, how) in layers.items()]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_map(path: str | Path) -> dict[str, str]:
    """A map written by `WeightMap.save`, or by hand: a line a layer, `torch.path: keras.path`, globs allowed.

    Raises:
        ParityUsageError: the file is not there or a line is no pair.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ParityUsageError(f"The mapping file {path} cannot be read ({error.strerror}); write one with `parity check --write-map`.") from error
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        torch, colon, keras = line.partition(": ")
        if not colon or not torch.strip() or not keras.strip():
            raise ParityUsageError(f"{path}, line {number}: expected `torch.path: keras.path`, got {line!r}.")
        found[torch.strip().strip("'\"")] = keras.strip().strip("'\"")
    return found


def weight_map(torch_model: Any, keras_model: Any, *, mapping: Mapping[str, str] | str | Path | None = None, inputs: Any = None) -> WeightMap:
    """Which Keras layer holds which of torch's weights. Nothing is moved.

    Args:
        mapping: {torch path: Keras path} or a file of them, for layers that are not found by themselves.
        inputs: as for `parity.check`; with them layers are told apart by what they are fed. None: numbers are made up where the Keras model declares its
            input's shape, else names, shapes and order decide.

    Raises:
        ParityUsageError: weights that are used nowhere or variables that nothing fills, with near misses.
    """
    return _map_of(_matched(torch_model, keras_model, mapping, inputs))


def transfer_weights(torch_model: Any, keras_model: Any, *, mapping: Mapping[str, str] | str | Path | None = None, inputs: Any = None) -> WeightMap:
    """Puts torch's weights into the Keras model: all of them, or none and an error.

    Raises:
        ParityUsageError: as `weight_map`.
    """
    session = _matched(torch_model, keras_model, mapping, inputs)
    filled = [(b.held.variable, b.fill(session.state)) for match in session.matching.matches for b in match.bindings]
    for variable, array in filled:
        if tuple(variable.shape) != array.shape:
            raise ParityUsageError(f"{variable.path} has shape {tuple(variable.shape)}, PyTorch's weights {array.shape}; nothing was moved.")
    for variable, array in filled:
        session.keras.assign(variable, array)
    return _map_of(session)


def _matched(torch_model: Any, keras_model: Any, mapping: Mapping[str, str] | str | Path | None, inputs: Any) -> Session:
    layers = read_map(mapping) if isinstance(mapping, (str, Path)) else mapping
    options = Options(gradients=False, layers=layers)
    given = inputs if inputs is not None else _made_up(torch_model, keras_model)
    session = Session(torch_model, keras_model, np.zeros(1, np.float32) if given is None else given, options)
    with session.torch.restored(), session.keras.restored():
        session.torch.configure("cpu")
        session.keras.configure("cpu")
        if given is None or not _by_running(session, optional=inputs is None):
            session.matching = None  # type: ignore[assignment]
            session.match()
            _by_order(session.matching)
    complaint = complain(session.matching) or _incomplete(session.matching)
    if complaint:
        raise ParityUsageError(f"{complaint}. Pass mapping={{torch path: Keras path}}; nothing was moved.")
    return session


def _by_running(session: Session, optional: bool) -> bool:
    """Lets a forced run decide what names and shapes leave open; False where made-up inputs do not run."""
    try:
        session.torch_runs[("float64", False)] = session.run_torch("float64", False)
        session.choose_inputs(session.torch_runs[("float64", False)].flow)
        session.prepare_keras()
        session.match()
        with session.keras_in("float64"):
            session.force("float64", False)
            settle(session, False)
    except (CannotRunError, ParityUsageError):
        if not optional:
            raise
        return False
    return True


def _made_up(torch_model: Any, keras_model: Any) -> Any:
    """Random inputs of the shape that the Keras model declares, in torch's layout; None where it declares none."""
    from parity.frameworks import get

    if not get("keras").is_model(keras_model):
        return None
    shapes = get("keras").declared_shapes(keras_model).by_place  # type: ignore[attr-defined]
    if not shapes or any(n is None for shape in shapes for n in shape[1:]):
        return None
    found = []
    for i, shape in enumerate(shapes):
        array = seeded("made up", i, shape).normal(0.0, 1.0, (2, *shape[1:])).astype(np.float32)
        found.append(np.moveaxis(array, -1, 1) if array.ndim >= 4 else array)
    return tuple(found) if len(found) > 1 else found[0]


def _by_order(matching: Matching) -> None:
    """Without a run: the nearest name, else the order of definition."""
    from parity.diagnosis.matching import nearest_by_name

    for unit in matching.open_keras:
        candidates = matching.candidates(unit)
        if candidates:
            matching.add(nearest_by_name(unit, candidates) or candidates[0], unit, "order")


def _incomplete(matching: Matching) -> str:
    """Roles of matched layers that one side lacks."""
    found = []
    for match in matching.matches:
        used = {p.label for b in match.bindings for p in b.pieces if p is not None}
        unused = [piece.label for piece in match.torch.pieces.values() if not any(label.startswith(piece.name) for label in used)]
        unfilled = [b.held.variable.path for b in match.bindings if not b.complete]
        if unused:
            found.append(f"{', '.join(unused)} has no place in Keras' {match.keras.name}")
        if unfilled:
            found.append(f"nothing in PyTorch's {match.torch.name} fills {', '.join(unfilled)}")
    return "; ".join(found)


def _map_of(session: Session) -> WeightMap:
    matches = session.matching.matches
    names = {match.torch.name or "": match.keras.name or match.keras.layer.name for match in matches}
    notes = [f"{m.torch.name}: rows permuted, torch flattens (C, *space), Keras (*space, C)" for m in matches if m.seam is not None]
    return WeightMap(names, {match.torch.name or "": match.how for match in matches}, (*session.notes, *notes), session.matching)


def _quoted(path: str) -> str:
    return path if path and ": " not in path and " #" not in path else f'"{path}"'
