"""Weights given as they are: what was done to an array between torch's layout and Keras'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from parity.diagnosis.binding import Binding
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Checkpoint
from parity.diagnosis.matching import Match

EXACT = 1e-5  # of the size: weights pass through float32, and through root and square


def found_in(session: Any, point: Checkpoint) -> Iterator[Finding]:
    """A finding for every variable of a checkpoint's layers that is not what the transfer would have put there."""
    for match in dict.fromkeys([point.match, point.last]):
        yield from of_match(session, match)


def of_match(session: Any, match: Match) -> Iterator[Finding]:
    where = match.keras.name or match.keras.layer.name
    told = set()
    for binding in match.bindings:
        if not any(p is not None for p in binding.pieces):
            continue
        right = binding.fill(session.state)
        own = session.keras.read(binding.held.variable)
        if same(own, right):
            continue
        cause, says, fix = cause_of(session, match, binding, own, right)
        if not cause and _rows_of(session, binding, own):
            cause, says, fix = (
                "weights-order",
                f"rows of torch's {binding.labels[0].partition('[')[0]}, and not those in torch's order",
                "torch's order of rows",
            )
        if (cause, says) not in told:
            told.add((cause, says))
            yield Finding(match.torch.path, where, cause, f"{binding.held.variable.path} holds {says}", fix, bool(cause))


def _rows_of(session: Any, binding: Binding, own: np.ndarray) -> bool:
    """Whether a kernel is made of rows of torch's whole weight (of one that is cut, too), each once."""
    piece = next((p for p in binding.pieces if p is not None), None)
    if piece is None or own.ndim != 2 or len(binding.pieces) != 1:
        return False
    rows = session.state[piece.name].reshape(len(session.state[piece.name]), -1).astype(np.float64)
    for mine in (own.T.astype(np.float64), own.astype(np.float64)):
        if mine.shape[1] == rows.shape[1] and len(mine) > 1:
            apart = np.abs(mine[:, None] - rows[None]).max(-1)
            nearest = apart.argmin(1)
            if apart.min(1).max() <= EXACT * np.abs(rows).max() and len(set(nearest)) == len(nearest):
                return True
    return False


def same(actual: np.ndarray, expected: np.ndarray) -> bool:
    if actual.shape != expected.shape:
        return False
    scale = float(np.max(np.abs(expected), initial=0.0))
    return bool(np.max(np.abs(actual.astype(np.float64) - expected), initial=0.0) <= EXACT * max(scale, 1e-30))


def cause_of(session: Any, match: Match, binding: Binding, own: np.ndarray, right: np.ndarray) -> tuple[str, str, str]:
    """(cause, what it holds, fix)."""
    name = "/".join(binding.labels)
    for candidates in (_gates, _statistics, _seams, _orders, _heads, _values, _others):
        for cause, says, fix, array in candidates(session, match, binding, right):
            if array.shape == own.shape and same(own, array):
                return cause, says, fix
    return "", f"something else than torch's {name}", ""


Candidate = tuple[str, str, str, np.ndarray]


