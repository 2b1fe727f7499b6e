"""Rows that fail and are no fault of the port: constants, weights held in another form, steps that are made of rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from parity.diagnosis.optimizer_findings import same_steps
from parity.diagnosis.weight_trials import same
from parity.row import Row
from parity.trace import Record
from parity.verdict import Verdict


def is_constant(session: Any, row: Row, records: Sequence[Record]) -> bool:
    """A buffer that Keras has not and that training leaves as it is: an index, a mask, frequencies. What is computed from it is judged."""
    if row.role != "buffer" or row.verdict is not Verdict.MISSING:
        return False
    starts = {slot.names[0]: slot.variable for slot in session.torch.slots(session.torch_model)}
    start = starts.get(row.name.partition("@")[0])
    ends = [record.array for record in records if record.array is not None and record.role == "buffer" and record.name == row.name]
    return start is not None and bool(ends) and np.array_equal(session.torch.read(start).astype(ends[0].dtype), ends[0])


def held_otherwise(session: Any, rows: list[Row]) -> list[Row]:
    """Where all the models compute agrees, weights in another form are no fault: a norm folded into a convolution, two layers for one, a bias more.

    Their gradients cannot be compared one by one; the rows become a note. Steps of training would show it if the form mattered.
    """
    told = {"output", "input_grad", "loss"}
    if any(row.failing for row in rows if row.role in told):
        return rows
    alike = {id(m) for m in session.matching.matches if not session.transfers and _holds_the_same(session, m)}
    paths = {piece.name for m in session.matching.matches if session.transfers or id(m) in alike for piece in m.torch.pieces.values() if m.folded is None}

    def other_form(row: Row) -> bool:
        if row.role not in {"grad", "step", "buffer"}:
            return False
        if row.verdict is Verdict.EXTRA:
            return row.name.startswith("keras:") and not any(m.how == "shared" for m in session.matching.matches)
        if session.transfers and not any(m.folded for m in session.matching.matches):
            return False
        names = row.name.partition("@")[0]
        return names not in paths and not any(names.startswith(f"{path}") for path in paths)

    gone = [row for row in rows if row.failing and other_form(row)]
    if not gone or any(row.failing for row in rows if row.role == "grad" and row not in gone and session.transfers):
        return rows
    names = ", ".join(dict.fromkeys(row.name.partition("@")[0] for row in gone[:4]))
    session.notes.append(f"Held in another form on one side, gradients not compared one by one: {names}{' and more' if len(gone) > 4 else ''}.")
    return [row for row in rows if row not in gone]


def explained_steps(session: Any, rows: list[Row]) -> list[Row]:
    """Steps that part though gradients agree, where both optimizers make the same steps of torch's gradients.

    Adam and its like divide by the size of the gradient: where that is 0 but for rounding, the step is made of rounding. Keras 3.15's own Adam rounds its
    betas to float32: 6.7e-6 of the first step, which the weights' own float32 does not show unless the learning rate is large.
    """
    bad = [row for row in rows if row.failing]
    if not bad or any(row.role != "step" for row in bad):
        return rows
    note = same_steps(session, bad)
    session.notes += [f"The optimizers' steps part by at most {max(row.difference for row in bad):.1e}: {note}."] if note else []
    return [replace(row, verdict=Verdict.INDISTINGUISHABLE, note=note) if note and row in bad else row for row in rows]


def _holds_the_same(session: Any, match: Any) -> bool:
    """Whether a Keras layer's own weights are torch's."""
    return all(b.complete and same(session.keras.read(b.held.variable), b.fill(session.state)) for b in match.bindings)
