"""The loss: both sides' on torch's outputs and targets, and which change of one attribute makes them equal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np

from parity.diagnosis.closeness import equal, failing, name_of
from parity.diagnosis.findings import Finding
from parity.diagnosis.session import keras_loss
from parity.row import Row


def loss_findings(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """Both losses on torch's outputs and targets, so that nothing of the models is in it."""
    options = session.options
    if options.loss is None or not (failing(rows, "loss") or failing(rows, "grad") or failing(rows, "input_grad")):
        return
    from parity.frameworks.torch_tracing import trace_function

    torch, keras = session.torch, session.keras
    training = session.modes[-1]
    run = session.torch_runs[("float64", training)]
    with torch.precision("float64"):
        outputs = torch.detached(run.output)
        flow, value = trace_function(options.loss[0], (outputs, session._targets(torch)))
        expected = torch.array(value)
    with session.keras_in("float64"):
        theirs = session.keras_outputs(run)
        if theirs is None:
            return
        actual = _keras_value(session, theirs, options.loss[1])
        if actual is None or equal(actual, expected, 1e-7):
            return
        for change, cause, says, fix in _keras_losses(options.loss, expected, actual, keras):
            again = _keras_value(session, theirs, change)
            if again is not None and equal(again, expected, 1e-7):
                yield Finding("loss", name_of(options.loss[1]), cause, says, fix, True)
                return
        again = _keras_value(session, theirs, options.loss[1], swapped=True)
        if again is not None and equal(again, expected, 1e-7):
            fix = "call (target, output): members of keras.losses take the target first"
            yield Finding("loss", name_of(options.loss[1]), "loss-arguments", "target and output are exchanged", fix, True)
            return
    yield _by_torch(session, flow, expected, actual) or _unknown_loss(options, expected, actual)


def other_gradient(session: Any, run: Any) -> Iterator[Finding]:
    """Where both losses have one value: whether they have one gradient by the outputs, too."""
    with session.keras_in("float64"):
        theirs = session.keras_outputs(run)
        if theirs is not None and not same_gradient(session, run, theirs):
            says = "for the same output and target both losses have one value and not one gradient: one cuts off a part of it (detach, stop_gradient)"
            yield Finding("loss", name_of(session.options.loss[1]), "stop-gradient", says, "cut off what torch's loss cuts off")


def same_gradient(session: Any, run: Any, theirs: Any) -> bool:
    """Whether both losses have the same gradient by each output; True where that cannot be told."""
    from parity.diagnosis.session import replaced
    from parity.frameworks.torch_tracing import mapped

    torch, keras, options = session.torch, session.keras, session.options
    pairs = [(e, a, session.orders[name]) for name, e, a in session.paired(theirs, run) if e.is_floating_point() and session.orders.get(name) is not None]
    mine, others = [e for e, _, _ in pairs], [a for _, a, _ in pairs]
    view, wrt = next(iter(session.orders.values()), None), range(len(pairs))

    def torch_outputs(*values: Any) -> Any:
        by_id, tensors = {id(old): new for old, new in zip(mine, values, strict=True)}, iter([tensor for _, tensor in run.leaves])
        return mapped(run.output, lambda tensor: by_id.get(id(held := next(tensors)), held))

    def keras_outputs(*values: Any) -> Any:
        return replaced(theirs, {id(old): new for old, new in zip(others, values, strict=True)})

    try:
        with torch.precision("float64"):
            one = torch.backward(torch_outputs, lambda out: options.loss[0](out, session._targets(torch)), mine, wrt, [])
        other = keras.backward(keras_outputs, lambda out: session._keras_loss(out, view), others, wrt, [])
    except Exception:  # a loss that wants more than outputs
        return True
    for (expected, _, order), a, b in zip(pairs, one.input_gradients, other.input_gradients, strict=True):
        first = np.zeros(tuple(expected.shape)) if a is None else torch.array(a)
        second = np.zeros(tuple(expected.shape)) if b is None else order.undo(keras.array(b), tuple(expected.shape))
        if (a is not None or b is not None) and not equal(second, first, 1e-7):
            return False
    return True


