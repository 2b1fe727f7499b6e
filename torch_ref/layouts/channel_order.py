r"""Blue first or red first: OpenCV reads BGR, PIL and most models RGB.

Shapes: image (h, w, 3) as OpenCV and PIL give it.

>>> import torch
>>> swapped(torch.tensor([[[1.0, 2.0, 3.0]]]))["channels_last"]
tensor([[[3., 2., 1.]]])

Source: the notes, "Pytorch_cv2_Tensor" (`cv2.imread`); OpenCV's documentation, `imread`.
"""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from torch_ref.tensors._refusal import attempt


def swapped(image: Tensor) -> dict[str, Tensor]:
    """Last axis turned round before or after the channels are moved."""
    return {"channels_last": image.flip(-1), "channels_first": image.permute(2, 0, 1)[[2, 1, 0]], "twice": image.flip(-1).flip(-1)}


def by_negative_step(image: Tensor) -> dict[str, bool | str | None]:
    """NumPy's `image[..., ::-1]`, on a tensor and on an array that becomes a tensor."""
    array = image.detach().cpu().numpy()
    return {
        **attempt("tensor", lambda: image[..., ::-1]),
        **attempt("array", lambda: torch.from_numpy(array[..., ::-1])),
        **attempt("copied_array", lambda: torch.from_numpy(array[..., ::-1].copy())),
    }


def swapped_kernel(image: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """A convolution trained on RGB, weight (out, 3, kh, kw), on a BGR image: wrong, and right with its kernel turned round."""
    x = image.permute(2, 0, 1)[None]
    return {"right": conv2d(x.flip(1), weight), "kernel_turned": conv2d(x, weight.flip(1)), "forgotten": conv2d(x, weight)}
