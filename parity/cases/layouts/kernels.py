"""Kernels: unequal and square sides, as many inputs as outputs, groups, several filters a channel, strides over and under the kernel."""

from parity.case import Case, array, image


def _case(function: str, name: str, x, weight, **config) -> Case:
    layout = x.layout if len(weight.shape) == 4 else "same"
    return Case(f"layouts.kernels:{function}", name, inputs={"x": x, "weight": weight}, config=config, output_layout=layout)


CASES = [
    _case("plain", "square", image(2, 3, 6, 5), array(4, 3, 3, 3)),
    _case("plain", "unequal", image(1, 2, 6, 7), array(5, 2, 2, 3)),
    _case("plain", "equal-channels", image(1, 3, 5, 6), array(3, 3, 2, 2)),
    _case("grouped", "two", image(2, 4, 5, 6), array(6, 2, 3, 2), groups=2),
    _case("grouped", "three", image(1, 3, 5, 4), array(3, 1, 2, 3), groups=3),
    _case("depthwise", "one-a-channel", image(2, 3, 5, 6), array(3, 1, 3, 2)),
    _case("depthwise", "two-a-channel", image(2, 3, 6, 5), array(6, 1, 2, 3)),
    _case("transposed", "overlapping", image(2, 3, 4, 5), array(3, 4, 3, 2), stride=2),
    _case("transposed", "gaps", image(1, 2, 3, 4), array(2, 3, 2, 2), stride=3),
    _case("transposed", "equal-channels", image(1, 3, 4, 4), array(3, 3, 3, 3), stride=1),
    _case("dense", "unequal", array(3, 4), array(5, 4)),
    _case("dense", "square", array(2, 3), array(3, 3)),
]
