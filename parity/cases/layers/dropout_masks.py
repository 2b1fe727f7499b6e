"""Dropout drawn freely, over 57,600 values or 1920 channels, and everything dropped; chance exceeds five standard deviations once in 1.7 million draws."""

from parity.case import DemoCase, image

CASES = [
    DemoCase("layers.dropout_masks:observe_dropout", "quarter", inputs={"x": image(64, 30, 6, 5)}, config={"p": 0.25}),
    DemoCase("layers.dropout_masks:observe_dropout", "half", inputs={"x": image(64, 30, 6, 5)}, config={"p": 0.5}),
    DemoCase("layers.dropout_masks:observe_dropout", "everything", inputs={"x": image(4, 3, 6, 5)}, config={"p": 1.0}),
]
