"""The judgement of one tensor: steps, halves, missing float64, nothing to compare, NaN and infinities, kinds of numbers."""

import ml_dtypes
import numpy as np
import pytest
from fourfold import X, drawn, four, judged, k32, k64, logistic_map, noisy, t32, t64, traces

from parity.case import seeded
from parity.comparison import compare
from parity.verdict import Verdict

INTEGERS = np.arange(80).reshape(2, 40)


class TestSteps:
    def rows(self, gradient, steps, weight=X):
        wide = weight.astype(np.float64)
        return compare(*traces(("weight:w", wide, weight, wide, weight), ("grad:w", *gradient), ("step:w@3", *steps))).rows

    def test_a_gradient_without_digits_does_not_excuse_a_step_of_another_size(self):
        noise = 1e-9 * drawn(6, 40, seed=3)
        gradient = (1e-17 * t64, noise, 1e-17 * k64, -noise)  # mathematically zero
        step = (1e-3 * t64, 1e-3 * t64, 2e-3 * t64, 2e-3 * t64)
        assert self.rows(gradient, step)[1].failing

    def test_a_slice_whose_step_is_wrong_is_named(self):
        wrong = -0.1 * k64
        wrong[4] *= 1.001
        small = np.where(np.arange(6) == 4, 1e-6, 1.0)[:, None]
        gradient = noisy((X * small).astype(np.float32))
        row = self.rows(gradient, (-0.1 * t64 * small, -0.1 * t64 * small, wrong * small, wrong * small))[1]
        assert row.verdict is Verdict.DIFFERENT
        assert row.worst_slice == "axis 0 [4]"

    @pytest.mark.parametrize(("factor", "verdict"), [(1 + 2.0**-52, Verdict.EQUIVALENT), (1 + 1e-7, Verdict.INDISTINGUISHABLE), (1 + 1e-6, Verdict.DIFFERENT)])
    def test_a_gradient_without_noise_leaves_that_of_float32(self, factor, verdict):
        exact = X.astype(np.float64)
        row = self.rows((exact, X, exact.copy(), X.copy()), (t64, t64, t64 * factor, t64 * factor))[1]
        assert row.verdict is verdict

    def test_a_gradient_of_zero_leaves_that_of_float32(self):
        zeros = np.zeros_like(X)
        gradient = (zeros.astype(np.float64), zeros, zeros.astype(np.float64), zeros)
        assert self.rows(gradient, (t64, t64, t64 * (1 + 1e-7), t64))[1].verdict is Verdict.INDISTINGUISHABLE

    def test_noise_that_grows_on_the_way_to_the_step_is_rounding(self):
        rng = seeded("grown")  # Adam's second step amplifies the noise of small gradients, as much in float64 as in float32
        steps = tuple(t64 * (1 + unit * rng.uniform(-1, 1, X.shape)) for unit in (0, 2.0**-14, 2.0**-43, 2.0**-14))
        assert self.rows(noisy(X), steps)[1].verdict is Verdict.EQUIVALENT

    def test_a_slice_has_the_noise_of_its_own_gradient(self):
        rng = seeded("slices")
        noise = np.where(np.arange(6) == 2, 2.0**-8, 2.0**-24)[:, None]
        gradient = (t64, (t64 * (1 + noise * rng.uniform(-1, 1, X.shape))).astype(np.float32), t64 * (1 + 2.0**-53), t32)
        for line, verdict in ((2, Verdict.INDISTINGUISHABLE), (3, Verdict.DIFFERENT)):
            wrong = t64.copy()
            wrong[line] *= 1 + 1e-4
            row = self.rows(gradient, (t64, t64, wrong, wrong))[1]
            assert (row.verdict, row.worst_slice) == (verdict, f"axis 0 [{line}]")

    def test_a_gradient_of_another_shape_counts_as_a_whole(self):
        assert self.rows(noisy(X.reshape(40, 6)), (-0.1 * t64, -0.1 * t64, -0.1 * k64, -0.1 * k64))[1].verdict is Verdict.EQUIVALENT

    def test_equal_gradients_have_noise_in_slices_too(self):
        rng = seeded("slices")
        noise = np.where(np.arange(6) == 2, 2.0**-8, 2.0**-24)[:, None]
        narrow = (t64 * (1 + noise * rng.uniform(-1, 1, X.shape))).astype(np.float32)
        wrong = t64.copy()
        wrong[3] *= 1 + 1e-4
        assert self.rows((t64, narrow, t64.copy(), narrow.copy()), (t64, t64, wrong, wrong))[1].verdict is Verdict.DIFFERENT

    def test_without_a_gradient_float32_is_the_noise(self):
        wide = X.astype(np.float64)
        weights = ("weight:w", wide, X, wide, X)
        for factor, verdict in ((1 + 2.0**-52, Verdict.EQUIVALENT), (1 + 1e-7, Verdict.INDISTINGUISHABLE), (1 + 1e-6, Verdict.DIFFERENT)):
            (row,) = compare(*traces(weights, ("step:w@1-50", t64, t32.astype(np.float64), t64 * factor, t32 * np.float64(factor)))).rows
            assert row.verdict is verdict, factor

    def test_the_size_of_the_weight_bounds_the_rounding_of_its_step(self):
        tiny = 1e-12 * t64
        step = (tiny, tiny, tiny + 2.0**-53, tiny + 2.0**-53)  # the last bit of a weight of 1
        assert self.rows(noisy(X), step)[1].verdict is Verdict.EQUIVALENT


