r"""Blue first or red first: OpenCV reads BGR, PIL and most models RGB.

Shapes: image (h, w, 3) as OpenCV and PIL give it.

Differs from PyTorch:
    `image[..., ::-1]` turns a tensor round, and an array with a negative step becomes a tensor; PyTorch refuses both: `flip`, or copy the array.
    Keras' `preprocess_input` of VGG and ResNet (mode "caffe") turns RGB into BGR by itself.

Source: the notes, "Pytorch_cv2_Tensor" (`cv2.imread`); OpenCV's documentation, `imread`.
"""

from jaxtyping import Float
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def swapped(image: Float[Tensor, "h w 3"]) -> dict[str, Tensor]:
    """Last axis turned round before or after the channels are moved."""
    return {
        "channels_last": ops.flip(image, -1),
        "channels_first": ops.take(ops.transpose(image, (2, 0, 1)), [2, 1, 0], axis=0),
        "twice": ops.flip(ops.flip(image, -1), -1),
    }


def by_negative_step(image: Float[Tensor, "h w 3"]) -> dict[str, bool | str | None]:
    """NumPy's `image[..., ::-1]`, on a tensor and on an array that becomes a tensor."""
    array = ops.convert_to_numpy(image)
    return {
        **attempt("tensor", lambda: image[..., ::-1]),
        **attempt("array", lambda: ops.convert_to_tensor(array[..., ::-1])),
        **attempt("copied_array", lambda: ops.convert_to_tensor(array[..., ::-1].copy())),
    }


def swapped_kernel(image: Float[Tensor, "h w 3"], weight: Float[Tensor, "o 3 kh kw"]) -> dict[str, Tensor]:
    """A convolution trained on RGB, weight in PyTorch's axes, on a BGR image: wrong, and right with its kernel turned round."""
    x, kernel = image[None], ops.transpose(weight, (2, 3, 1, 0))

    def convolved(x: Tensor, kernel: Tensor) -> Tensor:
        return ops.transpose(ops.conv(x, kernel, padding="valid", data_format="channels_last"), (0, 3, 1, 2))

    return {"right": convolved(ops.flip(x, -1), kernel), "kernel_turned": convolved(x, ops.flip(kernel, 2)), "forgotten": convolved(x, kernel)}
