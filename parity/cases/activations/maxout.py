"""Maxout: several pieces, other axes, ties (which share the gradient), one piece (the identity)."""

from parity.case import Case, array

CASES = [
    Case("activations.maxout:Maxout", "three", config={"num_pieces": 3}, inputs={"input": array(5, 12, edges=(1.0, 1.0, 1.0, 2.0, 0.0, 2.0))}),
    Case("activations.maxout:Maxout", "channels", config={"num_pieces": 2, "dim": 1}, inputs={"input": array(3, 6, 5, 4)}),
    Case("activations.maxout:Maxout", "batch", config={"num_pieces": 4, "dim": -2}, inputs={"input": array(8, 3)}),
    Case("activations.maxout:Maxout", "one", config={"num_pieces": 1}, inputs={"input": array(4, 5)}),
]
