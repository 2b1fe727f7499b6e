"""BGR and RGB: unequal sides, a kernel trained on the other order, negative steps."""

from parity.case import Case, DemoCase, array

_STEP = {"fact:tensor_*": "PyTorch refuses a negative step; TensorFlow reverses.", "fact:array_*": "PyTorch refuses arrays with negative strides: copy them."}

CASES = [
    Case("layouts.channel_order:swapped", "unequal", inputs={"image": array(4, 5, 3)}),
    Case("layouts.channel_order:swapped_kernel", "unequal", inputs={"image": array(6, 5, 3), "weight": array(4, 3, 3, 2)}),
    DemoCase("layouts.channel_order:by_negative_step", "unequal", inputs={"image": array(4, 5, 3)}, known=_STEP, backends=("tensorflow", "jax")),
]
