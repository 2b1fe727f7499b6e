"""Second derivatives: Rosenbrock's valley beside its minimum and far from it, and a gradient penalty."""

from parity.case import DemoCase, array, values


def _hessian(name: str, x, d: int) -> DemoCase:
    inputs = {"x": x, "vector": array(d)}
    return DemoCase("autograd.hessian:hessian", name, inputs=inputs, backends=("tensorflow",))


def _penalty(name: str, n: int, d: int, m: int, std: float = 1.0) -> DemoCase:
    return DemoCase("autograd.hessian:gradient_penalty", name, inputs={"x": array(n, d), "w": array(d, m, std=std)}, backends=("tensorflow",))


CASES = [
    _hessian("off-minimum", values([1.0, 1.5]), 2),
    _hessian("start", values([-1.2, 1.0]), 2),
    _hessian("five", array(5), 5),
    _hessian("zero", values([0.0, 0.0, 0.0]), 3),
    _penalty("small", 3, 4, 2),
    _penalty("wide", 2, 7, 5, std=0.5),
    _penalty("one", 1, 1, 1),
]
