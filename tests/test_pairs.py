"""Right ports that nobody here wrote: none may be called different, none refused."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest
import torch

import parity
from benchmarks.faults.pairs import pairs


@pytest.mark.parametrize("name", pairs())
def test_a_right_port_agrees(name):
    torch.manual_seed(0)
    keras.utils.set_random_seed(1)
    report = parity.check(**pairs()[name]())
    keras.backend.clear_session()
    assert report.ok, str(report)


def test_there_are_enough():
    assert len(pairs()) >= 60
