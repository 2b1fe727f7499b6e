"""MNIST and Fashion-MNIST from their four standard files, with torchvision's names."""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Int

from tf_impl.datasets.dataset import Dataset
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def read_idx(path: str | Path) -> Tensor:
    """The bytes of one IDX file, gzipped or not, in its own shape: two zeros, the type, the rank, big-endian sizes, values.

    Raises:
        RuntimeError: missing, truncated, or no IDX file of unsigned bytes.
    """
    return _parsed(_content(Path(path)), path)


class MNIST(Dataset):
    """Handwritten digits, 60,000 for training and 10,000 for testing.

    Args:
        root: the directory with the files, or one above: `root`, `root/MNIST/raw` (torchvision's) and `root/mnist` are looked into.
        train: the training set, not the test set.
        transform: makes a sample of an image, a tensor of bytes (28, 28, 1); it is traced into the loader's graph.
        target_transform: makes a target of a class number, likewise.
        download: have `keras.datasets` fetch the set when the files are not there.

    Shapes:
        `data` (n, 28, 28) bytes, `targets` (n,) int64; a sample is an image (28, 28, 1) and a number.

    Raises:
        RuntimeError: the files are not there, damaged, or not the published ones.

    Differs from PyTorch:
        A sample's image is a tensor of bytes, not a PIL image (`transforms.ToPILImage` makes one), so that a loader reads and transforms in its graph.
        `tf.io.decode_compressed` takes a gzip file whose end is missing; Python's gzip, used here, refuses it.
        `keras.datasets.mnist.load_data` gives two pairs of arrays and keeps them under ~/.keras.

    Source: LeCun et al. 1998; the notes, `torchvision.datasets.MNIST`.
    """

    folders: ClassVar[tuple[str, ...]] = (".", "MNIST/raw", "mnist")
    classes: ClassVar[list[str]] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    published: ClassVar[dict[str, int]] = {"train": 60_000, "t10k": 10_000}
    checksums: ClassVar[dict[str, set[str]]] = {  # MD5 of the files, packed and unpacked; a part of a set has other lengths and no checksum
        "train-images-idx3-ubyte": {"f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"},
        "train-labels-idx1-ubyte": {"d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"},
        "t10k-images-idx3-ubyte": {"9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"},
        "t10k-labels-idx1-ubyte": {"ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"},
    }

    def __init__(self, root: str | Path, train: bool = True, transform: Callable[[Tensor], Any] | None = None,
                 target_transform: Callable[[Tensor], Any] | None = None, download: bool = False) -> None:  # fmt: skip
        self.root, self.train, self.transform, self.target_transform = Path(root), train, transform, target_transform
        self.transforms_samples = transform is not None or target_transform is not None
        part = "train" if train else "t10k"
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        if download and not all(map(self._found, names)):
            (data, targets) = self._download()[0 if train else 1]
        else:
            data, targets = (self._read(name, self.published[part]) for name in names)
        if len(data) != len(targets):
            raise RuntimeError(f"{self.root} holds {len(data)} images and {len(targets)} labels; copy the files again.")
        self.data, self.targets = tf.convert_to_tensor(data), tf.cast(targets, tf.int64)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} samples")
        return self._sample(tf.constant(index % len(self)))

    def gather(self, indices: Int[Tensor, " b"]) -> tuple[Any, Any]:
        """A batch, in a graph."""
        if self.transform is None and self.target_transform is None:
            return tf.gather(self.data, indices)[..., None], tf.gather(self.targets, indices)
        if len(indices.shape) == 0:
            return self._sample(indices)
        signature = tf.nest.map_structure(lambda part: tf.TensorSpec(part.shape, part.dtype), self._sample(tf.constant(0)))
        return tf.map_fn(self._sample, indices, fn_output_signature=signature)

    def _sample(self, index: Tensor) -> tuple[Any, Any]:
        image, target = tf.gather(self.data, index)[..., None], tf.gather(self.targets, index)
        return self.transform(image) if self.transform else image, self.target_transform(target) if self.target_transform else target

    def _found(self, name: str) -> Path | None:
        return next((path for folder in self.folders for path in (self.root / folder / name, self.root / folder / f"{name}.gz") if path.is_file()), None)

    def _read(self, name: str, published: int) -> Tensor:
        path = self._found(name)
        if path is None:
            raise RuntimeError(f"{name}[.gz] is not in {self.root} nor in {', '.join(self.folders[1:])} below it; put it there, or say download=True.")
        content = _content(path)
        values = _parsed(content, path)
        if name in self.checksums and len(values) == published:
            found = {hashlib.md5(bytes_, usedforsecurity=False).hexdigest() for bytes_ in (content, path.read_bytes())}
            if not found & self.checksums[name]:
                raise RuntimeError(f"{path} has the MD5 {' / '.join(sorted(found))}, which is not the published file's; copy it again.")
        return values

    def _download(self) -> Any:
        try:
            return {"MNIST": keras.datasets.mnist, "FashionMNIST": keras.datasets.fashion_mnist}[type(self).__name__].load_data()
        except Exception as error:  # what a network says
            raise RuntimeError(f"{type(self).__name__} could not be downloaded ({error}); put the files into {self.root}.") from error


