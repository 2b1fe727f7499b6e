"""Transposed convolution: every argument, strides beyond the kernel, sizes that "same" gets wrong."""

from parity.case import Case, image


def _case(name: str, *shape: int, target: str = "ConvTranspose2d", out: int = 4, k=3, output_size: tuple[int, ...] | None = None, **config) -> Case:
    batched = len(shape) == int(target[-2]) + 2
    words = {"in_channels": shape[1 if batched else 0], "out_channels": out, "kernel_size": k, **config}
    draw = image(*shape, batched=batched)
    arguments = {"output_size": output_size} if output_size else {}
    return Case(f"layers.conv_transpose:{target}", name, config=words, inputs={"input": draw}, output_layout=draw.layout, arguments=arguments)


CASES = [
    _case("default", 2, 3, 5, 4),
    _case("doubling", 2, 3, 5, 4, stride=2, padding=1, output_padding=1),  # where Keras' "same" is one pixel off
    _case("doubling-even", 2, 3, 5, 4, k=4, stride=2, padding=1),
    _case("unequal", 1, 2, 4, 5, k=(2, 5), stride=(3, 2), padding=(0, 2), output_padding=(2, 1)),
    _case("kernel-below-stride", 1, 2, 4, 3, k=1, stride=3),
    _case("kernel-below-stride-extra", 1, 2, 4, 3, k=2, stride=(3, 4), padding=1, output_padding=(2, 3)),
    _case("extra-beyond-the-end", 1, 2, 4, 3, k=2, stride=2, output_padding=1),
    _case("asked-for-size", 2, 3, 5, 4, stride=2, padding=1, output_size=(10, 7)),
    _case("asked-for-size-volume", 1, 2, 2, 3, 2, target="ConvTranspose3d", stride=(1, 2, 3), output_size=(4, 8, 7)),
    _case("dilated", 1, 2, 4, 5, dilation=(2, 3)),
    _case("dilated-stride-extra", 1, 2, 4, 5, k=(3, 2), stride=2, dilation=(2, 3), padding=2, output_padding=1),
    _case("extra-by-dilation", 1, 2, 4, 5, dilation=3, padding=3, output_padding=2),
    _case("groups", 2, 4, 3, 5, out=6, groups=2, stride=2),
    _case("depthwise", 2, 3, 4, 5, out=3, groups=3, k=2, stride=2, bias=False),
    _case("square-channels", 1, 3, 4, 5, out=3),  # in and out swapped would fit
    _case("unbatched", 3, 4, 5, stride=2),
    _case("signal", 2, 3, 6, target="ConvTranspose1d", stride=3, padding=1, output_padding=2),
    _case("signal-unbatched-dilated-groups", 4, 5, target="ConvTranspose1d", dilation=2, groups=2),
    _case("volume", 1, 2, 2, 3, 4, target="ConvTranspose3d", out=3, k=(2, 3, 2), stride=(1, 2, 3), padding=(0, 1, 1), output_padding=(0, 1, 2)),
    _case("volume-dilated-groups", 1, 4, 2, 3, 2, target="ConvTranspose3d", out=2, k=2, dilation=(1, 2, 3), groups=2),
]
