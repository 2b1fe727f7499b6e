"""The rule, line by line, and where each line ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import judging
from parity.verdict import (
    EPS32,
    EPS64,
    NUDGE,
    ORDER,
    Measure,
    Verdict,
    conditioning_bound,
    judge,
    judge_ill_conditioned,
    severities,
    severities_lower_only,
    worst,
)

LINE = 2.0**8 * 2.0**-29  # what rounding explains, in units of N
ABOVE = 1 + 2.0**-40


def rounded(n, k=None, t=1e-6, scale=1.0, floor=0.0):
    """A measure with D = n times what rounding explains."""
    k = t if k is None else k
    return Measure(n * LINE * max(t, k, EPS32 * scale, floor), t, k, scale, floor)


@pytest.mark.parametrize(
    ("expected", "m"),
    [
        ("equivalent", Measure(0.0, 0.0, 0.0, 1.0)),
        ("equivalent", rounded(1.0)),
        ("equivalent", rounded(1.0, k=32e-6)),
        ("imprecise", rounded(1.0, k=32e-6 * ABOVE)),
        ("imprecise", rounded(1.0, k=2.0**14 * 1e-6)),
        ("different", rounded(1.0, k=2.0**14 * 1e-6 * ABOVE)),  # cancels in float32
        ("indistinguishable", rounded(ABOVE)),
        ("indistinguishable", Measure(2e-6, 1e-6, 0.0, 1.0)),
        ("different", Measure(2e-6 * ABOVE, 1e-6, 0.0, 1.0)),
        ("different", Measure(2e-6 * ABOVE, 1e-6, 1.0, 1.0)),  # a bad kernel is no alibi
        ("indistinguishable", Measure(2 * EPS32, 0.0, 0.0, 1.0)),  # u is the least that is seen
        ("different", Measure(2 * EPS32 * ABOVE, 0.0, 0.0, 1.0)),
        ("equivalent", rounded(1.0, t=0.5)),  # without digits, but the same in float64
        ("ill-conditioned", Measure(1e-3, 2.0**-6 * ABOVE, 0.0, 1.0)),
        ("indistinguishable", Measure(1e-3, 2.0**-6, 0.0, 1.0)),
        ("equivalent", rounded(1.0, floor=1.0)),
        ("different", Measure(1e-5, 1e-6, 0.0, 1.0, floor=1.0)),  # the floor is not what is seen
        ("different", Measure(1e-30, 0.0, 0.0, 0.0)),  # torch is exactly zero, Keras is not
        ("equivalent", Measure(0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_every_line_of_the_rule(expected, m):
    assert judge(m).value == expected


def test_one_constant_a_line():
    """What a changed constant would do is seen on both sides of each limit."""
    assert (2.0**8, 32, 2.0**14, 2.0**-6) == (256, 32, 16384, 0.015625)
    assert pytest.approx(2.0**-44) == rounded(1.0, t=2.0**-23).difference


positive = st.floats(1e-30, 1e30) | st.just(0.0)


@given(st.lists(st.tuples(positive, positive, positive, positive), min_size=1, max_size=20))
def test_slices_are_judged_as_tensors_are(numbers):
    columns = Measure(*np.array(numbers).T)
    assert [ORDER[severity] for severity in severities(columns)] == [judge(Measure(*one)) for one in numbers]
    assert [columns[i] for i in range(len(numbers))] == [Measure(*one) for one in numbers]


@given(st.tuples(positive, positive, positive, st.floats(1e-30, 1e30)), st.integers(-60, 60))
def test_the_rule_has_no_unit(numbers, power):
    assert judge(Measure(*numbers)) is judge(Measure(*(2.0**power * number for number in numbers)))


@given(st.tuples(positive, positive, positive, positive))
def test_excess_of_one_is_where_rounding_ends(numbers):
    m = Measure(*numbers)
    if m.rounding_bound > 1e-300:
        assert (float(m.excess) <= 1) == (m.difference <= m.rounding_bound)


def test_without_float64_nothing_is_equivalent():
    m = Measure(np.array([0.0, 2e-6, 2e-6 * ABOVE]), 1e-6, 1.0, 1.0)
    assert [ORDER[severity].value for severity in severities_lower_only(m)] == ["indistinguishable", "indistinguishable", "different"]


@pytest.mark.parametrize(
    ("expected", "told", "difference", "moved"),
    [
        ("ill-conditioned", "within", 2.0**8 * 2.0**20 * EPS64, 2.0**20 * NUDGE),
        ("different", "more than", 2.0**8 * 2.0**20 * EPS64 * ABOVE, 2.0**20 * NUDGE),
        ("ill-conditioned", "nothing can be decided", 0.5, 2.0**-6 * ABOVE),
        ("different", "more than", 0.5, 2.0**-6),
        ("ill-conditioned", "nothing can be decided", 0.5, np.inf),
    ],
)
def test_ill_conditioned_is_never_agreement(expected, told, difference, moved):
    verdict, why = judge_ill_conditioned(difference, moved, 1.0)
    assert verdict.value == expected
    assert told in why


def test_conditioning_is_per_relative_move():
    assert conditioning_bound(NUDGE) == 2.0**8 * EPS64
    assert NUDGE == judging.NUDGE == 2.0**-40


def test_worst_first():
    words = "could-not-run shape missing extra nonfinite different ill-conditioned dtype vacuous indistinguishable imprecise equivalent identical"
    assert [verdict.value for verdict in ORDER] == words.split()
    assert [verdict.severity for verdict in ORDER] == list(range(13))
    assert {verdict.value for verdict in ORDER if verdict.failing} == set(words.split()[:8])


def test_the_worst_of_nothing_is_vacuous():
    assert worst([]) is Verdict.VACUOUS
    assert worst([Verdict.IDENTICAL, Verdict.DTYPE, Verdict.EQUIVALENT]) is Verdict.DTYPE
