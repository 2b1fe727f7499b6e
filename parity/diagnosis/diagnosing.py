"""From the runs of a session to rows and findings: what departs, where, and which trial makes it vanish."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from parity.diagnosis.axes import View, pad_mode
from parity.diagnosis.buffer_findings import buffer_findings
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Checkpoint
from parity.diagnosis.gradient_findings import gradient_findings
from parity.diagnosis.layouts import EQUAL, ROUNDED
from parity.diagnosis.locating import Locator
from parity.diagnosis.loss_findings import loss_findings
from parity.diagnosis.optimizer_findings import optimizer_findings
from parity.diagnosis.shape_findings import shape_findings
from parity.diagnosis.states import RECURRENT
from parity.diagnosis.torch_runs import first_line
from parity.diagnosis.walk import Departure
from parity.row import Row, judge_arrays
from parity.verdict import Verdict

SHIFTING = frozenset({"dropout-missing", "dropout-singly"})
AFTER_DROPOUT = frozenset({"operation-other", "scale-other", "dropout-missing", "dropout-rate"})
MASKS = frozenset({"mha-mask-polarity", "mask-missing"})
MASKS_OF_ALL = MASKS | {"mask-causal", "rnn-mask"}
PLAIN = frozenset({Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.VACUOUS, Verdict.IMPRECISE})


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


def verdict_on(t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray | None) -> Verdict:
    """The rule on one value between layers."""
    return judge_arrays(Row("", "activation", Verdict.IDENTICAL), t64, t32, k64, k64.astype(np.float32) if k32 is None else k32).verdict


def diagnose(session: Any, rows: Sequence[Row]) -> list[Finding]:
    """The findings, in the order of the run: differences first, then notes."""
    seams = [seam_note(match) for match in session.matching.matches if match.seam is not None and session.transfers]
    suspicious = [row for row in rows if row.failing or row.verdict in {Verdict.INDISTINGUISHABLE, Verdict.ILL_CONDITIONED}]
    if not suspicious or session.only_float32:
        return seams
    differ = any(row.failing for row in rows)
    findings: list[Finding] = seams
    for training in session.modes:
        known = any(f.confirmed and f.severity == "difference" for f in findings)  # masks are fed in torch's order: in training, more departs behind a fault
        found = tried(session, lambda: forward(session, training, differ))  # noqa: B023
        told = [f for f in found if f.confirmed or f.severity == "note" or not (known and training)]
        findings += [f for f in told if not (known and training and f.cause == "operation-other" and "where torch has dropout" in f.message)]
    if differ:
        for stage in (shape_findings, buffer_findings, loss_findings, optimizer_findings):
            told = tried(session, lambda: stage(session, rows))  # noqa: B023
            known = any(f.confirmed and f.severity == "difference" for f in findings)  # behind a fault, steps may depart for it alone
            findings += [f for f in told if f.confirmed or f.layer != "optimizer" or not known]
        blamed = [f for f in findings if f.severity == "difference" and f.cause not in {"bn-momentum", "bn-unbiased-var"} and f.layer != "optimizer"]
        findings += tried(session, lambda: gradient_findings(session, rows, blamed))
    return unique(findings)


def tried(session: Any, search: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """A part of the search: should it raise, the verdict stands, and what the others find."""
    try:
        return list(search())
    except Exception as error:
        session.notes.append(f"Judged, not all located: the search for the cause raised {type(error).__name__} ({first_line(error)}); please report it.")
        return []


def seam_note(match: Any) -> Finding:
    """The transfer permuted a kernel: whoever loads these weights otherwise has to do the same."""
    shape = ", ".join(map(str, match.seam.shape))
    told = f"torch flattens ({shape}) with the channels first, Keras with the channels last: the rows of the kernel were permuted on transfer"
    fix = f"W.reshape(out, {shape}).transpose(0, {', '.join(str(i) for i in range(2, len(match.seam.shape) + 1))}, 1).reshape(out, -1).T"
    return Finding(match.torch.path, match.keras.name, "flatten-order", told, fix, True, "note")


def nothing_departs(session: Any, training: bool) -> bool:
    """Whether every layer was fed and gave what torch's was, by the runs that the verdict was made from: then there is nothing to locate."""

    def departs(*four: Any) -> bool:
        return verdict_on(*four) not in PLAIN

    for fine, coarse in paired_checkpoints(session, training):
        if fine.shapes is not None or any(row.verdict not in PLAIN for row in inside_rows(session, training, fine, coarse)):
            return False
        for mine, live, lower, given in zip(fine.given, fine.live, coarse.live, coarse.given, strict=False):
            if live is None or departs(mine, given, live, lower):
                return False
    forced = session.forced.get(("float64", training))
    return forced is not None and forced.outputs is not None and not output_departures(session, training, forced, departs)


