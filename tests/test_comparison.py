"""Comparing traces: one row for each verdict, what broke earlier rules, and everything a trace may hold."""

import json

import numpy as np
import pytest
from fourfold import X, drawn, four, judged, k32, k64, logistic_map, noisy, t32, t64, traces

from parity.case import seeded
from parity.comparison import COLUMNS, Comparison, Row, compare, with_known
from parity.trace import Record, Trace, TraceError
from parity.verdict import Verdict

INTEGERS = np.arange(80).reshape(2, 40)
NAN_HERE = np.where(np.arange(240).reshape(6, 40) == 77, np.nan, 0.0)

ONE_OF_EACH = {
    "shape": (t64, t32, k64[:, :-1], k32[:, :-1]),
    "missing": (t64, t32, None, None),
    "extra": (None, None, k64, k32),
    "nonfinite": (t64, t32, k64 + NAN_HERE, k32 + NAN_HERE.astype(np.float32)),
    "different": (t64, t32, k64 * 1.001, k32 * np.float32(1.001)),
    "ill-conditioned": four(*logistic_map(70), np.linspace(0.1, 0.9, 50, dtype=np.float32)),
    "dtype": (t64, t32, k64, k64),
    "vacuous": (0 * t64, 0 * t32, 0 * k64, 0 * k32),
    "indistinguishable": (t64, t32, k64 * (1 + 3e-8), k32),
    "imprecise": (t64, t32, k64, noisy(X, by=2.0**-17)[3]),
    "equivalent": (t64, t32, k64, k32),
    "identical": (t64, t32, t64.copy(), t32.copy()),
}


@pytest.mark.parametrize("verdict", ONE_OF_EACH)
def test_one_row_a_verdict(verdict):
    row = judged(*ONE_OF_EACH[verdict])
    assert row.verdict.value == verdict, row
    assert row.failing == (row.verdict.severity < Verdict.VACUOUS.severity)
    if row.failing or verdict == "vacuous":
        assert row.note or row.difference, "a reader must learn why"


def test_every_verdict_has_its_row():
    assert {*ONE_OF_EACH, "could-not-run"} == {verdict.value for verdict in Verdict}  # what could not run has no traces


@pytest.mark.parametrize("verdict", ONE_OF_EACH)
def test_what_is_found_does_not_depend_on_memory_layout(verdict):
    straight = judged(*ONE_OF_EACH[verdict])
    turned = judged(*(array if array is None else np.asfortranarray(array) for array in ONE_OF_EACH[verdict]))
    assert turned == straight


