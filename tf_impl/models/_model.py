"""What every model twin shares."""

import keras

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


class Model(Twin, keras.Model):
    """A keras.Model whose constructor arguments survive saving.

    Keras 3.15 loses them: `Model.__new__` passes none on, so that a model built with 7 classes is saved, and loaded, with the default 10.
    """

    def check_images(self, images: Tensor, channels: int, smallest: int | tuple[int, int] = 1) -> None:
        """Refuse what is no batch of float images (N, H, W, channels) with sides of at least `smallest`, in one sentence that names it."""
        name, shape = type(self).__name__, tuple(images.shape)
        if len(shape) != 4 or shape[-1] != channels:
            first = len(shape) == 4 and shape[1] == channels
            hint = ": it looks channels first, the twin takes channels last" if first else ""
            raise ValueError(f"{name} takes images (N, H, W, {channels}), in_channels={channels}, got an input of shape {shape}{hint}")
        if not keras.backend.is_float_dtype(images.dtype):
            kind = keras.backend.standardize_dtype(images.dtype)
            raise ValueError(f"{name} takes float images, got {kind}: convert them, and scale them as the weights expect (to 0 … 1, mean, deviation)")
        height, width = (smallest, smallest) if isinstance(smallest, int) else smallest
        if any(side is not None and side < least for side, least in zip(shape[1:3], (height, width), strict=True)):
            raise ValueError(f"{name} needs images of at least {height}×{width}, got {shape[1]}×{shape[2]}")
