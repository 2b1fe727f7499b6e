"""One question to both sides: four runs with the same weights, inputs and cotangents, judged by the two-precision rule."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.case import Layout, seeded
from parity.comparison import Comparison, compare
from parity.frameworks import get
from parity.frameworks.base import Framework, Slot, flatten, moved_out
from parity.judging import NUDGE
from parity.recording import Move, initial_value
from parity.trace import Record, Trace
from parity.verdict import Verdict

from .layouts import Rule
from .values import Leaf, NoTwinError, TorchRefusesError, UnsupportedError, given, leaves

Build = Callable[[Framework, str], Any]  # of a framework and a precision


@dataclass(frozen=True)
class Question:
    """One input of the database. `reference` and `twin` build what is called; a tensor keeps its name and torch's layout wherever it is compared."""

    subject: str
    reference: Build
    twin: Build
    arguments: tuple[Any, ...]
    named: Mapping[str, Any] = field(default_factory=dict)
    rule: Rule = field(default_factory=Rule)
    training: bool = False
    weights: Mapping[str, Leaf] = field(default_factory=dict)  # parameters that the database gives, by torch's name; the others are drawn
    without: frozenset[str] = frozenset()  # state of the twin that the reference does not have


def ask(question: Question) -> Comparison:
    """Both sides in both precisions.

    Raises:
        TorchRefusesError: torch raised.
        UnsupportedError: the twin raised.
    """
    reference = [_run(question, "torch", dtype) for dtype in ("float64", "float32")]
    actual = [_run(question, "keras", dtype) for dtype in ("float64", "float32")]
    found = compare(*reference, *actual)
    if found.verdict is Verdict.ILL_CONDITIONED:
        found = compare(*reference, *actual, moved64=_run(question, "torch", "float64", Move(NUDGE)))
    return found


def _run(question: Question, framework: str, dtype: str, move: Move | None = None) -> Trace:
    adapter = get(framework)
    with adapter.precision(dtype), answered(framework):
        adapter.seed(0)
        records = Run(adapter, question, dtype, move).records()
    return Trace(question.subject, framework, dtype, tuple(records), {"seed": 0})


@contextlib.contextmanager
def answered(framework: str) -> Iterator[None]:
    """Whatever an implementation raises is the outcome of the input."""
    try:
        yield
    except (NoTwinError, UnsupportedError):
        raise
    except Exception as error:
        kind = TorchRefusesError if framework == "torch" else UnsupportedError
        raise kind(f"{type(error).__name__}: {_core(str(error))}") from error


def _core(message: str) -> str:
    """Without the frame that Keras puts around an error of a layer's call."""
    framed = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
    return " ".join((framed[1] if framed else message).split())[:300]


class Run:
    def __init__(self, adapter: Framework, question: Question, dtype: str, move: Move | None) -> None:
        self.adapter, self.question, self.dtype = adapter, question, dtype
        self.move = move or (lambda name, array: array)
        named = [*leaves(question.arguments, ""), *leaves(question.named, "")]
        self.names = [name for name, _ in named]
        self.layouts = {name: question.rule.of_input(name, leaf.array) for name, leaf in named}
        self.inputs = [adapter.tensor(self.move(name, leaf.array), self.layouts[name]) for name, leaf in named]
        self.wrt = [i for i, (_, leaf) in enumerate(named) if leaf.differentiable and leaf.array.dtype.kind == "f"]

    def records(self) -> list[Record]:
        adapter, build = self.adapter, (self.question.reference if self.adapter.name == "torch" else self.question.twin)
        model = build(adapter, self.dtype)
        slots: list[Slot] = []
        found: list[Record] = []
        if adapter.is_model(model):
            self.prepare(model)
            slots = [slot for slot in adapter.slots(model) if not self.question.without.intersection(slot.names)]
            found = [record for slot in slots for record in self.started(slot)]
        trained = [slot for slot in slots if slot.trainable]
        training = self.question.training
        done = adapter.backward(
            lambda *tensors: self.called(model, tensors, training), self.objective, self.inputs, self.wrt, [slot.variable for slot in trained]
        )
        for name, tensor in flatten(done.outputs, adapter.is_tensor):
            found.append(Record("output", name, adapter.array(tensor, self.layout_of(tensor))))
        for i, gradient in zip(self.wrt, done.input_gradients, strict=True):
            layout = self.layouts[self.names[i]]
            found.append(Record("input_grad", self.names[i], self.array_or_zeros(gradient, self.inputs[i], layout)))
        for slot, gradient in zip(trained, done.gradients, strict=True):
            array = self.array_or_zeros(gradient, None if gradient is not None else slot.variable)
            found += [Record("grad", name, part) for name, part in slot.canonical(array).items()]
        for slot in slots:
            if not slot.trainable:
                found += [Record("buffer", name, part) for name, part in slot.canonical(adapter.read(slot.variable)).items()]
        return found

    def prepare(self, model: Any) -> None:
        """Makes variables exist: torch's lazy modules and unbuilt layers see the inputs once."""
        adapter = self.adapter
        if adapter.name == "torch":
            import torch

            if any(map(torch.nn.parameter.is_lazy, model.parameters())):
                with torch.no_grad():
                    self.called(model, self.inputs, False)
            adapter.prepare(model, [])
        elif not all(layer.built for layer in model._flatten_layers()):
            self.called(model, self.inputs, False)

    def started(self, slot: Slot) -> list[Record]:
        """Gives a parameter or buffer its start: the database's, or one drawn from its name and shape alone."""
        values = {}
        for name, array in slot.canonical(self.adapter.read(slot.variable)).items():
            own = self.question.weights.get(name)
            value = initial_value(name, array.shape, (self.question.subject,)) if own is None else own.array.reshape(array.shape)
            values[name] = value.astype(array.dtype)
        moved = tuple(self.move(name, value) for name, value in values.items())
        self.adapter.assign(slot.variable, slot.part.to_keras(moved))
        return [Record("weight", name, value) for name, value in values.items()]

    def called(self, model: Any, tensors: Sequence[Any], training: bool) -> Any:
        it = iter(tensors)
        args = given(self.question.arguments, lambda leaf: next(it))
        named = given(self.question.named, lambda leaf: next(it))
        if self.adapter.is_model(model):
            if self.adapter.name == "torch":
                model.train(training)
            elif model._call_has_training_arg:
                named = {**named, "training": training}
        return model(*args, **named)

    def layout_of(self, tensor: Any) -> Layout:
        return self.question.rule.of_output(len(tensor.shape), {name: len(t.shape) for name, t in zip(self.names, self.inputs, strict=True)}, self.layouts)

    def objective(self, outputs: Any) -> Any:
        """⟨float outputs, random cotangents⟩; the cotangents depend on name and shape alone."""
        terms = []
        for name, tensor in flatten(outputs, self.adapter.is_tensor):
            if "float" in str(tensor.dtype):
                layout = self.layout_of(tensor)
                shape = tuple(int(n) for n in tensor.shape)
                if self.adapter.name == "keras":
                    shape = moved_out(np.empty(shape, np.bool_), layout).shape
                cotangent = seeded(self.question.subject, "cotangent", name, shape).normal(0.0, 1.0, shape).astype(np.float32)
                terms.append(self.adapter.inner(tensor, self.adapter.tensor(cotangent, layout)))
        return sum(terms[1:], terms[0]) if terms else None

    def array_or_zeros(self, gradient: Any, like: Any, layout: Layout = "same") -> np.ndarray:
        """A gradient that is not connected is zero."""
        return self.adapter.array(gradient, layout) if gradient is not None else np.zeros_like(self.adapter.array(like, layout))
