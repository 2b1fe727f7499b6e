"""What a network costs and sees, computed: parameters and multiply-adds by layer, and the receptive field. The twins have the same layers.

>>> from torch_ref.models.vgg import vgg16
>>> with torch.device("meta"):
...     told = facts(vgg16(), 3, 224, 224)
>>> told.parameters["classifier.0"], sum(told.parameters.values()), sum(told.multiply_adds.values())
(102764544, 138357544, 15470264320)
>>> from torch_ref.models.vit import vit_b_16
>>> with torch.device("meta"):
...     attention = facts(vit_b_16(), 3, 224, 224).multiply_adds["encoder.layers.encoder_layer_0.self_attention"]
>>> attention == 4 * 197 * 768**2 + 2 * 197**2 * 768  # queries, keys, values and what comes out; the two products between
True
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Facts:
    """By the name of a layer, in the order of the network."""

    parameters: dict[str, int]
    multiply_adds: dict[str, int]  # of one image


def facts(model: nn.Module, *shape: int) -> Facts:
    """Of a network on the device "meta", where nothing is allocated or computed, for one input of this shape.

    Convolutions, dense layers and the products of attention are counted, as published numbers do; norms, activations and pooling are not.
    """
    parameters = {name: sum(p.numel() for p in module.parameters(recurse=False)) for name, module in model.named_modules()}
    with FlopCounterMode(display=False) as flops:
        model.eval()(torch.empty(1, *shape, device="meta"))
    totals = {name.partition(".")[2]: sum(counts.values()) // 2 for name, counts in flops.get_flop_counts().items() if name != "Global"}
    children = {name: [f"{name}.{child}".lstrip(".") for child, _ in module.named_children()] for name, module in model.named_modules()}
    own = {name: totals.get(name, 0) - sum(totals.get(child, 0) for child in children[name]) for name in children}
    return Facts({name: n for name, n in parameters.items() if n}, {name: n for name, n in own.items() if n})


def receptive_field(model: nn.Module, size: int, breadth: int, before: str = "avgpool") -> int:
    """Rows of an image that one place of the last feature map depends on, found by asking: which have a gradient?

    In a copy all weights are one and maxima are means, so that nothing cancels and nothing is left out.

    Args:
        size: rows of the image, more than the field.
        breadth: its columns, as few as the network takes.
        before: the layer whose input is that map.
    """
    model = copy.deepcopy(model).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0 if parameter.ndim == 1 else 1 / parameter[0].numel())
    for parent, name, pool in list(_maxima(model)):
        setattr(parent, name, nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode))
    seen: list[torch.Tensor] = []
    model.get_submodule(before).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    channels = next(module.in_channels for module in model.modules() if isinstance(module, nn.Conv2d))
    x = torch.ones(1, channels, size, breadth, dtype=torch.float64, requires_grad=True)
    with patch.object(F, "max_pool2d", F.avg_pool2d):
        model(x)
    features = seen[0]
    (gradient,) = torch.autograd.grad(features[0, :, features.shape[2] // 2, features.shape[3] // 2].sum(), x)
    return int((gradient[0, 0] != 0).any(1).sum())


def _maxima(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.MaxPool2d]]:
    for parent in model.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.MaxPool2d):
                yield parent, name, child
