"""What a network costs: its parameters, and the multiply-adds of one image.

Counted are the products of convolutions, of dense layers and of attention (queries with keys, weights with values), as published numbers do; norms,
activations, pooling and interpolation are not. Networks of detection are counted up to their answers: what comes after depends on what is in the image.
The receptive field stands beside these numbers in each network's own page.

Shapes: one image of `shape` = (C, H, W); two whole numbers.

>>> network_facts("vgg:vgg16", (3, 224, 224))
{'parameters': 138357544, 'multiply_adds': 15470264320}

Source: PyTorch's `torch.utils.flop_counter`; torchvision's `_ops`, which are these numbers in 10⁹; the papers, in each network's own page.
"""

import importlib
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def network_facts(network: str, shape: Sequence[int], options: dict[str, Any] | None = None, method: str = "") -> dict[str, int]:
    """Of a network on the device "meta", where nothing is allocated or computed.

    Args:
        network: "module:name" below `torch_ref.models`, called with `options`.
        method: what of the network is counted, all of it without.
    """
    module, _, name = network.partition(":")
    make = getattr(importlib.import_module(f"torch_ref.models.{module}"), name)
    with torch.device("meta"):
        model, image = make(**(options or {})).eval(), torch.empty(1, *shape)
    with FlopCounterMode(display=False) as counted:  # with gradients, because attention's fused kernel is not counted
        (getattr(model, method) if method else model)(image)
    return {"parameters": sum(p.numel() for p in model.parameters()), "multiply_adds": counted.get_total_flops() // 2}
