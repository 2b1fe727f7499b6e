"""Orthogonal: square, tall, wide, kernels, a gain."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.orthogonal:fed", name, inputs=given, config={"initializer": ("Orthogonal", config), "shape": shape})


CASES = [
    _case("square", 4, 4),
    _case("tall", 7, 3),
    _case("wide", 3, 7),
    _case("kernel", 5, 2, 3, 3),
    _case("wide-kernel", 3, 4, 3, 1),
    _case("gain", 4, 6, gain=2**0.5),
    _case("one-row", 1, 5),
    _case("one-column", 5, 1),
]