def _keras_value(session: Any, outputs: Any, loss: Any, swapped: bool = False) -> np.ndarray | None:
    try:
        view = next(iter(session.orders.values()), None)
        targets = session._targets(session.keras, view)
        if swapped:
            targets = session.keras.tensor(np.asarray(session.options.targets, np.float32))
            value = keras_loss(loss, targets, outputs, session.keras)
        elif loss is session.options.loss[1]:
            value = session._keras_loss(outputs, view)
        else:
            value = keras_loss(loss, outputs, targets, session.keras)
        return session.keras.array(value)
    except Exception:
        return None


def _keras_losses(pair: Any, expected: Any, actual: Any, keras: Any) -> Iterator[tuple[Any, str, str, str]]:
    """Copies of the Keras loss with one attribute changed."""
    mine, loss = pair
    if not hasattr(loss, "get_config"):
        return
    config, name = loss.get_config(), type(loss).__name__

    def changed(**words: Any) -> Any:
        return type(loss).from_config({**config, **words, "dtype": "float64"})

    options: list[tuple[dict[str, Any], str, str]] = []
    if "from_logits" in config:
        slug = "ce-from-logits" if not config["from_logits"] else "ce-double-softmax"
        options.append(({"from_logits": not config["from_logits"]}, slug, f"from_logits={config['from_logits']}"))
    for reduction in ("sum", "sum_over_batch_size", "mean", "none", "mean_with_sample_weight"):
        if reduction != config.get("reduction"):
            options.append(({"reduction": reduction}, "loss-reduction", f"reduction={config.get('reduction')!r}"))
    smoothing = getattr(mine, "label_smoothing", None)
    for value in dict.fromkeys([smoothing, 0.0, 0.1, 0.05, 0.2]):
        if "label_smoothing" in config and value is not None and value != config["label_smoothing"]:
            options.append(({"label_smoothing": value}, "ce-label-smoothing", f"label_smoothing={config['label_smoothing']}"))
    for attribute in ("delta", "gamma", "alpha", "ignore_class", "axis"):
        values = {"delta": (1.0, 0.5, 2.0), "gamma": (2.0,), "alpha": (0.25,), "ignore_class": (None, -100, 0), "axis": (-1, 1)}[attribute]
        for value in (getattr(mine, "delta", getattr(mine, "beta", None)), *values) if attribute == "delta" else values:
            if attribute in config and value is not None and value != config[attribute]:
                slug = {"delta": "huber", "ignore_class": "ce-ignore-index", "axis": "ce-class-dim"}.get(attribute, "focal")
                options.append(({attribute: value}, slug, f"{attribute}={config[attribute]}"))
    for count in (1, 2):
        for chosen in combinations(options, count):
            words = {k: v for option, _, _ in chosen for k, v in option.items()}
            if len(words) < count:
                continue
            try:
                made = changed(**words)
            except Exception:
                continue
            told = " and ".join(says for _, _, says in chosen)
            yield made, chosen[0][1], f"{told}, which torch's loss has otherwise", f"{name}({', '.join(f'{k}={v!r}' for k, v in words.items())})"


