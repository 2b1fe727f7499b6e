"""How fast two large arrays are compared: against `numpy.testing.assert_allclose` on the same arrays and against just reading both.

    python benchmarks/compare_arrays.py            # 64 M elements: about 6 GB and two minutes
    python benchmarks/compare_arrays.py 4000000

Every time is the best of several within this one run; "extra" is the most memory allocated on top of the arrays.
The last table is a whole judgement: four arrays (float64 and float32 of both sides), every slice along every axis.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from parity.comparison import Row, judge_arrays
from parity.measuring import THREADS, measure
from parity.verdict import Verdict

Arrays = tuple[np.ndarray, np.ndarray]


def layouts(a: np.ndarray, b: np.ndarray) -> dict[str, Arrays]:
    """The same elements in many shapes and memory layouts."""
    n = a.size
    side = int(n**0.5) // 64 * 64

    def shaped(*shape: int) -> Arrays:
        lead = (n // int(np.prod(shape)), *shape)
        return tuple(array[: int(np.prod(lead))].reshape(lead) for array in (a, b))  # type: ignore[return-value]

    def both(pair: Arrays, change: Callable[[np.ndarray], np.ndarray]) -> Arrays:
        return change(pair[0]), change(pair[1])

    images, square = shaped(n // 65536 // 16 * 16 or 16, 32, 32), shaped(side)
    return {
        "one axis": (a, b),
        "four axes": images,
        "tall, rows of 8": shaped(8),
        "tall, rows of 32": shaped(32),
        "tall, rows of 33": shaped(33),
        "last axis 3": shaped(3),
        "wide, 8 rows": shaped(n // 8),
        "wide, 32 rows": shaped(n // 32),
        "square": square,
        "axes moved, in both": both(images, lambda x: np.moveaxis(x, -1, 1)),
        "every second column": both(square, lambda x: x[:, ::2]),
        "reversed": both(square, lambda x: x[::-1, ::-1]),
        "cut out": both(square, lambda x: x[1:-1, 1:-1]),
        "3 of 4 columns": both(shaped(4), lambda x: x[:, :3]),
        "C against Fortran order": (square[0], square[1].T),
    }


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


def allclose(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(a, b, rtol=1e3, atol=1e3)  # passes: what a failure prints costs as much again


def main(size: int) -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal(size, dtype=np.float32)
    b = a + np.float32(1e-7)
    print(f"{size:,} float32 elements, {THREADS} threads; seconds\n")
    print(f"{'':26}{'reading':>9}{'allclose':>10}{'ours':>9}{'× faster':>10}{'× reading':>11}{'extra MB':>10}{'of one array':>14}")
    for name, (x, y) in layouts(a, b).items():
        read = best(lambda x=x, y=y: (x.max(), y.max()), 5)  # type: ignore[misc]
        theirs = best(lambda x=x, y=y: allclose(x, y), 3)  # type: ignore[misc]
        ours = best(lambda x=x, y=y: measure([(x, y)], scale_of=x), 7)  # type: ignore[misc]
        extra = extra_memory(lambda x=x, y=y: measure([(x, y)], scale_of=x))  # type: ignore[misc]
        print(f"{name:26}{read:9.4f}{theirs:10.3f}{ours:9.4f}{theirs / ours:10.1f}{ours / read:11.1f}{extra / 1e6:10.1f}{extra / x.size / 4:14.1%}")

    print(f"\n{'four arrays':26}{'reading':>9}{'judging':>9}{'× reading':>11}{'extra MB':>10}{'of all four':>14}")
    wide, moved = a.astype(np.float64), a.astype(np.float64) * (1 + 2.0**-52)
    for name, shape in {"one axis": (size,), "four axes": (-1, size // 65536 // 16 * 16 or 16, 32, 32), "tall, rows of 32": (-1, 32)}.items():
        count = size if -1 not in shape else size // -int(np.prod(shape)) * -int(np.prod(shape))
        four = [array[:count].reshape(shape) for array in (wide, a, moved, b)]
        row = Row("x", "output", Verdict.IDENTICAL)
        read = best(lambda four=four: [array.max() for array in four], 5)  # type: ignore[misc]
        ours = best(lambda four=four: judge_arrays(row, *four), 3)  # type: ignore[misc]
        extra = extra_memory(lambda four=four: judge_arrays(row, *four))  # type: ignore[misc]
        print(f"{name:26}{read:9.4f}{ours:9.4f}{ours / read:11.1f}{extra / 1e6:10.1f}{extra / sum(x.nbytes for x in four):14.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1 << 26)
