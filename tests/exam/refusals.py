"""Bad input: what torch's tests expect torch to refuse. The twin must raise a ValueError (or the type that torch raises), and no later than torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import torch

import tf_impl.optimizers
from parity.frameworks import get

from . import functional, modules, optimizers
from .database import ModuleErrorEnum, OptimizerErrorEnum, set_rng_seed
from .runs import Question, Run
from .values import NoTwinError
from .words import Outcome, Word

SWITCHES = {"foreach", "fused", "capturable", "differentiable"}  # torch's choice between implementations of one formula
INFOS: dict[str, Any] = {
    **{name: info for name, info in modules.INFOS.items() if info.module_error_inputs_func},
    **{name: info for name, info in optimizers.INFOS.items() if info.optim_error_inputs_func},
    **{name: info for name, info in functional.INFOS.items() if info.error_inputs_func},
}
Raised = tuple[str, Exception | None]  # when, and what
Attempt = Callable[[str], Raised]  # of a framework's name


@cache
def attempts(name: str) -> list[tuple[str, Attempt]]:
    """Every bad input of a name, with what is wrong about it."""
    info = INFOS[name]
    set_rng_seed(0)
    if name in modules.INFOS:
        made = info.module_error_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=True)
        return [(error.error_regex, partial(_module, name, index, error)) for index, error in enumerate(made)]
    if name in optimizers.INFOS:
        made = info.optim_error_inputs_func(device="cpu", dtype=torch.float32)
        return [(error.optimizer_error_input.desc, partial(_optimizer, name, error)) for error in made]
    return [(error.error_regex, partial(_function, name, index, error)) for index, error in enumerate(info.error_inputs("cpu"))]


def count(name: str) -> int:
    """How many bad inputs the database has."""
    return len(attempts(name))


def outcomes(name: str, full: bool = False) -> Iterator[Outcome]:
    """The outcome of every bad input."""
    for index, (desc, attempt) in enumerate(attempts(name)):
        yield Outcome(index, desc, *_judged(attempt))


def _judged(attempt: Attempt) -> tuple[Word, str]:
    try:
        (when, expected), (then, actual) = attempt("torch"), attempt("keras")
    except NoTwinError as error:
        return Word.NO_TWIN, str(error)
    if expected is None:
        return Word.NO_TWIN, "torch.nn takes it as the exam gives it to both sides: one float type, one device, weights that the class makes"
    said = f"torch: {_short(expected)}; the twin"
    if actual is None:
        return Word.DIFFER, f"{said} takes it"
    if not isinstance(actual, (ValueError, type(expected))):
        return Word.DIFFER, f"{said} raises {_short(actual)}"
    if (when, then) == ("made", "called"):
        return Word.DIFFER, f"{said} raises only when it is called"
    return Word.AGREE, ""


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _raised(question: Question, framework: str) -> Raised:
    """Makes and calls one side."""
    adapter = get(framework)
    with adapter.precision("float32"):
        try:
            build = question.reference if framework == "torch" else question.twin
            model = build(adapter, "float32")
        except NoTwinError:
            raise
        except Exception as error:
            return "made", error
        try:
            run = Run(adapter, question, "float32", None)
            run.called(model, run.inputs, question.training)
        except Exception as error:
            return "called", error
    return "", None


def _module(name: str, index: int, error: Any, framework: str) -> Raised:
    made = error.module_error_input
    question = modules.question(name, index, True, made, modules.Bench())
    when, raised = _raised(question, framework)
    if raised is None and error.error_on is ModuleErrorEnum.CONSTRUCTION_ERROR and framework == "torch":
        raise NoTwinError("torch refuses a device or a type")
    return when, raised


def _function(name: str, index: int, error: Any, framework: str) -> Raised:
    try:
        question = functional.question(name, index, error.sample_input, constructible=False)
    except NoTwinError:
        raise
    except Exception as reason:  # the arguments are too wrong to find the class's
        raise NoTwinError(f"cannot be said with the arguments of a class ({_short(reason)})") from reason
    return _raised(replace(question, reference=question.twin), framework)  # the class of torch.nn for the function


def _optimizer(name: str, error: Any, framework: str) -> Raised:
    made = error.optimizer_error_input
    if SWITCHES & set(made.kwargs):
        raise NoTwinError("switches between implementations of one formula have no twin")
    if error.error_on is OptimizerErrorEnum.STEP_ERROR or "complex" in made.desc:
        raise NoTwinError("complex numbers: Keras has no complex variables")
    parameters = made.params if isinstance(made.params, list) and all(isinstance(p, torch.Tensor) for p in made.params) else None
    if not made.kwargs and (parameters is None or len(parameters) != 1 or parameters[0].layout is torch.sparse_coo):
        raise NoTwinError("parameter groups, lists and layouts: a Keras optimizer is told its variables by `build`")
    shape = tuple(parameters[0].shape) if parameters else (1, 1)
    adapter = get(framework)
    with adapter.precision("float32"):
        variables = [adapter.parameter(torch.ones(shape).numpy(), "weight")]
        factory = INFOS[name].optim_cls if framework == "torch" else getattr(tf_impl.optimizers, name)
        try:
            adapter.optimizer(factory, {key: optimizers.as_tensor(adapter, value) for key, value in made.kwargs.items()}, variables)
        except Exception as raised:
            return "made", raised
    return "", None