def _by_torch(session: Any, flow: Any, expected: np.ndarray, actual: np.ndarray) -> Finding | None:
    """Torch's loss with one of its operations changed, until Keras' value comes out."""
    from parity.diagnosis.locating import Locator
    from parity.frameworks.torch_tracing import numbers
    from parity.frameworks.trials.losses import loss_trials

    goal = numbers(flow.outputs)[0]
    replayed = Locator.replayed
    holder = type("Holder", (), {"torch": session.torch, "flow": flow, "units": {}, "spent": 0})()
    for op in flow.ops:
        tensors = [flow.values[i] for i in op.inputs]
        for trial in loss_trials(op, tensors):
            after = replayed(holder, op, trial.function, goal, {})
            if after is None or goal not in after:
                continue
            value = session.torch.array(after[goal])
            if value.shape == actual.shape and not equal(value, expected, 1e-12) and equal(value, actual, 1e-7):
                return Finding("loss", name_of(session.options.loss[1]), trial.cause, f"Keras has {trial.says}", trial.fix, True)
    found = _weighed_otherwise(session, flow, goal, actual)
    if found is not None:
        return found
    for op, together, function, cause, says in (*_exchanged_weights(flow), *_other_axes(flow)):
        after = replayed(holder, op, function, goal, {}, together)
        value = session.torch.array(after[goal]) if after is not None and goal in after else None
        if value is not None and value.shape == actual.shape and not equal(value, expected, 1e-12) and equal(value, actual, 1e-7):
            return Finding("loss", name_of(session.options.loss[1]), cause, f"Keras has {says}", "as torch's loss", True)
    slices = [op for op in flow.ops if op.name == "__getitem__"]
    for one, other in combinations(slices[:6], 2):
        with contextlib.suppress(Exception), session.torch.precision("float64"):
            value = _without(session, flow, (one, other), goal)
            if value is not None and value.shape == actual.shape and equal(value, actual, 1e-7):
                said = "Keras has outputs and targets whole, where torch takes a part of each: they are not shifted against each other"
                return Finding("loss", name_of(session.options.loss[1]), "slice-shifted", said, "take torch's parts", True)
    return None


def _weighed_otherwise(session: Any, flow: Any, goal: int, actual: np.ndarray) -> Finding | None:
    """A loss of several terms, each with a factor: the factors exchanged, one of them missing or on all terms."""
    terms = _terms(flow, goal, 1.0)
    if not 1 < len(terms) <= 4 or actual.shape != ():
        return None
    values = [float(session.torch.array(flow.values[number])) for number, _ in terms]
    factors = [factor for _, factor in terms]
    told = {tuple(order): f"the factors {tuple(order)} of the loss's terms where torch has {tuple(factors)}" for order in permutations(factors)}
    for i, factor in enumerate(factors):
        told[tuple(1.0 if j == i else f for j, f in enumerate(factors))] = f"no factor {factor:g} on a term of the loss"
        told[tuple(0.0 if j == i else f for j, f in enumerate(factors))] = f"nothing of the term of the loss that torch takes {factor:g} times"
        told[tuple(factor for _ in factors)] = f"the factor {factor:g} on all terms of the loss"
    told[tuple(1 / len(factors) for _ in factors)] = "the mean of the loss's terms"
    for i, (factor, value) in enumerate(zip(factors, values, strict=True)):
        rest = sum(f * v for j, (f, v) in enumerate(zip(factors, values, strict=True)) if j != i)
        solved = float(f"{(float(actual) - rest) / value:.3g}") if value else factor  # a factor that somebody wrote has few digits
        told.setdefault(
            tuple(solved if j == i else f for j, f in enumerate(factors)), f"the factor {solved:g} on a term of the loss, where torch has {factor:g}"
        )
    for chosen, says in told.items():
        if chosen != tuple(factors) and equal(np.asarray(sum(f * v for f, v in zip(chosen, values, strict=True))), actual, 1e-7):
            return Finding("loss", name_of(session.options.loss[1]), "loss-terms", f"Keras has {says}", f"the factors {tuple(factors)}", True)
    return None


Change = tuple[Any, list[Any], Any, str, str]  # an operation, its siblings, what is done in their place, the cause and the words


def _exchanged_weights(flow: Any) -> Iterator[Change]:
    """Two weighted values that are added: each with the other's weight, as the alpha of a focal loss on the background."""
    for op in flow.ops:
        if op.name.strip("_") not in {"add", "radd", "iadd"} or len(op.inputs) != 2:
            continue
        one, other = (_weight(flow.producers.get(i)) for i in op.inputs)
        if one and other and one != other:
            says = f"the weights {one:g} and {other:g} of two values exchanged"
            yield op, [], lambda x, y, *_, r=one / other, **__: x / r + y * r, "loss-terms", says


