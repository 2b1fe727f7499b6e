"""Devices: the notes' choice, moving a model and a batch, devices that are not there."""

from parity.case import DemoCase, array

_MOVING = {
    "fact:model_to_returns_itself": "A Keras model has no `.to`: it is built where it shall live.",
    "fact:device_that_is_not_there_*": "PyTorch raises; TensorFlow's soft placement takes another device.",
    "fact:no_such_device_error": "Each framework has its own exception and words; both refuse.",
}

CASES = [
    DemoCase("tensors.device:chosen", "unequal", inputs={"x": array(2, 3)}, backends=("tensorflow",)),
    DemoCase("tensors.device:moving", "unequal", inputs={"x": array(2, 3)}, known=_MOVING, backends=("tensorflow",)),
]
