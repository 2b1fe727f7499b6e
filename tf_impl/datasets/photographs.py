r"""Real photographs, and what a JPEG decoder makes of them: scikit-learn's temple and flower, read by TensorFlow.

Shapes: (427, 640, 3) bytes.

Differs from PyTorch:
    `tf.io.decode_jpeg` takes libjpeg's fast transform unless told `dct_method="INTEGER_ACCURATE"`, which Pillow uses: of these two photographs
    71 % and 64 % of the values differ, by 1.3 and 1.0 levels of 255 on average and 18 and 15 at most.
    So do `tf.io.decode_image` and `keras.utils.image_dataset_from_directory`, which cannot be told;
    `keras.utils.load_img` goes through Pillow and is right.

Source: scikit-learn's documentation, `load_sample_images`; libjpeg's documentation, `J_DCT_METHOD`; the notes, "torchvision" (images are read by PIL).
"""

from importlib.resources import files

import tensorflow as tf

from tf_impl.typing import Tensor

NAMES = ("china", "flower")


def photograph(name: str) -> Tensor:
    """One of `NAMES`, decoded as PIL decodes (libjpeg's accurate integer transform).

    Raises:
        ValueError: another name.
    """
    return tf.io.decode_jpeg(_content(name), channels=3, dct_method="INTEGER_ACCURATE")


def decoded(name: str) -> dict[str, Tensor | list[int]]:
    """The photograph in the middle, its statistics, and the pixels as the framework's habit has them."""
    image, by_default = photograph(name), tf.io.decode_jpeg(_content(name), channels=3)
    return {
        "shape": [image.shape[2], *image.shape[:2]],
        "sums": tf.reduce_sum(tf.cast(image, tf.int64), axis=(0, 1)),
        "middle": tf.cast(image[200:216, 300:316], tf.int64),
        "middle_by_default": tf.cast(by_default[200:216, 300:316], tf.int64),
    }


def _content(name: str) -> bytes:
    if name not in NAMES:
        raise ValueError(f"name must be one of {NAMES}, got {name!r}")
    return (files("sklearn.datasets.images") / f"{name}.jpg").read_bytes()
