r"""What saturation does to gradients: they vanish with depth, share a sign behind a sigmoid, and stop in dead units.

$$ \frac{d}{dx}\,f^{(n)}(x) = \prod_{k < n} f'\bigl(f^{(k)}(x)\bigr), \qquad \sigma' \le \tfrac14, \quad \tanh' \le 1, \quad \mathrm{ReLU}' \in \{0, 1\} $$

Differs from PyTorch:
    Nothing: from ½, twenty sigmoids leave 1.1e-13 of a gradient, twenty tanh 0.11, twenty ReLU all of it.

Source: the notes, "激活函数".
"""

from typing import Any

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def repeated(input: Float[Tensor, "*shape"], activation: str = "sigmoid", times: int = 10) -> Float[Tensor, "*shape"]:
    """The activation of the activation of …: a network of depth `times` with all weights 1."""
    for _ in range(times):
        input = getattr(ops, activation)(input)
    return input


def unit(weight: Float[Tensor, " d"], inputs: Float[Tensor, "n d"], activation: str = "sigmoid") -> Float[Tensor, " n"]:
    """A linear unit whose inputs come out of an activation."""
    return ops.matmul(getattr(ops, activation)(inputs), weight)


def dead_units(preactivations: Float[Tensor, "n units"]) -> dict[str, Any]:
    """Which units a ReLU lets nothing through for any sample, so that no gradient ever moves them."""
    dead = ops.all(preactivations <= 0, axis=0)
    return {"dead": ops.convert_to_numpy(dead).tolist(), "share": ops.mean(ops.cast(dead, preactivations.dtype))}
