"""Convolution: every argument, odd and even sizes, unequal sides, signals, images and volumes."""

from parity.case import Case, image


def _case(name: str, *shape: int, target: str = "Conv2d", out: int = 5, k=3, **config) -> Case:
    batched = len(shape) == int(target[4]) + 2
    words = {"in_channels": shape[1 if batched else 0], "out_channels": out, "kernel_size": k, **config}
    draw = image(*shape, batched=batched)
    return Case(f"layers.conv:{target}", name, config=words, inputs={"input": draw}, output_layout=draw.layout)


CASES = [
    Case("layers.conv:Conv2d", "default", config={"in_channels": 3, "out_channels": 4, "kernel_size": 3}, inputs={"input": image(2, 3, 7, 9)}, steps=2),
    _case("one-by-one", 2, 4, 5, 3, k=1),
    _case("unequal-kernel", 2, 3, 8, 9, k=(2, 5)),
    _case("stride-even", 2, 3, 8, 10, stride=2, padding=1),  # where Keras' "same" is one pixel off
    _case("stride-odd", 2, 3, 9, 7, stride=2, padding=1),
    _case("stride-tuple", 1, 2, 11, 13, k=(4, 3), stride=(3, 2), padding=(2, 0)),
    _case("stem", 1, 3, 14, 18, out=4, k=7, stride=2, padding=3),
    _case("stride-over-kernel", 1, 2, 11, 13, k=2, stride=4),
    _case("same-odd", 2, 3, 6, 7, padding="same"),
    _case("same-even", 2, 3, 6, 7, k=(2, 4), padding="same"),
    _case("same-dilated", 1, 2, 9, 8, k=(2, 3), padding="same", dilation=(3, 2)),
    _case("valid", 2, 3, 6, 7, padding="valid"),
    _case("dilated", 1, 3, 11, 9, dilation=(3, 2), padding=(3, 1)),
    _case("dilated-stride", 1, 2, 12, 15, stride=(2, 3), dilation=2, padding=2),
    _case("groups", 2, 6, 5, 7, out=4, groups=2),
    _case("depthwise", 2, 3, 5, 7, out=6, groups=3, padding=1),
    _case("reflect", 2, 3, 5, 6, padding=(2, 1), padding_mode="reflect"),
    _case("replicate", 2, 3, 5, 6, k=(4, 3), padding=(3, 2), padding_mode="replicate"),
    _case("circular", 2, 3, 5, 6, padding=(1, 2), padding_mode="circular"),
    _case("circular-same-stride-groups", 1, 4, 6, 5, out=2, k=(4, 2), padding="same", padding_mode="circular", groups=2),
    _case("no-bias", 2, 3, 5, 7, bias=False),
    _case("unbatched", 3, 6, 8, stride=2),
    _case("one-pixel-out", 1, 2, 3, 4, k=(3, 4)),
    _case("far-from-zero", 1, 16, 7, 6, out=33),
    _case("signal", 2, 3, 11, target="Conv1d", stride=2, padding=2, k=4),
    _case("signal-dilated-groups", 2, 4, 13, target="Conv1d", out=6, groups=2, dilation=3, padding="same"),
    _case("signal-reflect-no-bias", 2, 3, 9, target="Conv1d", padding=2, padding_mode="reflect", bias=False),
    _case("signal-unbatched", 3, 9, target="Conv1d", padding=2, padding_mode="circular"),
    _case("volume", 1, 2, 5, 6, 7, target="Conv3d", out=3, stride=(1, 2, 3), padding=(1, 0, 2)),
    _case("volume-replicate-dilated", 1, 2, 5, 4, 6, target="Conv3d", out=2, k=2, dilation=(1, 2, 3), padding=1, padding_mode="replicate"),
    _case("volume-groups", 2, 4, 3, 4, 5, target="Conv3d", out=2, k=(1, 2, 3), groups=2),
    _case("volume-unbatched", 2, 4, 5, 3, target="Conv3d", out=3, k=2),
]
