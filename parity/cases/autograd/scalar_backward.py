"""A scalar's gradient: the notes' numbers, both reductions, odd shapes, zero gradients, far scales."""

from parity.case import DemoCase, array, values


def _case(name: str, x, factor: float = 3.0, printed=None, **config) -> DemoCase:
    config = {"factor": factor, **config}
    return DemoCase("autograd.scalar_backward:mean_of_squares", name, inputs={"x": x}, config=config, printed=printed or {}, backends=("tensorflow",))


def _square(name: str, x: float, printed=None, **config) -> DemoCase:
    return DemoCase("autograd.scalar_backward:square", name, inputs={"x": values(x)}, config=config, printed=printed or {}, backends=("tensorflow",))


CASES = [
    _case("ones", values([[1.0, 1.0], [1.0, 1.0]]), printed={"y": 3.0, "z": 27.0, "out": 27.0, "gradient": [[4.5, 4.5], [4.5, 4.5]]}),
    _case("randn", array(3), factor=2.0),
    _case("sum", values([[11.0, 0.0], [99.0, 54.0]]), reduction="sum"),  # demo_2: integers from 0 to 99
    _case("cube", array(2, 3, 5), factor=-0.7),
    _case("number", values(1.5)),
    _case("one-element", array(1, 1)),
    _case("zero-gradient", array(7, edges=(-2.0, 0.0, 1e-20, -1e-20))),
    _case("far", array(4, 3, mean=1e4, std=1e3), factor=1e-3, reduction="sum"),
    _square("five", 5.0, printed={"y": 50.0, "gradient": 20.0}),
    _square("tiny", 1e-15, seed=3.0),
    _square("seeded", -1.3, seed=-2.5),
]
