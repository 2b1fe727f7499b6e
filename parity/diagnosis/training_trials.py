"""Faults that only training shows: the loss, the optimizer, buffers, gradients cut off, layers left frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from parity.case import seeded
from parity.diagnosis.findings import Finding
from parity.diagnosis.session import keras_loss
from parity.row import Row

SAME = 1e-9  # relative, in float64: what two ways of writing a formula may part by
STEPS = 5e-7  # of optimizer steps: Keras rounds momentum, betas and learning rates to float32
ROUNDED_BETAS = 3e-5  # what Keras 3.15's Adam loses by keeping beta_2 in float32: 1.3e-5
MOST_CUTS = 40


def equal(actual: Any, expected: Any, bound: float = SAME) -> bool:
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape:
        return False
    scale = float(np.max(np.abs(expected), initial=0.0))
    return bool(np.max(np.abs(actual - expected), initial=0.0) <= bound * max(scale, 1e-300))


def failing(rows: Sequence[Row], role: str) -> list[Row]:
    return [row for row in rows if row.role == role and row.failing]


# The loss


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
                yield Finding("loss", _name(options.loss[1]), cause, says, fix, True)
                return
        again = _keras_value(session, theirs, options.loss[1], swapped=True)
        if again is not None and equal(again, expected, 1e-7):
            fix = "call (target, output): members of keras.losses take the target first"
            yield Finding("loss", _name(options.loss[1]), "loss-arguments", "target and output are exchanged", fix, True)
            return
    yield _by_torch(session, flow, expected, actual) or _unknown_loss(options, expected, actual)


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
        return session.keras.array(value)  # type: ignore[no-any-return]
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
    from parity.diagnosis.locating import Departure, Locator
    from parity.frameworks.loss_trials import loss_trials
    from parity.frameworks.torch_tracing import numbers

    goal = numbers(flow.outputs)[0]
    replayed = Locator.replayed
    holder = type("Holder", (), {"torch": session.torch, "flow": flow, "units": {}})()
    departure = Departure(goal, actual, None, "loss")
    del departure
    for op in flow.ops:
        tensors = [flow.values[i] for i in op.inputs]
        for trial in loss_trials(op, tensors):
            after = replayed(holder, op, trial.function, goal, {})  # type: ignore[arg-type]
            if after is None or goal not in after:
                continue
            value = session.torch.array(after[goal])
            if value.shape == actual.shape and not equal(value, expected, 1e-12) and equal(value, actual, 1e-7):
                return Finding("loss", _name(session.options.loss[1]), trial.cause, f"Keras has {trial.says}", trial.fix, True)
    return None


def _unknown_loss(options: Any, expected: np.ndarray, actual: np.ndarray) -> Finding:
    if expected.shape != actual.shape:
        said = f"torch's loss has shape {expected.shape}, Keras' {actual.shape}"
        return Finding("loss", _name(options.loss[1]), "loss-reduction", said, "reduction='sum_over_batch_size'")
    told = f"for the same output and target torch's loss is {float(np.mean(expected)):.6g}, Keras' {float(np.mean(actual)):.6g}"
    ratio = float(np.mean(actual) / np.mean(expected)) if np.mean(expected) else 0.0
    for count in range(2, 4097):
        for value, word in ((count, f"{count} times torch's"), (1 / count, f"1/{count} of torch's")):
            if abs(ratio - value) <= 1e-7 * value:
                return Finding(
                    "loss", _name(options.loss[1]), "loss-reduction", f"Keras' loss is {word}: a sum for a mean, or the other way", "the same reduction", True
                )
    return Finding("loss", _name(options.loss[1]), "", told)


def _name(thing: Any) -> str:
    return getattr(thing, "__name__", type(thing).__name__)


# The optimizer


def optimizer_findings(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """Both optimizers on the same weights, fed torch's own gradients."""
    options = session.options
    if options.optimizer is None or not failing(rows, "step") or not options.steps:
        return
    run = session.torch_runs[("float64", session.modes[-1])]
    if not run.step_gradients:
        return
    names = list(run.step_gradients[0])[:6]
    starts = {n: session.state[n].astype(np.float64) for n in names}
    gradients = [{n: step[n] for n in names} for step in run.step_gradients]
    expected = _torch_steps(session, lambda p: options.optimizer[0](p), starts, gradients)
    actual = _keras_steps(session, options.optimizer[1], starts, gradients, {})
    if expected is None or actual is None or _all_equal(actual, expected, STEPS):
        return
    made = options.optimizer[0]([session.torch.parameter(np.zeros(1, np.float32), "w")])
    config = _optimizer_config(session, options.optimizer[1])
    name = config["class"]
    group = dict(made.param_groups[0])
    wishes = list(_wishes(type(made).__name__, group, config))
    for size in range(1, min(4, len(wishes)) + 1):
        for chosen in combinations(wishes, size):
            words = {k: v for w in chosen for k, v in w[0].items()}
            if len(words) < sum(len(w[0]) for w in chosen):
                continue
            again = _keras_steps(session, options.optimizer[1], starts, gradients, words)
            if again is not None and _vanished(again, expected, actual):
                for words, cause, says in chosen:
                    yield Finding("optimizer", name, cause, says, f"{name}({', '.join(f'{k}={v!r}' for k, v in words.items())})", True)
                return
    for variant, cause, says, fix in _torch_variants(session, options.optimizer[0], made, config):
        again = _torch_steps(session, variant, starts, gradients)
        if again is not None and not _all_equal(again, expected, 1e-12) and _vanished(actual, again, expected):
            yield Finding("optimizer", name, cause, says, fix, True)
            return
    if wishes:
        for words, cause, says in wishes[:2]:
            yield Finding("optimizer", name, cause, says, f"{name}({', '.join(f'{k}={v!r}' for k, v in words.items())})")
        return
    if name.lower().rstrip("w") not in type(made).__name__.lower() and name in {
        "Nadam",
        "Adamax",
        "Adadelta",
        "Adagrad",
        "RMSprop",
        "SGD",
        "Adam",
        "Ftrl",
        "Lion",
        "Lamb",
    }:
        yield Finding(
            "optimizer", name, "optimizer-other", f"{name} where torch has {type(made).__name__}", f"use the Keras optimizer of {type(made).__name__}"
        )
        return
    yield Finding("optimizer", name, "", f"{type(made).__name__} and {name} make different steps from the same gradients")


