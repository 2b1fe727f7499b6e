"""One case, one framework, one precision → one trace. The same steps for both sides; only the adapter differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.case import AnyCase, Build, Case, DemoCase, Draw, Input, Layout, OptimizerCase, TrainingCase, seeded
from parity.frameworks import get
from parity.frameworks.base import Framework, Slot, find, flatten
from parity.trace import Record, Trace


@dataclass(frozen=True)
class Move:
    """A relative move with seeded signs: 2⁻⁴⁰ measures conditioning, 2⁻⁵² (one ulp) the envelope of a training run."""

    size: float
    draw: int = 0

    def __call__(self, name: str, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f":
            return array
        signs = seeded("move", self.draw, name).choice([-1.0, 1.0], array.shape)
        return array.astype(np.float64) * (1.0 + self.size * signs)


def record_case(
    case: AnyCase, framework: str, dtype: str, *, device: str = "cpu", threads: int | None = None, move: Move | None = None, seed: int = 0
) -> Trace:
    """Runs one side of a case.

    Args:
        framework: "torch" or "keras".
        dtype: "float64" or "float32".
        move: moves every weight (and, outside training, every float input) up or down by a share of itself, to measure conditioning.
        seed: which of several draws of the same case.

    Raises:
        FrameworkError: the framework, device or implementation is not there.
        Exception: whatever the implementation raises.
    """
    adapter = get(framework)
    adapter.configure(device, threads)
    started = time.perf_counter()
    with adapter.precision(dtype):
        adapter.seed(case.seed)
        session = _Session(adapter, case, dtype, move, seed)
        session.record()
    seconds = {"total": time.perf_counter() - started, "build": session.built - started}
    return Trace(case.id, framework, dtype, tuple(session.records), adapter.made() | {"seed": case.seed + seed}, seconds)


def initial_value(name: str, shape: Sequence[int], words: Sequence[object]) -> np.ndarray:
    """The random start of a parameter or buffer, from its canonical name and shape alone, so that either side can draw it.

    Nothing is left at 0 or 1: a swapped mean and variance, an unread bias or a forgotten scale must show.
    """
    rng = seeded(*words, name)
    last = name.rpartition(".")[2]
    if last == "num_batches_tracked":
        return np.full(shape, rng.integers(2, 9), np.int64)
    if last == "running_var":
        return rng.uniform(0.5, 2.0, shape).astype(np.float32)
    if len(shape) >= 2:
        return (rng.normal(0.0, 1.0, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
    if last.startswith("weight"):
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    return rng.normal(0.0, 0.5, shape).astype(np.float32)


class _Session:
    """The state of one recording: the adapter, the case, and the records so far."""

    def __init__(self, adapter: Framework, case: AnyCase, dtype: str, move: Move | None, seed: int) -> None:
        self.adapter, self.case, self.dtype, self.move = adapter, case, dtype, move
        self.words = (case.seed + seed, case.id)
        self.offset = seed
        self.root = case.roots[0 if adapter.name == "torch" else 1]
        self.records: list[Record] = []
        self.built = time.perf_counter()

    def record(self) -> None:
        match self.case:
            case Case() as case:
                _record_call(self, case)
            case OptimizerCase() as case:
                _record_optimizer(self, case)
            case DemoCase() as case:
                _record_demo(self, case)
            case TrainingCase() as case:
                from parity.training import record_training

                record_training(self, case, self.offset)

    def add(self, role: str, name: str, array: np.ndarray, layer: str = "") -> None:
        self.records.append(Record(role, name, array, layer=layer))

    def moved(self, name: str, array: np.ndarray) -> np.ndarray:
        return array if self.move is None else self.move(name, array)

    def drawn(self, name: str, draw: Draw) -> np.ndarray:
        return self.moved(name, draw.draw(*self.words, name))

    def built_from(self, target: str, config: Mapping[str, Any]) -> Any:
        """The implementation with its configuration; `Draw`s inside the configuration become tensors."""
        implementation = find(self.root, target)
        config = {key: self.configured(key, value) for key, value in config.items()}
        if isinstance(implementation, type):
            return implementation(**config)
        return (lambda *inputs: implementation(*inputs, **config)) if config else implementation

    def configured(self, key: str, value: Any) -> Any:
        if isinstance(value, Draw):
            return self.adapter.tensor(value.draw(*self.words, f"config.{key}"), value.layout)
        if isinstance(value, Build):
            return self.built_from(value.target, value.config)
        return value

    def start(self, slots: Sequence[Slot], given: Mapping[str, Draw]) -> None:
        """Gives every parameter and buffer its random start and records it."""
        for slot in slots:
            shapes = slot.canonical(self.adapter.read(slot.variable))
            values = {name: self.start_of(name, array, given) for name, array in shapes.items()}
            for name, value in values.items():
                self.add("weight", name, value.astype(shapes[name].dtype), slot.layer)
            self.adapter.assign(slot.variable, slot.part.to_keras(tuple(self.moved(name, value) for name, value in values.items())))

    def start_of(self, name: str, own: np.ndarray, given: Mapping[str, Draw]) -> np.ndarray:
        """The case's, or a random one; integers other than counts keep their own values: they are places in a table, or masks."""
        if name in given:
            return given[name].draw(*self.words, name).reshape(own.shape)
        start = initial_value(name, own.shape, self.words)
        return start if own.dtype.kind == "f" or start.dtype.kind == "i" else own

    def add_slots(self, role: str, slots: Sequence[Slot], arrays: Sequence[np.ndarray], suffix: str = "") -> None:
        for slot, array in zip(slots, arrays, strict=True):
            for name, part in slot.canonical(array).items():
                self.add(role, name + suffix, part, slot.layer)


