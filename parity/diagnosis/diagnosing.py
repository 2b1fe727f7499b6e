"""From the runs of a session to rows and findings: what departs, where, and which trial makes it vanish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Checkpoint
from parity.row import Row, judge_arrays
from parity.verdict import Verdict


def paired_checkpoints(session: Any, training: bool) -> list[tuple[Checkpoint, Checkpoint]]:
    """The checkpoints of both precisions, in the order of the Keras run."""
    fine, coarse = (session.forced.get((dtype, training)) for dtype in ("float64", "float32"))
    if fine is None or coarse is None:
        return []
    by_key = {(id(point.match.torch), point.index): point for point in coarse.checkpoints}
    found = [(point, by_key.get((id(point.match.torch), point.index))) for point in fine.checkpoints]
    return [(a, b) for a, b in found if b is not None]


def inside_rows(session: Any, training: bool, fine: Checkpoint, coarse: Checkpoint) -> list[Row]:
    """The layer alone: its output on torch's input, in both precisions."""
    rows = []
    end = f"#{fine.index + 1}" if fine.index else ""
    suffix = session._suffix(training)
    for name, actual in fine.actual.items():
        if name not in coarse.actual:
            continue
        label = fine.name + end + ("" if name in {"out", "seq", "flipped"} else f".{name}") + suffix
        base = Row(label, "activation", Verdict.IDENTICAL, layer=fine.match.torch.path)
        rows.append(judge_arrays(base, fine.expected[name], coarse.expected[name], actual, coarse.actual[name]))
    return rows


def activation_rows(session: Any) -> list[Row]:
    """A row for every output of every matched layer, each judged alone."""
    return [row for training in session.modes for fine, coarse in paired_checkpoints(session, training) for row in inside_rows(session, training, fine, coarse)]


def diagnose(session: Any, rows: Sequence[Row]) -> list[Finding]:
    return []
