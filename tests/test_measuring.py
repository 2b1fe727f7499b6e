"""The blocked pass finds what a naive one finds: every shape, memory layout, type and block size; nothing of the arrays' size is allocated."""

import tracemalloc

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import measuring
from parity.case import seeded
from parity.measuring import SLICE, bits_equal, measure

DTYPES = ("float32", "float64", "float16", "bfloat16", "complex64", "complex128")
LAYOUTS = {
    "as it is": lambda a: np.array(a, order="C"),
    "Fortran": np.asfortranarray,
    "axes moved": lambda a: np.moveaxis(np.array(np.moveaxis(a, 0, -1), order="C"), -1, 0),
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: np.array(a[::-1], order="C")[::-1],
    "cut out": lambda a: np.pad(a, 1)[tuple(slice(1, -1) for _ in a.shape)],
}


@pytest.fixture(params=[(64, 10**9), (7, 10**9), (64, 1)], ids=["blocks of 64", "blocks of 7", "threads"])
def small_blocks(request, monkeypatch):
    block, worth_threads = request.param
    monkeypatch.setattr(measuring, "BLOCK", block)
    monkeypatch.setattr(measuring, "WORTH_THREADS", worth_threads)
    monkeypatch.setattr(measuring, "THREADS", 3)


def drawn(shape, dtype, seed):
    rng = seeded("measuring", seed)
    wide = rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if "complex" in dtype else 0.0)
    return np.asarray(wide).astype(getattr(ml_dtypes, dtype, dtype))


