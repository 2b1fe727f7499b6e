"""The diabetes table of the notes, read by tf.data's own CSV reader."""

import os
import tempfile
from pathlib import Path

import tensorflow as tf
from jaxtyping import Int

from tf_impl.datasets.data_loader import DataLoader
from tf_impl.datasets.dataset import Dataset
from tf_impl.datasets.samplers import PermutationSampler
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


class DiabetesDataset(Dataset):
    """8 measurements scaled to [−1, 1], then 0 or 1; 759 rows, comma-separated, gzipped.

    Args:
        filepath: the table, packed or not.

    Shapes:
        `x_data` (n, 8), `y_data` (n, 1): the label keeps its axis, as a binary loss wants it.

    Raises:
        ValueError: no table of numbers in at least two columns.

    Differs from PyTorch:
        `tf.data.experimental.CsvDataset` must be told how many columns there are, and reads rows one after the other; a wrong row is found at its turn.

    Source: Smith et al. 1988, "Pima Indians Diabetes" (UCI); the notes, DiabetesDataset.
    """

    def __init__(self, filepath: str | Path) -> None:
        packed = "GZIP" if str(filepath).endswith(".gz") else ""
        try:
            first = next(iter(tf.data.TextLineDataset(str(filepath), compression_type=packed)), tf.constant("")).numpy()
            columns = first.count(b",") + 1
            rows = tf.data.experimental.CsvDataset(str(filepath), [tf.float32] * columns, compression_type=packed)
            xy = tf.stack([tf.stack(row) for row in rows.batch(1024).map(lambda *row: tf.stack(row, axis=-1)).unbatch()])
        except tf.errors.OpError as error:
            raise ValueError(f"{filepath} is no table of numbers: {error.message}") from error
        if columns < 2:
            raise ValueError(f"{filepath} must have features and a label, got {columns} column")
        self.x_data = xy[:, :-1]
        self.y_data = xy[:, -1:]

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        return self.x_data[item], self.y_data[item]

    def __len__(self) -> int:
        return len(self.x_data)

    def gather(self, indices: Int[Tensor, " b"]) -> tuple[Tensor, Tensor]:
        """A batch, in a graph."""
        return tf.gather(self.x_data, indices), tf.gather(self.y_data, indices)


def table(batch_size: int, seed: int) -> dict[str, Tensor | int | list[int]]:
    """The whole table and an epoch's batches: 759 rows by 32 make 24 batches, the last of 23."""
    data = DiabetesDataset(Path(os.environ["PARITY_DATA"]) / "diabetes" / "diabetes.csv.gz")
    batches = list(DataLoader(data, batch_size, sampler=PermutationSampler(data, seed)))
    return {
        "x": data.x_data,
        "y": data.y_data,
        "rows": len(data),
        "iterations": len(batches),
        "sizes": [len(x) for x, _ in batches[-2:]],
        "first_x": batches[0][0],
        "last_y": batches[-1][1],
    }


def not_a_table(text: str) -> dict[str, bool | str | None]:
    """A file that is no such table."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "table.csv"
        path.write_text(text)
        return attempt("table", lambda: DiabetesDataset(path))
