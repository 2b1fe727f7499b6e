r"""MNIST and Fashion-MNIST from their four standard files, as torchvision's classes of these names.

An IDX file: two zero bytes, the type (8: unsigned bytes), the rank, the sizes as big-endian 32-bit integers, the values. Images (n, 28, 28), labels (n,).

Shapes: `data` (n, 28, 28) bytes, `targets` (n,); a sample is a PIL image, or what `transform` makes of it, and a number.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "three-idx1-ubyte"
>>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
>>> read_idx(path)
tensor([7, 2, 1], dtype=torch.uint8)

Source: LeCun et al. 1998; Xiao et al. 2017, arXiv:1708.07747; the notes, `datasets.FashionMNIST`, `torchvision.datasets.MNIST`.
"""

import gzip
import hashlib
import math
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from torch_ref.datasets.dataset import Dataset
from torch_ref.tensors._refusal import attempt


def read_idx(path: str | Path) -> Tensor:
    """The bytes of one IDX file, gzipped or not, in its own shape.

    Raises:
        RuntimeError: missing, truncated, or no IDX file of unsigned bytes.
    """
    return torch.from_numpy(_parsed(_content(Path(path)), path))


class MNIST(Dataset):
    """Handwritten digits, 60,000 for training and 10,000 for testing.

    Args:
        root: the directory with the files, or one above: `root`, `root/MNIST/raw` (torchvision's) and `root/mnist` are looked into.
        train: the training set, not the test set.
        transform: makes a sample of a PIL image.
        target_transform: makes a target of a class number.
        download: have torchvision fetch the files into `root` when they are not there.

    Raises:
        RuntimeError: the files are not there, damaged, or not the published ones.
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

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform: Callable[[PIL.Image.Image], Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root, self.train, self.transform, self.target_transform = Path(root), train, transform, target_transform
        part = "train" if train else "t10k"
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        if download and not all(map(self._found, names)):
            self._download()
        self.data, self.targets = (torch.from_numpy(self._read(name, self.published[part])) for name in names)
        if len(self.data) != len(self.targets):
            raise RuntimeError(f"{self.root} holds {len(self.data)} images and {len(self.targets)} labels; copy the files again.")
        self.targets = self.targets.long()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = PIL.Image.fromarray(self.data[index].numpy()), int(self.targets[index])
        return self.transform(image) if self.transform else image, self.target_transform(target) if self.target_transform else target

    def _found(self, name: str) -> Path | None:
        return next((path for folder in self.folders for path in (self.root / folder / name, self.root / folder / f"{name}.gz") if path.is_file()), None)

    def _read(self, name: str, published: int) -> np.ndarray:
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

    def _download(self) -> None:
        try:
            from torchvision import datasets
        except Exception as error:  # also when its compiled operations do not load
            raise RuntimeError(f"download=True needs torchvision ({error}); install it, or put the files into {self.root}.") from error
        getattr(datasets, type(self).__name__)(self.root, train=self.train, download=True)


class FashionMNIST(MNIST):
    """Ten kinds of clothing, in MNIST's format.

    Args: as `MNIST`; looked into are `root`, `root/FashionMNIST/raw` and `root/fashion_mnist`.
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
        "counts": torch.bincount(found.targets, minlength=10),
        "sum": int(found.data.sum(dtype=torch.int64)),
        "first_image": found.data[0].long(),
        "first_labels": found.targets[:20],
        "last_sample": torch.from_numpy(np.array(image)).long(),
        "last_label": int(label),
        "mean_image": found.data[:500].double().mean(0),
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
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise RuntimeError(f"{path} is missing, truncated or not gzip ({error}); copy it again.") from error


def _parsed(content: bytes, path: str | Path) -> np.ndarray:
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise RuntimeError(f"{path} is no IDX file of unsigned bytes: it starts with {content[:4].hex()}, expected 000008 and the rank.")
    rank = content[3]
    shape = tuple(np.frombuffer(content[4 : 4 + 4 * rank], ">u4").tolist()) if len(content) >= 4 + 4 * rank else (-1,)
    values = content[4 + 4 * rank :]
    if len(values) != math.prod(shape):
        raise RuntimeError(f"{path} is truncated or damaged: {len(values)} values for the shape {shape}; copy it again.")
    return np.frombuffer(bytearray(values), np.uint8).reshape(shape)
