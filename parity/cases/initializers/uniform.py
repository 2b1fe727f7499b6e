"""Uniform: the defaults, bounds, one number, no axes."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.uniform:fed", name, inputs=given, config={"initializer": ("Uniform", config), "shape": shape})


CASES = [
    _case("defaults", 5, 3),
    _case("bounds", 4, 3, 3, 2, a=-0.1, b=0.3),
    _case("vector", 7, a=-1.0, b=1.0),
    _case("empty-interval", 3, 2, a=0.5, b=0.5),
    _case("one-element", 1, 1, a=-3.0, b=2.0),
]