def _gates(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Gates along the last axis in another order; one of two biases."""
    count = {"lstm": 4, "gru": 3}.get(match.keras.kind)
    if count is not None and right.shape[-1] % count == 0:
        blocks = np.split(right, count, axis=-1)
        slug = "lstm-gates" if count == 4 else "gru-gates"
        for order in list(permutations(range(count)))[1:]:
            fix = "gates in the order i, f, c, o: as torch's" if count == 4 else "gates in the order z, r, h: torch's first two change places"
            yield slug, f"torch's gates in the order {order}", fix, np.concatenate([blocks[i] for i in order], -1)
    if binding.held.summed or match.keras.kind == "gru":
        arrays = [p.take(session.state) for p in binding.pieces if p is not None]
        if binding.held.summed and len(arrays) == 2:
            for i, label in enumerate(binding.labels):
                yield "lstm-two-biases", f"only {label}", "the sum of bias_ih and bias_hh", binding.held.value((arrays[i], np.zeros_like(arrays[i])))
            for array in (arrays[0] - arrays[1], (arrays[0] + arrays[1]) / 2, 2 * arrays[0], 2 * arrays[1]):
                yield "lstm-two-biases", "another combination of the two biases", "the sum of bias_ih and bias_hh", array
            if count:
                for i in range(2):
                    blocks = np.split(arrays[i], count)
                    for order in permutations(range(count)):
                        both = np.concatenate([blocks[k] for k in order])
                        yield "lstm-two-biases", f"only {binding.labels[i]}, its gates in the order {order}", "the sum of both, gates as torch's", both
        elif len(arrays) == 2:
            yield "gru-reset-after", "the two biases exchanged", "bias_ih first, bias_hh second", binding.held.value((arrays[1], arrays[0]))
            zero = np.zeros_like(arrays[0])
            yield "gru-reset-after", "only the input's bias", "both biases", binding.held.value((arrays[0], zero))
            yield "gru-reset-after", "both biases summed into the first", "both biases", binding.held.value((arrays[0] + arrays[1], zero))
            yield "gru-reset-after", "both biases summed into the second", "both biases", binding.held.value((zero, arrays[0] + arrays[1]))


def _statistics(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Another vector of the same layer: statistics exchanged, gamma for beta, the deviation for the variance."""
    for other in match.bindings:
        if other is not binding and any(p is not None for p in other.pieces):
            array = other.fill(session.state)
            slug = "norm-statistics-swapped" if match.keras.kind.endswith("norm") else "weights-order"
            yield slug, f"torch's {'/'.join(other.labels)}", f"give it {'/'.join(binding.labels)}", array
    if binding.held.roles[-1] == "running_var":
        yield "norm-statistics-swapped", "the standard deviation", "the variance", np.sqrt(np.maximum(right, 0))
        yield "norm-statistics-swapped", "the square of the variance", "the variance", right**2
        eps = getattr(match.torch.layer, "eps", 1e-5)
        yield "norm-statistics-swapped", "the inverse deviation", "the variance", 1 / np.sqrt(right + eps)
        yield "norm-statistics-swapped", "the inverse of the variance", "the variance", 1 / np.where(right == 0, 1, right)
        yield "norm-statistics-swapped", "the variance with epsilon added", "the variance", right + eps


def _orders(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Axes in another order, reversed, or read in another order of memory."""
    slug = {"conv": "conv-layout", "conv_transpose": "convT-layout", "linear": "linear-kernel"}.get(match.keras.kind, "weights-order")
    label = "/".join(binding.labels)
    piece = next(p for p in binding.pieces if p is not None)
    raw = piece.take(session.state)
    for axes in permutations(range(right.ndim)):
        moved = right.transpose(axes)
        if moved.shape == right.shape and axes != tuple(range(right.ndim)):
            yield slug, f"{label} with its axes in another order", "the transposition of the table in `parity explain conv-layout`", moved
        if axes != tuple(range(right.ndim)):
            yield slug, f"{label} reshaped, not transposed", "transpose, do not reshape", np.ascontiguousarray(moved).reshape(right.shape)
    if raw.size == right.size:
        yield slug, f"{label} reshaped, not transposed", "transpose, do not reshape", raw.reshape(right.shape)
    for count in range(1, right.ndim + 1):
        for axes in _subsets(right.ndim, count):
            yield slug, f"{label} reversed along its axes {axes}", "torch does not flip kernels: drop the reversal", np.flip(right, axes)
    for axis in range(right.ndim):
        for shift in (1, -1):
            yield "weights-order", f"{label} shifted by one along axis {axis}", "drop the shift", np.roll(right, shift, axis)
        for parts in (2, 3, 4, 6, 8):
            if right.shape[axis] % parts == 0 and right.shape[axis] > parts:
                blocks = np.split(right, parts, axis)
                if parts <= 4:
                    for order in list(permutations(range(parts)))[1:]:
                        yield (
                            "mha-packed",
                            f"{label} with its {parts} blocks in the order {order}",
                            "torch's order of blocks",
                            np.concatenate([blocks[i] for i in order], axis),
                        )
                shape = [*right.shape[:axis], parts, right.shape[axis] // parts, *right.shape[axis + 1 :]]
                mixed = np.swapaxes(right.reshape(shape), axis, axis + 1).reshape(right.shape)
                yield "weights-order", f"{label} with axis {axis} read as ({right.shape[axis] // parts}, {parts}) for ({parts}, …)", "torch's order", mixed
                shape[axis], shape[axis + 1] = shape[axis + 1], shape[axis]
                other = np.swapaxes(right.reshape(shape), axis, axis + 1).reshape(right.shape)
                yield "weights-order", f"{label} with axis {axis} read as ({parts}, …)", "torch's order", other


def _subsets(rank: int, count: int) -> Iterator[tuple[int, ...]]:
    from itertools import combinations

    yield from combinations(range(rank), count)


def _seams(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Rows of the first dense layer behind a flatten."""
    from parity.diagnosis.axes import flattened_from
    from parity.diagnosis.binding import Seam

    if match.keras.kind != "linear" or right.ndim != 2:
        return
    run = next(iter(session.torch_runs.values()))
    calls = run.calls.get(id(match.torch), [])
    shape = flattened_from(run.flow, calls[0].entered[0], right.shape[0]) if calls else None
    if shape is None:
        return
    seam = match.seam or Seam(shape)
    plain = Binding(binding.held, binding.pieces).fill(session.state)
    fix = f"W.reshape(out, {', '.join(map(str, shape))}).transpose(0, 2, 3, 1).reshape(out, -1).T"
    if match.seam is not None:
        yield "flatten-order", "torch's rows, though Keras flattens channels last", fix, plain
    else:
        yield "flatten-order", "permuted rows, though the model brings them into torch's order itself", "only transpose", seam.to_keras(plain.T).T
    for axes in permutations(range(len(shape))):
        turned = plain.T.reshape(-1, *shape).transpose(0, *[a + 1 for a in axes]).reshape(plain.shape[1], -1).T
        yield "flatten-order", f"rows permuted by {axes} of (C, *space)", fix, turned
    twice = seam.to_keras(seam.to_keras(plain.T)).T
    yield "flatten-order", "rows permuted twice", fix, twice
    yield "flatten-order", "rows permuted back to front", fix, seam.to_torch(plain.T).T


def _heads(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Attention's projections: heads and head width exchanged, another projection, not transposed."""
    if match.keras.kind != "attention":
        return
    mine = {b: b.fill(session.state) for b in match.bindings}
    for other, array in mine.items():
        if other is not binding and array.shape == right.shape:
            yield "mha-packed", f"torch's {'/'.join(other.labels)}", "torch packs q, k, v in this order", array
    if right.ndim == 3:
        a, b, c = right.shape
        flat = right.reshape(a, b * c) if binding.held.roles[0].split(".")[0] != "out" else right.reshape(a * b, c)
        square = flat.T if flat.shape[0] == flat.shape[1] else None
        if square is not None:
            yield "linear-kernel", "the projection without its transposition", "transpose it", square.reshape(right.shape)
        if binding.held.roles[0].startswith("out"):
            yield "mha-packed", "heads and head width exchanged", "(heads, head width) in this order", flat.reshape(b, a, c).transpose(1, 0, 2)
        else:
            yield "mha-packed", "heads and head width exchanged", "(heads, head width) in this order", flat.reshape(a, c, b).transpose(0, 2, 1)
    if right.ndim == 2:
        yield "mha-packed", "heads and head width exchanged", "(heads, head width) in this order", right.reshape(right.shape[::-1]).T


def _values(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Not loaded at all, or changed as a whole."""
    label = "/".join(binding.labels)
    for value in (0.0, 1.0):
        yield "weights-not-loaded", f"{value:g} everywhere: {label} was not loaded", f"load {label}", np.full_like(right, value)
    forget = np.zeros_like(right)
    if match.keras.kind == "lstm" and right.ndim == 1:
        forget[len(forget) // 4 : len(forget) // 2] = 1.0
        yield "weights-not-loaded", f"Keras' initial bias: {label} was not loaded", f"load {label}", forget
    for factor in (-1.0, 2.0, 0.5):
        yield "weights-scaled", f"{factor:g} times {label}", "drop the factor", factor * right
    for width in (np.float16,):
        yield "mixed-policy", f"{label} rounded to float16", "keep float32", right.astype(width).astype(right.dtype)


def _others(session: Any, match: Match, binding: Binding, right: np.ndarray) -> Iterator[Candidate]:
    """Another layer's weights."""
    for other in session.matching.matches:
        if other is match:
            continue
        for theirs in other.bindings:
            if any(p is not None for p in theirs.pieces) and tuple(theirs.held.variable.shape) == right.shape:
                yield "weights-order", f"torch's {'/'.join(theirs.labels)}", f"give it {'/'.join(binding.labels)}", theirs.fill(session.state)
    state: Mapping[str, np.ndarray] = session.state
    for name, array in state.items():
        if array.size == right.size and array.dtype.kind == "f":
            yield "weights-order", f"torch's {name}", f"give it {'/'.join(binding.labels)}", array.reshape(right.shape)
            if array.ndim == 2:
                yield "weights-order", f"torch's {name}", f"give it {'/'.join(binding.labels)}", np.ascontiguousarray(array.T).reshape(right.shape)
