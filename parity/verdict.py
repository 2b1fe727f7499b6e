"""The rule: two precisions, no tolerances.

Rounding shrinks by 2⁻²⁹ when precision doubles; a difference in the formula does not. For one tensor or one slice of it, as maxima:

    D = |k64 − t64|     T = |t32 − t64|     K = |k32 − k64|     u = ε32·max|t64|
    N = max(T, K, u)    what float32 loses on the worse side
    V = max(T, u)       what the reference's own float32 can see
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EPS32 = 2.0**-23
EPS64 = 2.0**-52

SHRINK = 2.0**-29  # float64 keeps 29 bits more than float32
MARGIN = 2.0**8  # how far rounding may grow beyond N·SHRINK; `tests/test_margin.py` measures what is left of it
NOISY = 32.0  # K beyond this many V: the Keras kernel loses clearly more than torch's
CANCELLED = 2.0**14  # K beyond this many V: the formula cancels in float32
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


def worst(verdicts: object) -> Verdict:
    """The worst of some verdicts; `vacuous` for none, because nothing was compared."""
    return min(verdicts, key=lambda v: v.severity, default=Verdict.VACUOUS)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Measure:
    """The maxima of one tensor or slice that the rule needs."""

    difference: float  # D
    torch_error: float  # T
    keras_error: float  # K
    scale: float  # max|t64|
    floor: float = 0.0  # further loss of float32 that is no visibility: ε32·max|w| for a step w' − w

    @property
    def visible(self) -> float:
        """V."""
        return max(self.torch_error, EPS32 * self.scale)

    @property
    def noise(self) -> float:
        """N."""
        return max(self.visible, self.keras_error, self.floor)

    @property
    def rounding_bound(self) -> float:
        """The largest D that rounding explains."""
        return MARGIN * SHRINK * self.noise


def judge(m: Measure) -> Verdict:
    """The verdict of the rule for one tensor or slice whose values are finite.

    >>> judge(Measure(difference=1e-16, torch_error=1e-7, keras_error=2e-7, scale=1.0)).value
    'equivalent'
    >>> judge(Measure(difference=5e-4, torch_error=1e-7, keras_error=2e-7, scale=1.0)).value
    'different'
    """
    if m.difference <= m.rounding_bound:
        if m.keras_error <= NOISY * m.visible:
            return Verdict.EQUIVALENT
        return Verdict.IMPRECISE if m.keras_error <= CANCELLED * m.visible else Verdict.DIFFERENT
    if m.visible > BLIND * m.scale:
        return Verdict.ILL_CONDITIONED
    if m.difference <= 2 * m.visible:
        return Verdict.INDISTINGUISHABLE
    return Verdict.DIFFERENT


def judge_float32_only(difference: float, visible: float) -> Verdict:
    """One side has no float64: `difference` is |k32 − t64|. Never `equivalent`."""
    return Verdict.INDISTINGUISHABLE if difference <= 2 * visible else Verdict.DIFFERENT


def judge_ill_conditioned(difference: float, moved: float, scale: float) -> tuple[Verdict, str]:
    """Decides an ill-conditioned tensor in float64 from `moved` = |Δ| when torch's weights move by ±2⁻⁴⁰ relative."""
    if moved > BLIND * scale:
        return Verdict.ILL_CONDITIONED, "nothing can be decided: moving the weights by 2^-40 changes even the float64 result by more than 2^-6 of its size"
    bound = MARGIN * (moved / 2.0**-40) * EPS64
    if difference <= bound:
        return Verdict.ILL_CONDITIONED, f"float32 has no digits here; in float64 the sides are {difference:.1e} apart, within the {bound:.1e} that conditioning explains"
    return Verdict.DIFFERENT, f"float32 has no digits here; in float64 the sides are {difference:.1e} apart, more than the {bound:.1e} that conditioning explains"
