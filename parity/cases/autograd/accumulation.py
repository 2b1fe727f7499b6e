"""Accumulation and zeroing: the notes' eye(5), other shapes; a batch in parts."""

from parity.case import DemoCase, array, values

_EYE = [[float(i == j) for j in range(5)] for i in range(5)]
_FIRST = [[4.0 if i == j else 2.0 for j in range(5)] for i in range(5)]
_SECOND = [[8.0 if i == j else 4.0 for j in range(5)] for i in range(5)]
_KNOWN = {"fact:adds_up_by_itself": "PyTorch adds to x.grad at every backward; a tape's gradient is a new tensor each time."}


def _case(name: str, x, printed=None) -> DemoCase:
    return DemoCase("autograd.accumulation:accumulation", name, inputs={"x": x}, printed=printed or {}, known=_KNOWN, backends=("tensorflow",))


def _parts(name: str, n: int, d: int, parts: int) -> DemoCase:
    inputs = {"w": array(d), "x": array(n, d), "y": array(n)}
    return DemoCase("autograd.accumulation:micro_batches", name, inputs=inputs, config={"parts": parts}, backends=("tensorflow",))


CASES = [
    _case("eye", values(_EYE), {"first": _FIRST, "second": _SECOND, "after_zeroing": _FIRST}),
    _case("vector", array(7)),
    _case("cube", array(2, 3, 4)),
    _case("number", values(-3.0)),
    _case("with-zero-gradient", values([-1.0, 0.0, 1.0, 1e6])),
    _parts("halves", 6, 3, 2),
    _parts("thirds", 12, 5, 3),
    _parts("singles", 5, 2, 5),
    _parts("whole", 4, 3, 1),
]
