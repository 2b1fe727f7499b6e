"""Gradients: layers left frozen, gradients cut off, rows of an embedding that must not learn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from parity.diagnosis.closeness import equal, failing
from parity.diagnosis.findings import Finding
from parity.diagnosis.loss_findings import other_gradient
from parity.diagnosis.naming import consumer_of
from parity.diagnosis.units import RECURRENT
from parity.row import Row

MOST_CUTS = 40


def gradient_findings(session: Any, rows: Sequence[Row], known: Sequence[Finding]) -> Iterator[Finding]:
    """Forward and loss agree, gradients do not: frozen layers, gradients cut off, padding rows."""
    bad = failing(rows, "grad")
    if not bad and not failing(rows, "input_grad"):
        return
    blamed = {finding.layer for finding in known if finding.severity == "difference"}
    frozen = [row for row in bad if row.verdict.value == "missing"]
    told = set()
    for row in frozen:
        match = next((m for m in session.matching.matches for b in m.bindings if any(label.startswith(row.name) for label in b.labels)), None)
        path = (row.name.rpartition(".")[0] if match is None else match.torch.path) or row.name
        if path in told or path in blamed:
            continue
        told.add(path)
        if match is None and any(
            unit.kind == "raw" and prod(s) == row_size(session, row) for unit in session.matching.open_keras for s in unit.shapes.values()
        ):
            continue  # a bare variable may hold it: nothing tells which
        if match is None:
            yield Finding(path, "", "layer-missing", f"no Keras variable holds torch's {row.name}", "add the layer, or pass layers={torch path: Keras path}")
        elif not any(b.held.variable.trainable for b in match.bindings if any(label.startswith(row.name) for label in b.labels)):
            layer = match.keras.layer
            fix = f"{match.keras.name or layer.name}.trainable = True"
            yield Finding(path, match.keras.name or layer.name, "layer-frozen", "trainable=False where torch trains these weights", fix, True)
        else:
            yield Finding(path, match.keras.name, "bias-missing", f"nothing in the Keras layer holds torch's {row.name}", "use_bias=True")
    for row in bad:
        path = row.name.rpartition(".")[0]
        if row.verdict.value == "extra" and row.name in session.state and path not in told:
            told.add(path)
            match = next((m for m in session.matching.matches if m.torch.path == path), None)
            where = "" if match is None else match.keras.name
            yield Finding(
                path, where, "layer-frozen", "trained in Keras where torch has requires_grad=False", f"{where or 'the layer'}.trainable = False", True
            )
    copies = {b.held.variable.path: m for m in session.matching.matches if m.how == "shared" for b in m.bindings}
    doubled = [copies[name] for row in bad if row.verdict.value == "extra" and (name := row.name.removeprefix("keras:")) in copies]
    for path, matches in _several_times(session, doubled).items():
        names = list(dict.fromkeys(match.keras.name for match in matches))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        says = f"torch calls one module several times, the Keras model has {names[0]}{more} beside it: copies drift apart in training"
        yield Finding(path, names[0], "layer-not-shared", says, "call one layer for all", True)
    if doubled:
        return
    for row in bad:
        if row.verdict.value == "extra" and row.name.startswith("keras:") and row.name.removeprefix("keras:") not in copies and not known:
            yield Finding(
                row.layer or "model",
                row.name,
                "bias-extra",
                f"{row.name.removeprefix('keras:')} has no counterpart in torch",
                "use_bias=False, or drop the layer",
            )
    if known or frozen:
        return
    yield from _cut(session, [row for row in bad if row.verdict.value == "different"] + failing(rows, "input_grad"))


def _several_times(session: Any, matches: Sequence[Any]) -> dict[str, list[Any]]:
    """Copies by the outermost module that torch calls as often as theirs, and that is copied whole."""
    copied = {match.torch.path for match in matches}
    counts = Counter(call.path for call in session.torch_runs[("float64", session.modes[-1])].flow.calls)
    found: dict[str, list[Any]] = {}

    def whole(path: str) -> bool:
        return {unit.path for unit in session.matching.torch_units if f"{unit.path}.".startswith(f"{path}.")} <= copied

    for match in matches:
        parts = match.torch.path.split(".")
        above = [".".join(parts[: i + 1]) for i in range(len(parts))]
        found.setdefault(next((p for p in above if counts[p] == counts[match.torch.path] > 1 and whole(p)), match.torch.path), []).append(match)
    return found


def row_size(session: Any, row: Row) -> int:
    return int(np.size(session.state[row.name])) if row.name in session.state else -1


def _cut(session: Any, bad: Sequence[Row]) -> Iterator[Finding]:
    """A gradient stopped somewhere: torch again, with the gradient cut at one value after the other, until Keras' gradients come out."""
    training = session.trains
    run = session.torch_runs[("float64", training)]
    theirs = {f"{r.role}:{r.name}": r.array for r in session.keras_records["float64"] if r.role in {"grad", "input_grad"}}
    names = {row.name for row in bad}
    embedding = next((m for m in session.matching.matches if m.torch.kind == "embedding" and f"{m.torch.path}.weight".lstrip(".") in names), None)
    if embedding is not None and getattr(embedding.torch.layer, "padding_idx", None) is not None and len(names) == 1:
        row = embedding.torch.layer.padding_idx
        told = f"torch's row {row} (padding_idx) gets no gradient, the Keras embedding's does"
        mine = next(r.array for r in run.records if r.role == "grad" and r.name in names)
        other = theirs[f"grad:{next(iter(names))}"].copy()
        other[row] = mine[row]
        yield Finding(
            embedding.torch.path, embedding.keras.name, "emb-padding-idx", told, "zero the gradient of that row, or mask it", equal(other, mine, 1e-7)
        )
        return
    for cut, path, told in _cuts(session, run, names):
        again = session.run_torch("float64", training, like=run, cut=cut)
        mine = {f"{r.role}:{r.name}": r.array for r in again.records if r.role in {"grad", "input_grad"}}
        noise = 1e-12 * max((float(np.max(np.abs(array), initial=0.0)) for array in mine.values()), default=0.0)  # a bias before a norm has none but rounding
        if all(equal(theirs[k], a, 1e-6) or np.max(np.abs(theirs[k] - a), initial=0.0) <= noise for k, a in mine.items() if k in theirs):
            yield Finding(path, "", "stop-gradient", f"the gradient is cut off on the way into {told}", "remove the stop_gradient", True)
            return
    of_the_loss = list(other_gradient(session, run)) if session.options.loss is not None else []
    yield from of_the_loss
    last = None if of_the_loss else _last_wrong(session, run, names)
    if last is not None:
        yield Finding(last, "", "", "the forward pass agrees, the gradient does not, from here backwards", snippet=_gradient_snippet(last))


