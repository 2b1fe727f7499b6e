"""Kaiming: both distributions, modes, nonlinearities and slopes; kernels of grouped, depthwise and transposed convolutions; the start of Linear and Conv."""

from parity.case import DemoCase, array, uniform


def _case(name: str, initializer: str, *shape: int, **config) -> DemoCase:
    given = {"uniform": uniform(1, *shape), "normal": array(1, *shape)}
    return DemoCase("initializers.kaiming:fed", name, inputs=given, config={"initializer": (initializer, config), "shape": shape})


CASES = [
    DemoCase(
        "initializers.kaiming:fed",
        "one-over-root",
        inputs={"uniform": uniform(1, 7, 4), "normal": array(1, 7, 4)},
        config={"initializer": ("KaimingUniform", {"a": 5**0.5}), "shape": (7, 4)},
        printed={"asked": [[-0.5, 0.5]]},  # the notes: ±1/√d, here d = 4
    ),
    _case("uniform-defaults", "KaimingUniform", 5, 3),
    _case("uniform-fan-out", "KaimingUniform", 5, 3, mode="fan_out"),
    _case("uniform-relu", "KaimingUniform", 8, 3, 3, 5, nonlinearity="relu"),
    _case("uniform-relu-fan-out", "KaimingUniform", 8, 3, 3, 5, mode="fan_out", nonlinearity="relu"),
    _case("uniform-leaky", "KaimingUniform", 4, 6, a=0.2),
    _case("uniform-tanh", "KaimingUniform", 4, 6, nonlinearity="tanh"),
    _case("uniform-selu", "KaimingUniform", 4, 6, nonlinearity="selu"),
    _case("uniform-linear", "KaimingUniform", 4, 6, nonlinearity="linear"),
    _case("uniform-sigmoid", "KaimingUniform", 4, 6, nonlinearity="sigmoid"),
    _case("uniform-conv2d", "KaimingUniform", 4, 6, 3, 3, nonlinearity="conv2d"),
    _case("uniform-grouped", "KaimingUniform", 8, 2, 3, 3),
    _case("uniform-depthwise", "KaimingUniform", 6, 1, 3, 3, nonlinearity="relu"),
    _case("uniform-transposed", "KaimingUniform", 3, 8, 5, 3),
    _case("uniform-transposed-fan-out", "KaimingUniform", 3, 8, 5, 3, mode="fan_out"),
    _case("uniform-upper-case-mode", "KaimingUniform", 3, 4, mode="FAN_OUT"),
    _case("normal-defaults", "KaimingNormal", 5, 3),
    _case("normal-fan-out", "KaimingNormal", 5, 3, mode="fan_out"),
    _case("normal-relu", "KaimingNormal", 8, 3, 3, 5, nonlinearity="relu"),
    _case("normal-relu-fan-out", "KaimingNormal", 8, 3, 3, 5, mode="fan_out", nonlinearity="relu"),
    _case("normal-leaky", "KaimingNormal", 4, 6, a=0.2),
    _case("normal-tanh", "KaimingNormal", 4, 6, nonlinearity="tanh"),
    _case("normal-selu", "KaimingNormal", 4, 6, nonlinearity="selu"),
    _case("normal-linear", "KaimingNormal", 4, 6, nonlinearity="linear"),
    _case("normal-sigmoid", "KaimingNormal", 4, 6, nonlinearity="sigmoid"),
    _case("normal-conv2d", "KaimingNormal", 4, 6, 3, 3, nonlinearity="conv2d"),
    _case("normal-grouped", "KaimingNormal", 8, 2, 3, 3),
    _case("normal-depthwise", "KaimingNormal", 6, 1, 3, 3, nonlinearity="relu"),
    _case("normal-transposed", "KaimingNormal", 3, 8, 5, 3),
    _case("normal-transposed-fan-out", "KaimingNormal", 3, 8, 5, 3, mode="fan_out"),
    _case("normal-upper-case-mode", "KaimingNormal", 3, 4, mode="FAN_OUT"),
]
