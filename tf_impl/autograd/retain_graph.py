r"""A tape gives one `gradient`: what it recorded is freed, unless `persistent=True`.

$$ \text{out} = \sum_i (x_i + 1)^2, \qquad g = 2(x + 1) $$

Shapes: x and its gradients the same, any.

Differs from PyTorch:
    `persistent=True` is chosen when recording begins, `retain_graph=True` when a gradient is taken.
    The tape always refuses the second call; PyTorch only where a value it needs has been freed: a graph of sums alone goes on working.

Source: the notes, "1.5 Autograd": "对一张图我们只能backward一次".
"""

import tensorflow as tf
from jaxtyping import Float

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def retain_graph(x: Float[Tensor, "..."]) -> dict[str, Tensor | bool | str | None]:
    """A second call without and with a persistent tape; two losses over one tape; a recording that saved nothing."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = tf.reduce_sum((x + 1) ** 2)
    tape.gradient(out, x)
    told = attempt("second", lambda: tape.gradient(out, x))

    with tf.GradientTape(persistent=True) as kept:
        kept.watch(x)
        out = tf.reduce_sum((x + 1) ** 2)
    first = kept.gradient(out, x)
    second = kept.gradient(out, x)
    del kept  # a persistent tape holds its memory until it goes

    with tf.GradientTape() as two_losses:
        two_losses.watch(x)
        shared = tf.exp(x)
        one, other = tf.reduce_sum(shared), tf.reduce_sum(shared**2)
    two_losses.gradient(one, x)
    told |= attempt("other_loss", lambda: two_losses.gradient(other, x))

    with tf.GradientTape() as both:
        both.watch(x)
        shared = tf.exp(x)
        loss = tf.reduce_sum(shared) + tf.reduce_sum(shared**2)
    of_both = both.gradient(loss, x)

    with tf.GradientTape() as nothing_saved:
        nothing_saved.watch(x)
        out = tf.reduce_sum(x + 2)
    nothing_saved.gradient(out, x)
    told |= attempt("second_without_saved_values", lambda: nothing_saved.gradient(out, x))
    return {"first": first, "second": second, "of_both": of_both, **told}
