"""Leaves, tracking and the recorded operations: the notes' ones(2, 2) and other shapes."""

from parity.case import DemoCase, array, values

_PRINTED = {"constant_tracked": False, "after_asking_tracked": True}
_KNOWN = {
    "fact:operations": "The same chain under each framework's names; PyTorch's has the leaf's AccumulateGrad at its end, TensorFlow's the input.",
    "fact:integers_*": "PyTorch refuses gradients of integers; TensorFlow logs a warning and gives None. Cast to float on both sides.",
}


def _case(name: str, x) -> DemoCase:
    return DemoCase("autograd.leaf_and_graph:leaf_and_graph", name, inputs={"x": x}, printed=_PRINTED, known=_KNOWN, backends=("tensorflow",))


CASES = [
    _case("ones", values([[1.0, 1.0], [1.0, 1.0]])),
    _case("vector", array(5)),
    _case("number", values(2.0)),
]
