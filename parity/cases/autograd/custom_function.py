"""Hand-written gradients: where the chain rule gives NaN, a straight-through rounding, and the check that finds a wrong one."""

from parity.case import DemoCase, array, values


def _demo(function: str, name: str, x) -> DemoCase:
    return DemoCase(f"autograd.custom_function:{function}", name, inputs={"x": x}, backends=("tensorflow",))


CASES = [
    _demo("custom_function", "vector", array(7)),
    _demo("custom_function", "matrix", array(3, 4, std=3.0)),
    _demo("custom_function", "overflow", values([-1000.0, -40.0, 0.0, 1.0, 40.0, 1000.0])),  # NaN by the chain rule at 1000, 1 by hand
    _demo("straight_through", "halves", values([-1.5, -0.5, -0.2, 0.0, 0.5, 1.5, 2.5, 3.7])),  # both round halves to even
    _demo("straight_through", "matrix", array(2, 5, std=4.0)),
    _demo("gradient_check", "vector", array(4)),
    _demo("gradient_check", "matrix", array(2, 3)),
    _demo("gradient_check", "number", values(0.0)),
]