class _Inputs:
    """The inputs of a call: flat leaves for the gradients, and how to nest them again."""

    def __init__(self, session: _Session, inputs: Mapping[str, Input]) -> None:
        self.names: list[str] = []
        self.draws: list[Draw] = []
        self.nest = [self._collect(name, value) for name, value in inputs.items()]
        arrays = [session.drawn(name, draw) for name, draw in zip(self.names, self.draws, strict=True)]
        self.leaves = [session.adapter.tensor(array, draw.layout) for array, draw in zip(arrays, self.draws, strict=True)]
        self.wrt = [i for i, (array, draw) in enumerate(zip(arrays, self.draws, strict=True)) if array.dtype.kind == "f" and draw.differentiable]

    def _collect(self, name: str, value: Input) -> Any:
        if isinstance(value, Draw):
            self.names.append(name)
            self.draws.append(value)
            return len(self.draws) - 1
        return None if value is None else tuple(self._collect(f"{name}.{i}", item) for i, item in enumerate(value))

    def nested(self, leaves: Sequence[Any]) -> list[Any]:
        def build(node: Any) -> Any:
            return leaves[node] if isinstance(node, int) else None if node is None else tuple(build(item) for item in node)

        return [build(node) for node in self.nest]


def _record_call(session: _Session, case: Case) -> None:
    adapter = session.adapter
    model = session.built_from(case.target, case.config)
    inputs = _Inputs(session, case.inputs)
    slots: list[Slot] = []
    if adapter.is_model(model):
        adapter.prepare(model, inputs.nested(inputs.leaves), case.arguments)
        slots = adapter.slots(model)
        session.start(slots, case.weights)
    session.built = time.perf_counter()
    trained = [slot for slot in slots if slot.trainable]
    buffers = [slot for slot in slots if not slot.trainable]
    variables = [slot.variable for slot in trained]
    objective = _Objective(session, case)

    def run(gradients: bool) -> Any:
        return adapter.backward(
            lambda *leaves: adapter.call(model, inputs.nested(leaves), case.training, case.arguments),
            objective if gradients else lambda outputs: None,
            inputs.leaves,
            inputs.wrt if gradients else [],
            variables if gradients else [],
        )

    done = run(case.gradients or case.steps > 0)
    for name, tensor in flatten(done.outputs, adapter.is_tensor):
        session.add("output", name, adapter.array(tensor, objective.layout(name, tensor)))
    if case.loss is not None:
        session.add("loss", "loss", adapter.array(done.objective))
    if case.gradients:
        for i, gradient in zip(inputs.wrt, done.input_gradients, strict=True):
            session.add("input_grad", inputs.names[i], _or_zeros(adapter, gradient, inputs.leaves[i], inputs.draws[i].layout))
        session.add_slots("grad", trained, [_or_zeros(adapter, g, slot.variable) for g, slot in zip(done.gradients, trained, strict=True)])
    session.add_slots("buffer", buffers, [adapter.read(slot.variable) for slot in buffers])
    if case.steps:
        _record_steps(session, case, run, done, trained, buffers)


def _record_steps(session: _Session, case: Case, run: Callable[[bool], Any], done: Any, trained: Sequence[Slot], buffers: Sequence[Slot]) -> None:
    adapter = session.adapter
    variables = [slot.variable for slot in trained]
    factory = find(session.root, case.optimizer.target)
    optimizer = adapter.optimizer(factory, case.optimizer.config, variables)
    before = [adapter.read(variable) for variable in variables]
    for step in range(1, case.steps + 1):
        if step > 1:
            done = run(True)
        adapter.apply(optimizer, done.gradients, variables)
        after = [adapter.read(variable) for variable in variables]
        session.add_slots("step", trained, [new.astype(np.float64) - old for new, old in zip(after, before, strict=True)], f"@{step}")
        before = after
    session.add_slots("buffer", buffers, [adapter.read(slot.variable) for slot in buffers], f"@{case.steps}")


