"""Padding under stride: even and odd sides, kernels of 3, 5, 7 and 2, strides 1 to 3."""

from parity.case import Case, DemoCase, array, image

_SHIFTED = {"output:output": "Keras' 'same' puts the odd row at the end, PyTorch's padding one on each side: pad first, then 'valid'."}
_REFUSES = {"fact:same_with_stride_*": "PyTorch refuses padding='same' under a stride."}
_SIZES = (
    ("even-3-2", 6, 8, 3, 2),
    ("odd-3-2", 7, 9, 3, 2),
    ("mixed-5-2", 8, 11, 5, 2),
    ("stem-7-2", 14, 10, 7, 2),
    ("third-3-3", 8, 7, 3, 3),
    ("unit-3-1", 5, 6, 3, 1),
)


def _case(function: str, name: str, h: int, w: int, k: int, stride: int) -> Case:
    return Case(f"layouts.same_padding:{function}", name, inputs={"x": image(2, 3, h, w), "weight": array(4, 3, k, k)}, config={"stride": stride})


def _as_written(name: str, h: int, w: int, k: int, stride: int, known=None) -> DemoCase:
    inputs = {"x": image(1, 2, h, w), "weight": array(3, 2, k, k)}
    return DemoCase("layouts.same_padding:as_written", name, inputs=inputs, config={"stride": stride}, known=known or {})


CASES = [
    *[_case(function, *size) for function in ("symmetric", "same") for size in _SIZES],
    _case("same", "even-kernel", 6, 7, 2, 2),
    _case("same", "stride-over-kernel", 7, 8, 2, 3),
    _as_written("even-3-2", 6, 8, 3, 2, _SHIFTED),
    _as_written("odd-3-2", 7, 9, 3, 2),
    _as_written("unit-3-1", 5, 6, 3, 1),
    DemoCase("layouts.same_padding:refused", "even", inputs={"x": image(1, 3, 6, 8)}, known=_REFUSES),
]
