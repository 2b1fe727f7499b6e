"""Normal: the defaults, mean and deviation, a vector, no deviation."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.normal:fed", name, inputs=given, config={"initializer": ("Normal", config), "shape": shape})


CASES = [
    _case("defaults", 5, 3),
    _case("narrow", 4, 3, 3, 2, mean=0.1, std=0.02),
    _case("vector", 7, mean=-2.0),
    _case("no-deviation", 3, 2, mean=0.1, std=0.0),
]
