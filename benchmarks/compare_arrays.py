"""How fast two large arrays are compared: against `numpy.testing.assert_allclose` on the same arrays, and against just reading both.

    python -m benchmarks.compare_arrays            # 64 M elements: about 6 GB, two minutes
    python -m benchmarks.compare_arrays 4000000

Every time is the best of several within this one run. "Extra" is the most memory that was allocated on top of the arrays. "Just reading" is `a.max(); b.max()`.
The last table is a whole judgement: both sides in both precisions, every slice along every axis.
Exits with 1 where comparing two arrays is not 10 times as fast as `assert_allclose`, or takes more than 5 times as long as reading; the last layout, in which
every element of one array lies in another page than its neighbour's, is shown and exempt.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from parity import measuring
from parity.comparison import Row, judge_arrays
from parity.measuring import THREADS, measure
from parity.verdict import Verdict

Arrays = tuple[np.ndarray, ...]
EXEMPT = "C against Fortran order"


def shaped(arrays: Arrays, *shape: int) -> Arrays:
    """As many of the first elements as fill the shape, whose first length is free (0)."""
    lead = arrays[0].size // prod(shape[1:]) if not shape[0] else shape[0]
    return tuple(array[: lead * prod(shape[1:])].reshape(lead, *shape[1:]) for array in arrays)


def layouts(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[str, Arrays]]:
    """Many shapes and memory layouts of the same numbers."""
    side = int(a.size**0.5)
    images, square, fours = shaped((a, b), 0, a.size // 65536 or 1, 32, 32), shaped((a, b), side, side), shaped((a, b), 0, 4)
    yield "one axis", (a, b)
    yield "four axes", images
    for length in (3, 8, 32, 33, 64):
        yield f"rows of {length}", shaped((a, b), 0, length)
    for rows in (8, 32):
        yield f"{rows} rows", shaped((a, b), rows, a.size // rows)
    yield "square", square
    yield "axes moved, in both", tuple(np.moveaxis(x, -1, 1) for x in images)
    yield "every second column", tuple(x[:, ::2] for x in square)
    yield "reversed", tuple(x[::-1, ::-1] for x in square)
    yield "cut out", tuple(x[1:-1, 1:-1] for x in square)
    yield "3 of 4 columns", tuple(x[:, :3] for x in fours)
    yield EXEMPT, (square[0], square[1].T)


def best(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def extra_memory(function: Callable[[], object]) -> int:
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def on_one_core(function: Callable[[], object]) -> float:
    kept, measuring.WORTH_THREADS = measuring.WORTH_THREADS, sys.maxsize
    try:
        return best(function, 5)
    finally:
        measuring.WORTH_THREADS = kept


def compare_two(a: np.ndarray, b: np.ndarray) -> list[str]:
    """Prints the table; returns the layouts that are over budget."""
    over = []
    columns = f"{'reading':>9}{'allclose':>10}{'ours':>9}{'one core':>10}{'x faster':>10}{'x reading':>11}{'extra MB':>10}{'of an array':>13}"
    print(f"{'':26}{columns}")
    for name, (x, y) in layouts(a, b):

        def ours(x: np.ndarray = x, y: np.ndarray = y) -> object:
            return measure([(x, y)], scale_of=x)

        def allclose(x: np.ndarray = x, y: np.ndarray = y) -> None:  # it passes: a failure takes several times as long
            np.testing.assert_allclose(x, y, rtol=1e3, atol=1e3)

        def reading(x: np.ndarray = x, y: np.ndarray = y) -> object:
            return x.max(), y.max()

        seconds, theirs, least, alone = best(ours, 15), best(allclose, 3), best(reading, 7), on_one_core(ours)
        extra = extra_memory(ours)
        times = f"{least:9.4f}{theirs:10.3f}{seconds:9.4f}{alone:10.4f}{theirs / seconds:10.1f}{seconds / least:11.1f}"
        print(f"{name:26}{times}{extra / 1e6:10.1f}{extra / x.size / x.itemsize:13.1%}", flush=True)
        if name != EXEMPT and (theirs < 10 * seconds or seconds > 5 * least):
            over.append(name)
    return over


def judge_four(a: np.ndarray, b: np.ndarray) -> None:
    print(f"\n{'four arrays':26}{'reading':>9}{'judging':>9}{'x reading':>11}{'extra MB':>10}{'of all four':>13}")
    wide = a.astype(np.float64)
    four = (wide, a, wide * (1 + 2.0**-52), b)
    for name, shape in {"one axis": (0,), "four axes": (0, a.size // 65536 or 1, 32, 32), "rows of 32": (0, 32)}.items():
        arrays = shaped(four, *shape)

        def judging(arrays: Arrays = arrays) -> object:
            return judge_arrays(Row("x", "output", Verdict.IDENTICAL), *arrays)

        def reading(arrays: Arrays = arrays) -> object:
            return [array.max() for array in arrays]

        seconds, least, extra = best(judging, 3), best(reading, 5), extra_memory(judging)
        share = extra / sum(array.nbytes for array in arrays)
        print(f"{name:26}{least:9.4f}{seconds:9.4f}{seconds / least:11.1f}{extra / 1e6:10.1f}{share:13.1%}", flush=True)


def main(size: int = 1 << 26) -> int:
    a = np.random.default_rng(0).standard_normal(size, dtype=np.float32)
    b = a + np.float32(2.0**-24)
    print(f"{size:,} float32 elements, {THREADS} threads; seconds\n")
    over = compare_two(a, b)
    judge_four(a, b)
    if over:
        print(f"\nOver budget: {', '.join(over)}")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