class TestLowerPrecisionOnly:
    @pytest.mark.parametrize("lower", ["float16", "bfloat16"])
    def test_half_precision_is_judged_by_torchs_own(self, lower):
        kind = np.dtype(getattr(ml_dtypes, lower, lower))
        rng = seeded("half")
        unit = float(ml_dtypes.finfo(kind).eps)
        half = [(t64 * (1 + unit * rng.uniform(-1, 1, X.shape))).astype(kind) for _ in range(2)]
        row = judged(t64, half[0], k64, half[1], lower=lower)
        assert row.verdict is Verdict.INDISTINGUISHABLE
        assert f"judged in {lower} only" in row.note
        assert judged(t64, half[0], k64, (half[1].astype(np.float64) * (1 + 6 * unit)).astype(kind), lower=lower).verdict is Verdict.DIFFERENT

    def test_one_half_unit_apart_is_not_seen_where_torch_happened_to_be_exact(self):
        exact = np.full((4, 40), 1.5)
        above = np.full((4, 40), 1.5 + 2.0**-10, np.float16)
        assert judged(exact, exact.astype(np.float16), exact, above, lower="float16").verdict is Verdict.INDISTINGUISHABLE

    def test_float32_results_of_a_half_run_are_never_equivalent(self):
        assert judged(t64, t32, k64, k32, lower="bfloat16").verdict is Verdict.INDISTINGUISHABLE

    def test_all_bits_equal_are_identical_in_half_too(self):
        half = t64.astype(np.float16)
        assert judged(t64, half, t64.copy(), half.copy(), lower="float16").verdict is Verdict.IDENTICAL

    def test_different_halves_are_of_another_type(self):
        row = judged(t64, t64.astype(np.float16), k64, k64.astype(ml_dtypes.bfloat16), lower="float16")
        assert row.verdict.severity <= Verdict.DTYPE.severity
        assert "torch gives float16, Keras bfloat16" in row.note

    def test_a_half_from_a_run_in_float32(self):
        """A layer that computes in half whatever it is given."""
        assert judged(t64, t64.astype(np.float16), k64, k64.astype(np.float16)).verdict is Verdict.INDISTINGUISHABLE

    def test_overflow_of_a_half_on_one_side(self):
        a = np.array([1.0, 7e4])
        assert judged(a, a.astype(np.float32), a, np.array([1.0, np.inf], np.float32)).verdict is Verdict.NONFINITE
        assert judged(a, a.clip(max=6e4).astype(np.float16), a, np.array([1.0, np.inf], np.float16), lower="float16").verdict is Verdict.NONFINITE
        with np.errstate(over="ignore"):
            half = a.astype(np.float16)
        assert judged(a, half, a, half.copy(), lower="float16").verdict is Verdict.IDENTICAL

    def test_torch_has_no_float64(self):
        row = judged(t32, t32, k64, k32)
        assert row.verdict is Verdict.INDISTINGUISHABLE
        assert "torch has no float64 here" in row.note
        assert row.torch_error == 0
        assert row.keras_error > 0
        assert judged(t32 * np.float32(1.001), t32 * np.float32(1.001), k64, k32).verdict is Verdict.DIFFERENT
        assert judged(t32, t32, k64, np.where(X > 1, np.inf, k32)).verdict is Verdict.NONFINITE

    def test_neither_has_float64(self):
        row = judged(t32, t32, t32 * np.float32(1.001), t32 * np.float32(1.001))
        assert row.verdict is Verdict.DIFFERENT
        assert "torch and Keras has no float64" in row.note

    def test_a_wrong_slice(self):
        x = X.copy()
        x[0] *= 1e7
        wrong = x.copy()
        wrong[2] *= np.float32(1.1)
        row = judged(x.astype(np.float64), x, wrong, wrong)
        assert row.verdict is Verdict.DIFFERENT
        assert row.worst_slice == "axis 0 [2]"

    def test_it_says_when_it_shows_little(self):
        rng = seeded("blind")
        row = judged(t64, (t64 + 0.1 * rng.uniform(-1, 1, X.shape)).astype(np.float32), k32, k32)
        assert row.verdict is Verdict.INDISTINGUISHABLE
        assert "shows little" in row.note