class TestCounterExamples:
    """What broke earlier rules."""

    @staticmethod
    def one_pass(x, eps=1e-5):
        mean = x.mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(np.maximum((x * x).mean(-1, keepdims=True) - mean * mean, 0) + x.dtype.type(eps))

    @staticmethod
    def two_pass(x, eps=1e-5):
        mean = x.mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(np.square(x - mean).mean(-1, keepdims=True) + x.dtype.type(eps))

    def test_one_pass_variance_far_from_zero_cancels(self):
        row = judged(*four(self.two_pass, self.one_pass, drawn(20, 256, mean=3000, scale=0.1)))
        assert row.verdict is Verdict.DIFFERENT
        assert "cancels in float32" in row.note

    def test_one_pass_variance_with_a_wrong_eps_is_different_and_not_for_cancelling(self):
        row = judged(*four(self.two_pass, lambda x: self.one_pass(x, 1e-3), drawn(20, 256, mean=3000, scale=0.1)))
        assert row.verdict is Verdict.DIFFERENT
        assert "cancels" not in row.note

    def test_two_pass_variance_in_another_order_is_right_even_there(self):
        other = lambda x: self.two_pass(x[:, ::-1])[:, ::-1]  # noqa: E731
        assert judged(*four(self.two_pass, other, drawn(20, 256, mean=3000, scale=0.1))).verdict is Verdict.EQUIVALENT

    @pytest.mark.parametrize("axis", [0, 1, 2, 3])
    def test_a_channel_wrong_by_a_tenth_beside_one_of_1e7(self, axis):
        x = drawn(6, 5, 7, 8)
        lines = np.moveaxis(x, axis, 0)
        lines[0] *= 1e7
        wrong = x.copy()
        np.moveaxis(wrong, axis, 0)[3] *= np.float32(1.1)
        a, b, c, d = *noisy(x)[:2], *noisy(wrong)[2:]
        row = judged(a, b, c, d)
        assert row.verdict is Verdict.DIFFERENT
        assert row.worst_slice == f"axis {axis} [3]"
        assert row.difference == pytest.approx(0.1 * np.abs(lines[3]).max(), rel=0.2)
        assert row.scale == np.abs(lines[3]).max(), "the numbers are the slice's"

    def test_the_worst_slice_is_not_the_one_furthest_from_rounding(self):
        units = np.ones((6, 40))
        reference32, actual32, actual64 = units.astype(np.float32), units.astype(np.float32), units.copy()
        reference32[1], actual64[1] = 1 + 1e-3, 1 + 1.5e-3  # far from rounding, but torch sees no more
        actual32[4], actual64[4] = 1 + 1, 1 + 1e-2  # a bad kernel too
        actual32[1] += np.float32(1e-3)
        row = judged(units, reference32, actual64, actual32)
        assert (row.verdict, row.worst_slice) == (Verdict.DIFFERENT, "axis 0 [4]")

    def test_without_its_slice_it_would_hide(self):
        x = drawn(40, 2)  # slices along axis 0 are of two elements: too few to be judged alone
        x[0] *= 1e7
        wrong = x.copy()
        wrong[3] *= np.float32(1.1)
        assert judged(*noisy(x)[:2], *noisy(wrong)[2:]).verdict is not Verdict.EQUIVALENT

    @staticmethod
    def chaotic(reference, actual, beside=False):
        """The row of two maps, alone or as a channel beside two of 1e12, with the reference moved."""
        x = np.linspace(0.1, 0.9, 50, dtype=np.float32)
        arrays = (*four(reference, actual, x), reference(x.astype(np.float64) * (1 + 2.0**-40 * seeded("signs").choice([-1, 1], x.shape))))
        if beside:
            large = 1e12 * np.arange(1.0, 51.0)
            moves, last_bits = (1, 1, 1, 1, 1 + 2.0**-40), (1, 1, 1 + 2.0**-52, 1, 1)  # a channel that is moved, and one that is not but rounds
            arrays = tuple(np.stack([large * move, array, large * bit]).astype(array.dtype) for array, move, bit in zip(arrays, moves, last_bits, strict=True))
        return judged(*arrays[:4], moved=arrays[4])

    @pytest.mark.parametrize("beside", [False, True])
    @pytest.mark.parametrize(
        ("steps", "verdict", "told"),
        [(5, "equivalent", ""), (25, "equivalent", ""), (38, "ill-conditioned", "within"), (46, "ill-conditioned", "nothing can be decided")],
    )
    def test_the_right_chaotic_map_in_another_order(self, steps, verdict, told, beside):
        row = self.chaotic(*logistic_map(steps), beside=beside)
        assert row.verdict.value == verdict
        assert told in row.note
        assert bool(told) == bool(row.note)

    @pytest.mark.parametrize("beside", [False, True])
    @pytest.mark.parametrize(
        ("steps", "verdict", "told"),
        [(5, "different", ""), (25, "different", "more than"), (38, "different", "more than"), (46, "ill-conditioned", "nothing can be decided")],
    )
    def test_the_chaotic_map_with_a_changed_constant(self, steps, verdict, told, beside):
        row = self.chaotic(logistic_map(steps)[0], logistic_map(steps, r=3.9 * (1 + 1e-6))[0], beside=beside)
        assert row.verdict.value == verdict
        assert told in row.note
        assert row.worst_slice == ("axis 0 [1]" if beside else "")

    def test_without_a_moved_run_a_blind_row_stays_undecided(self):
        row = judged(*ONE_OF_EACH["ill-conditioned"])
        assert "a float64 run with moved weights would decide" in row.note

    @pytest.mark.parametrize("zeros", [0.0, -0.0])
    def test_gradients_that_are_all_zero(self, zeros):
        row = judged(np.zeros((3, 4)), np.zeros((3, 4), np.float32), np.full((3, 4), zeros), np.full((3, 4), zeros, np.float32), key="grad:weight")
        assert row.verdict is Verdict.VACUOUS
        assert "all zero on both sides" in row.note
        assert not row.failing

    def test_zero_against_something(self):
        assert judged(0 * t64, 0 * t32, k64, k32).verdict is Verdict.DIFFERENT
        assert judged(t64, t32, 0 * k64, 0 * k32).verdict is Verdict.DIFFERENT

    def test_resize_has_no_float64(self):
        right = judged(t64, t32, k32, k32)
        assert right.verdict is Verdict.INDISTINGUISHABLE
        assert "Keras has no float64 here: judged in float32 only" in right.note
        wrong = judged(t64, t32, k32 * np.float32(1.0001), k32 * np.float32(1.0001))
        assert wrong.verdict is Verdict.DIFFERENT
        assert wrong.difference == pytest.approx(1e-4 * np.abs(X).max(), rel=0.01)

    def test_minus_infinity_on_both_sides_is_agreement(self):
        a, b, c, d = (np.where(np.arange(40) % 3 == 0, -np.inf, array).astype(array.dtype) for array in noisy(X))
        assert judged(a, b, c, d).verdict is Verdict.EQUIVALENT
        c = np.where(np.isfinite(c), c * 1.001, c)
        assert judged(a, b, c, d).verdict is Verdict.DIFFERENT, "and the rest is still judged"

    def test_argmax_of_another_width(self):
        row = judged(INTEGERS, INTEGERS, INTEGERS.astype(np.int32), INTEGERS.astype(np.int32))
        assert row.verdict is Verdict.IDENTICAL
        assert "width: torch int64, Keras int32" in row.note

    @pytest.mark.parametrize("gradient", [drawn(5, 40), 1e-3 * drawn(5, 40)], ids=["normal", "small"])
    def test_a_forgotten_weight_decay_at_a_learning_rate_of_1e_4(self, gradient):
        assert self.step(gradient, decay=0.0).verdict is Verdict.DIFFERENT
        assert self.step(gradient, decay=1e-4).verdict is Verdict.EQUIVALENT

    @staticmethod
    def step(gradient, decay):
        weight = drawn(5, 40, seed=7)

        def step(w, g, decay):
            return ((w - w.dtype.type(1e-4) * (g + w.dtype.type(decay) * w)).astype(np.float64)) - w

        def folded(w, g):
            return ((w * w.dtype.type(1 - 1e-4 * decay) - w.dtype.type(1e-4) * g).astype(np.float64)) - w

        steps = four(lambda w, g: step(w, g, 1e-4), folded, weight, gradient)
        rows = compare(
            *traces(("weight:w", weight.astype(np.float64), weight, weight.astype(np.float64), weight), ("grad:w", *noisy(gradient)), ("step:w@1", *steps))
        ).rows
        assert [row.role for row in rows] == ["grad", "step"], "equal weights have no row"
        return rows[1]


