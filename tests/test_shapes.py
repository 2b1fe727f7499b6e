"""Every twin takes and gives the shapes that its annotations say, in every one of its cases."""

import re
from dataclasses import replace

import pytest

from parity.case import Case, DemoCase
from parity.discovery import all_cases
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
]


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
    for case in (case for case in CALLED if case.concept == concept):
        try:
            record_case(replace(case, gradients=False, steps=0) if isinstance(case, Case) else case, "keras", "float32")
        except Exception as error:
            wrong[case.id] = told(error)
    assert not wrong, "\n".join(f"{case}: {why}" for case, why in wrong.items())


def told(error: Exception) -> str:
    """jaxtyping prints whole arrays; what matters is which value, its annotation and the axes so far."""
    pattern = r"Type-check error whilst checking (.*)|(Expected type: .*)|^\s*(\w+=\(?[\d, ()None]+)$"
    lines = re.findall(pattern, str(error).replace("\x1b[0m", ""), re.MULTILINE)
    return ", ".join("".join(line) for line in lines) or f"{type(error).__name__}: {error}"