def _all_equal(actual: Sequence[Mapping[str, np.ndarray]], expected: Sequence[Mapping[str, np.ndarray]], bound: float) -> bool:
    return all(equal(a[n], e[n], bound) for a, e in zip(actual, expected, strict=True) for n in e)


def _apart(actual: Sequence[Mapping[str, np.ndarray]], expected: Sequence[Mapping[str, np.ndarray]]) -> float:
    """The largest relative difference of a parameter's step."""
    found = [0.0]
    for a, e in zip(actual, expected, strict=True):
        for n in e:
            scale = float(np.max(np.abs(e[n]), initial=0.0))
            found.append(float(np.max(np.abs(a[n] - e[n]), initial=0.0)) / max(scale, 1e-300))
    return max(found)


def _vanished(one: Sequence[Mapping[str, np.ndarray]], other: Sequence[Mapping[str, np.ndarray]], before: Sequence[Mapping[str, np.ndarray]]) -> bool:
    """Whether two ways of stepping agree, as far as Keras computes: its Adam keeps beta_2 in float32, 1e-5 of the step."""
    apart = _apart(one, other)
    return apart <= ROUNDED_BETAS and apart <= 0.02 * max(_apart(before, other), _apart(before, one))


def _torch_steps(
    session: Any, factory: Any, starts: Mapping[str, np.ndarray], gradients: Sequence[Mapping[str, np.ndarray]]
) -> list[dict[str, np.ndarray]] | None:
    torch = session.torch
    try:
        with torch.precision("float64"):
            parameters = {n: torch.parameter_of(a) for n, a in starts.items()}
            optimizer = factory(list(parameters.values()))
            found, before = [], dict(starts)
            for index, step in enumerate(gradients):
                if hasattr(optimizer, "prepare_step"):
                    optimizer.prepare_step(index + 1)
                torch.apply(optimizer, [torch.plain(step[n]) for n in parameters], list(parameters.values()))
                after = {n: torch.read(p) for n, p in parameters.items()}
                found.append({n: after[n] - before[n] for n in after})
                before = after
        return found
    except Exception:
        return None