class TestDecisions:
    """argmax of logits whose best two are a stated distance apart."""

    def row(self, gap, *, parted, decider="output:logits", late=False):
        logits = drawn(8, 40)
        logits[:, 0], logits[:, 1] = 5.0, (5.0 - gap).astype(np.float32)
        best = np.zeros(8, np.int64)
        other = np.where(np.arange(8) == 3, 1, best)
        margin = Record("margin", "best", logits[:, 0].astype(np.float64) - logits[:, 1], fact=decider)
        values = ("output:logits", *noisy(logits))
        choice = ("output:best", best, best, other if parted == 64 else best, other if parted else best)
        rows = compare(*traces(*([choice, values] if late else [values, choice]), ("margin:best", margin, margin, None, None))).rows
        assert {row.name for row in rows} == {"logits", "best"}
        return next(row for row in rows if row.name == "best")

    @pytest.mark.parametrize("late", [False, True])
    def test_within_the_noise_of_what_decided(self, late):
        gaps = np.full(8, 1.0)
        gaps[3] = 4e-7
        row = self.row(gaps, parted=32, late=late)
        assert row.verdict is Verdict.INDISTINGUISHABLE
        assert "1 decisions part" in row.note
        assert "output:logits" in row.note

    def test_clearer_than_the_noise(self):
        row = self.row(np.full(8, 1e-3), parted=32)
        assert row.verdict is Verdict.DIFFERENT
        assert "the clearest by" in row.note

    def test_float64_has_less_noise(self):
        gaps = np.full(8, 1.0)
        gaps[3] = 4e-7
        assert self.row(gaps, parted=64).verdict is Verdict.DIFFERENT

    def test_a_tie_decides_nothing(self):
        gaps = np.full(8, 1.0)
        gaps[3] = 0.0
        assert self.row(gaps, parted=64).verdict is Verdict.INDISTINGUISHABLE

    def test_floats_without_noise_decide_everything(self):
        zeros, best = np.zeros(4), np.zeros(4, np.int64)
        values, margin = ("output:zeros", *[zeros] * 4), Record("margin", "best", zeros, fact="output:zeros")
        rows = compare(*traces(values, ("output:best", best, best, best, best + 1), ("margin:best", margin, None, None, None))).rows
        assert rows[1].verdict is Verdict.DIFFERENT

    def test_equal_decisions_need_no_margin(self):
        assert self.row(np.full(8, 1.0), parted=None).verdict is Verdict.IDENTICAL

    @pytest.mark.parametrize("decider", [None, "output:nothing", "output:best"])
    def test_a_margin_without_its_tensor_excuses_nothing(self, decider):
        row = self.row(np.zeros(8), parted=32, decider=decider)
        assert row.verdict is Verdict.DIFFERENT
        assert "its margin does not say" in row.note


