r"""A recurrent network by hand under a gradient tape: how the gradient fares on the way back through time, and the LSTM's cure.

$$ s_t = \tanh(U x_t + W s_{t-1}), \qquad o_t = V s_t, \qquad
   \frac{\partial o_T}{\partial s_{t-1}} = \frac{\partial o_T}{\partial s_t}\,\mathrm{diag}(1 - s_t^2)\,W, \qquad c_t = f_t \odot c_{t-1} + i_t \odot g_t $$

Shapes: x (T, d), U (h, d), W (h, h), V (o, h), no biases, as in the notes; of the LSTM weight_ih (4h, d), weight_hh (4h, h), bias (4h,), gates in the order
i, f, g, o. The gradients are those of the sum of the last output: (T,) norms, one a step.

Over 25 steps (the cases): W half a rotation leaves 6e-8 of the gradient, a rotation all, one and a half 1.7e4 times as much; an LSTM whose forget gates are
half open 2e-6, open to 0.98 87 %.

Differs from PyTorch:
    The gradient at a state in between needs no `retain_grad`: a tape is asked for the gradient at any tensor that was computed under it from a watched one.

Source: Hochreiter 1991; Bengio et al. 1994; Hochreiter and Schmidhuber 1997; the notes, "Recurrent networks" (U, V, W).
"""

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def unroll_rnn(x: Float[Tensor, "t d"], u: Float[Tensor, "h d"], w: Float[Tensor, "h h"], v: Float[Tensor, "o h"]) -> dict[str, Tensor | bool]:
    """All states and outputs, and the last output's gradient at each state: by backpropagation, and by the formula."""
    import tensorflow as tf  # here, so that the other layers can be had without it

    with tf.GradientTape() as tape:
        tape.watch(w)  # so that the states are on the tape
        state, states = ops.zeros_like(w[0]), []
        for step in ops.unstack(x):
            state = ops.tanh(ops.matmul(u, step) + ops.matmul(w, state))
            states.append(state)
        last = ops.matmul(v, states[-1])
    gradients = tape.gradient(last, states)

    by_hand = [ops.sum(v, axis=0)]
    for state in reversed(states[1:]):
        by_hand.append(ops.matmul(ops.transpose(w), (1 - state**2) * by_hand[-1]))
    return {
        "states": ops.stack(states),
        "outputs": ops.matmul(ops.stack(states), ops.transpose(v)),
        "gradient_norms": ops.stack([ops.norm(gradient) for gradient in gradients]),
        "by_hand": ops.stack([ops.norm(gradient) for gradient in reversed(by_hand)]),
        **_verdict(gradients),
    }


def unroll_lstm(
    x: Float[Tensor, "t d"], weight_ih: Float[Tensor, "gates d"], weight_hh: Float[Tensor, "gates h"], bias: Float[Tensor, " gates"], forget_bias: float = 0.0
) -> dict[str, Tensor | bool]:
    """All outputs, the forget gates' means, and the gradient of the last output at each cell state. `forget_bias` opens the forget gates."""
    import tensorflow as tf

    cells, outputs, forgets = [], [], []
    with tf.GradientTape() as tape:
        tape.watch(weight_hh)
        h, c = ops.zeros_like(weight_hh[0]), ops.zeros_like(weight_hh[0])
        for step in ops.unstack(x):
            i, f, g, o = ops.split(ops.matmul(weight_ih, step) + ops.matmul(weight_hh, h) + bias, 4)
            i, f, g, o = ops.sigmoid(i), ops.sigmoid(f + forget_bias), ops.tanh(g), ops.sigmoid(o)
            c = f * c + i * g
            h = o * ops.tanh(c)
            cells.append(c)
            outputs.append(h)
            forgets.append(ops.mean(f))
    gradients = tape.gradient(h, cells)
    return {
        "outputs": ops.stack(outputs),
        "forget_gates": ops.stack(forgets),
        "gradient_norms": ops.stack([ops.norm(gradient) for gradient in gradients]),
        **_verdict(gradients),
    }


def _verdict(gradients: list[Tensor]) -> dict[str, bool]:
    share = float(ops.norm(gradients[0]) / ops.norm(gradients[-1]))
    return {"vanishes": share < 1e-3, "explodes": share > 1e3}
