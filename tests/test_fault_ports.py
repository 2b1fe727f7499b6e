"""The ports that `parity.check` is judged on: the right ones are right in float64, and every fault changes what it says it changes."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections import Counter
from functools import cache

import keras
import numpy as np
import pytest

from benchmarks.faults import PHASES, combined, faults, ports, right_ports
from benchmarks.faults.measuring import Keras, Torch, allowed, apart, doubles, leaves, phases

PORTS = {port.name: port for port in ports()}
SPECIAL = {"input", "output", "loss", "optimizer"}
FURTHER = 3.0  # a fault is this much further from torch than a right port may be


@pytest.fixture(autouse=True)
def in_float64():
    with doubles():
        yield


@cache
def torch_side(port) -> Torch:
    return Torch(PORTS[port])


def most(found) -> float:
    return max(found.values(), default=0.0)


@pytest.mark.parametrize("name", PORTS)
def test_the_port_is_right(name):
    port = PORTS[name]
    actual = Keras(port, torch_side(name))
    found = {phase: most(apart(torch_side(name), actual, phase)) for phase in phases(port)}
    assert {phase: size for phase, size in found.items() if size > allowed(port, phase)} == {}


def at_random(port) -> np.ndarray:
    """One training call, with the random numbers of one seed."""
    keras.utils.set_random_seed(1)
    actual = Keras(port, torch_side(port.name))
    return np.concatenate([np.ravel(tensor) for tensor in leaves(actual.call(training=True))])


@pytest.mark.parametrize("name", PORTS)
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


@pytest.mark.parametrize("name", PORTS)
def test_places_exist(name):
    paths = {path for path, _ in torch_side(name).model.named_modules()} | {path for path, _ in torch_side(name).model.named_parameters()} | SPECIAL
    assert {fault.name: fault.places for fault in PORTS[name].faults if not set(fault.places) <= paths} == {}
    assert {fault.seen for fault in PORTS[name].faults} <= set(PHASES)
    assert [fault for fault, times in Counter(fault.name for fault in PORTS[name].faults).items() if times > 1] == []


def test_there_are_enough():
    assert len(ports()) >= 20
    assert len(faults()) >= 400
    assert len(combined(2)) >= 60
    assert len(combined(3)) >= 60
    assert len(right_ports()) >= 60


RIGHT = {port.name: port for port in right_ports()}


@pytest.mark.parametrize("name", RIGHT)
def test_another_way_of_writing_it_is_right(name):
    port = RIGHT[name]
    reference = Torch(port)
    actual = Keras(port, reference)
    found = {phase: most(apart(reference, actual, phase)) for phase in ("eval", "grad")}
    assert {phase: size for phase, size in found.items() if size > port.tolerance} == {}
