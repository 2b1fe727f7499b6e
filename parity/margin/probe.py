"""One probe: the same numbers computed twice, in both precisions, and judged as a row of a case would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.case import seeded
from parity.measuring import Measures
from parity.row import Row, StepNoise, judge_tensor
from parity.verdict import NUDGE, Verdict

Array = np.ndarray[Any, Any]
Compute = Callable[..., Array]  # must compute in the precision of its inputs


@dataclass(frozen=True)
class Probe:
    """Two computations of the same inputs. `step`: what comes out is a parameter's step, of which the inputs are first the gradient, then the weight."""

    inputs: tuple[Array, ...]
    reference: Compute
    actual: Compute
    step: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a probe was judged."""

    name: str
    row: Row
    ratio: float  # D over what rounding explains, the worst of the whole and of all slices
    kernel: float  # K over V, the same


def generator(*words: object) -> np.random.Generator:
    """Seeds of their own: no case of the project draws these numbers."""
    return seeded("margin", *words)


def judge_probe(name: str, probe: Probe) -> Outcome:
    """Computes a probe four times and once more with its inputs moved by ±2⁻⁴⁰, and judges it."""
    wide = tuple(x.astype(np.float64) if x.dtype.kind == "f" else x for x in probe.inputs)
    signs = generator("signs", name)
    moved = probe.reference(*(x * (1 + NUDGE * signs.choice([-1.0, 1.0], x.shape)) if x.dtype.kind == "f" else x for x in wide))
    four = (probe.reference(*wide), probe.reference(*probe.inputs), probe.actual(*wide), probe.actual(*probe.inputs))
    for array, dtype in zip(four, ("float64", "float32") * 2, strict=True):
        assert array.dtype == dtype, f"{name} computes in {array.dtype}, not in {dtype}"
    step = _noise(wide, probe.inputs) if probe.step else None
    row, found = judge_tensor(Row(name, "step" if step else "output", Verdict.IDENTICAL), four, moved=moved, step=step)
    assert found is not None
    measured = found.measured if step is None else step.of(found.measured)
    visible = np.maximum(measured.visible, np.finfo(np.float64).tiny)
    return Outcome(name, row, float(measured.excess.max()), float((measured.keras_error / visible).max()))


def _noise(wide: tuple[Array, ...], narrow: tuple[Array, ...]) -> StepNoise:
    return StepNoise(Measures((0.0, 0.0, 0.0), float(np.abs(wide[0]).max(initial=0.0)), {}), float(np.abs(wide[1]).max(initial=0.0)))
