"""What the tests of whole networks share: random weights and images, counts, small configurations, torchvision's modules."""

import importlib
from collections.abc import Callable
from types import ModuleType

import keras
import numpy as np
import torch
from references import torchvision
from torch.utils.flop_counter import FlopCounterMode

from parity.case import seeded

# Transformers and ConvNeXt
VIT = {"image_size": 21, "patch_size": 7, "num_layers": 2, "num_heads": 2, "hidden_dim": 8, "mlp_dim": 12, "num_classes": 5}
SWIN = {"patch_size": [4, 4], "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 4], "window_size": [3, 3], "num_classes": 5}
STAGES = [(4, 6, 1), (6, 8, 1), (8, 10, 2), (10, None, 1)]
DROPS = {"dropout": 0.2, "attention_dropout": 0.1}

# Detection
SIZES = ((8,), (16,), (32,), (64,), (128,))
TINY = {
    "num_classes": 4,
    "block": "basic",
    "layers": (1, 1, 1, 1),
    "width": 4,
    "out_channels": 6,
    "representation_size": 8,
    "mask_layers": (5,),
    "mask_dim_reduced": 4,
    "sizes": SIZES,
    "canonical_scale": 20,
    "rpn_pre_nms_top_n": (12, 10),
    "rpn_post_nms_top_n": (10, 8),
    "rpn_batch_size_per_image": 8192,
    "box_batch_size_per_image": 4096,
    "box_detections_per_img": 5,
}
# Drawn on the photographs, 640 × 427: pagoda and tree; dahlia and its neighbour
BOXES = np.array([[[63.0, 30.0, 372.0, 424.0], [546.0, 136.0, 640.0, 424.0]], [[168.0, 84.0, 447.0, 360.0], [288.0, 375.0, 469.0, 427.0]]])


def randomised(net: torch.nn.Module, spread: Callable[[torch.Tensor], float] = lambda tensor: 0.3) -> torch.nn.Module:
    """Nothing at its start: a swapped norm or an unread bias must show. Integer buffers stay."""
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                draw = seeded("weight", name).normal(0.5 if tensor.ndim == 1 else 0.0, spread(tensor), tensor.shape)
                tensor.copy_(torch.from_numpy(draw))
    return net


def pictures(*shape: int) -> torch.Tensor:
    return torch.from_numpy(seeded("pictures", *shape).normal(0.0, 1.0, shape).astype(np.float32))


def counted(make, shape: tuple[int, ...]) -> tuple[int, int]:
    """Parameters and multiply-adds, without a number being computed."""
    with torch.device("meta"):
        net, x = make().eval(), torch.empty(shape)
    with FlopCounterMode(display=False) as flops:
        net(x)
    return sum(p.numel() for p in net.parameters()), flops.get_total_flops() // 2


def part(name: str) -> ModuleType:
    """A module of torchvision (its packages hide modules behind functions of the same name)."""
    torchvision()
    return importlib.import_module(f"torchvision.{name}")


def numpy(tensor) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor)) if not isinstance(tensor, torch.Tensor) else tensor.detach().numpy()
