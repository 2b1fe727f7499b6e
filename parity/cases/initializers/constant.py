"""Constants: a number that float32 does not hold, zero, a kernel."""

from parity.case import DemoCase, uniform


def _case(name: str, val: float, *shape: int) -> DemoCase:
    draws = uniform(1, *shape)  # not used
    return DemoCase(
        "initializers.constant:fed", name, inputs={"uniform": draws, "normal": draws}, config={"initializer": ("Constant", {"val": val}), "shape": shape}
    )


CASES = [
    _case("tenth", 0.1, 4, 3),
    _case("kernel", -2.5, 2, 3, 3, 1),
    _case("vector", 1e-30, 5),
]
