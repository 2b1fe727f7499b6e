"""TensorBoard's event files: scalars by tag and step, written by `tf.summary` and read back.

Shapes: values are numbers.

Differs from PyTorch:
    `tf.summary.scalar` needs the package tensorboard since TensorFlow 2.20, as PyTorch's SummaryWriter does; `tf.summary.write` does not.
    TensorFlow writes a tensor, PyTorch a plain number: TensorBoard shows both, in one chart where tags are
    equal and folders differ (`logs/torch`, `logs/keras`). A reader of its own must know both; this one and PyTorch's side read each other's files.

Source: the notes, "tensorboardX"; TensorFlow's documentation, "tf.summary".
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf
from tensorflow.core.framework import summary_pb2
from tensorflow.core.util import event_pb2

from tf_impl.tensors._refusal import attempt

_SCALARS = summary_pb2.SummaryMetadata(plugin_data={"plugin_name": "scalars"}, data_class=summary_pb2.DATA_CLASS_SCALAR)  # what tf.summary.scalar says


def write_scalars(folder: str, curves: Mapping[str, Sequence[float]]) -> None:
    """One event file with every curve, step by step from 0."""
    writer = tf.summary.create_file_writer(folder)
    with writer.as_default():
        for tag, values in curves.items():
            for step, value in enumerate(values):
                tf.summary.write(tag, tf.constant(value, tf.float32), step=step, metadata=_SCALARS)
    writer.close()


def read_scalars(folder: str) -> dict[str, list[tuple[int, float]]]:
    """{tag: [(step, value), …]} of all event files of a folder, whoever wrote them.

    Raises:
        ValueError: a record is cut off or its checksum is wrong.
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(Path(folder).glob("*tfevents*")):
        try:
            records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
        except tf.errors.DataLossError as error:
            raise ValueError(f"{path} is cut off or damaged: {error.message}") from error
        for record in records:
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                kind = value.WhichOneof("value")
                if kind == "simple_value":
                    found.setdefault(value.tag, []).append((event.step, value.simple_value))
                elif kind == "tensor" and value.tensor.dtype == tf.float32.as_datatype_enum:
                    found.setdefault(value.tag, []).append((event.step, float(tf.make_ndarray(value.tensor))))
    return found


def observe_events(curves: dict[str, list[float]]) -> dict[str, object]:
    """Curves written and read back; a file cut off, and one with a byte changed."""
    with tempfile.TemporaryDirectory() as folder:
        write_scalars(folder, curves)
        told: dict[str, object] = {"read_back": read_scalars(folder)}
        (path,) = Path(folder).iterdir()
        content = path.read_bytes()
        for name, damaged in (("cut_off", content[:-3]), ("changed", content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])):
            path.write_bytes(damaged)
            told[f"{name}_raised"] = attempt("x", lambda: read_scalars(folder))["x_raised"]
    return told
