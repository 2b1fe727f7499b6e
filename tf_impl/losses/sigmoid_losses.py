r"""Why cross-entropy and not squared error goes with a sigmoid: the size of the gradient where the unit is wrong.

$$ \frac{d}{dx} (\sigma(x) - t)^2 = 2(\sigma(x) - t)\,\sigma(x)(1 - \sigma(x)) \qquad \frac{d}{dx} \mathrm{BCE} = \sigma(x) - t $$

Differs from PyTorch:
    Nothing: for a target of 1 and a logit of −10 the gradients are −9.1e-5 and −1.0.
"""

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def sigmoid_squared_error(logits: Float[Tensor, "..."], target: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """(σ(x) − t)², whose gradient vanishes at both ends."""
    return ops.square(ops.sigmoid(logits) - target)


def sigmoid_cross_entropy(logits: Float[Tensor, "..."], target: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Binary cross-entropy, whose gradient is the error itself."""
    return ops.binary_crossentropy(target, logits, from_logits=True)


def sigmoid_loss_slopes(logits: Float[Tensor, " n"]) -> dict[str, Tensor]:
    """What either loss pulls at the logit with, for a target of 1."""
    import tensorflow as tf  # here, so that the losses can be had without it

    losses = {"squared_error": sigmoid_squared_error, "cross_entropy": sigmoid_cross_entropy}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        found = {name: loss(logits, ops.ones_like(logits)) for name, loss in losses.items()}
    return {name: tape.gradient(loss, logits) for name, loss in found.items()}