class TestNothingToCompare:
    @pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 5, 2)])
    @pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_, np.complex64])
    def test_no_elements(self, shape, dtype):
        array = np.zeros(shape, dtype)
        row = judged(array, array, array.copy(), array.copy())
        assert row.verdict is Verdict.VACUOUS
        assert "empty" in row.note

    def test_no_elements_in_another_shape(self):
        assert judged(*[np.zeros((0, 3))] * 2, *[np.zeros((0, 4))] * 2).verdict is Verdict.SHAPE

    def test_nothing_finite(self):
        row = judged(*(np.full_like(array, np.nan) for array in (t64, t32, k64, k32)))
        assert row.verdict is Verdict.VACUOUS
        assert "nothing finite" in row.note

    @pytest.mark.parametrize("role", ["weight", "buffer", "slot"])
    def test_state_may_be_zero(self, role):
        rows = compare(*traces((f"{role}:x", *(0 * array for array in (t64, t32, t64, t32))))).rows
        assert [row.verdict for row in rows] == [Verdict.IDENTICAL] * (role != "weight")

    def test_one_number(self):
        one = [np.asarray(array[0, 0]) for array in noisy(X)]
        assert judged(*one).verdict is Verdict.EQUIVALENT
        assert judged(*one[:2], one[2] * 1.01, one[3] * np.float32(1.01)).verdict is Verdict.DIFFERENT

    def test_false_and_zero_integers_are_values(self):
        zeros = np.zeros(5, np.int64)
        assert judged(zeros, zeros, zeros, zeros).verdict is Verdict.IDENTICAL
        assert judged(*[zeros == 1] * 4).verdict is Verdict.IDENTICAL


