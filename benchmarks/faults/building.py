"""Weights as a trained model has them, and seeded inputs."""

from typing import Any

import numpy as np
import torch


def as_trained(build: Any, seed: int = 0) -> torch.nn.Module:
    """A model whose norms, biases and statistics are no longer what they were initialised to; every weight is drawn from the seed."""
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    model = build()
    with torch.no_grad():
        for module in model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if "Norm" in type(module).__name__:
                    parameter.copy_(torch.rand_like(parameter) + 0.5 if name == "weight" else 0.3 * torch.randn_like(parameter))
                elif name.startswith("bias") or name.endswith("bias"):
                    parameter.add_(0.1 * torch.randn_like(parameter))
            for name, buffer in module.named_buffers(recurse=False):
                if name == "running_mean":
                    buffer.copy_(0.3 * torch.randn_like(buffer))
                elif name == "running_var":
                    buffer.copy_(torch.rand_like(buffer) * 1.5 + 0.5)
    torch.random.set_rng_state(state)
    return model.eval()


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype("float32")


def uniform(*shape: int, seed: int = 0, high: float = 1.0) -> np.ndarray:
    return (high * np.random.default_rng(seed).random(shape)).astype("float32")


def tokens(*shape: int, below: int, seed: int = 0, lowest: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(lowest, below, shape).astype("int64")
