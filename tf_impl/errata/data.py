r"""What the notes say of data, files and types, run.

Shapes: images (h, w, 3), logits (n, c).

Differs from PyTorch:
    Labels of any integer type. A `.keras` file holds no pickled code, so a model of Keras' own layers loads; a lambda in it is refused, which is shown.

Source: the notes: "CPU上的所有张量(CharTensor除外)都支持与Numpy的相互转换", "label在当前版本的torch下需要用int64", `torch.load('model.pth')`,
"取值范围是[0,1,0]的torch.FloatTensor", `CenterCrop(10)` followed by `RandomCrop(20, padding=0)`, `def __init__():`, "选择第一行和第三行的数据".
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.datasets import Dataset
from tf_impl.tensors._refusal import attempt
from tf_impl.transforms import CenterCrop, Compose, RandomCrop, ToTensor
from tf_impl.typing import Tensor


def files_and_types(logits: Float[Tensor, "n c"]) -> dict[str, bool | str | None]:
    """8-bit integers to NumPy; 32-bit labels; a model with code of its own from a file."""
    labels = tf.zeros(len(logits), tf.int32)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.keras"
        keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: 2 * x)]).save(path)
        told = attempt("whole_model_loaded", lambda: keras.saving.load_model(path))
    return {
        **attempt("char_tensor_to_numpy", lambda: tf.zeros(2, tf.int8).numpy()),
        **attempt("int32_labels", lambda: ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)),
        **attempt("int64_labels", lambda: ops.sparse_categorical_crossentropy(tf.cast(labels, "int64"), logits, from_logits=True)),
        **told,
    }


def ranges(image: Float[Tensor, "h w 3"]) -> dict[str, Tensor | list[float]]:
    """Bytes from 0 to 255 through ToTensor: least and largest."""
    bytes_ = np.array(ops.cast(image * 255, "uint8"))
    bytes_[0, 0, 0], bytes_[-1, -1, -1] = 0, 255
    tensor = ToTensor()(bytes_)
    return {"range": [float(ops.min(tensor)), float(ops.max(tensor))], "mean": ops.mean(tensor)}


def pipeline(image: Float[Tensor, "h w 3"]) -> dict[str, bool | str | list[int] | None]:
    """The notes' Compose: 10 pixels cannot hold a crop of 20."""
    notes, mended = (Compose([CenterCrop(n), RandomCrop(20, padding=0)]) for n in (10, 24))
    return {**attempt("notes", lambda: notes(image)), "mended": list(mended(image).shape[:2])}


def samples() -> dict[str, bool | str | list[int] | None]:
    """A constructor without `self`; the "first and third" rows of `index = [1, 3]`."""

    class TestDataset(Dataset):
        def __init__():
            pass

    rows = ops.broadcast_to(ops.arange(5)[:, None], (5, 2))
    return {**attempt("no_self", TestDataset), "rows_chosen": np.array(ops.take(rows, [1, 3], axis=0))[:, 0].tolist()}