class TestFacts:
    @pytest.mark.parametrize("fact", [True, 3, "text", 1.5, float("nan"), [1, None, "a"], {"b": 1, "a": [2]}])
    def test_equal_facts(self, fact):
        assert judged(fact, fact, json.loads(json.dumps(fact)), fact, key="fact:f").verdict is Verdict.IDENTICAL

    def test_tuples_are_lists(self):
        assert judged((2, 3), (2, 3), [2, 3], [2, 3], key="fact:shape").verdict is Verdict.IDENTICAL

    @pytest.mark.parametrize(("ours", "theirs"), [(True, False), ("ValueError", "TypeError"), ([1, 2], [2, 1]), (1, 2)])
    def test_other_facts_are_told(self, ours, theirs):
        row = judged(ours, ours, theirs, theirs, key="fact:f")
        assert row.verdict is Verdict.DIFFERENT
        assert f"torch: {ours!r}; Keras: {theirs!r}" in row.note

    def test_a_fact_that_differs_in_float32_alone(self):
        row = judged(True, True, True, False, key="fact:f")
        assert row.verdict is Verdict.DIFFERENT
        assert "lower precision" in row.note

    def test_a_fact_against_a_tensor(self):
        row = judged("none", "none", k64, k32, key="output:y")
        assert row.verdict is Verdict.DIFFERENT
        assert "a tensor of shape (6, 40)" in row.note


class TestAbsence:
    @pytest.mark.parametrize(
        ("there", "verdict", "told"),
        [
            ("1100", "missing", "Keras has nothing"),
            ("0011", "extra", "torch has nothing"),
            ("1000", "missing", "Keras has nothing"),
            ("0010", "extra", "torch has nothing"),
            ("1101", "missing", "not recorded by Keras in float64"),
            ("1110", "missing", "not recorded by Keras in the lower precision"),
            ("0111", "extra", "not recorded by torch in float64"),
            ("1001", "missing", "not recorded by torch in the lower precision and Keras in float64"),
        ],
    )
    def test_what_is_not_in_all_four(self, there, verdict, told):
        row = judged(*(array if bit == "1" else None for array, bit in zip((t64, t32, k64, k32), there, strict=True)))
        assert row.verdict.value == verdict
        assert told in row.note

    def test_curves_have_no_rows(self):
        assert compare(*traces(("curve:loss", t64, t32, k64, k32))).rows == ()

    def test_notes_of_the_records_are_kept_once(self):
        records = [Record("output", "y", array, layer="fc", note="no kernel") for array in (t64, t32, k64, k32)]
        row = judged(*records)
        assert (row.note, row.layer, row.shape) == ("no kernel", "fc", (6, 40))


