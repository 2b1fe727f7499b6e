"""The Jacobian of tanh(Wx): wide, tall, one row, one column, a zero, nearly saturated."""

from parity.case import DemoCase, array


def _case(name: str, m: int, d: int, n: int, **draws) -> DemoCase:
    inputs = {"x": array(d), "xs": array(n, d), "w": array(m, d), **draws}
    return DemoCase("autograd.jacobian:jacobian", name, inputs=inputs, backends=("tensorflow",))


CASES = [
    _case("wide", 2, 5, 3),
    _case("tall", 6, 3, 1),
    _case("one-output", 1, 4, 2),
    _case("one-input", 3, 1, 4),
    _case("one-zero", 3, 2, 5, x=array(2, edges=(0.0,))),
    _case("nearly-saturated", 2, 3, 4, w=array(2, 3, std=3.0)),
]
