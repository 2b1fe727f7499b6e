"""A gradient of something that is no scalar: vectors, matrices, and the one-element tensors that both accept."""

from parity.case import DemoCase, array, values

_SUMS = {
    "fact:without_vector_*": "PyTorch refuses to differentiate a non-scalar; TensorFlow differentiates its sum. Reduce, or pass the vector, on both sides."
}


def _case(name: str, x, vector, known=None) -> DemoCase:
    return DemoCase("autograd.non_scalar_backward:non_scalar_backward", name, inputs={"x": x, "vector": vector}, known=known or {}, backends=("tensorflow",))


CASES = [
    _case("matrix", values([[1.0, 2.0], [3.0, 4.0]]), array(2, 2), known=_SUMS),
    _case("cube", array(3, 1, 5), array(3, 1, 5), known=_SUMS),
    _case("zero-vector-parts", array(6), values([0.0, 1.0, 0.0, -2.0, 1e10, 1e-10]), known=_SUMS),
    _case("one-element", array(1), array(1)),
    _case("one-by-one", array(1, 1), array(1, 1)),
    _case("number", values(0.5), values(-3.0)),
]
