"""Sequences: the shorter second, the shorter first."""

from parity.case import DemoCase, values

_FRONT = {
    "output:default": "keras.utils.pad_sequences puts zeros in front, pad_sequence behind: say padding='post'.",
    "output:cut_default": "It cuts in front, too: say truncating='post'.",
}

CASES = [
    DemoCase("transforms.sequence_padding:padded", "shorter-second", inputs={"x": values([1, 2, 3]), "y": values([4])}, known=_FRONT),
    DemoCase("transforms.sequence_padding:padded", "shorter-first", inputs={"x": values([5, 6]), "y": values([7, 8, 9, 1])}, known=_FRONT),
]
