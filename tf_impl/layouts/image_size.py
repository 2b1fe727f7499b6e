r"""Width first or height first: `cv2.resize(image, (width, height))` and PIL's `size` against an array's shape (height, width).

OpenCV's bilinear rule is that of `tf.image.resize(antialias=False)` and of `interpolate(align_corners=False)`:

$$ x_\text{source} = \frac{n}{m}\Bigl(i + \tfrac12\Bigr) - \tfrac12 $$

Shapes: image (h, w, c) as OpenCV has it, result (height, width, c).

Differs from PyTorch:
    `tf.image.resize` computes in float32 whatever it is given; the twin of `Upsample` is used here, which does not.

Source: the notes, "`cv2.resize(img, (width, height))` 参数是:先宽再高"; OpenCV's documentation, `resize`.
"""

import numpy as np
import PIL.Image
from jaxtyping import Float
from keras import ops

from tf_impl.layers.upsample import Upsample
from tf_impl.typing import Tensor


def resize(image: Float[Tensor, "h w c"], dsize: tuple[int, int]) -> Float[Tensor, "height width c"]:
    """As `cv2.resize(image, dsize)` with dsize = (width, height), on floats."""
    width, height = dsize
    return Upsample((height, width), mode="bilinear")(image[None])[0]


def orders(height: int, width: int) -> dict[str, list[int]]:
    """Who says what of one image, and what each function makes of the pair (9, 5)."""
    array = np.zeros((height, width, 3), np.uint8)
    image = PIL.Image.fromarray(array)
    batch = ops.convert_to_tensor(array[None], "float32")
    return {
        "array_shape": list(array.shape),
        "pil_size": list(image.size),
        "pil_resize": list(np.asarray(image.resize((9, 5))).shape),
        "framework_resize": list(ops.image.resize(batch, (9, 5), data_format="channels_last").shape[1:3]),
        "cv2_resize": list(resize(batch[0], (9, 5)).shape),
    }


def grey_to_batch(image: Float[Tensor, "h w"]) -> dict[str, Tensor | list[int]]:
    """The notes' way: a grey image (512, 512), resized to 160 by 160, reshaped to (1, 160, 160)."""
    small = resize(image[..., None], (160, 160))[..., 0]
    reshaped = ops.reshape(small, (1, 160, 160))
    return {"image": reshaped, "image_shape": list(image.shape), "new_shape": list(reshaped.shape)}