class TestNonfinite:
    @pytest.mark.parametrize("precision", [0, 1])
    @pytest.mark.parametrize(("ours", "theirs"), [(np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0), (np.inf, -np.inf), (-np.inf, np.nan)])
    def test_patterns_that_part(self, precision, ours, theirs):
        arrays = [array.copy() for array in noisy(X)]
        arrays[precision][2, 3], arrays[2 + precision][2, 3] = ours, theirs
        row = judged(*arrays)
        assert row.verdict is Verdict.NONFINITE
        assert "first apart at (2, 3)" in row.note
        assert np.isfinite([row.difference, row.torch_error, row.keras_error, row.scale]).all()

    def test_patterns_that_part_where_all_else_is_zero(self):
        zeros = np.zeros((2, 3))
        assert judged(zeros, zeros.astype(np.float32), np.full((2, 3), np.nan), zeros.astype(np.float32)).verdict is Verdict.NONFINITE

    def test_float32_overflow_on_both_sides_leaves_float64_to_judge(self):
        wide = t64 * 1e39
        with np.errstate(over="ignore"):
            assert judged(wide, wide.astype(np.float32), wide * (1 + 2.0**-52), wide.astype(np.float32)).verdict is Verdict.EQUIVALENT
            assert judged(wide, wide.astype(np.float32), wide * 1.01, wide.astype(np.float32)).verdict is Verdict.DIFFERENT

    def test_a_moved_run_that_blows_up_decides_nothing(self):
        run, changed = logistic_map(30)[0], logistic_map(30, r=3.9 * (1 + 1e-6))[0]
        arrays = four(run, changed, np.linspace(0.1, 0.9, 50, dtype=np.float32))
        moved = np.where(np.arange(50) == 7, np.nan, arrays[0])
        row = judged(*arrays, moved=moved)
        assert row.verdict is Verdict.ILL_CONDITIONED
        assert "nothing can be decided" in row.note


class TestKinds:
    def test_complex_numbers_are_judged_by_modulus(self):
        turn = np.exp(1j * np.linspace(0, 6, 240)).reshape(6, 40)
        arrays = [array * turn.astype(np.result_type(array.dtype, np.complex64)) for array in noisy(X)]
        assert [array.dtype for array in arrays] == ["complex128", "complex64"] * 2
        assert judged(*arrays).verdict is Verdict.EQUIVALENT
        assert judged(*arrays[:2], *(array.conj() for array in arrays[2:])).verdict is Verdict.DIFFERENT
        assert judged(*arrays[:2], arrays[3], arrays[3]).verdict is Verdict.INDISTINGUISHABLE

    def test_real_against_complex(self):
        row = judged(t64, t32, k64.astype(complex), k32.astype(np.complex64))
        assert row.verdict is Verdict.DTYPE
        assert "complex128" in row.note

    def test_complex_numbers_of_two_lower_precisions(self):
        turned = [array * (1 + 1j) for array in (t64, k64)]
        assert judged(turned[0], turned[0].astype(np.complex64), turned[1], turned[1]).verdict is Verdict.DTYPE

    @pytest.mark.parametrize(("kind", "other"), [(np.int64, np.float64), (np.bool_, np.int64), (np.bool_, np.float32), (np.uint8, np.bool_)])
    def test_another_kind_of_the_same_values(self, kind, other):
        values = (np.arange(6) % 2).astype(kind)
        assert judged(values, values, values.astype(other), values.astype(other)).verdict is Verdict.DTYPE

    def test_another_kind_of_other_values_is_worse(self):
        assert judged(np.arange(6), np.arange(6), np.ones(6), np.ones(6)).verdict is Verdict.DIFFERENT
        assert judged(t64, t32, k64 * 1.01, k64 * 1.01).verdict is Verdict.DIFFERENT

    @pytest.mark.parametrize("precision", [0, 1])
    def test_integers_that_differ_say_where(self, precision):
        arrays = [INTEGERS.copy() for _ in range(4)]
        arrays[2 + precision][1, 3] += 5
        row = judged(*arrays)
        assert row.verdict is Verdict.DIFFERENT
        assert row.note == "1 of 80 differ, first at (1, 3): torch 43, Keras 48"
        assert row.difference == 5

    def test_unsigned_integers_do_not_wrap(self):
        a, b = np.array([1], np.uint8), np.array([3], np.uint8)
        assert judged(a, a, b, b).difference == 2