class _Objective:
    """⟨outputs, random cotangents⟩, or the case's loss; a loss that is no scalar is multiplied with a cotangent in turn."""

    def __init__(self, session: _Session, case: Case) -> None:
        self.session, self.case = session, case
        self.loss = None if case.loss is None else session.built_from(case.loss.target, case.loss.config)
        self.targets = None if case.targets is None else session.adapter.tensor(case.targets.draw(*session.words, "targets"), case.targets.layout)

    def layout(self, name: str, tensor: Any) -> Layout:
        chosen = self.case.output_layout
        if chosen == "auto":
            return next((d.layout for d in _draws(self.case.inputs.values()) if d.layout != "same" and len(_shape(d)) == len(tensor.shape)), "same")
        return chosen if isinstance(chosen, str) else chosen.get(name, "same")

    def __call__(self, outputs: Any) -> Any:
        adapter = self.session.adapter
        if self.loss is not None:
            value = self.loss(next(tensor for _, tensor in flatten(outputs, adapter.is_tensor)), self.targets)
            return value if len(value.shape) == 0 else adapter.inner(value, self._cotangent("loss", value, "same"))
        terms = [
            adapter.inner(tensor, self._cotangent(name, tensor, self.layout(name, tensor)))
            for name, tensor in flatten(outputs, adapter.is_tensor)
            if "float" in str(tensor.dtype)
        ]
        return sum(terms[1:], terms[0]) if terms else None

    def _cotangent(self, name: str, tensor: Any, layout: Layout) -> Any:
        from parity.frameworks.base import moved_out

        shape = tuple(int(n) for n in tensor.shape)
        if self.session.adapter.name == "keras":
            shape = moved_out(np.empty(shape, np.bool_), layout).shape
        if self.case.cotangent == "ones":
            return self.session.adapter.tensor(np.ones(shape, np.float32), layout)
        draw = seeded(*self.session.words, "cotangent", name).normal(0.0, 1.0, shape).astype(np.float32)
        return self.session.adapter.tensor(draw, layout)


def _draws(inputs: Any) -> list[Draw]:
    found: list[Draw] = []
    for value in inputs:
        found.extend([value] if isinstance(value, Draw) else [] if value is None else _draws(value))
    return found


def _shape(draw: Draw) -> tuple[int, ...]:
    return np.shape(draw.values) if draw.kind == "values" else draw.shape


def _or_zeros(adapter: Framework, gradient: Any, like: Any, layout: Layout = "same") -> np.ndarray:
    """A gradient that is not connected is zero."""
    if gradient is not None:
        return adapter.array(gradient, layout)
    return np.zeros_like(adapter.array(like, layout))


def _record_optimizer(session: _Session, case: OptimizerCase) -> None:
    adapter = session.adapter
    starts = {name: session.drawn(name, draw) for name, draw in case.parameters.items()}
    variables = [adapter.parameter(start, name) for name, start in starts.items()]
    for name, start in starts.items():
        session.add("weight", name, start.astype(session.dtype))
    optimizer = adapter.optimizer(find(session.root, case.target), case.config, variables)
    session.built = time.perf_counter()
    scales = case.gradient_scale if isinstance(case.gradient_scale, tuple) else (case.gradient_scale,)
    before = [adapter.read(variable) for variable in variables]
    for step in range(case.steps):
        if step in case.learning_rates:
            adapter.set_learning_rate(optimizer, case.learning_rates[step])
        draws = [
            (seeded(*session.words, "gradient", step, name).normal(0.0, scales[step % len(scales)], start.shape)).astype(np.float32)
            for name, start in starts.items()
        ]
        adapter.apply(optimizer, [adapter.tensor(draw) for draw in draws], variables)
        after = [adapter.read(variable) for variable in variables]
        if step < 3 or step + 1 == case.steps or step in case.learning_rates or (step + 1) % 10 == 0:
            for name, new, old in zip(starts, after, before, strict=True):
                session.add("step", f"{name}@{step + 1}", new.astype(np.float64) - old)
        before = after
    for (name, start), variable, end in zip(starts.items(), variables, before, strict=True):
        session.add("step", f"{name}@1-{case.steps}", end.astype(np.float64) - start)  # the whole way: small differences add up
        for key, value in sorted(adapter.state(optimizer, variable).items()):
            session.add("slot", f"{name}.{key}", value)


def _record_demo(session: _Session, case: DemoCase) -> None:
    adapter = session.adapter
    function = session.built_from(case.target, case.config)
    inputs = _Inputs(session, case.inputs)
    session.built = time.perf_counter()
    told = function(*inputs.nested(inputs.leaves))
    for name, value in told.items():
        if adapter.is_tensor(value) or isinstance(value, np.ndarray):
            session.add("output", name, adapter.array(value) if adapter.is_tensor(value) else np.array(value))
        else:
            session.records.append(Record("fact", name, fact=_plain(value)))


def _plain(value: Any) -> Any:
    """A fact as JSON data."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
