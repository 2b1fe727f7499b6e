"""The block that all YOLO networks are made of, channels last."""

from tf_impl.activations.leaky_relu import LeakyReLU
from tf_impl.activations.silu import SiLU
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


def conv_norm(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, activation: str = "leaky") -> Sequential:
    """Convolution without bias that keeps the size (or divides it by its stride), batch normalisation, activation.

    The norms of the networks with SiLU have ε = 10⁻³ and move by 3 %, the older ones as PyTorch's.
    """
    kinds = {"leaky": lambda: LeakyReLU(0.1), "silu": SiLU}
    layers = {
        "conv": Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False),
        "bn": BatchNorm2d(out_channels, eps=1e-3, momentum=0.03) if activation == "silu" else BatchNorm2d(out_channels),
        "act": kinds[activation](),
    }
    return Sequential(layers)


def check_images(model: Model, images: Tensor, channels: int, multiple: int) -> None:
    """Refuse what is no batch of float images with sides that the strides divide."""
    model.check_images(images, channels)
    height, width = images.shape[1:3]
    if None in (height, width):
        raise ValueError(f"{type(model).__name__} needs to know the images' size, got {tuple(images.shape)}: give the Input a shape")
    if height % multiple or width % multiple:
        raise ValueError(f"{type(model).__name__} needs sides that are multiples of {multiple}, got {height}×{width}")
