"""Kinks, ties and zeros: as written, where the frameworks part, and as a port has to write it."""

from parity.case import DemoCase, values

_POINTS = [-7.0, -6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.5, 3.0, 6.0, 7.0]
_TIED = {
    "x": values([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, 0.0, -1.0], [5.0, 4.0, 3.0]]),
    "y": values([[1.0, 1.0, 4.0], [2.0, 0.0, 2.0], [0.0, 1.0, -1.0], [9.0, 4.0, -3.0]]),
}
_NO_TIES = {"x": values([[1.0, 3.0, 2.0], [-2.0, 0.5, 1.5]]), "y": values([[0.0, 4.0, 5.0], [-1.0, 2.5, -3.5]])}
_ZEROS = {"x": values([[0.0, 0.0], [3.0, 4.0], [0.0, 2.0], [2.0, 2.0]]), "y": values([[0.0, 1.0], [0.0, -4.0], [-2.0, 0.0], [1e-3, 1e3]])}
_NO_ZEROS = {"x": values([[1.0, 0.5, 2.0], [3.0, 4.0, 1e-6]]), "y": values([[1.0, -1.0, 1e3], [-2.0, 0.5, 0.25]])}
_PRODUCTS = {"x": values([[1.0, 0.0, 3.0, 2.0], [0.0, 0.0, 3.0, 1.0], [2.0, -3.0, 0.5, 4.0], [0.0, 2.0, 3.0, -1.0]])}
_NO_PRODUCT_OF_ZERO = {"x": values([[2.0, -3.0, 0.5], [1.0, 4.0, -0.25]])}


def _demo(function: str, name: str, inputs, known=None) -> DemoCase:
    return DemoCase(f"autograd.kinks:{function}", name, inputs=inputs, known=known or {}, backends=("tensorflow",))


CASES = [
    _demo(
        "at_points",
        "corners",
        {"x": values(_POINTS)},
        {
            "output:selu": "At 0 PyTorch takes the negative side (1.7581), TensorFlow the positive (1.0507).",
            "output:hardtanh": "At the bounds PyTorch gives 0, TensorFlow 1.",
            "fact:round": "PyTorch's gradient of a rounding is zero, TensorFlow's is None.",
            "fact:floor": "PyTorch's gradient of a rounding is zero, TensorFlow's is None.",
        },
    ),
    _demo("at_points_as_torch", "corners", {"x": values(_POINTS)}),
    _demo(
        "ties",
        "tied",
        _TIED,
        {
            "output:max_dim": "PyTorch gives everything to the first of equal values, TensorFlow shares evenly.",
            "output:maximum": "Of two equal tensors PyTorch gives each a half, TensorFlow the first everything.",
            "output:maximum_other": "Of two equal tensors PyTorch gives each a half, TensorFlow the first everything.",
            "output:minimum": "Of two equal tensors PyTorch gives each a half, TensorFlow the first everything.",
        },
    ),
    _demo("ties_as_torch", "tied", _TIED),
    _demo("ties", "untied", _NO_TIES),
    _demo("ties_as_torch", "untied", _NO_TIES),
    _demo(
        "zeros",
        "at-zero",
        _ZEROS,
        {
            "output:norm": "PyTorch's norm has the gradient 0 at 0, TensorFlow's NaN.",
            "output:std": "Of equal numbers PyTorch's gradient is 0, TensorFlow's NaN.",
            "output:xlogy": "At 0 PyTorch gives NaN, TensorFlow 0.",
            "output:atan2": "At the origin PyTorch gives 0, TensorFlow NaN.",
        },
    ),
    _demo("zeros_as_torch", "at-zero", _ZEROS),
    _demo("zeros", "off-zero", _NO_ZEROS),
    _demo("zeros_as_torch", "off-zero", _NO_ZEROS),
    _demo("products", "with-zeros", _PRODUCTS, {"output:cumprod": "TensorFlow's gradient is wrong behind a zero (tensorflow#119430, mended after 2.21)."}),
    _demo("products_as_torch", "with-zeros", _PRODUCTS),
    _demo("products", "without-zeros", _NO_PRODUCT_OF_ZERO),
]
