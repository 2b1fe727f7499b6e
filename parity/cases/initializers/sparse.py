"""Sparse: a quarter, nearly all, none, rounded up."""

from parity.case import DemoCase, array, uniform


def _case(name: str, *shape: int, draws: int = 1, **config) -> DemoCase:
    given = {"uniform": uniform(draws, *shape), "normal": array(draws, *shape)}
    return DemoCase("initializers.sparse:fed", name, inputs=given, config={"initializer": ("Sparse", config), "shape": shape})


CASES = [
    _case("quarter", 8, 5, sparsity=0.25),
    _case("rounded-up", 7, 3, sparsity=0.1),
    _case("nearly-all", 10, 4, sparsity=0.9, std=1.0),
    _case("none", 4, 3, sparsity=0.0),
    _case("thin", 3, 6, sparsity=0.5, std=0.1),
]
