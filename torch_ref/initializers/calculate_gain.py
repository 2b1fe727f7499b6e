r"""The factor by which a nonlinearity shrinks its input's standard deviation, as PyTorch recommends it: PyTorch's own, the reference.

$$ g = 1 \;(\text{linear, sigmoid}),\quad \tfrac53 \;(\tanh),\quad \sqrt2 \;(\text{ReLU}),\quad \sqrt{\tfrac{2}{1 + s^2}} \;(\text{leaky ReLU}),\quad
   \tfrac34 \;(\text{SELU}) $$

>>> round(calculate_gain("leaky_relu", 0.2), 4)
1.3868

Source: PyTorch's documentation, "torch.nn.init"; He et al. 2015, arXiv:1502.01852.
"""

from torch.nn.init import calculate_gain as calculate_gain


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
