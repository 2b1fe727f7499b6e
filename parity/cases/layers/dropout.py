"""Dropout where nothing is left to chance: evaluation, and training that drops nothing or everything."""

from parity.case import Case, array

CASES = [
    Case("layers.dropout:Dropout", "eval", inputs={"input": array(3, 5)}),
    Case("layers.dropout:Dropout", "train-none", config={"p": 0.0}, inputs={"input": array(3, 5)}, training=True),
    Case("layers.dropout:Dropout", "train-all", config={"p": 1.0, "inplace": False}, inputs={"input": array(3, 5)}, training=True),
]