class TestBelongingTogether:
    def test_different_cases(self):
        mine, others = traces(("output:y", t64, t32, k64, k32)), traces(("output:y", t64, t32, k64, k32), subject="other")
        with pytest.raises(TraceError, match="different cases: case and other; compare traces of one case"):
            compare(*mine[:2], *others[2:])
        with pytest.raises(TraceError, match="different cases"):
            compare(*mine, moved64=others[0])

    def test_different_seeds(self):
        made = ({"seed": 0}, {"seed": 0}, {"seed": 1}, {"seed": 0})
        with pytest.raises(TraceError, match=r"different seeds \(0, 1\).*one seed"):
            compare(*traces(("output:y", t64, t32, k64, k32), made=made))

    @pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 1, 3, 2), (0, 0, 2, 2)])
    def test_wrong_precisions(self, order):
        four = traces(("output:y", t64, t32, k64, k32))
        with pytest.raises(TraceError, match=r"float64|lower precision"):
            compare(*(four[i] for i in order))

    def test_two_lower_precisions(self):
        halves = traces(("output:y", t64, t32, k64, k32), lower="float16")
        singles = traces(("output:y", t64, t32, k64, k32))
        with pytest.raises(TraceError, match="float32 on one side and float16 on the other"):
            compare(*singles[:3], halves[3])

    def test_one_name_twice(self):
        record = Record("output", "y", t64)
        twice = Trace("case", "torch", "float64", (record, record))
        with pytest.raises(TraceError, match="recorded twice under one name"):
            compare(twice, *traces(("output:y", t64, t32, k64, k32))[1:])


class TestComparison:
    rows = tuple(judged(*ONE_OF_EACH[verdict]) for verdict in ("equivalent", "identical", "vacuous", "indistinguishable"))

    def test_ok_is_no_row_worse_than_vacuous(self):
        assert Comparison(self.rows)
        assert Comparison(self.rows).verdict is Verdict.VACUOUS
        assert not Comparison((*self.rows, judged(*ONE_OF_EACH["dtype"])))

    def test_nothing_compared_is_not_ok(self):
        assert not Comparison(())
        assert not Comparison((self.rows[2], self.rows[2]))

    def test_outputs_that_are_all_vacuous_are_not_ok(self):
        gradient = Row("x", "grad", Verdict.EQUIVALENT)
        assert not Comparison((self.rows[2], gradient))
        assert Comparison((self.rows[0], gradient))

    def test_steps_that_are_all_vacuous_are_not_ok(self):
        assert not Comparison((Row("w@1", "step", Verdict.VACUOUS), Row("w@2", "step", Verdict.VACUOUS)))
        assert Comparison((Row("w@1", "step", Verdict.VACUOUS), Row("w@2", "step", Verdict.EQUIVALENT)))

    def test_the_table(self):
        table = Comparison(self.rows).table
        assert tuple(table.columns) == COLUMNS
        assert list(table["verdict"]) == ["equivalent", "identical", "vacuous", "indistinguishable"]

    def test_rows_come_in_the_order_of_execution(self):
        found = compare(*traces(*((f"output:{name}", t64, t32, k64, k32) for name in "cab"))).rows
        assert [row.name for row in found] == ["c", "a", "b"]


class TestKnownDifferences:
    wrong = judged(*ONE_OF_EACH["different"])

    def test_a_declared_difference_does_not_fail(self):
        (row,) = with_known([self.wrong], {"output:*": "rounded constant"})
        assert row.known == "rounded constant"
        assert not row.failing
        assert row.verdict is Verdict.DIFFERENT, "and is still shown"
        assert Comparison((row, judged(*ONE_OF_EACH["equivalent"])))
        assert Comparison((row, judged(*ONE_OF_EACH["equivalent"]))).verdict is Verdict.EQUIVALENT

    def test_it_declares_only_its_own_rows(self):
        assert not Comparison(with_known([self.wrong, replaced(self.wrong, "z")], {"output:y": "reason"}))

    def test_it_expires(self):
        rows = with_known([judged(*ONE_OF_EACH["equivalent"])], {"output:y": "reason"})
        assert [row.verdict for row in rows] == [Verdict.EQUIVALENT, Verdict.MISSING]
        assert "no longer occurs (reason)" in rows[1].note
        assert not Comparison(rows)


def replaced(row, name):
    return Row(name, row.role, row.verdict, row.difference)


def test_a_row_relative_to_its_scale():
    assert Row("x", "output", Verdict.DIFFERENT, difference=2.0, scale=4.0).relative == 0.5
    assert Row("x", "output", Verdict.DIFFERENT, difference=2.0).relative == float("inf")
    assert Row("x", "output", Verdict.IDENTICAL).relative == 0.0
