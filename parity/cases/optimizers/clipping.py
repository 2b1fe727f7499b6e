"""Clipping: every norm, below and above the bound, zero, infinite and no numbers, repeated rows, the frameworks' own means."""

import math

from parity.case import DemoCase, Draw, array, values

GRADIENTS = (array(5, 3, std=3.0), array(7), array(2, 3, 1, 2, std=0.1))
INFINITE = (values([3.0, 4.0]), values([[1.0, math.inf], [-2.0, 0.0]]))
ALL_NAN = "Where one gradient is infinite, Keras' global_clipnorm makes all of them NaN; PyTorch scales the finite ones to 0."
NO_NUMBER = (values([3.0, 4.0]), values([1.0, math.nan]))


def _norm(name: str, gradients: tuple[Draw, ...] = GRADIENTS, **config) -> DemoCase:
    return DemoCase("optimizers.clipping:clipped_by_norm", name, inputs={"gradients": gradients}, config={"max_norm": 1.0, **config})


def _value(name: str, gradients: tuple[Draw, ...] = GRADIENTS, clip_value: float = 0.5) -> DemoCase:
    return DemoCase("optimizers.clipping:clipped_by_value", name, inputs={"gradients": gradients}, config={"clip_value": clip_value})


def _overflow(name: str, gradients: tuple[Draw, ...], **words) -> DemoCase:
    return DemoCase("optimizers.clipping:overflow", name, inputs={"gradients": gradients}, config={"max_norm": 1.0}, **words)


CASES = [
    _norm("norm-2"),
    _norm("norm-1", norm_type=1),
    _norm("norm-3", norm_type=3.0),
    _norm("norm-half", norm_type=0.5),
    _norm("norm-infinite", norm_type=math.inf),
    _norm("norm-minus-infinite", norm_type=-math.inf),
    _norm("norm-0-counts", norm_type=0, gradients=(values([0.0, 1.0, 2.0]), values([[3.0, 0.0]]))),
    _norm("below-the-bound", max_norm=100.0),
    _norm("at-the-bound", gradients=(values([3.0]), values([4.0])), max_norm=5.0),
    _norm("with-zeros", gradients=(values([0.0, 2.0, 0.0]), array(3))),
    _norm("tiny", gradients=(array(4, std=1e-7), array(3, std=1e-7)), max_norm=1e-8),
    _norm("number", gradients=(values(-3.0),)),
    _value("value"),
    _value("value-large", clip_value=100.0),
    _value("value-infinite", gradients=INFINITE),
    _value("value-no-number", gradients=NO_NUMBER),
    DemoCase("optimizers.clipping:clipped_by_optimizer", "finite", inputs={"gradients": GRADIENTS}, config={"max_norm": 1.0}),
    _overflow("finite", GRADIENTS),
    _overflow("infinite", INFINITE, known={"fact:step.*": ALL_NAN}),
    _overflow("no-number", NO_NUMBER),
    DemoCase(
        "optimizers.clipping:repeated_rows",
        "three-times",
        inputs={"table": array(5, 3), "ids": values([[1, 4, 1], [1, 0, 4]])},
        config={"max_norm": 1.0},
        known={"output:own_norm": "TensorFlow's global norm counts the rows of IndexedSlices one by one, repeated ones are not summed."},
        backends=("tensorflow",),
    ),
]
