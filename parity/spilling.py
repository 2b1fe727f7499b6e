"""Large arrays in temporary files, mapped into memory: they stay ordinary arrays, and their pages are handed back as soon as nobody reads them.

    kept = spilled(array)   # the same numbers, in a file where they are many
    release()               # what was read of them since no longer counts as memory of this process

A file has no name and is gone with the last array in it. Where nothing can be written the array itself is given back.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
import weakref
from typing import Any

import numpy as np

LEAST = 1 << 18  # bytes; smaller arrays stay in memory
CHUNK = 1 << 26  # bytes of a file; a larger array has one of its own

_CAN = hasattr(os, "pwrite") and hasattr(mmap, "MADV_DONTNEED")


class _Pool:
    """Files filled one after the other, and the maps of all that somebody still reads."""

    def __init__(self) -> None:
        self.maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self.lock = threading.Lock()
        self.current: Any = None  # (file, map) that is being filled
        self.used = 0

    def write(self, flat: np.ndarray) -> np.ndarray:
        with self.lock:
            start = -(-self.used // mmap.PAGESIZE) * mmap.PAGESIZE
            if self.current is None or start + flat.nbytes > len(self.current[1]):
                self.current, start = None, 0
                file = tempfile.TemporaryFile(prefix="parity-", buffering=0)  # noqa: SIM115
                file.truncate(max(CHUNK, flat.nbytes))
                self.current = file, mmap.mmap(file.fileno(), max(CHUNK, flat.nbytes))
                self.maps.add(self.current[1])
            file, view = self.current
            left, place = flat.data.cast("B"), start
            while left:
                count = os.pwrite(file.fileno(), left, place)
                left, place = left[count:], place + count
            self.used = start + flat.nbytes
            made = np.frombuffer(view, flat.dtype, flat.size, start)
            if self.used >= len(view):
                self.current = None
            return made


_POOL = _Pool()


def spilled(array: np.ndarray) -> np.ndarray:
    """The same numbers in the same layout, in a file where they are many; a small array is given back as it is."""
    if array.nbytes < LEAST or not _CAN or array.dtype.kind not in "fciub":
        return array
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))  # as it lies in memory
    lying = np.ascontiguousarray(array.transpose(order))
    try:
        return _POOL.write(lying.reshape(-1)).reshape(lying.shape).transpose(np.argsort(order))
    except OSError:  # no room: memory is left
        return array


def release() -> None:
    """Gives back the memory of what was read; it is read again from the file when it is needed."""
    for view in list(_POOL.maps):
        view.madvise(mmap.MADV_DONTNEED)
