"""`optim_db`: every configuration of torch's optimizers, some steps on the same parameters with the same gradients; parameters and state compared.

`foreach`, `fused`, `differentiable` and `capturable` choose between PyTorch's implementations of one formula: torch's tests add the first three to each
configuration, and the database lists `capturable` ones for CUDA only, so that none is among those of the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import tf_impl.optimizers
from parity.case import seeded
from parity.comparison import Comparison, compare
from parity.frameworks import get
from parity.frameworks.base import Framework
from parity.trace import Record, Trace

from .database import OptimizerInfo, OptimizerInput, optim_db
from .outcomes import judged
from .runs import answered
from .values import NoTwinError
from .words import Outcome

STEPS = 12  # of L-BFGS 3 unless all are asked for: each has up to 20 iterations
SHAPES = {"weight": (5, 3), "bias": (3,), "filters": (4, 3, 2), "scale": ()}
MATRICES = {"tall": (5, 3), "wide": (2, 7), "square": (4, 4)}  # what Muon trains
LOOKED_UP = (2, 0, 2, 5)  # rows of a sparse gradient: one of them twice
INFOS: dict[str, OptimizerInfo] = {info.name: info for info in optim_db}


@dataclass
class _Walk:
    """One side, one precision."""

    adapter: Framework
    name: str
    config: dict[str, Any]
    steps: int
    records: list[Record] = field(default_factory=list)

    def run(self) -> list[Record]:
        adapter, name = self.adapter, self.name
        shapes = MATRICES if name == "Muon" else SHAPES
        if name == "SparseAdam":
            shapes = {"table": (6, 3)}
        starts = {key: seeded(name, key).normal(0.0, 1.0, shape).astype(np.float32) for key, shape in shapes.items()}
        variables = [adapter.parameter(start, key) for key, start in starts.items()]
        self.records = [Record("weight", key, start) for key, start in starts.items()]
        optimizer = adapter.optimizer(self.factory(), self.config, variables)
        first = before = [adapter.read(variable) for variable in variables]
        for step in range(1, self.steps + 1):
            if name == "LBFGS":
                self.evaluated(optimizer, variables, step)
            else:
                adapter.apply(optimizer, [self.gradient(key, start.shape, step) for key, start in starts.items()], variables)
            after = [adapter.read(variable) for variable in variables]
            self.moved(f"@{step}", starts, before, after)
            before = after
        self.moved(f"@1-{self.steps}", starts, first, before)  # the whole way: small differences add up
        if name != "LBFGS":  # whose twin keeps its memory to itself; what it remembers shows in the steps
            for key, variable in zip(starts, variables, strict=True):
                self.records += [
                    Record("slot", f"{key}.{slot}", _counted(value, before[0].dtype)) for slot, value in sorted(adapter.state(optimizer, variable).items())
                ]
        return self.records

    def factory(self) -> Any:
        if self.adapter.name == "torch":
            return INFOS[self.name].optim_cls
        if not hasattr(tf_impl.optimizers, self.name):
            raise NoTwinError("no twin of this name")
        return getattr(tf_impl.optimizers, self.name)

    def moved(self, suffix: str, names: Sequence[str], before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> None:
        for name, old, new in zip(names, before, after, strict=True):
            self.records.append(Record("step", name + suffix, new.astype(np.float64) - old))

    def gradient(self, key: str, shape: tuple[int, ...], step: int) -> Any:
        adapter = self.adapter
        if self.name != "SparseAdam":
            return adapter.tensor(seeded(self.name, key, step).normal(0.0, 1.0, shape).astype(np.float32))
        rows = np.roll(LOOKED_UP, step)[: 3 + step % 2]  # not the same ones at every step
        values = adapter.tensor(seeded(self.name, key, step).normal(0.0, 1.0, (len(rows), *shape[1:])).astype(np.float32))
        if adapter.name == "torch":
            return torch.sparse_coo_tensor(torch.from_numpy(rows.copy())[None], values, shape)
        import tensorflow as tf

        return tf.IndexedSlices(values, tf.constant(rows), tf.constant(shape, tf.int64))

    def evaluated(self, optimizer: Any, variables: Sequence[Any], step: int) -> None:
        """A step of L-BFGS down a convex bowl that is no parabola; its loss before the step."""
        adapter = self.adapter
        x = adapter.tensor(seeded("x").normal(0.0, 1.0, (7, 5)).astype(np.float32))
        y = adapter.tensor(seeded("y").normal(0.0, 1.0, (7, 3)).astype(np.float32))
        share = {shape: adapter.tensor(np.full(shape, 1 / 16, np.float32)) for shape in ((7, 3), *SHAPES.values())}

        def loss() -> Any:
            z = x @ variables[0] + variables[1]
            fit = adapter.inner((z - y) ** 2 + 0.125 * z**4, share[7, 3])
            return sum((adapter.inner(v**2 + 0.25 * v**4, share[tuple(v.shape)]) for v in variables), fit)

        def closure() -> Any:
            done = adapter.backward(loss, lambda value: value, [], [], variables)
            if adapter.name == "keras":
                return done.objective, done.gradients
            for variable, gradient in zip(variables, done.gradients, strict=True):
                variable.grad = gradient
            return done.objective

        value = optimizer.step(closure)
        self.records.append(Record("loss", f"loss@{step}", adapter.array(value)))


def inputs_of(info: OptimizerInfo) -> list[OptimizerInput]:
    return info.optim_inputs_func(device="cpu")


def outcomes(name: str, full: bool = False) -> Iterator[Outcome]:
    """The outcome of every configuration."""
    steps = 3 if name == "LBFGS" and not full else STEPS
    for index, made in enumerate(inputs_of(INFOS[name])):
        subject = f"{name}[{index}]"
        yield judged(index, made.desc, lambda seed, subject=subject, config=made.kwargs: [lambda: _compared(name, subject, config, steps)])


def count(name: str) -> int:
    """How many configurations the database has."""
    return len(inputs_of(INFOS[name]))


def _compared(name: str, subject: str, config: dict[str, Any], steps: int) -> Comparison:
    traces = []
    for framework in ("torch", "keras"):
        for dtype in ("float64", "float32"):
            adapter = get(framework)
            with adapter.precision(dtype), answered(framework):
                adapter.seed(0)
                own = {key: as_tensor(adapter, value) for key, value in config.items()}
                records = _Walk(adapter, name, own, steps).run()
            traces.append(Trace(subject, framework, dtype, tuple(records), {"seed": 0}))
    return compare(*traces)


def as_tensor(adapter: Framework, value: Any) -> Any:
    """A learning rate that is a tensor, in the precision of the run."""
    return adapter.tensor(value.numpy()) if isinstance(value, torch.Tensor) else value


def _counted(value: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A counter as a float: torch keeps some as Python's integers, which have no type to compare."""
    return value.astype(dtype) if value.dtype.kind in "iu" else value