def _keras_steps(
    session: Any, factory: Any, starts: Mapping[str, np.ndarray], gradients: Sequence[Mapping[str, np.ndarray]], changes: Mapping[str, Any]
) -> list[dict[str, np.ndarray]] | None:
    keras = session.keras
    try:
        with keras.precision("float64"):
            names = {label: b.held.variable.name for m in session.matching.matches for b in m.bindings for label in b.labels}  # decay may go by name
            variables = {n: keras.variable_of(a, names.get(n, n)) for n, a in starts.items()}
            optimizer = keras.optimizer_of(factory, dict(changes), list(variables.values()))
            found, before = [], dict(starts)
            for step in gradients:
                keras.apply(optimizer, [keras.engine.tensor(step[n]) for n in variables], list(variables.values()))
                after = {n: keras.read(v) for n, v in variables.items()}
                found.append({n: after[n] - before[n] for n in after})
                before = after
        return found
    except Exception:
        return None


def _optimizer_config(session: Any, factory: Any) -> dict[str, Any]:
    with session.keras.precision("float64"):
        optimizer = session.keras.optimizer_of(factory, {}, [])
        config = dict(optimizer.get_config())
        rate = config.get("learning_rate")
        if not isinstance(rate, (int, float)) and rate is not None:
            config.pop("learning_rate")
            config["schedule"] = rate.get("class_name", "schedule") if isinstance(rate, dict) else type(rate).__name__
        return config | {"class": type(optimizer).__name__}


