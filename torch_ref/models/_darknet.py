"""The block that all YOLO networks are made of."""

from collections import OrderedDict

from torch import Tensor, nn


def conv_norm(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, activation: str = "leaky") -> nn.Sequential:
    """Convolution without bias that keeps the size (or divides it by its stride), batch normalisation, activation.

    The norms of the networks with SiLU have ε = 10⁻³ and move by 3 %, the older ones as PyTorch's.
    """
    kinds = {"leaky": lambda: nn.LeakyReLU(0.1), "silu": nn.SiLU}
    layers = {
        "conv": nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False),
        "bn": nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.03) if activation == "silu" else nn.BatchNorm2d(out_channels),
        "act": kinds[activation](),
    }
    return nn.Sequential(OrderedDict(layers))


def check_images(name: str, images: Tensor, channels: int, multiple: int) -> None:
    """Refuse what is no batch of float images with sides that the strides divide."""
    if images.ndim != 4 or images.shape[1] != channels:
        raise ValueError(f"{name} takes images (N, {channels}, H, W), in_channels={channels}, got an input of shape {tuple(images.shape)}")
    if not images.is_floating_point():
        raise ValueError(f"{name} takes float images, got {images.dtype}: convert them, and scale them to 0 … 1")
    if images.shape[2] % multiple or images.shape[3] % multiple or 0 in images.shape:
        raise ValueError(f"{name} needs sides that are multiples of {multiple}, got {images.shape[2]}×{images.shape[3]}")
