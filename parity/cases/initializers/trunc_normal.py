"""Truncated normal: bounds that cut nothing, at 2σ, one-sided, off centre; few inside, where uniforms are drawn under the density."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.trunc_normal:fed", name, inputs=given, config={"initializer": ("TruncNormal", config), "shape": shape})


CASES = [
    _case("defaults", 6, 5, draws=12),
    _case("cuts-nothing", 6, 5, std=0.02, draws=3),
    _case("two-deviations", 6, 5, std=0.02, a=-0.04, b=0.04, draws=12),
    _case("one-sided", 6, 5, a=0.0, b=10.0, draws=24),
    _case("off-centre", 4, 3, 2, mean=0.5, a=-0.5, b=1.0, draws=24),
    _case("few-inside", 6, 5, a=1.0, b=2.0, draws=60),
    _case("far-tail", 6, 5, a=4.0, b=6.0, mean=2.5, draws=80),
    _case("tight-around-the-mean", 6, 5, a=-0.1, b=0.1, draws=24),
    _case("vector", 9, std=0.5, a=-0.5, b=0.5, draws=24),
]