def _wishes(torch_name: str, group: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Attributes of the Keras optimizer that are not what torch's has."""
    betas = group.get("betas", (None, None))
    wanted: dict[str, tuple[Any, str]] = {
        "learning_rate": (group.get("lr"), "opt-learning-rate"),
        "beta_1": (betas[0], "opt-betas"),
        "beta_2": (betas[1], "opt-betas"),
        "epsilon": (group.get("eps"), "adam-eps" if "Adam" in torch_name or "adam" in torch_name else "opt-epsilon"),
        "momentum": (group.get("momentum"), "opt-momentum"),
        "nesterov": (group.get("nesterov"), "opt-nesterov"),
        "rho": (group.get("alpha", group.get("rho")), "rmsprop"),
        "centered": (group.get("centered"), "rmsprop"),
        "amsgrad": (group.get("amsgrad"), "adam-amsgrad"),
        "initial_accumulator_value": (group.get("initial_accumulator_value"), "adagrad"),
    }
    for name, (value, slug) in wanted.items():
        if name in config and value is not None and _number(config[name]) != _number(value):
            yield {name: value}, slug, f"{name}={config[name]} where torch has {value}"
    for name in ("clipnorm", "clipvalue", "global_clipnorm"):
        if config.get(name) is not None:
            yield {name: None}, "clipnorm", f"{name}={config[name]}, and torch's loop does not clip"
    if config.get("schedule"):
        yield {"learning_rate": group.get("lr")}, "opt-learning-rate", f"a schedule, {config['schedule']}, where torch's rate is {group.get('lr')}"
    if config.get("use_ema"):
        yield {"use_ema": False}, "ema-swa", "use_ema=True"
    decay = group.get("weight_decay", 0)
    own = config.get("weight_decay") or 0
    if (own != decay and "AdamW" in torch_name and config["class"] in {"Adam", "AdamW"}) or (own and not decay):
        slug = "adamw-default-wd" if "AdamW" in torch_name else "opt-weight-decay"
        yield {"weight_decay": decay or None}, slug, f"weight_decay={config.get('weight_decay')} where torch has {decay}"
    if "coupled" in config or "decay" in config:
        for name in ("coupled", "decay"):
            if name in config and config[name] != decay:
                yield {name: decay}, "opt-weight-decay", f"{name}={config[name]} where torch has weight_decay={decay}"


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _torch_variants(session: Any, factory: Any, made: Any, config: Mapping[str, Any]) -> Iterator[tuple[Any, str, str, str]]:
    from parity.frameworks.optimizer_trials import variants

    yield from variants(factory, made, config)


# Buffers


def buffer_findings(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """Moving statistics of norms after a training call: momentum, biased variance."""
    bad = {row.name.rpartition(".")[0] for row in failing(rows, "buffer") if "@" not in row.name}  # later ones follow from other weights
    if not bad:
        return
    forced = session.forced.get(("float64", True))
    run = session.torch_runs.get(("float64", True))
    if forced is None or run is None:
        return
    after = {r.name: r.array for r in run.records if r.role == "buffer"}
    for point in forced.checkpoints:
        path, layer = point.match.torch.path, point.match.keras.layer
        if path not in bad or point.match.torch.kind not in {"batch_norm", "instance_norm"} or point.index or not hasattr(layer, "momentum"):
            continue
        yield from _statistics(session, point, after, forced)


def _statistics(session: Any, point: Any, after: Mapping[str, np.ndarray], forced: Any) -> Iterator[Finding]:
    from parity.diagnosis.layer_trials import Change, copied_with

    path, layer, module = point.match.torch.path, point.match.keras.layer, point.match.torch.layer
    where = point.match.keras.name or layer.name
    prefix = f"{path}." if path else ""
    wanted = None if module.momentum is None else 1.0 - module.momentum
    x = point.given[0]
    count = x.size // x.shape[1]
    found: list[Finding] = []

    def statistics(config: dict[str, Any], call: dict[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
        try:
            with session.keras_in("float64"):
                copy = copied_with(session, point, (Change("", "", "", config, call=call),))
                return session.keras.read(copy.moving_mean), session.keras.read(copy.moving_variance)
        except Exception:
            return None

    def judged(pair: Any) -> tuple[bool, bool, bool]:
        if pair is None:
            return False, False, False
        mean, variance = after[f"{prefix}running_mean"], after[f"{prefix}running_var"]
        before = session.state[f"{prefix}running_var"].astype(np.float64)
        keep = 1.0 - (module.momentum or 1.0)
        corrected = keep * before + (pair[1] - keep * before) * count / max(count - 1, 1)
        return equal(pair[0], mean, 1e-7), equal(pair[1], variance, 1e-7), equal(corrected, variance, 1e-7)

    own = judged(statistics({}, {"training": True}))
    config: dict[str, Any] = {}
    if not own[0] and wanted is not None and abs(layer.momentum - wanted) > 1e-9:
        config = {"momentum": wanted}
        right = judged(statistics(config, {"training": True}))
        told = f"momentum={layer.momentum:g} where torch's {module.momentum:g} means {wanted:g} here"
        found.append(Finding(path, where, "bn-momentum", told, f"{type(layer).__name__}(momentum={wanted:g})", right[0]))
        own = right
    if own[0] and not own[1] and own[2]:
        fix = "correct moving_variance by n/(n−1) after the update, or use tf_impl.layers.BatchNorm2d"
        told = f"the moving variance is the biased one; torch keeps the unbiased, n/(n−1) = {count / max(count - 1, 1):.4f} times it"
        found.append(Finding(path, where, "bn-unbiased-var", told, fix, True))
    live = forced.after.get(id(layer.moving_mean)), forced.after.get(id(layer.moving_variance))
    if not found and own[0] and all(v is not None for v in live) and not judged(live)[0]:
        if not layer.trainable:
            found.append(Finding(path, where, "bn-frozen", "trainable=False: the moving statistics stand still in training", "trainable=True", True))
        else:
            told = "the moving statistics are not torch's though the layer alone keeps the same ones: it is not told that it trains"
            found.append(Finding(path, where, "train-flag-default", told, "pass training=training on", True))
    yield from found


# Gradients


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
        path = row.name.rpartition(".")[0] if match is None else match.torch.path
        if path in told or path in blamed:
            continue
        told.add(path)
        if match is None:
            yield Finding(path, "", "layer-missing", f"no Keras variable holds torch's {row.name}", "add the layer, or pass layers={torch path: Keras path}")
        elif not any(b.held.variable.trainable for b in match.bindings if any(label.startswith(row.name) for label in b.labels)):
            layer = match.keras.layer
            fix = f"{match.keras.name or layer.name}.trainable = True"
            yield Finding(path, match.keras.name or layer.name, "layer-frozen", "trainable=False where torch trains these weights", fix, True)
        else:
            yield Finding(path, match.keras.name, "bias-missing", f"nothing in the Keras layer holds torch's {row.name}", "use_bias=True")
    for row in bad:
        if row.verdict.value == "extra":
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
    for op, number, path in _cuts(session, run, names):
        again = session.run_torch("float64", training, like=run, cut=(op, number))
        mine = {f"{r.role}:{r.name}": r.array for r in again.records if r.role in {"grad", "input_grad"}}
        if all(equal(theirs[key], array, 1e-6) for key, array in mine.items() if key in theirs):
            name = run.flow.ops[op].name
            yield Finding(path, "", "stop-gradient", f"the gradient is cut off on the way into torch's {name}", "remove the stop_gradient", True)
            return
    last = _last_wrong(session, run, names)
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


def _cuts(session: Any, run: Any, names: set[str]) -> Iterator[tuple[int, int, str]]:
    """(operation, value) where a gradient may be cut: the way from the last wrong unit to the next ones first, then everywhere."""
    from parity.diagnosis.locating import Locator

    flow = run.flow
    locator = Locator.__new__(Locator)  # only for its table of what units made
    locator.session, locator.flow, locator.units, locator.given = session, flow, {}, set(flow.inputs)
    for match in session.matching.matches:
        for call in run.calls.get(id(match.torch), []):
            for number in call.left.values():
                if number is not None:
                    locator.units.setdefault(number, match.torch.path)
    last = _last_wrong(session, run, names)
    starts = [n for n, path in locator.units.items() if path == last] or list(flow.inputs)
    reached, near = set(starts), []
    for op in flow.ops:
        if reached & set(op.inputs):
            near += [(op.index, n) for n in op.inputs if n in reached]
            if not any(n in locator.units for n in op.outputs):
                reached |= set(op.outputs)
    far = [(op.index, n) for op in flow.ops for n in dict.fromkeys(op.inputs) if flow.values[n].is_floating_point()]
    for index, number in list(dict.fromkeys([*near, *far]))[:MOST_CUTS]:
        op = flow.ops[index]
        yield index, number, consumer_of(flow, op)


def consumer_of(flow: Any, op: Any) -> str:
    """The leaf module that an operation belongs to, else the first one that what it makes is fed to."""
    leaves = [c for c in flow.calls if c.path and not any(c.module.children())]
    own = next((c.path for c in leaves if c.ops[0] <= op.index < c.ops[1]), None)
    if own is not None:
        return str(own)
    reached = set(op.outputs)
    for later in flow.ops[op.index + 1 :]:
        if reached & set(later.inputs):
            call = next((c for c in leaves if c.ops[0] <= later.index < c.ops[1]), None)
            if call is not None:
                return str(call.path)
            reached |= set(later.outputs)
    return str(op.path) or "output"


def seeded_like(shape: tuple[int, ...]) -> np.ndarray:
    return seeded("trial", shape).normal(0.0, 1.0, shape)
