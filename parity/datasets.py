"""Real data as NumPy arrays in torch's layout, without a framework: images (N, C, H, W) float32 in [0, 1], labels (N,) int64.

`PARITY_DATA` names a directory with the standard files (`mnist/train-images-idx3-ubyte.gz`, …); scikit-learn's digits are always there.
"""

from __future__ import annotations

import functools
import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from parity.errors import CannotRunError

Data = tuple[np.ndarray, np.ndarray]


class DataError(CannotRunError):
    """A data set is not there or not what it should be; the message says what to do."""


def directory() -> Path | None:
    """The folder that `PARITY_DATA` names, if any."""
    path = os.environ.get("PARITY_DATA")
    return Path(path) if path else None


def missing(name: str) -> str:
    """Why a data set cannot be loaded here, or "" when it can."""
    if name in {"", "digits"}:
        return ""
    folder = directory()
    if folder is None:
        return f"needs the data set {name!r}: set PARITY_DATA to a directory that holds {name}/"
    return "" if (folder / name).is_dir() else f"needs the data set {name!r}: {folder / name} does not exist"


def load(name: str, size: int = 32) -> Data:
    """A data set by name, "digits" or "mnist", as square images of `size` pixels.

    Raises:
        DataError: unknown name, missing directory or broken file.
    """
    if name == "digits":
        return digits(size)
    if name == "mnist":
        why = missing(name)
        if why:
            raise DataError(why)
        folder = directory()
        assert folder is not None
        images = read_idx(folder / name / "train-images-idx3-ubyte.gz")
        labels = read_idx(folder / name / "train-labels-idx1-ubyte.gz")
        return _padded(images[:, None].astype(np.float32) / np.float32(255), size), labels.astype(np.int64)
    raise DataError(f"Unknown data set {name!r}; there are 'digits' and 'mnist'.")


@functools.cache
def digits(size: int = 32) -> Data:
    """scikit-learn's 1,797 handwritten digits of 8x8 pixels, each pixel repeated to fill `size` (a multiple of 8); read-only."""
    from sklearn.datasets import load_digits

    if size % 8:
        raise DataError(f"digits: size {size} is not a multiple of 8, the images' own size.")
    images, labels = load_digits(return_X_y=True)
    square = images.reshape(-1, 1, 8, 8).astype(np.float32) / np.float32(16)
    data = square.repeat(size // 8, axis=2).repeat(size // 8, axis=3), labels.astype(np.int64)
    for array in data:
        array.flags.writeable = False  # kept for the next run
    return data


def read_idx(path: Path) -> np.ndarray:
    """One idx file, gzipped or not: magic 0x0000, type, rank, sizes as big-endian int32, then the values.

    Raises:
        DataError: missing, truncated, or no idx file of unsigned bytes.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist; put the standard idx file there.")
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is truncated, damaged or not gzip ({error}); copy it again.") from error
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise DataError(f"{path} is no idx file of unsigned bytes: it starts with {content[:4].hex()}, expected 000008 and the rank.")
    rank = content[3]
    sizes, values = content[4 : 4 + 4 * rank], content[4 + 4 * rank :]
    shape = struct.unpack(f">{len(sizes) // 4}I", sizes[: len(sizes) // 4 * 4])
    if len(shape) < rank or len(values) != math.prod(shape):
        raise DataError(f"{path} is truncated or damaged: {len(values)} values for {len(shape)} of {rank} sizes {shape}; copy it again.")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _padded(images: np.ndarray, size: int) -> np.ndarray:
    """Zeros around, so that images of n pixels fill `size`."""
    before = (size - images.shape[-1]) // 2
    after = size - images.shape[-1] - before
    if before < 0:
        raise DataError(f"size {size} is smaller than the images' {images.shape[-1]} pixels.")
    return np.pad(images, [(0, 0)] * (images.ndim - 2) + [(before, after)] * 2)
