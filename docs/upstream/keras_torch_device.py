"""On the torch backend a variable made under `keras.device("cpu:0")` is no leaf: backward leaves no gradient on it, torch's optimizers refuse it."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras

told = {}
for device in ("cpu", "cpu:0"):
    with keras.device(device):
        layer = keras.layers.Dense(3)
        layer.build((None, 4))
    value = layer.kernel.value
    told[device] = f"a {type(value).__name__}, leaf: {value.is_leaf}"
print("; ".join(f"a kernel made under {device!r} is {what}" for device, what in told.items()))
sys.exit(0 if told["cpu"] != told["cpu:0"] else 1)
