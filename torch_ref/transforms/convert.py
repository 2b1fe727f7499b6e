r"""Between PIL images, arrays and tensors, and there and back.

Shapes: a PIL image of h rows and w columns or an array (h, w, c) of bytes ↔ a tensor (c, h, w) of numbers from 0 to 1.

>>> import numpy as np
>>> ToTensor()(np.array([[0, 51, 255]], np.uint8))
tensor([[[0.0000, 0.2000, 1.0000]]])

Source: torchvision's documentation, `ToTensor`, `ToPILImage`; the notes, "ToTensor", "ToPILImage" (their range "[0,1,0]" is [0, 1.0]).
"""

import numpy as np
import PIL.Image
import torch
from torch import Tensor


class ToTensor:
    """Bytes become numbers from 0 to 1; arrays of other types keep their values; channels go first."""

    def __init__(self) -> None:
        pass

    def __call__(self, image: PIL.Image.Image | np.ndarray) -> Tensor:
        if not isinstance(image, (PIL.Image.Image, np.ndarray)):
            raise TypeError(f"image should be PIL Image or ndarray. Got {type(image)}")
        array = np.array(image)
        if array.ndim not in (2, 3):
            raise ValueError(f"image should be 2/3 dimensional. Got {array.ndim} dimensions.")
        tensor = torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1).contiguous()
        return tensor.to(torch.get_default_dtype()) / 255 if tensor.dtype == torch.uint8 else tensor


class ToPILImage:
    """Numbers from 0 to 1 become bytes, rounded down; bytes stay.

    Args:
        mode: PIL's word, told from type and channels by default.
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, image: Tensor | np.ndarray) -> PIL.Image.Image:
        if isinstance(image, Tensor):
            image = (image.permute(1, 2, 0) if image.ndim == 3 else image).cpu().numpy()
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


def there_and_back(image: Tensor) -> dict[str, Tensor | list | str | bool]:
    """Bytes (c, h, w) → PIL → tensor → PIL: nothing is lost. Numbers that are no 255ths lose what they have more."""
    bytes_ = (image.abs() * 255).clamp(0, 255).to(torch.uint8)
    pil = ToPILImage()(bytes_)
    tensor = ToTensor()(pil)
    again = ToTensor()(ToPILImage()(tensor))
    return {
        "mode": pil.mode,
        "size": list(pil.size),
        "tensor": tensor,
        "nothing_lost": torch.equal(tensor, again),
        "rounded_down": ToTensor()(ToPILImage()(image.abs().clamp(0, 1))),
        "in_range": bool(tensor.min() >= 0) and bool(tensor.max() <= 1),
        "kind": str(tensor.dtype == torch.get_default_dtype()),
    }
