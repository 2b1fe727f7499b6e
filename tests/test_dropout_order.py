"""Dropout masks are told by what they are applied to: branches and calls of a shared layer may run in another order on the Keras side."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
from torch import nn

import parity

LEFT, RIGHT = (np.random.default_rng(seed).normal(size=(6, 8)).astype("float32") for seed in (0, 1))


class TorchBranches(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.drop_first, self.drop_second = nn.Linear(8, 10), nn.Linear(8, 10), nn.Dropout(0.3), nn.Dropout(0.3)
        self.out = nn.Linear(20, 3)

    def forward(self, left, right):
        return self.out(torch.cat([self.drop_first(self.first(left)), self.drop_second(self.second(right))], 1))


class KerasBranches(keras.Model):
    def __init__(self, *, right_first, rate=0.3):
        super().__init__()
        self.one, self.two, self.out = keras.layers.Dense(10, name="first"), keras.layers.Dense(10, name="second"), keras.layers.Dense(3)
        self.thin_one, self.thin_two, self.right_first = keras.layers.Dropout(0.3), keras.layers.Dropout(rate), right_first

    def call(self, left, right, training=None):
        if self.right_first:
            two = self.thin_two(self.two(right), training=training)
            one = self.thin_one(self.one(left), training=training)
        else:
            one = self.thin_one(self.one(left), training=training)
            two = self.thin_two(self.two(right), training=training)
        return self.out(keras.ops.concatenate([one, two], -1))


def judged(port):
    torch.manual_seed(0)
    return parity.check(TorchBranches(), port, (LEFT, RIGHT), training=True)


@pytest.mark.parametrize("right_first", [False, True])
def test_branches_in_either_order_agree(right_first):
    report = judged(KerasBranches(right_first=right_first))
    assert report.ok, str(report)


def test_another_rate_in_a_branch_that_runs_first_is_found_there():
    report = judged(KerasBranches(right_first=True, rate=0.5))
    assert [(f.layer, f.cause) for f in report.findings if f.severity == "difference"] == [("drop_second", "dropout-rate")], str(report)
