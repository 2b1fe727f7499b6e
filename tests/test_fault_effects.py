"""Every planted fault changes what it says it changes, and what only training shows does not show in outputs."""

import keras
import numpy as np
import pytest
from test_fault_ports import PORTS, most, torch_side
from test_fault_ports import in_float64 as in_float64

from benchmarks.faults.measuring import Keras, allowed, apart, leaves

pytestmark = pytest.mark.filterwarnings(r"ignore:`build\(\)` was called on layer:UserWarning")  # Keras, of ports written as people write them: without `build`
SOME = frozenset(["cnn_sequential", "lstm_text", "unet", "vit_handwritten", "language_model", "vae", "tagger", "clip"])
"""The effects of these are looked at wherever tests run; those of the others by `make faults`: they only change with a port."""
FURTHER = 3.0  # a fault is this much further from torch than a right port may be


def at_random(port) -> np.ndarray:
    """One training call, with the random numbers of one seed."""
    keras.utils.set_random_seed(1)
    actual = Keras(port, torch_side(port.name))
    return np.concatenate([np.ravel(tensor) for tensor in leaves(actual.call(training=True))])


@pytest.mark.parametrize("name", [name if name in SOME else pytest.param(name, marks=pytest.mark.faults) for name in PORTS])
def test_every_fault_changes_what_it_says_and_nothing_before(name):
    """What only training shows, outputs do not: a check of outputs alone has to miss it."""
    port, reference = PORTS[name], torch_side(name)
    without_effect, too_early = {}, {}
    for fault in port.faults:
        if fault.seen == "dropout":
            size, least = float(np.abs(at_random(fault.planted()) - at_random(port)).max()), 1e-6
        else:
            actual = Keras(fault.planted(), reference)
            size, least = most(apart(reference, actual, fault.seen)), FURTHER * max(allowed(port, fault.seen), 1e-9)
            if fault.seen != "eval" and fault.switches and (early := most(apart(reference, actual, "eval"))) > allowed(port, "eval"):
                too_early[fault.name] = early
        if not size > least:
            without_effect[fault.name] = size
    assert (without_effect, too_early) == ({}, {})