def wide(array):
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def naive(a, b, reference):
    """Whole and slices of every judged axis."""
    difference, scale = np.abs(wide(a) - wide(b)), np.abs(wide(reference))
    judged = [axis for axis, length in enumerate(a.shape) if length > 1 and a.size // length >= SLICE]
    others = {axis: tuple(i for i in range(a.ndim) if i != axis) for axis in judged}
    return difference.max(initial=0.0), scale.max(initial=0.0), {axis: (difference.max(rest), scale.max(rest)) for axis, rest in others.items()}


def assert_measured(a, b):
    found = measure([(a, b)], scale_of=a)
    difference, scale, slices = naive(a, b, a)
    loose = {"rtol": 1e-6, "atol": 1e-6}  # float32 differences are taken in float32
    np.testing.assert_allclose([*found.maxima, found.scale], [difference, scale], **loose)
    assert list(found.slices) == list(slices)
    for axis, numbers in slices.items():
        for track, expected in zip(found.slices[axis], numbers, strict=True):
            np.testing.assert_allclose(track, expected, **loose)


@pytest.mark.parametrize(
    "shape",
    [(), (1,), (0,), (3, 0, 4), (500,), (2, 40), (40, 2), (40, 32), (32, 5), (33, 33), (5, 1, 70), (3, 4, 5, 6), (200, 3), (3, 200), (2,) * 9, (4, 33, 5)],
)
def test_every_shape(small_blocks, shape):
    assert_measured(drawn(shape, "float32", 1), drawn(shape, "float32", 2))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("other", LAYOUTS)
def test_every_layout(small_blocks, layout, other):
    a, b = drawn((5, 6, 7, 4), "float32", 1), drawn((5, 6, 7, 4), "float32", 2)
    assert_measured(LAYOUTS[layout](a), LAYOUTS[other](b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("other", DTYPES)
def test_every_type(small_blocks, dtype, other):
    assert_measured(drawn((9, 40), dtype, 1), drawn((9, 40), other, 2))


@settings(max_examples=150, deadline=None)
@given(shape=st.lists(st.integers(1, 12), min_size=1, max_size=5), block=st.integers(1, 200), order=st.randoms(use_true_random=False), threads=st.booleans())
def test_any_blocks(shape, block, order, threads):
    axes = list(range(len(shape)))
    order.shuffle(axes)
    a, b = (drawn(shape, "float64", i).transpose(axes) for i in (1, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "BLOCK", block)
        patch.setattr(measuring, "WORTH_THREADS", 1 if threads else 10**9)
        patch.setattr(measuring, "THREADS", 2)
        assert_measured(a, b)


def test_float32_differences_that_overflow_are_still_found():
    a, b = np.full(40, 3e38, np.float32), np.full(40, -3e38, np.float32)
    assert measure([(a, b)], scale_of=a).maxima[0] == pytest.approx(6e38)


def test_float64_differences_that_overflow_are_infinite_not_masked():
    a, b = np.full(40, 1.7e308), np.full(40, -1.7e308)
    assert measure([(a, b)], scale_of=a).maxima[0] == np.inf


def test_equal_patterns_are_masked_and_the_rest_is_measured(small_blocks):
    a = drawn((33, 40), "float64", 1)
    b = a.copy()
    for array in (a, b):
        array[0, 0], array[3, 5], array[7, 39], array[:, 11] = np.nan, np.inf, -np.inf, -np.inf
    b[2, 2] += 0.5
    found = measure([(a, b)], scale_of=a, patterns=[(a, b)])
    assert found.pattern_mismatch == ""
    assert found.maxima[0] == pytest.approx(0.5)
    assert np.isfinite(found.scale)
    assert np.flatnonzero(found.slices[0][0]).tolist() == [2]
    assert np.flatnonzero(found.slices[1][0]).tolist() == [2]


@pytest.mark.parametrize(
    ("ours", "theirs", "told"), [(np.nan, 1.0, "NaN"), (1.0, np.nan, "NaN"), (np.inf, -np.inf, "+Inf"), (1.0, -np.inf, "-Inf"), (np.nan, np.inf, "NaN")]
)
def test_patterns_that_part_are_counted_and_placed(small_blocks, ours, theirs, told):
    a = drawn((8, 40), "float64", 1)
    b = a.copy()
    a[6, 17], b[6, 17] = ours, theirs
    mismatch = measure([(a, b)], scale_of=a, patterns=[(a, b)]).pattern_mismatch
    assert told in mismatch
    assert "first apart at (6, 17)" in mismatch


def test_patterns_of_complex_numbers():
    a, b = np.full(3, 1 + 1j), np.full(3, 1 + 1j)
    a[1], b[1] = complex(1, np.inf), complex(np.inf, 1)  # an infinity in either part is one
    assert measure([(a, b)], scale_of=a, patterns=[(a, b)]).pattern_mismatch == ""
    b[1] = complex(1, np.nan)
    assert "NaN" in measure([(a, b)], scale_of=a, patterns=[(a, b)]).pattern_mismatch


def test_places_of_slices():
    a = np.zeros((40, 33))
    b = a.copy()
    b[4, 32] = 1.0
    found = measure([(b, a), (b, a), (b, a)], scale_of=b)
    assert found.place(0) == ""
    assert {found.place(int(i)) for i in np.flatnonzero(found.measured.difference)} == {"", "axis 0 [4]", "axis 1 [32]"}


@pytest.mark.parametrize("dtype", [*DTYPES, "bool", "int8", "int64", "uint16"])
def test_equal_bits(small_blocks, dtype):
    a = drawn((9, 40), "float64", 1).astype(getattr(ml_dtypes, dtype, dtype))
    assert bits_equal(a, a.copy())
    assert bits_equal(a.T, np.array(a.T, order="C"))
    b = a.copy()
    b[8, 39] = b[8, 39] == 0
    assert not bits_equal(a, b)


def test_bits_are_more_than_values():
    assert bits_equal(np.array([np.nan]), np.array([np.nan]))
    assert not bits_equal(np.array([0.0]), np.array([-0.0]))
    assert not bits_equal(np.zeros(2, np.int32), np.zeros(2, np.float32))
    assert not bits_equal(np.zeros(2), np.zeros((2, 1)))
    assert bits_equal(np.zeros((0, 3)), np.zeros((0, 3)))
    assert bits_equal(np.array(2.0), np.array(2.0))


@pytest.mark.parametrize("shape", [(1 << 22,), (64, 64, 32, 32), (1 << 19, 8), (3, 1 << 20), (1 << 20, 3), (2048, 2048)])
@pytest.mark.parametrize("layout", ["as it is", "Fortran", "reversed"])
def test_no_temporary_of_the_arrays_size(shape, layout):
    a = LAYOUTS[layout](np.ones(shape, np.float32))
    b = LAYOUTS[layout](np.full(shape, 2.0, np.float32))
    tracemalloc.start()
    assert measure([(a, b)], scale_of=a).maxima[0] == 1.0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    blocks = 2 * 2 * measuring.THREADS * measuring.BLOCK * 4  # scratch and maxima of two tracks
    slices = 3 * 2 * sum(n for n in shape if a.size // n >= SLICE) * 8  # of which there are at most 1/32 an axis
    assert peak < 1.2 * blocks + slices + 2e5
