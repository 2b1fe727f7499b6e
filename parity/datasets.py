"""Real data as NumPy arrays in torch's layout, without a framework: images (N, C, H, W) float32 in [0, 1], labels (N,) int64.

`PARITY_DATA` names a directory with the standard files (`mnist/train-images-idx3-ubyte.gz`, `diabetes/diabetes.csv.gz`, …);
scikit-learn's digits and its two photographs are always there.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from parity.errors import CannotRunError
from parity.small_data import SMALL

Data = tuple[np.ndarray, np.ndarray]


EMBEDDED = ("digits", "photographs")  # come with scikit-learn
IMAGES = ("mnist", "fashion_mnist", "fashion_mnist_900")  # folders of idx files
DATA = (*EMBEDDED, *IMAGES, "diabetes", *SMALL)
MD5 = {  # of the uncompressed files, as published
    ("mnist", "train-images-idx3-ubyte"): "6bbc9ace898e44ae57da46a324031adb",
    ("mnist", "train-labels-idx1-ubyte"): "a25bea736e30d166cdddb491f175f624",
}
PUBLISHED = 60_000  # images in the whole of it; a part has no checksum


class DataError(CannotRunError):
    """A data set is not there or not what it should be; the message says what to do."""


def directory() -> Path | None:
    """The folder that `PARITY_DATA` names, if any."""
    path = os.environ.get("PARITY_DATA")
    return Path(path) if path else None


def missing(name: str) -> str:
    """Why a data set cannot be loaded here, or "" when it can."""
    if name in {"", *EMBEDDED, *SMALL}:
        return ""
    folder = directory()
    if folder is None:
        return f"needs the data set {name!r}: set PARITY_DATA to a directory that holds {name}/"
    return "" if (folder / name).is_dir() else f"needs the data set {name!r}: {folder / name} does not exist"


def load(name: str, size: int = 32, form: str = "images") -> Data:
    """A data set by name, images as squares of `size` pixels.

    "digits", "photographs", "mnist", "fashion_mnist", "fashion_mnist_900": images and class numbers;
    "diabetes": 8 features (N, 8) and 0 or 1 as a float (N, 1), as a binary loss wants it. `size` says nothing there, nor for those of `parity.small_data`.

    `form`: "images" (N, C, H, W); "rows": each row of pixels a step of a sequence (N, H, W), for grey images; "pixels": flat (N, pixels);
    "itself": as "pixels", and the target is the input, for an autoencoder.

    Raises:
        DataError: unknown name, missing directory, broken file or wrong checksum.
    """
    if name == "digits":
        return formed(digits(size), form)
    if name == "photographs":
        return formed(photographs(size), form)
    if name in SMALL:
        return SMALL[name]()
    if name not in DATA:
        raise DataError(f"Unknown data set {name!r}; there are {', '.join(map(repr, DATA[:-1]))} and {DATA[-1]!r}.")
    why = missing(name)
    if why:
        raise DataError(why)
    folder = directory()
    assert folder is not None
    if name == "diabetes":
        return read_diabetes(folder / name / "diabetes.csv.gz")
    return formed(_folder(folder / name, size), form)


@functools.lru_cache(maxsize=1)
def _folder(folder: Path, size: int) -> Data:
    """Images and labels of a folder, kept for the next run: a training case reads them a dozen times; read-only."""
    images, labels = (_checked(folder.name, read_idx(folder / f"{file}.gz"), file) for file in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"))
    if len(images) != len(labels):
        raise DataError(f"{folder} holds {len(images)} images and {len(labels)} labels; copy the files again.")
    data = _padded(images[:, None].astype(np.float32) / np.float32(255), size), labels.astype(np.int64)
    for array in data:
        array.flags.writeable = False
    return data


def formed(data: Data, form: str) -> Data:
    """The images as `load` says."""
    images, labels = data
    flat = images.reshape(len(images), -1)
    forms = {"images": (images, labels), "rows": (images[:, 0], labels), "pixels": (flat, labels), "itself": (flat, flat)}
    if form not in forms:
        raise DataError(f"Unknown form {form!r}; there are {', '.join(map(repr, forms))}.")
    return forms[form]


def _checked(name: str, values: np.ndarray, file: str) -> np.ndarray:
    """Refuses a file of the published length whose content is another."""
    expected = MD5.get((name, file))
    if expected is not None and len(values) == PUBLISHED:
        header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
        actual = hashlib.md5(header + values.tobytes(), usedforsecurity=False).hexdigest()
        if actual != expected:
            raise DataError(f"{file} of {name} has the MD5 {actual}, published is {expected}; copy it again.")
    return values


def read_diabetes(path: Path) -> Data:
    """The notes' table: 8 features between −1 and 1, then 0 or 1, separated by commas.

    Raises:
        DataError: missing, or no such table.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist; put the table of 759 rows and 9 columns there.")
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.float32, ndmin=2)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged or no table of numbers ({error}); copy it again.") from error
    if table.shape[1:] != (9,) or not np.isin(table[:, 8], (0.0, 1.0)).all():
        raise DataError(f"{path} should have 9 columns, the last 0 or 1, but is {table.shape}; copy it again.")
    return np.ascontiguousarray(table[:, :8]), np.ascontiguousarray(table[:, 8:])


@functools.cache
def photographs(size: int = 224) -> Data:
    """scikit-learn's two photographs (a temple, a flower; 427x640 pixels), the square of `size` pixels in the middle; read-only."""
    from sklearn.datasets import load_sample_images

    whole = np.stack(load_sample_images().images)
    _, height, width, _ = whole.shape
    if not 0 < size <= height:
        raise DataError(f"photographs: size {size} is not between 1 and the photographs' {height} rows.")
    top, left = (height - size) // 2, (width - size) // 2
    square = whole[:, top : top + size, left : left + size].transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    data = np.ascontiguousarray(square), np.arange(2)
    for array in data:
        array.flags.writeable = False
    return data


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
