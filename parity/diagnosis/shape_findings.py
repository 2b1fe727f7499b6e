"""Outputs that hold the same numbers in another shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.layouts import ROUNDED, close
from parity.row import Row
from parity.verdict import Verdict


def shape_findings(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """An axis of size 1 more or less: a loss then broadcasts one output against the other's targets."""
    if not any(row.role == "output" and row.verdict is Verdict.SHAPE for row in rows):
        return
    training = session.modes[0]
    run, forced = session.torch_runs[("float64", training)], session.forced[("float64", training)]
    if forced.outputs is None:
        return
    for place, (_, expected, actual) in enumerate(session.paired(forced.outputs, run)):
        mine, theirs = session.torch.array(expected), session.keras.array(actual)
        if mine.shape == theirs.shape or mine.size != theirs.size or [n for n in mine.shape if n > 1] != [n for n in theirs.shape if n > 1]:
            continue
        same = close(theirs.reshape(mine.shape), mine, ROUNDED)
        says = f"an output has the shape {theirs.shape} where torch's has {mine.shape}"
        yield Finding(_maker(run.flow, session._output_number(run, place)), "", "output-shape", says, f"reshape it to {mine.shape}", same)


def _maker(flow: Any, number: int) -> str:
    """The layer that a value comes from."""
    for _ in range(20):
        call = next((c for c in flow.calls if number in c.made and c.path and not any(c.module.children())), None)
        op = flow.producers.get(number)
        if call is not None or op is None or not op.inputs:
            return str(call.path) if call is not None else "output"
        number = op.inputs[0]
    return "output"
