r"""Real photographs, and what a JPEG decoder makes of them: scikit-learn's temple and flower, read by Pillow.

Shapes: (3, 427, 640) bytes.

>>> tuple(photograph("flower").shape)
(3, 427, 640)

Source: scikit-learn's documentation, `load_sample_images`; libjpeg's documentation, `J_DCT_METHOD`; the notes, "torchvision" (images are read by PIL).
"""

from importlib.resources import as_file, files

import numpy as np
import PIL.Image
import torch
from torch import Tensor

NAMES = ("china", "flower")


def photograph(name: str) -> Tensor:
    """One of `NAMES`, decoded as PIL decodes (libjpeg's accurate integer transform).

    Raises:
        ValueError: another name.
    """
    if name not in NAMES:
        raise ValueError(f"name must be one of {NAMES}, got {name!r}")
    with as_file(files("sklearn.datasets.images") / f"{name}.jpg") as path, PIL.Image.open(path) as image:
        return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def decoded(name: str) -> dict[str, Tensor | list[int]]:
    """The photograph in the middle, its statistics, and the pixels as the framework's habit has them: here the same."""
    image = photograph(name)
    middle = image[:, 200:216, 300:316].permute(1, 2, 0).long()
    return {"shape": list(image.shape), "sums": image.long().sum((1, 2)), "middle": middle, "middle_by_default": middle}
