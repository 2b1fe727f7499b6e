"""TensorBoard's event files: scalars by tag and step, written and read back.

Shapes: values are numbers; a file is a row of records: length, its checksum, the event (a protocol buffer), its checksum.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     write_scalars(folder, {"loss": [2.5, 1.25]})
...     read_scalars(folder)
{'loss': [(0, 2.5), (1, 1.25)]}

`torch.utils.tensorboard.SummaryWriter` writes the same files and needs the package tensorboard, which TensorFlow no longer brings along.
For scalars these lines do. The notes' `tensorboardX` is where that writer comes from.

Source: the notes, "tensorboardX"; TensorFlow's `event.proto`, `summary.proto` and `record_writer`.
"""

import os
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ 0x82F63B78 if _byte & 1 else _byte >> 1
    _TABLE.append(_byte)


def write_scalars(folder: str, curves: Mapping[str, Sequence[float]]) -> None:
    """One event file with every curve, step by step from 0."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    now = time.time()
    with (Path(folder) / f"events.out.tfevents.{int(now)}.torch.{os.getpid()}").open("wb") as file:
        file.write(_record(_double(1, now) + _bytes(3, b"brain.Event:2")))
        for tag, values in curves.items():
            for step, value in enumerate(values):
                summary = _bytes(1, _bytes(1, tag.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", value))
                file.write(_record(_double(1, now) + _varint(2 << 3) + _varint(step) + _bytes(5, summary)))


def read_scalars(folder: str) -> dict[str, list[tuple[int, float]]]:
    """{tag: [(step, value), …]} of all event files of a folder, whoever wrote them.

    Raises:
        ValueError: a record is cut off or its checksum is wrong.
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(Path(folder).glob("*tfevents*")):
        for event in _records(path):
            fields = dict(_fields(event))
            step = fields.get(2, 0)
            for number, summary in _fields(fields.get(5, b"")):
                value = dict(_fields(summary)) if number == 1 else {}
                if 2 in value:
                    found.setdefault(value[1].decode(), []).append((step, struct.unpack("<f", value[2])[0]))
                elif 8 in value:  # a tensor: what TensorFlow 2 writes
                    tensor = dict(_fields(value[8]))
                    if tensor.get(1) == 1:
                        found.setdefault(value[1].decode(), []).append((step, struct.unpack("<f", (tensor.get(4) or tensor[5])[:4])[0]))
    return found


def observe_events(curves: dict[str, list[float]]) -> dict[str, object]:
    """Curves written and read back; a file cut off, and one with a byte changed."""
    import tempfile

    from torch_ref.tensors._refusal import attempt

    with tempfile.TemporaryDirectory() as folder:
        write_scalars(folder, curves)
        told: dict[str, object] = {"read_back": read_scalars(folder)}
        (path,) = Path(folder).iterdir()
        content = path.read_bytes()
        for name, damaged in (("cut_off", content[:-3]), ("changed", content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])):
            path.write_bytes(damaged)
            told[f"{name}_raised"] = attempt("x", lambda: read_scalars(folder))["x_raised"]
    return told


def _checksum(data: bytes) -> bytes:
    """CRC-32C, rotated and shifted, because a checksum of data that holds checksums is weak."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _records(path: Path) -> Iterator[bytes]:
    content, at = path.read_bytes(), 0
    while at < len(content):
        length = content[at : at + 8]
        end = at + 12 + (struct.unpack("<Q", length)[0] if len(length) == 8 else 0)
        data = content[at + 12 : end]
        if len(content) < end + 4 or content[at + 8 : at + 12] != _checksum(length) or content[end : end + 4] != _checksum(data):
            raise ValueError(f"{path} is cut off or damaged at byte {at}: a checksum is wrong")
        yield data
        at = end + 4


def _varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _double(field: int, number: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", number)


def _fields(data: bytes) -> Iterator[tuple[int, object]]:
    """The fields of a protocol buffer: numbers, and everything else as bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            number, shift, at = number | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return number

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, data[at : at + size]
        at += size
