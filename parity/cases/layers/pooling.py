"""Pooling: windows that overlap, hang over the end or leave a rest; padding that counts and that does not; ties."""

from parity.case import Case, image


def _case(target: str, name: str, *shape: int, k=3, **config) -> Case:
    batched = len(shape) == int(target[-2]) + 2
    draw = image(*shape, mean=-2.0, batched=batched)
    return Case(f"layers.pooling:{target}", name, config={"kernel_size": k, **config}, inputs={"input": draw}, output_layout=draw.layout)


_TIES = image(1, 2, 4, 4, edges=(1.5,) * 16)  # the gradient of equal values goes to the first

CASES = [
    _case("MaxPool2d", "default", 2, 3, 8, 6, k=2),
    _case("MaxPool2d", "rest-dropped", 2, 3, 7, 9, k=(2, 4)),
    _case("MaxPool2d", "overlapping", 2, 3, 9, 8, stride=2),
    _case("MaxPool2d", "padded-even", 2, 3, 8, 10, stride=2, padding=1),  # negative inputs: a zero in the padding would win
    _case("MaxPool2d", "padded-unequal", 1, 2, 7, 9, k=(3, 4), stride=(1, 3), padding=(0, 2)),
    _case("MaxPool2d", "ceil", 2, 3, 8, 7, stride=2, ceil_mode=True),
    _case("MaxPool2d", "ceil-padded", 1, 2, 6, 9, k=2, stride=(3, 4), padding=1, ceil_mode=True),  # a window of mere padding is dropped
    _case("MaxPool2d", "ceil-window-over-input", 1, 2, 2, 4, stride=2, ceil_mode=True, return_indices=True),  # three rows over two
    _case("MaxPool2d", "stride-over-window", 1, 2, 9, 11, k=2, stride=3, ceil_mode=True),
    _case("MaxPool2d", "dilated", 2, 3, 9, 8, k=(3, 2), dilation=(2, 3), stride=1),
    _case("MaxPool2d", "dilated-padded-ceil", 1, 2, 10, 11, k=(2, 4), dilation=2, stride=2, padding=(1, 2), ceil_mode=True),
    _case("MaxPool2d", "indices", 2, 3, 6, 8, k=2, return_indices=True),
    _case("MaxPool2d", "indices-padded", 1, 2, 7, 9, stride=2, padding=1, dilation=(1, 2), ceil_mode=True, return_indices=True),
    _case("MaxPool2d", "unbatched", 3, 6, 5, k=2),
    _case("MaxPool2d", "unbatched-indices", 3, 6, 5, k=2, return_indices=True),
    Case("layers.pooling:MaxPool2d", "ties", config={"kernel_size": 3, "stride": 1}, inputs={"input": _TIES}),
    Case("layers.pooling:MaxPool2d", "ties-dilated", config={"kernel_size": 2, "stride": 1, "dilation": 2}, inputs={"input": _TIES}),
    Case(
        "layers.pooling:MaxPool1d",
        "nan",
        config={"kernel_size": 2},
        inputs={"input": image(1, 2, 6, edges=(float("nan"), 1.0, 2.0, 3.0, 4.0, float("nan")))},
        gradients=False,
        backends=("tensorflow",),
        known={"output:output": "TensorFlow's kernel on the CPU skips NaN, PyTorch's returns it"},
    ),
    _case("MaxPool1d", "signal", 2, 3, 11, stride=2, padding=1),
    _case("MaxPool1d", "signal-indices-ceil", 2, 3, 10, stride=2, ceil_mode=True, return_indices=True),
    _case("MaxPool1d", "signal-unbatched", 3, 8, stride=2),
    _case("MaxPool3d", "volume", 1, 2, 6, 5, 7, k=(2, 3, 2), stride=(2, 1, 3), padding=(1, 1, 0)),
    _case("MaxPool3d", "volume-ceil", 1, 2, 5, 4, 7, k=2, ceil_mode=True),
    _case("MaxPool3d", "volume-indices-dilated", 1, 2, 6, 5, 7, k=2, dilation=(1, 2, 3), stride=1, return_indices=True),
    Case("layers.pooling:MaxPool3d", "volume-ties", config={"kernel_size": 2, "stride": 1}, inputs={"input": image(1, 1, 3, 3, 3, edges=(1.5,) * 27)}),
    _case("AvgPool2d", "default", 2, 3, 8, 6, k=2),
    _case("AvgPool2d", "padded", 2, 3, 8, 10, stride=2, padding=1),
    _case("AvgPool2d", "padding-not-counted", 2, 3, 7, 8, stride=2, padding=1, count_include_pad=False),
    _case("AvgPool2d", "ceil", 2, 3, 8, 7, stride=2, ceil_mode=True),
    _case("AvgPool2d", "ceil-window-over-input", 1, 2, 2, 4, stride=2, ceil_mode=True),
    _case("AvgPool2d", "ceil-padded", 1, 2, 8, 9, k=(4, 3), stride=(3, 4), padding=(2, 1), ceil_mode=True),
    _case("AvgPool2d", "ceil-padding-not-counted", 1, 2, 8, 9, k=(4, 3), stride=(3, 4), padding=(2, 1), ceil_mode=True, count_include_pad=False),
    _case("AvgPool2d", "divisor", 1, 2, 6, 7, k=2, padding=1, divisor_override=3, count_include_pad=False),
    _case("AvgPool2d", "unbatched", 3, 6, 5, padding=1),
    _case("AvgPool1d", "signal", 2, 3, 11, k=4, stride=3, padding=2),
    _case("AvgPool1d", "signal-ceil", 2, 3, 12, k=4, stride=3, padding=1, ceil_mode=True, count_include_pad=False),
    _case("AvgPool3d", "volume", 1, 2, 6, 5, 7, k=(2, 3, 2), stride=(2, 1, 3), padding=(1, 1, 0)),
    _case("AvgPool3d", "volume-ceil-divisor", 1, 2, 5, 4, 7, k=2, ceil_mode=True, divisor_override=5),
]