class FashionMNIST(MNIST):
    """Ten kinds of clothing, in MNIST's format.

    Args: as `MNIST`; looked into are `root`, `root/FashionMNIST/raw` and `root/fashion_mnist`.

    Shapes:
        as `MNIST`.

    Differs from PyTorch: as `MNIST`.

    Source: Xiao et al. 2017, arXiv:1708.07747; the notes, `datasets.FashionMNIST`.
    """

    folders = (".", "FashionMNIST/raw", "fashion_mnist")
    classes: ClassVar[list[str]] = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    checksums: ClassVar[dict[str, set[str]]] = {}  # published for the packed files only, which every copy packs anew


def contents(name: str, folder: str, train: bool) -> dict[str, Tensor | int | list[int]]:
    """What a set holds: `name` is the class, `folder` where it lies below PARITY_DATA."""
    found = {"MNIST": MNIST, "FashionMNIST": FashionMNIST}[name](Path(os.environ["PARITY_DATA"]) / folder, train)
    image, label = found[-1]
    return {
        "length": len(found),
        "shape": list(found.data.shape),
        "counts": tf.math.bincount(found.targets, minlength=10, dtype=tf.int64),
        "sum": int(found.data.numpy().sum(dtype=np.int64)),
        "first_image": tf.cast(found.data[0], tf.int64),
        "first_labels": found.targets[:20],
        "last_sample": tf.cast(image[..., 0], tf.int64),
        "last_label": int(label),
        "mean_image": tf.reduce_mean(tf.cast(found.data[:500], tf.float64), axis=0),
    }


def damaged(folder: str) -> dict[str, bool | str | None]:
    """Files that are not what they should be, made of a real one in a directory of their own."""
    labels = (Path(os.environ["PARITY_DATA"]) / folder / "train-labels-idx1-ubyte.gz").read_bytes()
    whole = gzip.decompress(labels)
    broken = {"truncated": whole[:-5], "too_long": whole + b"x", "other_type": b"\0\0\x0d\x01" + whole[4:], "not_gzip": b"<html>", "cut_gzip": labels[:-9]}
    told: dict[str, bool | str | None] = {}
    with tempfile.TemporaryDirectory() as directory:
        for name, content in broken.items():
            path = Path(directory) / (f"{name}.gz" if "gzip" in name else name)
            path.write_bytes(content)
            told |= {key: value for key, value in attempt(name, lambda path=path: read_idx(path)).items() if key.endswith("raised")}
        told |= attempt("missing_file", lambda: read_idx("nowhere"))
        told |= attempt("missing_set", lambda: MNIST("nowhere"))
    return told


def _content(path: Path) -> bytes:
    """Unpacked by Python: `tf.io.decode_compressed` checks no checksum and takes a file that lacks its end."""
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise RuntimeError(f"{path} is missing, truncated or not gzip ({error}); copy it again.") from error


def _parsed(content: bytes, path: str | Path) -> Tensor:
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise RuntimeError(f"{path} is no IDX file of unsigned bytes: it starts with {content[:4].hex()}, expected 000008 and the rank.")
    rank = content[3]
    shape = tf.io.decode_raw(content[4 : 4 + 4 * rank], tf.int32, little_endian=False).numpy().tolist() if len(content) >= 4 + 4 * rank else [-1]
    values = tf.io.decode_raw(content[4 + 4 * rank :], tf.uint8)
    if len(values) != np.prod(shape):
        raise RuntimeError(f"{path} is truncated or damaged: {len(values)} values for the shape {tuple(shape)}; copy it again.")
    return tf.reshape(values, shape)
