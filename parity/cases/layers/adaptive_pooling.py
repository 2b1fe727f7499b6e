"""Adaptive pooling: even and uneven windows, more windows than pixels, sizes left as they are."""

from parity.case import Case, image


def _case(target: str, name: str, output_size, *shape: int, **config) -> Case:
    draw = image(*shape, mean=-2.0, batched=len(shape) == int(target[-2]) + 2)
    words = {"output_size": output_size, **config}
    return Case(f"layers.adaptive_pooling:{target}", name, config=words, inputs={"input": draw}, output_layout=draw.layout)


_TIES = image(1, 2, 5, 7, edges=(1.5,) * 35)  # the gradient of equal values goes to the first

CASES = [
    _case("AdaptiveAvgPool2d", "global", 1, 2, 3, 5, 6),
    _case("AdaptiveAvgPool2d", "even", (2, 3), 2, 3, 4, 9),
    _case("AdaptiveAvgPool2d", "uneven", (3, 4), 2, 3, 7, 9),
    _case("AdaptiveAvgPool2d", "more-than-pixels", (5, 7), 1, 2, 3, 4),
    _case("AdaptiveAvgPool2d", "one-axis", (None, 2), 1, 2, 3, 5),
    _case("AdaptiveAvgPool2d", "unbatched", 2, 3, 5, 6),
    _case("AdaptiveAvgPool1d", "signal", 4, 2, 3, 11),
    _case("AdaptiveAvgPool3d", "volume", (2, None, 3), 1, 2, 5, 3, 7),
    _case("AdaptiveMaxPool2d", "global", 1, 2, 3, 5, 6),
    _case("AdaptiveMaxPool2d", "uneven", (3, 4), 2, 3, 7, 9),
    _case("AdaptiveMaxPool2d", "more-than-pixels", (5, 7), 1, 2, 3, 4),
    _case("AdaptiveMaxPool2d", "indices", (3, 2), 2, 3, 7, 5, return_indices=True),
    Case("layers.adaptive_pooling:AdaptiveMaxPool2d", "ties", config={"output_size": (3, 2)}, inputs={"input": _TIES}),
    _case("AdaptiveMaxPool2d", "unbatched-indices", (None, 2), 3, 5, 6, return_indices=True),
    _case("AdaptiveMaxPool1d", "signal-indices", 4, 2, 3, 11, return_indices=True),
    _case("AdaptiveMaxPool3d", "volume-indices", (2, 3, 2), 1, 2, 5, 4, 7, return_indices=True),
]
