"""Power-average pooling: even, odd, fractional and infinite powers, windows that hang over the end."""

from parity.case import Case, image, uniform


def _case(target: str, name: str, p: float, draw, k=2, **config) -> Case:
    words = {"norm_type": p, "kernel_size": k, **config}
    return Case(f"layers.lp_pooling:{target}", name, config=words, inputs={"input": draw}, output_layout=draw.layout)


def _positive(*shape: int):
    return uniform(*shape, low=0.1, high=2.0, layout="channels_last")


CASES = [
    _case("LPPool2d", "sum", 1, image(2, 3, 6, 4)),
    _case("LPPool2d", "norm", 2, image(2, 3, 7, 6), k=(3, 2), stride=(2, 1)),
    _case("LPPool2d", "odd-power", 3.0, _positive(1, 2, 4, 6)),
    _case("LPPool2d", "fractional-power", 1.5, _positive(1, 2, 4, 6), stride=3),
    _case("LPPool2d", "ceil", 2, image(1, 2, 7, 5), ceil_mode=True),
    _case("LPPool2d", "infinite", float("inf"), image(1, 2, 5, 6)),
    _case("LPPool2d", "minus-infinite", float("-inf"), image(1, 2, 5, 6), ceil_mode=True),
    _case("LPPool2d", "unbatched", 2, image(3, 4, 6, batched=False)),
    _case("LPPool1d", "signal", 2, image(2, 3, 9), k=3, stride=2),
    _case("LPPool3d", "volume", 2, image(1, 2, 4, 5, 6), k=(2, 3, 2), stride=(1, 2, 3)),
]
