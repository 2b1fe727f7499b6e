"""The flatten seam: unequal sides, one channel, one pixel, where there is nothing to permute."""

from parity.case import Case, DemoCase, array, image

_SEAM = {"output:output": "The kernel's rows are in PyTorch's order (C, H, W), the flattened image in (H, W, C)."}


def _case(name: str, n: int, c: int, h: int, w: int, out: int) -> Case:
    inputs = {"x": image(n, c, h, w), "weight": array(out, c * h * w)}
    return Case("layouts.flatten_order:linear_after_flatten", name, inputs=inputs, output_layout="same")


CASES = [
    _case("unequal", 2, 3, 4, 5, 6),
    _case("square", 1, 2, 3, 3, 4),
    _case("one-channel", 2, 1, 3, 4, 5),
    _case("one-pixel", 2, 4, 1, 1, 3),
    DemoCase("layouts.flatten_order:plainly", "unequal", inputs={"x": image(2, 3, 4, 5), "weight": array(6, 60)}, known=_SEAM),
    DemoCase("layouts.flatten_order:plainly", "one-channel", inputs={"x": image(2, 1, 4, 5), "weight": array(6, 20)}),
    DemoCase("layouts.flatten_order:plainly", "one-pixel", inputs={"x": image(2, 5, 1, 1), "weight": array(6, 5)}),
]
