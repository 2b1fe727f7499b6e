"""What every transform twin shares: Keras layers that also take PIL images, and leave types alone."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import PIL.Image
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor

Image = PIL.Image.Image | Tensor


class Transform(Twin):
    """A layer on images (..., H, W, C): called by itself, in `tf.data` maps and in models.

    Random transforms draw unless `training=False`, so outside models and in `tf.data` they always do, as PyTorch's; `predict` and `evaluate` turn them off.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"autocast": False} | kwargs))
        self.built = True

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(inputs, PIL.Image.Image):
            return super().__call__(inputs, *args, **kwargs)
        return self.of_pil(inputs)

    def of_pil(self, image: PIL.Image.Image) -> PIL.Image.Image:
        """A PIL image in, a PIL image out."""
        return through(image, lambda tensor: self(tensor))


class Random(Transform):
    """A transform that draws. Its generator advances, and is saved with the model."""

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def uniform(self, shape: tuple[int, ...] = (), low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)


def through(image: Image, change: Callable[[Tensor], Tensor]) -> Image:
    """The change of a PIL image is that of its bytes."""
    if not isinstance(image, PIL.Image.Image):
        return change(image)
    array = np.asarray(image)
    changed = ops.convert_to_numpy(change(ops.convert_to_tensor(array if array.ndim == 3 else array[..., None])))
    return PIL.Image.fromarray(changed if array.ndim == 3 else changed[..., 0])


def size_of(image: Image) -> tuple[int, int]:
    """(height, width), which must be known."""
    if isinstance(image, PIL.Image.Image):
        return image.size[1], image.size[0]
    if len(image.shape) < 3 or None in image.shape[-3:-1]:
        raise ValueError(f"image must be (..., H, W, C) with known height and width, got shape {tuple(image.shape)}")
    return image.shape[-3], image.shape[-2]


def pair(size: int | Sequence[int]) -> tuple[int, int]:
    """One number for both sides, or (height, width)."""
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if len(sizes) not in (1, 2) or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"size must be a positive number or (height, width), got {size!r}")
    return sizes[0], sizes[-1]


def is_float(image: Tensor) -> bool:
    return "float" in keras.backend.standardize_dtype(image.dtype)
