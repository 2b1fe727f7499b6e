"""Layers whose weights are equal (ones, zeros), so that no value tells which is which: the exchange after which their gradients are torch's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parity.diagnosis.binding import kinship
from parity.diagnosis.layouts import ROUNDED, close
from parity.diagnosis.matching import Match
from parity.diagnosis.settling import rematched
from parity.trace import Record

Arrays = list[np.ndarray | None]


def settle_by_gradients(session: Any, training: bool, records: Sequence[Record]) -> bool:
    """Matches anew what holds equal weights and gets each other's gradients; whether there was such.

    Call with the Keras side's records of a free run, inside `keras_in("float64")`.
    """
    if not session.transfers:
        return False
    mine, theirs = (_gradients(side) for side in (session.torch_runs[("float64", training)].records, records))
    wrong = [m for m in session.matching.matches if m.how not in {"map", "path"} and not _same(_read(m, theirs), _read(m, mine))]
    exchanged: dict[int, Match] = {}
    for match in wrong:
        fits = [o for o in wrong if o is not match and _as_good(session, match, o) and _same(_read(match, theirs), _read(o, mine))]
        if len(fits) == 1:
            exchanged[id(match)] = fits[0]
    if not exchanged or {id(other) for other in exchanged.values()} != set(exchanged):
        return False
    made = session.matching.made
    rematched(session, training, [made(exchanged[id(m)].torch, m.keras, "value") if id(m) in exchanged else m for m in session.matching.matches])
    return True


def _gradients(records: Sequence[Record]) -> dict[str, np.ndarray]:
    return {record.name: record.array for record in records if record.role == "grad" and record.array is not None}


def _read(match: Match, gradients: Mapping[str, np.ndarray]) -> Arrays:
    return [gradients.get(label) for binding in match.bindings for label in binding.labels]


def _same(one: Arrays, other: Arrays) -> bool:
    """Whether all are there, none of them zero, and equal."""
    pairs = [(a, b) for a, b in zip(one, other, strict=False) if a is not None and b is not None]
    return len(pairs) == len(one) == len(other) and all(a.shape == b.shape and a.any() and close(a, b, ROUNDED) for a, b in pairs)


def _as_good(session: Any, match: Match, other: Match) -> bool:
    """Whether the one could stand for the other and holds the same numbers."""
    pieces = [[piece.take(session.state) for piece in m.torch.pieces.values()] for m in (match, other)]
    equal = len(pieces[0]) == len(pieces[1]) and all(np.array_equal(a, b) for a, b in zip(*pieces, strict=True))
    return equal and kinship(other.torch, match.keras) >= 2
