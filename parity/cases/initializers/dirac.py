"""Dirac: signals, images, volumes, more channels in or out, groups, even kernels."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.dirac:fed", name, inputs=given, config={"initializer": ("Dirac", config), "shape": shape})


CASES = [
    _case("signal", 3, 3, 5),
    _case("image", 4, 4, 3, 3),
    _case("volume", 2, 2, 3, 5, 3),
    _case("more-outputs", 5, 2, 3, 3),
    _case("more-inputs", 2, 5, 3, 1),
    _case("even-kernel", 3, 3, 4, 2),
    _case("groups", 6, 2, 3, 3, groups=3),
    _case("depthwise", 4, 1, 3, 3, groups=4),
    _case("groups-with-more-outputs", 8, 3, 3, 1, groups=2),
]
