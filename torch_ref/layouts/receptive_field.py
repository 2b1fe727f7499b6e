r"""What one output pixel sees, and what it costs: receptive fields and parameter counts.

$$ r_l = r_{l-1} + (k_l - 1)\, d_l\, j_{l-1}, \qquad j_l = j_{l-1}\, s_l, \qquad r_0 = j_0 = 1 $$

for kernel k, dilation d, stride s; j is how many input pixels one step of layer l is.

Two 3x3 see as much as one 5x5, three as much as one 7x7, with 18 and 27 for 25 and 49 weights a pair of channels.

Shapes: counts and sizes are numbers.

>>> receptive_field([(3, 1, 1), (3, 1, 1)])["field"], receptive_field([(3, 1, 1)] * 3)["field"]
(5, 7)
>>> bottleneck(100, 100, 128, 32, 256)["direct_parameters"]
819200

Source: the notes, "感受野", "VGG", "GoogLeNet" (100x100x128 by 5x5 to 256, with and without 1x1 to 32); Szegedy et al. 2015, arXiv:1409.4842.
"""

from collections.abc import Sequence

import torch


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> dict[str, int]:
    """By arithmetic, and seen: which input pixels move the middle of the output.

    Args:
        layers: (kernel, stride, dilation) of each, from the input on.
    """
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * jump
        jump *= stride
    x = torch.zeros(1, 1, field + 2 * jump, field + 2 * jump + 1, requires_grad=True)
    y = torch.ones_like(x) * x
    for kernel, stride, dilation in layers:
        y = torch.nn.functional.conv2d(y, torch.ones(1, 1, kernel, kernel), stride=stride, dilation=dilation)
    (seen,) = torch.autograd.grad(y[0, 0, 1, 1], x)
    rows = seen[0, 0].abs().sum(1).nonzero()[:, 0]
    return {"field": field, "jump": jump, "seen": int(rows[-1] - rows[0] + 1), "first_row_seen": int(rows[0])}


def stack_parameters(channels: int) -> dict[str, int]:
    """Weights of stacks that see the same: 5x5 against two 3x3, 7x7 against three."""

    def count(*kernels: int) -> int:
        return sum(_parameters(torch.nn.Conv2d(channels, channels, k, bias=False)) for k in kernels)

    return {"one_5x5": count(5), "two_3x3": count(3, 3), "one_7x7": count(7), "three_3x3": count(3, 3, 3)}


def bottleneck(height: int, width: int, inputs: int, reduced: int, outputs: int) -> dict[str, int | float]:
    """A 5x5 convolution directly, and behind a 1x1 that reduces the channels first. Counted on layers; multiplications from their outputs' sizes."""
    image = torch.empty(1, inputs, height, width, device="meta")  # shapes without numbers
    direct = [torch.nn.Conv2d(inputs, outputs, 5, padding=2, bias=False, device="meta")]
    through = [torch.nn.Conv2d(inputs, reduced, 1, bias=False, device="meta"), torch.nn.Conv2d(reduced, outputs, 5, padding=2, bias=False, device="meta")]

    def told(layers: list[torch.nn.Conv2d]) -> tuple[int, int, list[int]]:
        x, products = image, 0
        for layer in layers:
            x = layer(x)
            products += x.shape[2] * x.shape[3] * _parameters(layer)
        return sum(map(_parameters, layers)), products, [*x.shape[2:], x.shape[1]]

    (parameters, products, shape), (fewer, fewer_products, same_shape) = told(direct), told(through)
    return {
        "direct_parameters": parameters,
        "reduced_parameters": fewer,
        "direct_products": products,
        "reduced_products": fewer_products,
        "times_fewer": round(parameters / fewer, 2),
        "output_shape": shape,
        "same_output": shape == same_shape,
    }


def _parameters(layer: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())
