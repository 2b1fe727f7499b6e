"""Products with the Jacobian of tanh(Wx), from both sides: wide, tall, one row, zeros, saturated."""

from parity.case import DemoCase, array


def _case(name: str, m: int, d: int, *, x=None, **draws) -> DemoCase:
    inputs = {"x": x or array(d), "w": array(m, d), "vector": array(m), "tangent": array(d), **draws}
    return DemoCase("autograd.vector_jacobian:vector_jacobian", name, inputs=inputs, backends=("tensorflow",))


CASES = [
    _case("wide", 2, 5),
    _case("tall", 7, 3),
    _case("one-output", 1, 4),
    _case("one-input", 4, 1),
    _case("zeros", 3, 4, x=array(4, edges=(0.0, 0.0))),
    _case("zero-vector-parts", 4, 3, vector=array(4, edges=(0.0, 0.0)), tangent=array(3, edges=(0.0, -1.0))),
    _case("nearly-saturated", 3, 2, w=array(3, 2, std=3.0)),
]
