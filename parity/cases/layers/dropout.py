"""Dropout where nothing is left to chance: evaluation, and training that drops nothing; what is drawn is observed in `dropout_masks`."""

from parity.case import Case, array, image

CASES = [
    Case("layers.dropout:Dropout", "eval", inputs={"input": array(3, 5)}),
    Case("layers.dropout:Dropout", "train-none", config={"p": 0.0}, inputs={"input": array(3, 5)}, training=True),
    Case("layers.dropout:Dropout1d", "eval", inputs={"input": image(2, 3, 4)}),
    Case("layers.dropout:Dropout2d", "eval", inputs={"input": image(2, 3, 4, 5)}),
    Case("layers.dropout:Dropout2d", "train-none", config={"p": 0.0}, inputs={"input": image(2, 3, 4, 5)}, training=True),
    Case("layers.dropout:Dropout3d", "eval", inputs={"input": image(2, 3, 4, 5, 2)}),
    Case("layers.dropout:Dropout3d", "train-none", config={"p": 0.0}, inputs={"input": image(2, 3, 4, 5, 2)}, training=True),
]
