"""Four traces of two computations, without any framework: what the tests of comparing start from."""

import numpy as np

from parity.case import seeded
from parity.comparison import compare
from parity.trace import Record, Trace

SIDES = (("torch", "float64"), ("torch", "float32"), ("keras", "float64"), ("keras", "float32"))


def drawn(*shape, scale=1.0, mean=0.0, seed=0):
    return (mean + scale * seeded("comparison", seed, *shape).standard_normal(shape)).astype(np.float32)


def traces(*rows, subject="case", lower="float32", made=({},) * 4):
    """Four traces of rows (key, t64, t32, k64, k32): arrays, facts, records, or None for what is not there."""

    def record(key, value):
        role, _, name = key.partition(":")
        if isinstance(value, Record):
            return value
        return Record(role, name, value) if isinstance(value, (np.ndarray, np.generic)) else Record(role, name, fact=value)

    columns = [tuple(record(key, values[i]) for key, *values in rows if values[i] is not None) for i in range(4)]
    return [
        Trace(subject, framework, dtype if dtype == "float64" else lower, column, made[i])
        for i, ((framework, dtype), column) in enumerate(zip(SIDES, columns, strict=True))
    ]


def four(reference, actual, *inputs):
    """t64, t32, k64, k32 of two computations of the same float32 inputs."""
    wide = [np.asarray(x, np.float64) if np.asarray(x).dtype.kind == "f" else x for x in inputs]
    return reference(*wide), reference(*inputs), actual(*wide), actual(*inputs)


def judged(*arrays, key="output:y", moved=None, lower="float32", **more):
    """The row of one tensor."""
    moved64 = None if moved is None else Trace("case", "torch", "float64", (Record(*key.split(":"), moved),))
    (row,) = compare(*traces((key, *arrays), lower=lower, **more), moved64=moved64).rows
    return row


def noisy(x, seed=1, by=2.0**-24):
    """x in float64 and as float32 computed it, in another order on each side."""
    rng = seeded("noise", seed)
    wide = x.astype(np.float64)

    def rounded(unit, dtype):
        return (wide * (1 + unit * rng.uniform(-1, 1, x.shape))).astype(dtype)

    return rounded(0, np.float64), rounded(by, np.float32), rounded(2.0**-53, np.float64), rounded(by, np.float32)


def logistic_map(steps, r=3.9):
    def run(x):
        for _ in range(steps):
            x = x.dtype.type(r) * x * (1 - x)
        return x

    def reordered(x):
        for _ in range(steps):
            x = x.dtype.type(r) * (x - x * x)
        return x

    return run, reordered


X = drawn(6, 40)
t64, t32, k64, k32 = noisy(X)
