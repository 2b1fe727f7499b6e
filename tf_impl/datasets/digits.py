"""scikit-learn's 1,797 handwritten digits: the real data that is always there."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from jaxtyping import Int
from sklearn.datasets import load_digits

from tf_impl.datasets.data_loader import DataLoader
from tf_impl.datasets.dataset import Dataset
from tf_impl.typing import Tensor


class Digits(Dataset):
    """Images and class numbers.

    Args:
        transform: makes a sample of an image (8, 8, 1).

    Shapes:
        `data` (1797, 8, 8), values 0 … 16; a sample is an image (8, 8, 1) in [0, 1] and a number.

    Differs from PyTorch: channels last; `transform` is traced into the loader's graph.

    Source: Alpaydin and Kaynak 1998, UCI "Optical Recognition of Handwritten Digits".
    """

    def __init__(self, transform: Callable[[Tensor], Any] | None = None) -> None:
        found = load_digits()
        self.data, self.targets, self.transform = tf.constant(found.images), tf.constant(found.target, tf.int64), transform
        self.transforms_samples = transform is not None

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image = tf.cast(self.data[index] / 16, keras.config.floatx())[..., None]
        return self.transform(image) if self.transform else image, int(self.targets[index])

    def gather(self, indices: Int[Tensor, " b"]) -> tuple[Any, Any]:
        """A batch, in a graph."""
        images = tf.cast(tf.gather(self.data, indices) / 16, keras.config.floatx())[..., None]
        if self.transform is None:
            return images, tf.gather(self.targets, indices)
        signature = tf.nest.map_structure(lambda part: tf.TensorSpec(part.shape, part.dtype), self.transform(images[0]))
        return tf.map_fn(self.transform, images, fn_output_signature=signature), tf.gather(self.targets, indices)


def first_batch(batch_size: int) -> dict[str, Tensor | int]:
    """What a loader gives first, in PyTorch's axes, to be compared."""
    data = Digits()
    images, labels = next(iter(DataLoader(data, batch_size)))
    return {"images": tf.transpose(images, (0, 3, 1, 2)), "labels": labels, "length": len(data), "counts": tf.math.bincount(data.targets, dtype=tf.int64)}
