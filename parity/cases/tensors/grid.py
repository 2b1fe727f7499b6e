"""Grids: unequal, square, one point; the default order."""

from parity.case import Case, DemoCase, array

_DEFAULT = {"fact:shape": "Without a word torch.meshgrid means indexing='ij', Keras and TensorFlow 'xy': say which."}

CASES = [
    Case("tensors.grid:grid", "unequal", inputs={"x": array(3), "y": array(5)}),
    Case("tensors.grid:grid", "square", inputs={"x": array(4), "y": array(4)}),
    Case("tensors.grid:grid", "point", inputs={"x": array(1), "y": array(1)}),
    DemoCase("tensors.grid:default_indexing", "unequal", inputs={"x": array(3), "y": array(5)}, known=_DEFAULT),
]
