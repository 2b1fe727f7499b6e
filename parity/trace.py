"""What one framework computed in one precision, with where and how it was made; on disk one safetensors file whose header holds the JSON.

A trace is written atomically and carries a checksum of everything in it: a truncated or edited file is refused with one sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

SCHEMA = 1
_NATIVE = frozenset(["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"])


class TraceError(ValueError):
    """A trace cannot be read or does not belong with the others; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Record:
    """One named array (canonical layout and name) or one fact, in execution order.

    `role` is output, activation, input_grad, grad, weight, step, buffer, loss, slot, fact, margin, curve or trajectory. The margin of an output of
    decisions (argmax, top-k) has its name and shape, holds how far apart the two floats were that decided, and as its fact the key of their tensor.
    """

    role: str
    name: str
    array: np.ndarray | None = None
    fact: Any = None
    layer: str = ""
    note: str = ""  # what the reader must know, e.g. that this side has no float64 kernel

    @property
    def key(self) -> str:
        return f"{self.role}:{self.name}"


@dataclass(frozen=True, eq=False)
class Trace:
    """Records of one run. `made` says where and with what: versions, device, threads, flags, seed."""

    subject: str  # the case's id, or the model's name
    framework: str  # "torch" or "keras"
    dtype: str  # "float64", "float32", "float16", "bfloat16"
    records: tuple[Record, ...]
    made: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)  # build, first, run

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, key: str) -> Record:
        for record in self.records:
            if record.key == key:
                return record
        raise KeyError(key)

    def by_key(self) -> dict[str, Record]:
        """Records by "role:name"; two records of one key are an error of the recording."""
        found = {record.key: record for record in self.records}
        if len(found) != len(self.records):
            keys = [r.key for r in self.records]
            raise TraceError(f"{self.subject}: recorded twice under one name: {sorted({k for k in keys if keys.count(k) > 1})}; names must be unique.")
        return found

    def save(self, path: str | Path) -> Path:
        """Writes the trace atomically: the file is whole or not there."""
        from safetensors.numpy import save

        path = Path(path)
        head = {
            "subject": self.subject,
            "framework": self.framework,
            "dtype": self.dtype,
            "made": dict(self.made),
            "seconds": dict(self.seconds),
            "records": [_describe(i, record) for i, record in enumerate(self.records)],
        }
        arrays = {str(i): _storable(r.array) for i, r in enumerate(self.records) if r.array is not None}
        try:
            text = json.dumps(head, sort_keys=True)
        except TypeError as error:
            raise TraceError(f"{self.subject}: facts and `made` must be JSON data ({error}); turn it into numbers, text, lists and dicts.") from error
        blob = save(arrays, metadata={"schema": str(SCHEMA), "parity": text, "checksum": _checksum(text, arrays)})
        write_atomically(path, blob)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Reads a trace.

        Raises:
            TraceError: missing, truncated, edited, or of another schema.
        """
        from safetensors import safe_open

        path = Path(path)
        if not path.is_file():
            raise TraceError(f"No trace at {path}; record one with `parity record`.")
        try:
            with safe_open(path, framework="numpy") as file:
                header = file.metadata() or {}
                if "parity" not in header:
                    raise TraceError(f"{path} is a safetensors file but not a trace: its header has no parity entry; record it with `parity record`.")
                arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
        except TraceError:
            raise
        except Exception as error:  # of many types, by where the file is broken
            raise TraceError(f"{path} is truncated or not a trace ({error}); record it again.") from error
        schema = header.get("schema")
        if schema != str(SCHEMA):
            raise TraceError(f"{path} has trace schema {schema}, this version reads {SCHEMA}; record it again.")
        if header.get("checksum") != _checksum(header["parity"], arrays):
            raise TraceError(f"{path} was changed after it was written: its checksum does not fit; record it again.")
        head = json.loads(header["parity"])
        records = tuple(_restore(entry, arrays) for entry in head["records"])
        return cls(head["subject"], head["framework"], head["dtype"], records, head["made"], head["seconds"])


def write_atomically(path: Path, content: bytes | str) -> None:
    """Writes next to `path` and renames, so that a reader never sees half a file.

    Raises:
        PermissionError, NotADirectoryError, …: the directory cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:80]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _describe(index: int, record: Record) -> dict[str, Any]:
    entry: dict[str, Any] = {"role": record.role, "name": record.name, "layer": record.layer, "note": record.note}
    if record.fact is not None:
        entry["fact"] = record.fact
    if record.array is None:
        return entry
    return entry | {"tensor": str(index), "dtype": record.array.dtype.name, "shape": list(record.array.shape)}


def _storable(array: np.ndarray) -> np.ndarray:
    """C-contiguous (safetensors 0.8.0 silently corrupts anything else), in the machine's byte order, of a type it knows; the true one stands in the JSON."""
    if array.dtype.kind not in "biufcV" or array.dtype.names or array.dtype.hasobject:
        raise TraceError(f"A trace holds numbers, got an array of {array.dtype}; record it as a fact.")
    array = np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C")
    if array.dtype.name in _NATIVE:
        return array
    return array.reshape(-1).view(np.uint16 if array.dtype.itemsize == 2 else np.uint8)


def _restore(entry: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Record:
    array = None
    if "tensor" in entry:
        array = arrays[entry["tensor"]]
        if entry["dtype"] not in _NATIVE:
            array = array.view(getattr(ml_dtypes, entry["dtype"], entry["dtype"])).reshape(entry["shape"])
    return Record(entry["role"], entry["name"], array, entry.get("fact"), entry["layer"], entry["note"])


def _checksum(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(text.encode())
    for key in sorted(arrays):
        digest.update(f"\0{key}\0{arrays[key].dtype.str}{arrays[key].shape}".encode())
        digest.update(arrays[key].reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
