"""Rotary embeddings in the four ways that torch code is written, against Keras layers that rotate otherwise."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
from keras import ops
from torch import nn

import parity

WIDTH, HEADS, STEPS = 16, 2, 7
HEAD = WIDTH // HEADS
FREQUENCIES = 1000.0 ** (-np.arange(0, HEAD, 2) / HEAD)
ROWS = np.random.default_rng(3).normal(size=(3, STEPS, WIDTH)).astype("float32")


def angles(x):
    return torch.outer(torch.arange(x.shape[2], dtype=x.dtype), torch.as_tensor(FREQUENCIES, dtype=x.dtype))


def complex_neighbours(x):
    turns = torch.polar(torch.ones_like(angles(x)), angles(x))
    return torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2))) * turns).flatten(-2)


def sum_of_halves(x):
    both = torch.cat([angles(x), angles(x)], -1)
    a, b = x.chunk(2, -1)
    return x * both.cos() + torch.cat([-b, a], -1) * both.sin()


def joined_halves(x):
    (a, b), (cos, sin) = x.chunk(2, -1), (angles(x).cos(), angles(x).sin())
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def stacked_neighbours(x):
    (a, b), (cos, sin) = (x[..., 0::2], x[..., 1::2]), (angles(x).cos(), angles(x).sin())
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


class TorchAttention(nn.Module):
    def __init__(self, turn):
        super().__init__()
        self.turn = turn
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x):
        q, k, v = (project(x).unflatten(-1, (HEADS, HEAD)).transpose(1, 2) for project in (self.query, self.key, self.value))
        weights = (self.turn(q) @ self.turn(k).transpose(-1, -2) / HEAD**0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


class KerasAttention(keras.Model):
    def __init__(self, halves, frequencies=FREQUENCIES, first=0, turns=("query", "key")):
        super().__init__()
        self.halves, self.turns = halves, turns
        self.query, self.key, self.value, self.merge = (keras.layers.Dense(WIDTH, name=n) for n in ("query", "key", "value", "merge"))
        self.turned = np.outer(np.arange(first, first + STEPS), frequencies)

    def turn(self, x):
        cos, sin = (ops.cast(f(self.turned), x.dtype) for f in (np.cos, np.sin))
        a, b = ops.split(x, 2, axis=-1) if self.halves else (x[..., 0::2], x[..., 1::2])
        parts = [a * cos - b * sin, a * sin + b * cos]
        return ops.concatenate(parts, -1) if self.halves else ops.reshape(ops.stack(parts, -1), ops.shape(x))

    def heads(self, name, x):
        made = ops.transpose(ops.reshape(getattr(self, name)(x), (-1, STEPS, HEADS, HEAD)), (0, 2, 1, 3))
        return self.turn(made) if name in self.turns else made

    def call(self, x):
        q, k, v = (self.heads(name, x) for name in ("query", "key", "value"))
        weights = ops.softmax(ops.matmul(q, ops.swapaxes(k, -1, -2)) / HEAD**0.5)
        return self.merge(ops.reshape(ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3)), (-1, STEPS, WIDTH)))


FORMS = {complex_neighbours: False, sum_of_halves: True, joined_halves: True, stacked_neighbours: False}
WRONG = {
    "rotary-layout": lambda halves: KerasAttention(not halves),
    "base": lambda halves: KerasAttention(halves, 100.0 ** (-np.arange(0, HEAD, 2) / HEAD)),
    "exponent": lambda halves: KerasAttention(halves, 1000.0 ** (-np.arange(0, HEAD, 2) / (2 * HEAD))),
    "sense": lambda halves: KerasAttention(halves, -FREQUENCIES),
}


def judged(form, port):
    torch.manual_seed(1)
    return parity.check(TorchAttention(form), port, ROWS)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("wrong", WRONG)
def test_another_rotation_is_named(form, wrong):
    report = judged(form, WRONG[wrong](FORMS[form]))
    cause = "rotary-layout" if wrong == "rotary-layout" else "rotary-angles"
    assert [(f.cause, f.confirmed) for f in report.findings] == [(cause, True)], str(report)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_same_rotation_agrees(form):
    assert judged(form, KerasAttention(FORMS[form])).ok


def test_places_counted_from_one_in_queries_and_keys_are_no_difference():
    assert judged(joined_halves, KerasAttention(True, first=1)).ok  # scores depend on the distance of places alone
