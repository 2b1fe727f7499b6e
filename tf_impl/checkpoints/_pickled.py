"""PyTorch's own files without PyTorch: the zip of since 1.6 and the pickles in a row of before. Only what weights are made of is unpickled."""

import mmap
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import ml_dtypes
import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGES = {"Float": "f4", "Double": "f8", "Half": "f2", "Long": "i8", "Int": "i4", "Short": "i2", "Char": "i1", "Byte": "u1", "Bool": "?"}
_DTYPES = {f"{word}Storage": np.dtype(f"<{kind}" if kind != "?" else kind) for word, kind in _STORAGES.items()}
_DTYPES["BFloat16Storage"] = np.dtype(ml_dtypes.bfloat16)


class UnsafeError(ValueError):
    """The pickle asks for something that is no part of weights."""


def read_pickled(path: Path) -> Any:
    """What `torch.save` wrote, with tensors as arrays.

    Raises:
        UnsafeError: something else than weights is in it; nothing of it was run.
        Exception: whatever a damaged file leads to.
    """
    with path.open("rb") as file:
        return _zipped(file) if zipfile.is_zipfile(file) else _in_a_row(file)


def _zipped(file: BinaryIO) -> Any:
    """The arrays are views of the mapped file."""
    archive = zipfile.ZipFile(file)
    pickled = next(name for name in archive.namelist() if name.endswith("data.pkl"))
    folder = pickled.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("it was written on a big-endian machine")
    mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))  # of one's own, so that arrays may be written to

    def storage(dtype: np.dtype, key: str, numel: int) -> np.ndarray:
        entry = archive.getinfo(f"{folder}data/{key}")
        header = mapped[entry.header_offset : entry.header_offset + 30]  # the local one: its extra field pads the data to 64 bytes
        start = entry.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        return np.frombuffer(mapped, dtype, numel, start)

    return _Weights(archive.open(pickled), storage).load()


def _in_a_row(file: BinaryIO) -> Any:
    """Magic number, version and machine, then the weights, then the names of the storages and their bytes."""
    storages: dict[str, np.ndarray] = {}

    def storage(dtype: np.dtype, key: str, numel: int) -> np.ndarray:
        return storages.setdefault(key, np.zeros(numel, dtype))

    file.seek(0)
    if _Weights(file, storage).load() != _MAGIC:
        raise ValueError("its first number is not PyTorch's")
    _, _, loaded, keys = (_Weights(file, storage).load() for _ in range(4))
    for key in keys:
        numel = int.from_bytes(file.read(8), "little")
        if numel != storages[key].size or file.readinto(storages[key].view(np.uint8)) != storages[key].nbytes:
            raise ValueError("it ends too early")
    return loaded


class _Weights(pickle.Unpickler):
    """Knows arrays, ordered dictionaries, and nothing that could run."""

    def __init__(self, file: BinaryIO, storage: Callable[[np.dtype, str, int], np.ndarray]) -> None:
        super().__init__(file, encoding="utf-8")
        self.storage = storage

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch", "Size"): tuple,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): lambda data, requires_grad, hooks: data,
        }
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if (module, name) not in known:
            raise UnsafeError(f"{module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> np.ndarray:
        _, dtype, key, _, numel, *view = pid
        if view and view[0] is not None:
            raise ValueError("it holds views of storages, which PyTorch has not written since 0.4")
        return self.storage(dtype, key, numel)


def _tensor(storage: np.ndarray, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> np.ndarray:
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride), default=0) < 0 or (0 not in size and last >= storage.size):
        raise ValueError("a tensor reaches beyond its storage")
    return np.lib.stride_tricks.as_strided(storage[offset:], size, [step * storage.itemsize for step in stride])
