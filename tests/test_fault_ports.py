"""The ports that `parity.check` is judged on are right in float64, and so are those written in other ways."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections import Counter
from functools import cache

import pytest

from benchmarks.faults import PHASES, combined, faults, ports, right_ports
from benchmarks.faults.measuring import Keras, Torch, allowed, apart, doubles, phases

pytestmark = pytest.mark.filterwarnings(r"ignore:`build\(\)` was called on layer:UserWarning")  # Keras, of ports written as people write them: without `build`
PORTS = {port.name: port for port in ports()}
SPECIAL = {"input", "output", "loss", "optimizer"}


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
