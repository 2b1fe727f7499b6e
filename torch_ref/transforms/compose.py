r"""Transforms one after the other, on photographs and digits.

Shapes: as the transforms'.

>>> import torch
>>> from torch_ref.transforms.flip import RandomHorizontalFlip
>>> from torch_ref.transforms.pad import Pad
>>> Compose([Pad(1), RandomHorizontalFlip(1.0)])(torch.ones(1, 1, 1)).shape
torch.Size([1, 3, 3])

Source: torchvision's documentation, `Compose`; the notes, "Compose 将这些操作像管道一样拼接起来".
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torch_ref.datasets.digits import Digits
from torch_ref.datasets.photographs import photograph
from torch_ref.transforms.convert import ToPILImage, ToTensor
from torch_ref.transforms.crop import CenterCrop
from torch_ref.transforms.normalize import Normalize
from torch_ref.transforms.pad import Pad
from torch_ref.transforms.resize import Resize, resize, resize_as_pillow

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Compose:
    """torchvision's `Compose`.

    Args:
        transforms: called in their order.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image


def on_photograph(name: str, size: int, crop: int, interpolation: str = "bilinear") -> dict[str, Tensor | bool]:
    """The field's preprocessing from three kinds of image: PIL's, bytes, and numbers from 0 to 1."""
    bytes_ = photograph(name)
    places = [Resize(size, interpolation), CenterCrop(crop)]
    pil = ToPILImage()(bytes_)
    apart = (Compose(places)(bytes_).int() - torch.from_numpy(np.array(Compose(places)(pil))).permute(2, 0, 1).int()).abs()
    return {
        "bytes_within_a_level_of_pil": interpolation == "nearest" or int(apart.max()) <= 1,
        "pil": Compose([*places, ToTensor(), Normalize(_MEAN, _STD)])(pil),
        "floats": Compose([*places, Normalize(_MEAN, _STD)])(bytes_.to(torch.get_default_dtype()) / 255),
        "as_pillow": resize_as_pillow(bytes_[:, :200, :300], (crop, crop + 7), interpolation).long(),
    }


def by_default(name: str) -> dict[str, Tensor | list[int]]:
    """What a newcomer takes for the same: here `resize`, there the framework's own words. Levels of 255."""
    floats = photograph(name).to(torch.get_default_dtype())
    right = resize(floats, (96, 144))
    pil = ToPILImage()(photograph(name))
    loaded = torch.from_numpy(np.array(pil.resize((144, 96), 2))).permute(2, 0, 1)
    return {"resizing_layer": right, "image_resize": right, "load_img": loaded.long(), "shape_of_96": list(resize(floats, 96).shape[1:])}


def on_digits(count: int) -> dict[str, Tensor]:
    """The digits, larger, with a border, to [−1, 1]."""
    change = Compose([Resize(12), Pad(2, padding_mode="edge"), CenterCrop((13, 14)), Normalize((0.5,), (0.5,))])
    data = Digits(change)
    return {"images": torch.stack([data[index][0] for index in range(count)])}
