"""Between PIL images, arrays and tensors, and there and back."""

import keras
import numpy as np
import PIL.Image
from jaxtyping import Float, Num
from keras import ops

from tf_impl.transforms._transform import Image, Transform
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class ToTensor(Transform):
    """Bytes become numbers from 0 to 1; arrays of other types keep their values.

    Shapes:
        a PIL image of h rows and w columns, an array (h, w) or (h, w, c), or a tensor of bytes (..., h, w, c) → (h, w, c).

    Raises:
        ValueError: an array of neither two nor three axes.

    Differs from PyTorch:
        Channels stay last. A tensor of bytes is taken too, so that the layer stands in `tf.data` maps and in models.
        `keras.utils.img_to_array` does not divide by 255; `keras.layers.Rescaling(1/255)` multiplies by a rounded 1/255: up to one bit of float32 other.

    Source: torchvision's documentation, `ToTensor`; the notes, "ToTensor" (their range "[0,1,0]" is [0, 1.0]).
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)

    def __call__(self, inputs: Image, *args, **kwargs) -> Tensor:
        if isinstance(inputs, (PIL.Image.Image, np.ndarray)):
            array = np.asarray(inputs)
            if array.ndim not in (2, 3):
                raise ValueError(f"image should be 2/3 dimensional. Got {array.ndim} dimensions.")
            inputs = ops.convert_to_tensor(array.reshape(*array.shape[:2], -1))
        return keras.layers.Layer.__call__(self, inputs, *args, **kwargs)

    def call(self, inputs: Num[Tensor, "*n h w c"]) -> Num[Tensor, "*n h w c"]:
        return ops.cast(inputs, keras.config.floatx()) / 255 if keras.backend.standardize_dtype(inputs.dtype) == "uint8" else inputs


class ToPILImage:
    """Numbers from 0 to 1 become bytes, rounded down; bytes stay. Runs in Python, not in a graph.

    Args:
        mode: PIL's word, told from type and channels by default.

    Shapes:
        (h, w) or (h, w, c) → a PIL image of h rows and w columns.

    Raises:
        ValueError: other axes, more than four channels, or a mode that the image does not have.

    Differs from PyTorch: channels last. `keras.utils.array_to_img` stretches values to 0 … 255 unless told `scale=False`.

    Source: torchvision's documentation, `ToPILImage`.
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, image: Tensor) -> PIL.Image.Image:
        image = np.asarray(ops.convert_to_numpy(image))
        if image.ndim not in (2, 3):
            raise ValueError(f"image should be 2/3 dimensional. Got {image.ndim} dimensions.")
        if image.ndim == 3 and image.shape[-1] > 4:
            raise ValueError(f"image should not have > 4 channels. Got {image.shape[-1]} channels.")
        if image.dtype.kind == "f" and self.mode != "F":
            image = (image * 255).astype(np.uint8)
        found = PIL.Image.fromarray(image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image)
        if self.mode is not None and found.mode != self.mode:
            raise ValueError(f"mode must be {found.mode!r} for this image, got {self.mode!r}")
        return found


def there_and_back(image: Float[Tensor, "h w c"]) -> dict[str, Tensor | list | str | bool]:
    """Bytes (h, w, c) → PIL → tensor → PIL: nothing is lost. Numbers that are no 255ths lose what they have more. Told in PyTorch's axes."""
    bytes_ = ops.cast(ops.clip(ops.abs(image) * 255, 0, 255), "uint8")
    pil = ToPILImage()(bytes_)
    tensor = ToTensor()(pil)
    again = ToTensor()(ToPILImage()(tensor))
    return {
        "mode": pil.mode,
        "size": list(pil.size),
        "tensor": ops.transpose(tensor, (2, 0, 1)),
        "nothing_lost": bool(ops.all(tensor == again)),
        "rounded_down": ops.transpose(ToTensor()(ToPILImage()(ops.clip(ops.abs(image), 0, 1))), (2, 0, 1)),
        "in_range": bool(ops.min(tensor) >= 0) and bool(ops.max(tensor) <= 1),
        "kind": str(keras.backend.standardize_dtype(tensor.dtype) == keras.config.floatx()),
    }