def _gradient_snippet(path: str) -> str:
    return f"# compare the gradient of everything behind {path!r}: tape.gradient(output, its output) against torch.autograd.grad"


def _last_wrong(session: Any, run: Any, names: set[str]) -> str | None:
    """The unit nearest the output whose gradients are wrong."""
    order = {call.path: i for i, call in enumerate(run.flow.calls)}
    units = [m.torch for m in session.matching.matches if any(p.name in names for p in m.torch.pieces.values())]
    units.sort(key=lambda u: order.get(u.path, -1))
    return units[-1].path if units else None


def _cuts(session: Any, run: Any, names: set[str]) -> Iterator[tuple[Any, str, str]]:
    """Where a gradient may be cut, the place to name and the words for it: the way from the last wrong unit to the next ones first, then everywhere."""
    from parity.frameworks.torch_tracing import Cut

    flow = run.flow
    units: dict[int, str] = {}
    for match in session.matching.matches:
        for call in run.calls.get(id(match.torch), []):
            for number in call.left.values():
                if number is not None:
                    units.setdefault(number, match.torch.path)
    uses = Counter(n for op in flow.ops for n in set(op.inputs))

    def place(index: int, number: int) -> str:
        op = flow.ops[index]
        return units[number] if uses[number] == 1 and number in units and not op.path else str(consumer_of(flow, op))  # "": the model's own forward

    last = _last_wrong(session, run, names)
    starts = [n for n, path in units.items() if path == last] or list(flow.inputs)
    reached, near = set(starts), []
    for op in flow.ops:
        if reached & set(op.inputs):
            near += [(op.index, n) for n in op.inputs if n in reached]
            if not any(n in units for n in op.outputs):
                reached |= set(op.outputs)
    far = [(op.index, n) for op in flow.ops for n in dict.fromkeys(op.inputs) if flow.values[n].is_floating_point()]
    single = list(dict.fromkeys([*near, *far]))
    many = [n for n, count in uses.items() if count > 1 and flow.values[n].is_floating_point()]
    parts = [c for c in flow.calls if c.path and c.ops[1] > c.ops[0] + 1]
    above = _parameters_above(run)
    wrong = names & set().union(*above.values()) if above else set()
    single = [c for c in single if wrong <= above[c[1]]]  # what a cut spoils lies before it, and all of that as a rule
    single.sort(key=lambda cut: len(above[cut[1]] - wrong))
    for index, number in single[:MOST_CUTS]:
        yield Cut(index, index + 1, number), place(index, number), f"torch's {flow.ops[index].name}"
    for name, index in _parameters_used_again(run):
        yield Cut(index, index + 1, name), name.rpartition(".")[0], f"torch's {flow.ops[index].name} for {name}"
    for call in parts[:MOST_CUTS]:
        for number in call.inputs:
            if uses[number] > 1:
                yield Cut(call.ops[0], call.ops[1], number), call.path, call.path
    for call in flow.calls:  # h and c of a recurrence, handed on together
        states = frozenset(call.inputs[1:])
        if len(states) > 1 and type(call.module).__name__ in RECURRENT:
            yield Cut(call.ops[0], call.ops[1], states), call.path, f"the state of {call.path}"
    for number in many[:MOST_CUTS]:
        source = units.get(number) or next((c.path for c in flow.calls if number in c.made and c.path), "")
        yield Cut(0, len(flow.ops), number), source or str(consumer_of(flow, flow.producers.get(number, flow.ops[0]))), f"all that takes what {source} gives"


def _parameters_above(run: Any) -> dict[int, frozenset[str]]:
    """Value → the parameters that it is made with."""
    named = {id(p): name for name, p in run.model.named_parameters()}
    above: dict[int, frozenset[str]] = defaultdict(frozenset)
    for op in run.flow.ops:
        module = getattr(op.function, "module", op.function)  # a module that is one operation
        taken = [*op.args, *op.kwargs.values(), *(module.parameters() if hasattr(module, "parameters") else ())]
        made = frozenset(named[id(p)] for p in taken if id(p) in named).union(*(above[i] for i in op.inputs))
        for number in op.outputs:
            above[number] = above[number] | made
    return above


def _parameters_used_again(run: Any) -> Iterator[tuple[str, int]]:
    """Parameters that several operations use (tied weights), and each use."""
    named = {id(p): name for name, p in run.model.named_parameters()}
    used: list[tuple[str, int]] = []
    for op in run.flow.ops:
        held = [*op.args, *op.kwargs.values()]
        used += [(named[id(p)], op.index) for p in held if id(p) in named]
    counts = Counter(name for name, _ in used)
    yield from [(name, index) for name, index in used if counts[name] > 1]
