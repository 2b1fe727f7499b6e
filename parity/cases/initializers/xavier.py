"""Xavier: both distributions, a gain, kernels, grouped and transposed convolutions."""

from parity.case import DemoCase, array, uniform


def _case(name: str, initializer: str, *shape: int, **config) -> DemoCase:
    given = {"uniform": uniform(1, *shape), "normal": array(1, *shape)}
    return DemoCase("initializers.xavier:fed", name, inputs=given, config={"initializer": (initializer, config), "shape": shape})


CASES = [
    _case("uniform-linear", "XavierUniform", 5, 3),
    _case("uniform-gain", "XavierUniform", 4, 6, gain=5 / 3),
    _case("uniform-convolution", "XavierUniform", 8, 3, 3, 5),
    _case("uniform-grouped", "XavierUniform", 8, 2, 3, 3),
    _case("uniform-transposed", "XavierUniform", 3, 8, 5, 3),
    _case("uniform-signal", "XavierUniform", 4, 2, 7),
    _case("uniform-volume", "XavierUniform", 2, 3, 3, 2, 1),
    _case("normal-linear", "XavierNormal", 5, 3),
    _case("normal-gain", "XavierNormal", 4, 6, gain=2**0.5),
    _case("normal-convolution", "XavierNormal", 8, 3, 3, 5),
    _case("normal-depthwise", "XavierNormal", 6, 1, 3, 3),
]
