"""The optimizer: both sides' on the same weights, fed torch's own gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from parity.diagnosis.closeness import equal, failing
from parity.diagnosis.findings import Finding
from parity.row import Row
from parity.verdict import EPS32

STEPS = 5e-7  # of optimizer steps: Keras rounds momentum, betas and learning rates to float32
ROUNDED = "beta_1 and beta_2 are rounded to float32 before the bias correction, as Keras' own Adam does"
ROUNDED_BETAS = 3e-5  # what Keras 3.15's Adam loses by keeping beta_2 in float32: 1.3e-5


def optimizer_findings(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """Both optimizers on the same weights, fed torch's own gradients."""
    options = session.options
    if options.optimizer is None or not failing(rows, "step") or not options.steps:
        return
    told = _simulated(session, rows)
    if told is None:
        return
    if _all_equal(told.actual, told.expected, STEPS):  # arrays of torch's shapes do not show what goes by the shape or the path of a variable
        if not failing(rows, "grad"):
            yield from _by_variable(session, rows)
        return
    starts, gradients, expected, actual = told.starts, told.gradients, told.expected, told.actual
    made = options.optimizer[0]([session.torch.parameter(np.zeros(1, np.float32), "w")])
    config = _optimizer_config(session, options.optimizer[1])
    name = config["class"]
    group = dict(made.param_groups[0])
    rounded = _torch_steps(session, _rounded_betas(options.optimizer[0]), starts, gradients) if "betas" in group else None
    if rounded is not None and _all_equal(actual, rounded, STEPS):
        yield Finding("optimizer", name, "adam-betas-float32", f"{ROUNDED}: {_apart(actual, expected):.1e} of a step", "tf_impl.optimizers.Adam", True)
        return
    wishes = list(_wishes(type(made).__name__, group, config))
    for size in range(1, min(4, len(wishes)) + 1):
        for chosen in combinations(wishes, size):
            words = {k: v for w in chosen for k, v in w[0].items()}
            if len(words) < sum(len(w[0]) for w in chosen):
                continue
            again = _keras_steps(session, options.optimizer[1], starts, gradients, words)
            if again is not None and any(_vanished(again, goal, actual) for goal in (expected, rounded) if goal is not None):
                for words, cause, says in chosen:
                    yield Finding("optimizer", name, cause, says, f"{name}({', '.join(f'{k}={v!r}' for k, v in words.items())})", True)
                return
    for variant, cause, says, fix in _torch_variants(session, options.optimizer[0], made, config):
        again = _torch_steps(session, variant, starts, gradients)
        if again is not None and not _all_equal(again, expected, 1e-12) and _vanished(actual, again, expected):
            yield Finding("optimizer", name, cause, says, fix, True)
            return
    spared = _spared(session, told, name)
    if spared is not None:
        yield spared
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


def _spared(session: Any, told: _Simulated, optimizer: str) -> Finding | None:
    """Parameters that the Keras side does not decay, if that explains all: each makes torch's step with its decay, or without."""

    def bare(parameters: Any) -> Any:
        made = session.options.optimizer[0](parameters)
        for group in made.param_groups:
            group["weight_decay"] = 0.0
        return made

    without = _torch_steps(session, bare, told.starts, told.gradients)
    if without is None:
        return None

    def steps_as(other: Sequence[Mapping[str, np.ndarray]], name: str) -> bool:
        return all(equal(a[name], e[name], ROUNDED_BETAS) for a, e in zip(told.actual, other, strict=True))

    spared = [name for name in told.starts if not steps_as(told.expected, name)]
    if not spared or len(spared) == len(told.starts) or not all(steps_as(without, name) for name in spared):
        return None
    says = f"no decay of {', '.join(spared[:4])}{' and more' if len(spared) > 4 else ''}, which torch decays too"
    return Finding("optimizer", optimizer, "wd-on-bias-bn", says, "decay all, or use two parameter groups in torch", True)


@dataclass(frozen=True)
class _Simulated:
    """Both optimizers from the same weights and torch's gradients."""

    starts: Mapping[str, np.ndarray]
    gradients: Sequence[Mapping[str, np.ndarray]]
    expected: Sequence[Mapping[str, np.ndarray]]
    actual: Sequence[Mapping[str, np.ndarray]]


def _simulated(session: Any, rows: Sequence[Row] = ()) -> _Simulated | None:
    run, options = session.torch_runs[("float64", session.modes[-1])], session.options
    if not run.step_gradients or options.optimizer is None:
        return None
    first = dict.fromkeys(row.name.partition("@")[0] for row in rows if row.role == "step" and row.failing)
    names = [name for name in dict.fromkeys((*first, *run.step_gradients[0])) if name in run.step_gradients[0]][:40]
    starts = {n: session.state[n].astype(np.float64) for n in names}
    gradients = [{n: step[n] for n in names} for step in run.step_gradients]
    expected = _torch_steps(session, lambda p: options.optimizer[0](p), starts, gradients)
    actual = _keras_steps(session, options.optimizer[1], starts, gradients, {})
    return None if expected is None or actual is None else _Simulated(starts, gradients, expected, actual)


