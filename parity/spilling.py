"""Large arrays in temporary files, mapped into memory: they stay ordinary arrays, and their pages are handed back as soon as nobody reads them.

    kept = spilled(array)   # the same numbers, in a file where they are many
    release()               # what was read of them since no longer counts as memory of this process
    trim()                  # nor does what was freed and malloc kept for later, between the large steps of a run
    with aside(): ...       # `trim` does not look at what lives already

A file has no name and is gone with the last array in it. Where nothing can be written the array itself is given back.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import mmap
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator

import numpy as np

LEAST = 1 << 18  # bytes; smaller arrays stay in memory
CHUNK = 1 << 26  # bytes of a file; a larger array has one of its own

_MALLOC_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None  # glibc
_CAN = hasattr(os, "pwrite") and hasattr(mmap, "MADV_DONTNEED")


class _Pool:
    """Files filled one after the other, and the maps of all that somebody still reads."""

    def __init__(self) -> None:
        self.maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self.lock = threading.Lock()
        self.current: tuple[int, mmap.mmap] | None = None  # the file that is being filled, and its map
        self.used = 0
        self.written = 0  # bytes since memory was last given back

    def write(self, flat: np.ndarray) -> np.ndarray:
        with self.lock:
            start = -(-self.used // mmap.PAGESIZE) * mmap.PAGESIZE
            if self.current is None or start + flat.nbytes > len(self.current[1]):
                self.begin(max(CHUNK, flat.nbytes))
                start = 0
            assert self.current is not None
            file, view = self.current
            left, place = flat.data.cast("B"), start
            while left:
                count = os.pwrite(file, left, place)
                left, place = left[count:], place + count
            self.used = start + flat.nbytes
            self.written += flat.nbytes
            if self.used >= len(view):
                self.end()
            return np.frombuffer(view, flat.dtype, flat.size, start)

    def begin(self, size: int) -> None:
        """A new file; the map keeps what is written into it after the file is closed."""
        self.end()
        with tempfile.TemporaryFile(prefix="parity-", buffering=0) as file:
            getattr(os, "posix_fallocate", lambda *_: file.truncate(size))(file.fileno(), 0, size)  # half the time of writing into what is not there yet
            view = mmap.mmap(file.fileno(), size)
            self.current = os.dup(file.fileno()), view
        self.maps.add(view)

    def end(self) -> None:
        if self.current is not None:
            os.close(self.current[0])
        self.current, self.used = None, 0


_POOL = _Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _POOL.end())  # two processes must not fill one file


def spilled(array: np.ndarray) -> np.ndarray:
    """The same numbers in the same layout, in a file where they are many; a small array is given back as it is."""
    if array.nbytes < LEAST or not array.ndim or not _CAN or array.dtype.kind not in "fciub":
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


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Collecting garbage passes over everything that lives when this begins: the half million objects of the frameworks take half a second."""
    if gc.get_freeze_count():  # by the user, or by a check around this one
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def trim() -> None:
    """After a step that used much memory: what it freed goes back to the system, where malloc can."""
    if _POOL.written >= CHUNK:  # else there is little to win, and looking at a million objects takes half a second
        _POOL.written = 0
        gc.collect()  # tapes and models hold themselves
        release()
        if _MALLOC_TRIM is not None:
            _MALLOC_TRIM(0)