def _weight(maker: Any) -> float | None:
    """The number that a value is multiplied with."""
    if maker is None or maker.name.strip("_") not in {"mul", "rmul"}:
        return None
    numbers = [a for a in maker.args if isinstance(a, (int, float)) and not isinstance(a, bool)]
    return float(numbers[0]) if len(numbers) == len(maker.inputs) == 1 else None


def _other_axes(flow: Any) -> Iterator[Change]:
    """Sums and means over the same axes, all over others: one ratio of the whole batch for one a sample, or the other way."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for op in flow.ops:
        axes = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else None)
        if op.name in {"sum", "mean"} and len(op.inputs) == 1 and not op.kwargs.get("keepdim"):
            rank = flow.values[op.inputs[0]].dim()
            own = range(rank) if axes is None else ([axes] if isinstance(axes, int) else axes)
            groups.setdefault((op.name, rank, tuple(sorted(a % rank for a in own))), []).append(op)
    for (name, rank, own), alike in groups.items():
        for count in range(rank if rank <= 4 else 0, 0, -1):
            for other in combinations(range(rank), count):
                if other != own and len(alike) > 1:
                    says = f"sums over axes {other} (of torch's) where torch has {own}"

                    def summed(x: Any, *_: Any, axes: tuple[int, ...] = other, mean: bool = name == "mean", **__: Any) -> Any:
                        return x.mean(axes) if mean else x.sum(axes)

                    yield alike[0], alike[1:], summed, "loss-reduction", says


def _terms(flow: Any, number: int, factor: float) -> list[tuple[int, float]]:
    """The scalars that a value is the sum of, and their factors."""
    op = flow.producers.get(number)
    name = op.name.strip("_").removeprefix("r").removeprefix("i") if op is not None else ""
    if name in {"add", "sub"} and len(op.inputs) == 2 and not op.kwargs:
        signs = (1.0, -1.0 if name == "sub" else 1.0)
        return [term for i, sign in zip(op.inputs, signs, strict=True) for term in _terms(flow, i, factor * sign)]
    constants = [a for a in op.args if isinstance(a, (int, float))] if op is not None else []
    if name in {"mul", "div", "truediv"} and len(op.inputs) == 1 and len(constants) == 1 and not op.name.startswith("__rt"):
        return _terms(flow, op.inputs[0], factor * (constants[0] if name == "mul" else 1 / constants[0]))
    return [(number, factor)] if flow.values[number].dim() == 0 else []


def _without(session: Any, flow: Any, left_out: Sequence[Any], goal: int) -> np.ndarray | None:
    """The loss without some of its slices."""
    from parity.frameworks.torch_tracing import replay

    after: dict[int, Any] = {}
    for op in flow.ops:
        if op in left_out:
            after[op.outputs[0]] = after.get(op.inputs[0], flow.values[op.inputs[0]])
        elif set(after) & set(op.inputs):
            after.update(zip(op.outputs, replay(flow, op, after), strict=False))
    return session.torch.array(after[goal]) if goal in after else None


def _unknown_loss(options: Any, expected: np.ndarray, actual: np.ndarray) -> Finding:
    if expected.shape != actual.shape:
        said = f"torch's loss has shape {expected.shape}, Keras' {actual.shape}"
        return Finding("loss", name_of(options.loss[1]), "loss-reduction", said, "reduction='sum_over_batch_size'")
    told = f"for the same output and target torch's loss is {float(np.mean(expected)):.6g}, Keras' {float(np.mean(actual)):.6g}"
    ratio = float(np.mean(actual) / np.mean(expected)) if np.mean(expected) else 0.0
    for count in range(2, 4097):
        for value, word in ((count, f"{count} times torch's"), (1 / count, f"1/{count} of torch's")):
            if abs(ratio - value) <= 1e-7 * value:
                return Finding(
                    "loss", name_of(options.loss[1]), "loss-reduction", f"Keras' loss is {word}: a sum for a mean, or the other way", "the same reduction", True
                )
    return Finding("loss", name_of(options.loss[1]), "", told)
