"""The factor by which a nonlinearity shrinks its input's standard deviation, as PyTorch recommends it."""

import math

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")
_OTHERS = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""The gain for a nonlinearity's name.

    $$ g = 1 \;(\text{linear, sigmoid}),\quad \tfrac53 \;(\tanh),\quad \sqrt2 \;(\text{ReLU}),\quad \sqrt{\tfrac{2}{1 + s^2}} \;(\text{leaky ReLU}),\quad
       \tfrac34 \;(\text{SELU}) $$

    Args:
        nonlinearity: its name.
        param: the slope s of a leaky ReLU, 0.01 if not given.

    Raises:
        ValueError: an unknown name, a slope that is no number.

    Differs from PyTorch:
        Not. Keras has none: `VarianceScaling(scale=g²)`.

    Source: PyTorch's documentation, "torch.nn.init"; He et al. 2015, arXiv:1502.01852.
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity in _OTHERS:
        return _OTHERS[nonlinearity]
    if nonlinearity != "leaky_relu":
        raise ValueError(f"`nonlinearity` must be one of {', '.join((*_LINEAR, *_OTHERS, 'leaky_relu'))}, got {nonlinearity!r}.")
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"`param`, the slope of leaky_relu, must be a number, got {param!r}.")
    return math.sqrt(2.0 / (1 + slope**2))


def gains(nonlinearities: tuple[str, ...], params: tuple[float | None, ...] = (None,)) -> dict[str, float | str]:
    """The gain of every name with every slope."""
    told: dict[str, float | str] = {}
    for name in nonlinearities:
        for param in params:
            try:
                told[f"{name} {param}"] = calculate_gain(name, param)
            except ValueError as error:
                told[f"{name} {param}"] = type(error).__name__
    return told
