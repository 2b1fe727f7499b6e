"""The twins of `reference.functions`."""

import ctypes
import os
import sys

import keras
from keras import ops


def double(x):
    return 2.0 * x


def by_another_constant(x):
    return 3.003 * x


def refuses(x):
    raise ValueError("the twin refuses: expected an axis of 4, got 3")


def refuses_in_torch(x):
    return 2.0 * x


def hangs(x):
    ctypes.PyDLL(None).sleep(600)  # deaf, as C code that holds the interpreter: only SIGKILL ends it


def aborts(x):
    os.abort()


def aborts_in_torch(x):
    return 2.0 * x


def exits(x):
    sys.exit(7)


def gives_nan(x):
    return ops.sqrt(x) * ops.sqrt(x)


def gives_nan_in_torch(x):
    return ops.abs(x)


def gives_infinity(x):
    return ops.where(x < 0, float("inf"), x)


def gives_text(x):
    return "not a tensor"


def logarithm(x):
    return ops.log(x)


def another_shape(x):
    return ops.reshape(x, (-1, 1))


def another_type(x):
    return ops.cast(x > 0, keras.config.floatx())


def two_outputs(x):
    return x + 1.0


def told(x, contiguous=False):
    return {"sum": ops.sum(x), "contiguous": contiguous, "kinds": ["a", 1, None]}


def chaotic(x):
    for _ in range(40):
        x = 3.9 * x - 3.9 * x * x
    return x
