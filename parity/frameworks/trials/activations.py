"""Another activation, none, or another number in it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.trial import Function, OpTrial
from parity.frameworks.trials.trial import told as told_of

ACTIVATIONS: dict[str, Function] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu (tanh)": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "elu": F.elu,
    "selu": F.selu,
    "leaky_relu(0.01)": lambda x: F.leaky_relu(x, 0.01),
    "leaky_relu(0.1)": lambda x: F.leaky_relu(x, 0.1),
    "leaky_relu(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "leaky_relu(0.3)": lambda x: F.leaky_relu(x, 0.3),
    "softplus": F.softplus,
    "softsign": F.softsign,
    "relu6": F.relu6,
    "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish,
    "mish": F.mish,
    "exp": torch.exp,
    "square": torch.square,
    "abs": torch.abs,
    "celu": F.celu,
    "hard_tanh": F.hardtanh,
    "log_sigmoid": F.logsigmoid,
    "tanh_shrink": F.tanhshrink,
    "sqrt": torch.sqrt,
    "negative": torch.neg,
}
AXIS_FUNCTIONS: dict[str, Function] = {"softmax": torch.softmax, "log_softmax": torch.log_softmax}
ACTIVATION_NAMES = frozenset(
    [
        "relu",
        "relu_",
        "gelu",
        "silu",
        "silu_",
        "tanh",
        "tanh_",
        "sigmoid",
        "sigmoid_",
        "elu",
        "elu_",
        "selu",
        "selu_",
        "leaky_relu",
        "leaky_relu_",
        "softplus",
        "softsign",
        "relu6",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "mish",
        "celu",
        "logsigmoid",
        "tanhshrink",
        "rrelu",
        "prelu",
        "exp",
        "clamp",
        "clamp_",
        "clip",
        "clamp_min",
        "threshold",
        "softmax",
        "log_softmax",
        "softmin",
        "glu",
        "hardshrink",
        "softshrink",
        "abs",
        "square",
        "pow",
        "sqrt",
        "normalize",
    ]
)
_SLUG = {"gelu": "gelu", "gelu (tanh)": "gelu", "hard_sigmoid": "hard-sigmoid", "softmax": "softmax-axis"}


def activations(op: Op, name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    if not inputs:
        return
    yield OpTrial("activation-missing", f"nothing where torch applies {name}", f"apply {name} here", lambda x, *a, **k: x)
    for other, function in ACTIVATIONS.items():
        slug = _SLUG.get(other, "activation-other")
        if name.startswith("leaky_relu") and other.startswith("leaky_relu"):
            slug = "leaky-relu"
        elif (not (name.startswith(("gelu",)) and other.startswith("gelu")) and slug == "gelu") or (slug == "hard-sigmoid" and "sigmoid" not in name):
            slug = "activation-other"
        yield OpTrial(slug, f"{other} where torch applies {told_of(op, name)}", f"use {told_of(op, name)}", lambda x, *a, f=function, **k: f(x))
    for slope in (0.0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5):
        yield OpTrial("leaky-relu", f"a negative slope of {slope}", f"use {told_of(op, name)}", lambda x, *a, s=slope, **k: torch.where(x > 0, x, x * s))
    for alpha in (0.1, 0.5, 1.0, 1.5, 2.0):
        yield OpTrial("activation-parameter", f"alpha={alpha}", f"use {told_of(op, name)}", lambda x, *a, s=alpha, **k: F.elu(x, s))
    for beta in (0.5, 1.0, 2.0, 3.0, 5.0, 10.0):
        yield OpTrial("activation-parameter", f"beta={beta}", f"use {told_of(op, name)}", lambda x, *a, s=beta, **k: F.softplus(x, s))
        yield OpTrial("activation-parameter", f"beta={beta}", f"use {told_of(op, name)}", lambda x, *a, s=beta, **k: x * torch.sigmoid(s * x))
    yield OpTrial("hard-sigmoid", "Keras 2's hard sigmoid, 0.2·x + 0.5", "use sigmoid", lambda x, *a, **k: torch.clamp(0.2 * x + 0.5, 0, 1))
    yield OpTrial("gelu", "the sigmoid approximation of gelu", "use the exact gelu", lambda x, *a, **k: x * torch.sigmoid(1.702 * x))
    for axis in range(inputs[0].dim()):
        for other, function in AXIS_FUNCTIONS.items():
            told = f"{other} over axis {axis} (of torch's) where torch applies {told_of(op, name)}"
            slug = "softmax-axis" if name in AXIS_FUNCTIONS else "activation-other"
            yield OpTrial(slug, told, f"use {told_of(op, name)}", lambda x, *a, f=function, d=axis, **k: f(x, d))
    for low in (-1.0, 0.0, 0.1, 0.5, 1.0, 1e-3, 1e-6, 1e-7, 1e-12):
        yield OpTrial("clamp", f"clamped from below at {low}", f"use {told_of(op, name)}", lambda x, *a, s=low, **k: torch.clamp(x, min=s))
    for high in (0.5, 1.0, 2.0, 4.0, 5.0, 6.0, 10.0, 100.0):
        yield OpTrial("clamp", f"clamped from above at {high}", f"use {told_of(op, name)}", lambda x, *a, s=high, **k: torch.clamp(x, max=s))
        yield OpTrial("clamp", f"clamped to 0 … {high}", f"use {told_of(op, name)}", lambda x, *a, s=high, **k: torch.clamp(x, 0, s))
    for power in (0.5, 1.5, 2.0, 3.0):
        yield OpTrial("activation-other", f"the power {power}", f"use {told_of(op, name)}", lambda x, *a, s=power, **k: torch.pow(x, s))
