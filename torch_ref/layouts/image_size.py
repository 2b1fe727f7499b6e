r"""Width first or height first: `cv2.resize(image, (width, height))` and PIL's `size` against an array's shape (height, width).

OpenCV's bilinear rule is that of `interpolate(align_corners=False)`, without antialiasing:

$$ x_\text{source} = \frac{n}{m}\Bigl(i + \tfrac12\Bigr) - \tfrac12 $$

Shapes: image (h, w, c) as OpenCV has it, result (height, width, c).

>>> import torch
>>> resize(torch.zeros(4, 6, 3), (9, 5)).shape
torch.Size([5, 9, 3])

Source: the notes, "`cv2.resize(img, (width, height))` 参数是:先宽再高"; OpenCV's documentation, `resize`.
"""

import numpy as np
import PIL.Image
from torch import Tensor
from torch.nn.functional import interpolate


def resize(image: Tensor, dsize: tuple[int, int]) -> Tensor:
    """As `cv2.resize(image, dsize)` with dsize = (width, height), on floats."""
    width, height = dsize
    batch = image.permute(2, 0, 1)[None]
    return interpolate(batch, size=(height, width), mode="bilinear", align_corners=False)[0].permute(1, 2, 0)


def orders(height: int, width: int) -> dict[str, list[int]]:
    """Who says what of one image, and what each function makes of the pair (9, 5)."""
    array = np.zeros((height, width, 3), np.uint8)
    image = PIL.Image.fromarray(array)
    batch = Tensor(array).permute(2, 0, 1)[None]
    return {
        "array_shape": list(array.shape),
        "pil_size": list(image.size),
        "pil_resize": list(np.asarray(image.resize((9, 5))).shape),
        "framework_resize": list(interpolate(batch, size=(9, 5)).shape[2:]),
        "cv2_resize": list(resize(batch[0].permute(1, 2, 0), (9, 5)).shape),
    }


def grey_to_batch(image: Tensor) -> dict[str, Tensor | list[int]]:
    """The notes' way: a grey image (512, 512), resized to 160 by 160, reshaped to (1, 160, 160)."""
    small = resize(image[..., None], (160, 160))[..., 0]
    reshaped = small.reshape(1, 160, 160)
    return {"image": reshaped, "image_shape": list(image.shape), "new_shape": list(small.reshape(1, 160, 160).shape)}
