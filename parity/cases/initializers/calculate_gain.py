"""Gains: every name, slopes, what is refused."""

from parity.case import DemoCase

LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")

CASES = [
    DemoCase("initializers.calculate_gain:gains", "names", config={"nonlinearities": (*LINEAR, "tanh", "relu", "leaky_relu", "selu")}),
    DemoCase("initializers.calculate_gain:gains", "slopes", config={"nonlinearities": ("leaky_relu",), "params": (None, 0, 0.2, 1, -0.5, 5**0.5)}),
    DemoCase("initializers.calculate_gain:gains", "slope-not-used", config={"nonlinearities": ("relu", "tanh", "linear"), "params": (0.2, True)}),
    DemoCase("initializers.calculate_gain:gains", "refused", config={"nonlinearities": ("leaky_relu", "gelu", "ReLU"), "params": (True, "0.2", None)}),
]
