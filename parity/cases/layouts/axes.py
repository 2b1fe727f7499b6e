"""Axes: unequal sides, one channel, square images, where a wrong order could pass unseen."""

from parity.case import Case, DemoCase, array

_WORDS = {"fact:other_order_error": "Each framework has its own exception and words; both refuse."}

CASES = [
    Case("layouts.axes:moved", "unequal", inputs={"x": array(2, 4, 5, 3)}),
    Case("layouts.axes:moved", "square", inputs={"x": array(1, 3, 3, 3)}),
    Case("layouts.axes:moved", "one-channel", inputs={"x": array(2, 4, 3, 1)}),
    DemoCase("layouts.axes:scrambled", "unequal", inputs={"x": array(2, 4, 5, 3)}),
    DemoCase("layouts.axes:scrambled", "one-channel", inputs={"x": array(2, 4, 5, 1)}),  # nothing to scramble
    Case("layouts.axes:grey", "unequal", inputs={"image": array(5, 7)}),
    DemoCase("layouts.axes:expected", "unequal", inputs={"x": array(2, 4, 5, 3)}, known=_WORDS),
]
