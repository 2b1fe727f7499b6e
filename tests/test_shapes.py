"""Every twin takes and gives the shapes that its annotations say, in every one of its cases; of networks, in one of those with the same axes."""

import re
from dataclasses import replace

import numpy as np
import pytest
from twins.samples import call, inputs, made

from parity.case import Case, DemoCase, Draw, Input
from parity.discovery import all_cases
from parity.frameworks.base import find
from parity.recording import record_case

pytestmark = [
    pytest.mark.xdist_group("in process"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
CALLED = [
    case
    for case in all_cases()
    if isinstance(case, (Case, DemoCase)) and case.inputs and "tensorflow" in case.backends and not case.needs  # without inputs, no shapes
    if case.time_limit <= 120  # beyond: those with processes of their own, run by `test_distributed.py`
]


def axes(case: Case | DemoCase) -> object:
    """What decides which axes come in and go out: the ranks of the inputs, the mode, and the switches and words of the constructor, but not its numbers."""

    def ranks(value: Input) -> object:
        if not isinstance(value, Draw):
            return None if value is None else tuple(map(ranks, value))
        return np.ndim(value.values) if value.kind == "values" else len(value.shape)

    switches = sorted((word, repr(value)) for word, value in case.config.items() if value is None or isinstance(value, (bool, str)))
    return case.target, tuple((name, ranks(value)) for name, value in case.inputs.items()), getattr(case, "training", None), tuple(switches)


def checked_cases(concept: str) -> list[Case | DemoCase]:
    """All of a layer or function; a network is made of them, and takes seconds."""
    return list({axes(case) if is_network(case) else case.id: case for case in CALLED if case.concept == concept}.values())


def is_network(case: Case | DemoCase) -> bool:
    from tf_impl.models._model import Model

    twin = find("tf_impl", case.target)
    return isinstance(twin, type) and issubclass(twin, Model)


def run(case: Case | DemoCase) -> None:
    """As a recording calls it, twice where the first call makes the weights; a network once, from its start."""
    if isinstance(case, DemoCase) or not is_network(case) or case.arguments:
        record_case(replace(case, gradients=False, steps=0) if isinstance(case, Case) else case, "keras", "float32")
    else:
        call(made(case), inputs(case), case.training)


def test_the_check_sees_a_wrong_shape(checked_shapes):
    from jaxtyping import Float
    from shapes import checked

    from tf_impl.typing import Tensor

    def flat(x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n c"]:
        return x

    assert checked_shapes > 100
    case = next(case for case in CALLED if case.target == "layers.conv:Conv2d")
    with pytest.raises(Exception, match="n h w c"):
        checked(flat)(next(iter(case.inputs.values())).draw("x"))


@pytest.mark.parametrize("concept", sorted({case.concept for case in CALLED}))
def test_shapes(checked_shapes, concept):
    wrong = {}
    for case in checked_cases(concept):
        try:
            run(case)
        except Exception as error:
            wrong[case.id] = told(error)
    assert not wrong, "\n".join(f"{case}: {why}" for case, why in wrong.items())


def told(error: Exception) -> str:
    """jaxtyping prints whole arrays; what matters is which value, its annotation and the axes so far."""
    pattern = r"Type-check error whilst checking (.*)|(Expected type: .*)|^\s*(\w+=\(?[\d, ()None]+)$"
    lines = re.findall(pattern, str(error).replace("\x1b[0m", ""), re.MULTILINE)
    return ", ".join("".join(line) for line in lines) or f"{type(error).__name__}: {error}"