def forward(session: Any, training: bool, differ: bool) -> list[Finding]:
    """Faults of the forward pass: inside layers and in the code between them."""
    from parity.diagnosis.layer_trials import NOTE_BOUND, inside

    findings: list[Finding] = []
    if not differ and nothing_departs(session, training):
        return findings
    with session.keras_in("float64"):
        forced = session.force("float64", training, record_ops=True)
    run = session.torch_runs[("float64", training)]
    locator = Locator(session, run.flow, forced)
    pairs = paired_checkpoints(session, training)
    elsewhere = dropped_elsewhere(session, run) if differ and training else []
    for path, name in dict.fromkeys(forced.reused):
        says = f"{name} is called again, with its own weights, where torch has {path}"
        findings.append(Finding(path, name, "layer-reused", says, f"a layer of its own for {path}", True))
    for severe in (True, False) if differ else (False,):
        bad = {Verdict.DIFFERENT, Verdict.NONFINITE, Verdict.SHAPE, Verdict.ILL_CONDITIONED} if severe else {Verdict.INDISTINGUISHABLE}

        locator.bound, locator.spent = ROUNDED if severe else EQUAL, 0
        locator.cache.clear()
        locator.carried.clear()

        def departs(t64: Any, t32: Any, k64: Any, k32: Any, bad: Any = bad) -> bool:
            return verdict_on(t64, t32, k64, k32) in bad

        spoiled: set[int] = set()  # values that the Keras side has in another shape, so that torch's could not be handed on

        def worth(told: Sequence[Finding | None], departure: Departure, spoiled: set[int] = spoiled, severe: bool = severe) -> list[Finding]:
            """Without what only follows from something that was found before."""
            certain = any(f.confirmed and f.severity == "difference" for f in findings)
            follows = bool(elsewhere) or (certain and departure.view is None) or locator.follows(departure.number, spoiled)
            shifted = any(
                f.cause in {"dropout-missing", "dropout-singly"} for f in (*elsewhere, *findings)
            )  # masks are fed in order: behind it dropouts get wrong ones
            kept = [f for f in told if f is not None and (f.confirmed or not follows)]
            return [noted(f, severe) for f in kept if not (shifted and f.cause in AFTER_DROPOUT)]

        for fine, coarse in pairs:
            misshapen = False  # what it is fed has another shape: so has what it gives
            for departure, point in departures(session, training, [(fine, coarse)], departs):
                told = locator.locate(departure) if departure.number >= 0 or point is None else [locator.inner(point, -1 - departure.number)]
                misshapen |= departure.view is None and bool(told)
                findings.extend(worth(told, departure))
            found = [row for row in inside_rows(session, training, fine, coarse) if row.verdict in bad]
            if found or (severe and fine.shapes is not None and not misshapen):
                told_inside = inside(session, fine, found[0] if found else None, ROUNDED if severe else NOTE_BOUND)
                findings.extend([noted(f, severe) for f in told_inside if f.cause not in MASKS or not locator.mask_follows(fine)])
            if fine.shapes is not None:
                spoiled |= {number for number in fine.final.left.values() if number is not None}
        for departure in output_departures(session, training, forced, departs) if forced.outputs is not None else []:
            findings.extend(worth(locator.locate(departure), departure))
        if severe and (findings or elsewhere):
            break
    if any(f.cause.startswith("dropout") for f in findings):
        elsewhere = []
    return elsewhere + locator.moved([f for f in findings if not any(f is other for other in locator.merged)])


def dropped_elsewhere(session: Any, run: Any) -> list[Finding]:
    """Dropouts of the Keras side whose input has the shape of none of torch's masks, or that drop one by one what torch drops together."""
    found = []
    dropouts = [op for op in run.flow.ops if op.name == "dropout"]
    for name, place in session.singly:
        layer = dropouts[place].path or "output"
        says = f"{name} drops single numbers, torch whole channels"
        found.append(Finding(layer, name, "dropout-singly", says, "SpatialDropout of Keras, or noise_shape with 1 for the axes of space", True))
    for name, shape, place in session.undropped:
        if place < len(dropouts):
            op = dropouts[place]
            mine = tuple(run.flow.values[op.outputs[0]].shape)
            says = f"{name} drops out of a value of shape {shape}, torch of one of shape {mine}"
            found.append(Finding(op.path or "output", name, "dropout-elsewhere", says, "drop out of the value that torch does"))
    return found


