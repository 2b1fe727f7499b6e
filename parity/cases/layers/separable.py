"""Depthwise separable convolution: several kernels a channel, where the order shows, stride, dilation."""

from parity.case import Case, image


def _case(name: str, draw, out: int = 4, k=3, **config) -> Case:
    words = {"in_channels": draw.shape[1 if draw.layout == "channels_last" else 0], "out_channels": out, "kernel_size": k, **config}
    return Case("layers.separable:SeparableConv2d", name, config=words, inputs={"input": draw}, output_layout=draw.layout)


CASES = [
    _case("default", image(2, 3, 5, 7)),
    _case("multiplier", image(2, 3, 5, 7), depth_multiplier=2),
    _case("stride", image(1, 2, 8, 9), k=(3, 4), stride=2, padding=1, depth_multiplier=3),
    _case("dilated", image(1, 2, 8, 9), dilation=2, padding="same", bias=False),
    _case("unbatched", image(3, 5, 6, batched=False), depth_multiplier=2),
]
