"""Identity: square, more outputs, more inputs."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.eye:fed", name, inputs=given, config={"initializer": ("Eye", config), "shape": shape})


CASES = [
    _case("square", 4, 4),
    _case("more-outputs", 5, 2),
    _case("more-inputs", 2, 5),
    _case("one-element", 1, 1),
]
