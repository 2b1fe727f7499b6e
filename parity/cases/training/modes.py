"""Modes and tracking, by what they do to the outputs and to the running statistics."""

from parity.case import DemoCase, array

_STATE = "PyTorch's models start in training mode; a Keras call without `training` is an evaluation."
CASES = [
    DemoCase(
        "training.modes:observe_modes", "mean-2", inputs={"x": array(9, 3, mean=2.0)}, known={"fact:starts_in_training": _STATE}, backends=("tensorflow",)
    ),
]
