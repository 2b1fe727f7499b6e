"""A second gradient of one graph: refused, allowed when retained, and where PyTorch has nothing to refuse."""

from parity.case import DemoCase, array, values

_KNOWN = {
    "fact:second_error": "Both raise a RuntimeError, each in its own words.",
    "fact:other_loss_error": "Both raise a RuntimeError, each in its own words.",
    "fact:second_without_saved_values_*": "PyTorch refuses only where a saved value was freed; a tape always. Ask for retain_graph / persistent on both sides.",
}


def _case(name: str, x) -> DemoCase:
    return DemoCase("autograd.retain_graph:retain_graph", name, inputs={"x": x}, known=_KNOWN, backends=("tensorflow",))


CASES = [
    _case("vector", array(3)),
    _case("matrix", array(4, 5)),
    _case("number", values(0.25)),
    _case("edges", values([-1.0, 0.0, -5.0, 3.0])),
]