def same_steps(session: Any, rows: Sequence[Row]) -> str:
    """What these steps part by where the optimizers are the same: the gradients' rounding, or a constant rounded to float32; "" where they are not."""
    told = _simulated(session, rows)
    if told is None:
        return ""
    if _all_equal(told.actual, told.expected, STEPS) and _of_rounding(session, rows):
        return "both optimizers make the same steps of torch's gradients: here they divide by gradients that are rounding"
    sizes = {name: float(np.max(np.abs(array), initial=0.0)) for name, array in session.state.items()}
    unseen = all(row.difference <= 2 * EPS32 * sizes.get(row.name.partition("@")[0], 0.0) for row in rows)
    rounded = _torch_steps(session, _rounded_betas(session.options.optimizer[0]), told.starts, told.gradients) if unseen else None
    if rounded is not None and _all_equal(told.actual, rounded, STEPS):
        return f"{ROUNDED}: less than float32 can show of these weights"
    return ""


def _recorded(session: Any) -> _Simulated | None:
    """The first step as both sides made it, where gradients are the same: by the second, one step's difference is in all of them."""
    run = session.torch_runs[("float64", session.modes[-1])]
    sides = ({r.name: r.array for r in records if r.role == "step"} for records in (run.records, session.keras_records["float64"]))
    mine, theirs = ({n: a for n, a in side.items() if a is not None} for side in sides)
    names = [n for n in run.step_gradients[0] if f"{n}@1" in mine and f"{n}@1" in theirs] if run.step_gradients else []
    if not names:
        return None
    expected, actual = ([{n: side[f"{n}@1"] for n in names}] for side in (mine, theirs))
    return _Simulated({n: session.state[n].astype(np.float64) for n in names}, [{n: run.step_gradients[0][n] for n in names}], expected, actual)


def _by_variable(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """What one optimizer does to some of the variables only."""
    told, name = _recorded(session), _optimizer_config(session, session.options.optimizer[1])["class"]
    spared = _spared(session, told, name) if told is not None else None
    if spared is not None:
        yield spared
        return
    doubled = list(_biases_summed(session, rows))
    if doubled:
        yield from doubled
        return
    apart = ", ".join(list(dict.fromkeys(row.name.partition("@")[0] for row in rows if row.role == "step" and row.failing))[:4])
    says = f"both make the same steps of torch's arrays and gradients, and not of Keras' own variables (their shapes, paths): {apart}"
    yield Finding("optimizer", name, "", says)


def _biases_summed(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """Torch's two biases of a recurrence where Keras has their sum: each of torch's makes the step that the sum makes, so that the sum of them moves twice."""
    run = session.torch_runs[("float64", session.modes[-1])]
    mine, theirs = ({r.name: r.array for r in records if r.role == "step"} for records in (run.records, session.keras_records["float64"]))
    first = [row.name for row in rows if row.role == "step" and row.failing and row.name.endswith("@1")]
    if not first or not all("+" in name for name in first):
        return
    for name in first:
        prefix, _, leaves = name.removesuffix("@1").rpartition(".")
        each = [mine.get(f"{prefix}.{leaf}@1".lstrip(".")) for leaf in leaves.split("+")]
        if theirs.get(name) is None or any(array is None or not equal(theirs[name], array, STEPS) for array in each):
            return
        says = f"torch's {leaves.replace('+', ' and ')} each make a step, Keras' one bias makes one: torch's sum of them moves twice as far"
        fix = "in torch, zero bias_hh and set requires_grad_(False) on it"
        yield Finding(prefix or "optimizer", "", "lstm-bias-double-lr", says, fix, True)


def _of_rounding(session: Any, rows: Sequence[Row]) -> bool:
    """Whether torch's optimizer makes of Keras' gradients the step that Keras' own variables made: then what parts them is in the gradients, as rounding."""
    told = _recorded(session)
    theirs = {r.name: r.array for r in session.keras_records["float64"] if r.role == "grad" and r.array is not None}
    if told is None:
        return False
    names = [n for n in told.starts if n in theirs and theirs[n].shape == told.starts[n].shape]
    if not names:
        return False
    made = _torch_steps(session, session.options.optimizer[0], {n: told.starts[n] for n in names}, [{n: theirs[n].astype(np.float64) for n in names}])
    failed = {row.name.partition("@")[0] for row in rows}
    return made is not None and failed <= set(names) and all(equal(told.actual[0][n], made[0][n], STEPS) for n in failed)


def _rounded_betas(factory: Any) -> Any:
    from parity.frameworks.trials.optimizers import rounded_betas

    return rounded_betas(factory)


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
        with keras.precision("float64"), keras.widened("float64"):
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
    with session.keras.precision("float64"), session.keras.widened("float64"):
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
    from parity.frameworks.trials.optimizers import variants

    yield from variants(factory, made, config)