def noted(finding: Finding, severe: bool) -> Finding:
    return finding if severe else replace(finding, severity="note")


def departures(session: Any, training: bool, fine: list[tuple[Checkpoint, Checkpoint]], departs: Any) -> Iterator[tuple[Departure, Checkpoint | None]]:
    """Live inputs of matched layers that are not torch's, in the order of the Keras run."""
    for point, other in fine:
        mode = pad_mode(point.match.torch.layer) if point.pads else "constant"
        for i, number in enumerate([*point.call.entered, *[None] * 2][: len(point.live)]):
            if number is None:
                if point.live[i] is None or departs(point.given[i], other.given[i], point.live[i], other.live[i] if i < len(other.live) else None):
                    yield Departure(-1 - i, np.zeros(0), None, point.match.torch.path), point
                continue
            live = point.live[i]
            if live is None:
                raw = session.keras.array(point.raw_inputs[i])
                if raw.dtype.kind == "f":
                    yield Departure(number, raw, None, point.match.torch.path, point.raw_inputs[i], point.pads, mode), point
            elif departs(point.given[i], other.given[i], live, other.live[i] if i < len(other.live) else None):
                view = point.views[i]
                raw = session.keras.array(point.raw_inputs[i])
                started = i > 0 and point.match.keras.kind in RECURRENT
                yield Departure(number, raw, view, point.match.torch.path, point.raw_inputs[i], point.pads, mode, started), point


def output_departures(session: Any, training: bool, forced: Any, departs: Any) -> list[Departure]:
    """Outputs of the forced run that are not torch's: the code behind the last layers."""
    from parity.frameworks.torch_tracing import numbers

    run = session.torch_runs[("float64", training)]
    coarse = session.forced.get(("float32", training))
    outputs = {name: actual for name, _, actual in session.paired(forced.outputs, run)}
    whole = coarse is not None and coarse.outputs is not None
    lower = {name: actual for name, _, actual in session.paired(coarse.outputs, session.torch_runs[("float32", training)])} if whole else {}
    found = []

    def lower_size(name: str) -> int:
        return int(np.prod([int(n) for n in lower[name].shape]))

    for i, (name, expected) in enumerate(run.leaves):
        number = numbers(run.flow.outputs)[i]
        actual = session.keras.array(outputs[name])
        order = session.orders.get(name)
        if actual.dtype.kind != "f":
            if actual.dtype.kind in "iu" and not np.array_equal(actual, session.torch.array(expected)):
                found.append(Departure(number, actual, None, "output", outputs[name]))
            continue
        if order is None or actual.size != int(np.prod(expected.shape)):
            found.append(Departure(number, actual, None, "output", outputs[name]))
            continue
        t64 = session.torch.array(expected)
        t32 = session.torch.array(dict(session.torch_runs[("float32", training)].leaves)[name])
        k32 = order.undo(session.keras.array(lower[name]), t64.shape) if name in lower and lower_size(name) == t64.size else None
        if departs(t64, t32, order.undo(actual, t64.shape), k32):
            found.append(Departure(number, actual, View(order), "output", outputs[name]))
    return found


def unique(findings: Sequence[Finding]) -> list[Finding]:
    """Each once; what was found in evaluation is not told again for training."""
    seen: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        key = (finding.layer, finding.cause, finding.message if not finding.cause else "")
        if key not in seen or (finding.confirmed and not seen[key].confirmed):
            seen[key] = finding
    if any(f.confirmed and f.severity == "difference" for f in seen.values()):  # what follows from a fault is no second one
        seen = {key: f for key, f in seen.items() if f.confirmed or f.cause != "code-extra"}
    gone = tuple(f"{f.layer}." for f in seen.values() if f.confirmed and f.cause == "layer-missing")  # a block that is left out is told once
    seen = {key: f for key, f in seen.items() if f.confirmed or f.cause != "layer-missing" or not f.layer.startswith(gone)}
    order = {"difference": 0, "note": 1}
    return sorted(told_once(list(seen.values())), key=lambda f: order[f.severity])


def told_once(findings: Sequence[Finding]) -> list[Finding]:
    """A mask that goes to every block is one mistake, told at the first; what layers are made with is each one's own."""
    found: dict[tuple[Any, ...], Finding] = {}
    for finding in findings:
        alike = re.sub(r"(^|\.)\d+(?=\.|$)", ".#", finding.layer), finding.cause, finding.message, finding.confirmed, finding.severity
        key = alike if finding.cause in MASKS_OF_ALL else (finding.layer, len(found))
        found[key] = replace(found[key], also=(*found[key].also, finding.layer)) if key in found else finding
    return list(found.values())
