"""Plain functions; each twin of them has its own way to go wrong, or is right where nothing can go wrong."""

import os

import torch


def double(x):
    return 2.0 * x


def by_another_constant(x):
    return 3.0 * x


def refuses(x):
    return 2.0 * x


def refuses_in_torch(x):
    raise RuntimeError("the reference refuses")


def hangs(x):
    return 2.0 * x


def aborts(x):
    return 2.0 * x


def aborts_in_torch(x):
    os.abort()


def exits(x):
    return 2.0 * x


def only_here(x):
    return 2.0 * x


def gives_nan(x):
    return torch.abs(x)


def gives_nan_in_torch(x):
    return x / 0.0 - x / 0.0


def gives_infinity(x):
    return torch.abs(x)


def gives_text(x):
    return 2.0 * x


def logarithm(x):
    return torch.log(x)


def another_shape(x):
    return x.reshape(-1)


def another_type(x):
    return x > 0


def two_outputs(x):
    return x + 1.0, x - 1.0


def told(x, contiguous=False):
    return {"sum": x.sum(), "contiguous": True, "kinds": ["a", 1, None]}


def chaotic(x):
    for _ in range(40):
        x = 3.9 * x * (1.0 - x)
    return x
