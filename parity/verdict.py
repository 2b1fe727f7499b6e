"""The rule: two precisions, no tolerances.

Rounding shrinks by 2⁻²⁹ when precision doubles; a difference in the formula does not. For one tensor or one slice of it, as maxima:

    D = |k64 − t64|     T = |t32 − t64|     K = |k32 − k64|     u = ε32·max|t64|
    N = max(T, K, u)    what float32 loses on the worse side
    V = max(T, u)       what the reference's own float32 can see
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

EPS32 = 2.0**-23
EPS64 = 2.0**-52

SHRINK = 2.0**-29  # float64 keeps 29 bits more than float32
MARGIN = 2.0**8  # how far rounding may grow beyond N·SHRINK; `tests/test_margin.py` measures what is left of it
NOISY = 32.0  # K beyond this many V: the Keras kernel loses clearly more than torch's
CANCELLED = 2.0**14  # K beyond this many V: the formula cancels in float32
NUDGE = 2.0**-40  # how far weights are moved to measure conditioning
BLIND = 2.0**-6  # V beyond this share of the scale: float32 has no digits here


class Verdict(StrEnum):
    """Worst first: comparing verdicts compares their places here."""

    COULD_NOT_RUN = "could-not-run"
    SHAPE = "shape"
    MISSING = "missing"
    EXTRA = "extra"
    NONFINITE = "nonfinite"
    DIFFERENT = "different"
    ILL_CONDITIONED = "ill-conditioned"
    DTYPE = "dtype"
    VACUOUS = "vacuous"
    INDISTINGUISHABLE = "indistinguishable"
    IMPRECISE = "imprecise"
    EQUIVALENT = "equivalent"
    IDENTICAL = "identical"

    @property
    def severity(self) -> int:
        """0 for the worst."""
        return ORDER.index(self)

    @property
    def failing(self) -> bool:
        """Worse than `vacuous`."""
        return self.severity < Verdict.VACUOUS.severity


ORDER = tuple(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; `vacuous` for none, because nothing was compared."""
    return min(verdicts, key=lambda verdict: verdict.severity, default=Verdict.VACUOUS)


@dataclass(frozen=True)
class Measure:
    """The maxima that the rule needs: of one tensor as numbers, or of its slices along an axis as arrays."""

    difference: Any  # D
    torch_error: Any  # T
    keras_error: Any  # K
    scale: Any  # max|t64|
    floor: Any = 0.0  # further loss of float32 that is no visibility: what w' − w loses of a step

    @property
    def visible(self) -> Any:
        """V."""
        return np.maximum(self.torch_error, EPS32 * self.scale)

    @property
    def noise(self) -> Any:
        """N."""
        return np.maximum(np.maximum(self.visible, self.keras_error), self.floor)

    @property
    def rounding_bound(self) -> Any:
        """The largest D that rounding explains."""
        return MARGIN * SHRINK * self.noise

    @property
    def excess(self) -> Any:
        """D in units of what rounding explains: the rows' common scale, on which 1 parts rounding from faults."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.difference > 0, np.true_divide(self.difference, self.rounding_bound), 0.0)

    def __getitem__(self, index: int) -> Measure:
        """One slice's numbers."""
        numbers = (self.difference, self.torch_error, self.keras_error, self.scale, self.floor)
        return Measure(*(float(n[index]) if np.ndim(n) else float(n) for n in numbers))


def judge(m: Measure) -> Verdict:
    """The verdict of the rule for one tensor or slice whose values are finite.

    >>> judge(Measure(difference=1e-16, torch_error=1e-7, keras_error=2e-7, scale=1.0)).value
    'equivalent'
    >>> judge(Measure(difference=5e-4, torch_error=1e-7, keras_error=2e-7, scale=1.0)).value
    'different'
    """
    return ORDER[int(severities(m))]


def severities(m: Measure) -> np.ndarray:
    """The rule: the severity of the verdict on a tensor, or on each slice."""
    rounding = m.difference <= m.rounding_bound
    rule = {
        Verdict.EQUIVALENT: rounding & (m.keras_error <= NOISY * m.visible),
        Verdict.IMPRECISE: rounding & (m.keras_error <= CANCELLED * m.visible),
        Verdict.DIFFERENT: rounding,  # right in float64, but cancels in float32
        Verdict.ILL_CONDITIONED: m.visible > BLIND * m.scale,
        Verdict.INDISTINGUISHABLE: m.difference <= 2 * m.visible,
    }
    return np.select(list(rule.values()), [verdict.severity for verdict in rule], Verdict.DIFFERENT.severity)


def severities_lower_only(m: Measure) -> np.ndarray:
    """The rule where one side has no float64: `difference` is |k32 − t64|. Never `equivalent`."""
    return np.where(m.difference <= 2 * m.visible, Verdict.INDISTINGUISHABLE.severity, Verdict.DIFFERENT.severity)


def conditioning_bound(moved: Any) -> Any:
    """The largest D that conditioning explains, when torch's float64 result moves by `moved` as its weights move by ±2⁻⁴⁰ relative."""
    return MARGIN * (moved / NUDGE) * EPS64


def judge_ill_conditioned(difference: float, moved: float, scale: float) -> tuple[Verdict, str]:
    """Decides an ill-conditioned tensor or slice in float64. Never agreement."""
    if moved > BLIND * scale:
        return Verdict.ILL_CONDITIONED, "nothing can be decided: moving the weights by 2^-40 changes even the float64 result by more than 2^-6 of its size"
    bound = conditioning_bound(moved)
    verdict, which = (Verdict.ILL_CONDITIONED, "within") if difference <= bound else (Verdict.DIFFERENT, "more than")
    return verdict, f"float32 has no digits here; in float64 the sides are {difference:.1e} apart, {which} the {bound:.1e} that conditioning explains"
