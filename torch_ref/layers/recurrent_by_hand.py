r"""A recurrent network by hand, and how its gradient fares on the way back through time: vanishing, exploding, and the LSTM's cure.

$$ s_t = \tanh(U x_t + W s_{t-1}), \qquad o_t = V s_t, \qquad
   \frac{\partial o_T}{\partial s_{t-1}} = \frac{\partial o_T}{\partial s_t}\,\mathrm{diag}(1 - s_t^2)\,W $$

Each step back multiplies by W and by a slope of at most 1: where W shrinks, the gradient vanishes; where it stretches and the slopes are near 1, it explodes.
An LSTM's cell goes on by a sum, $c_t = f_t \odot c_{t-1} + i_t \odot g_t$, whose gradient is multiplied by the forget gate f, which can learn to be near 1.

Shapes: x (T, d), U (h, d), W (h, h), V (o, h), no biases, as in the notes; of the LSTM weight_ih (4h, d), weight_hh (4h, h), bias (4h,), gates in the order
i, f, g, o. The gradients are those of the sum of the last output: (T,) norms, one a step.

>>> import torch
>>> rotation = torch.tensor([[0.0, -1.0], [1.0, 0.0]])  # keeps lengths
>>> x, u, v = torch.zeros(30, 1), torch.ones(2, 1), torch.eye(2)
>>> [f"{unroll_rnn(x, u, share * rotation, v)['gradient_norms'][0].item():.1e}" for share in (0.5, 1.0, 1.5)]
['2.6e-09', '1.4e+00', '1.8e+05']

Source: Hochreiter 1991; Bengio et al. 1994; Hochreiter and Schmidhuber 1997; the notes, "Recurrent networks" (U, V, W).
"""

import torch
from torch import Tensor


def unroll_rnn(x: Tensor, u: Tensor, w: Tensor, v: Tensor) -> dict[str, Tensor | bool]:
    """All states and outputs, and the last output's gradient at each state: by backpropagation, and by the formula."""
    w = w.detach().requires_grad_()  # so that the states are on the graph
    state, states = torch.zeros_like(w[0]), []
    for step in x:
        state = torch.tanh(u @ step + w @ state)
        states.append(state)
    last = v @ states[-1]
    gradients = torch.autograd.grad(last.sum(), states)

    by_hand = [v.sum(0)]
    for state in reversed(states[1:]):
        by_hand.append(w.T @ ((1 - state**2) * by_hand[-1]))
    return {
        "states": torch.stack(states),
        "outputs": torch.stack(states) @ v.T,
        "gradient_norms": torch.stack([gradient.norm() for gradient in gradients]),
        "by_hand": torch.stack([gradient.norm() for gradient in reversed(by_hand)]),
        **_verdict(gradients),
    }


def unroll_lstm(x: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor, forget_bias: float = 0.0) -> dict[str, Tensor | bool]:
    """All outputs, the forget gates' means, and the gradient of the last output at each cell state. `forget_bias` opens the forget gates."""
    weight_hh = weight_hh.detach().requires_grad_()
    size = weight_hh.shape[1]
    h, c = torch.zeros_like(weight_hh[0]), torch.zeros_like(weight_hh[0])
    cells, outputs, forgets = [], [], []
    for step in x:
        i, f, g, o = (weight_ih @ step + weight_hh @ h + bias).split(size)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f + forget_bias), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        cells.append(c)
        outputs.append(h)
        forgets.append(f.mean())
    gradients = torch.autograd.grad(h.sum(), cells)
    return {
        "outputs": torch.stack(outputs),
        "forget_gates": torch.stack(forgets),
        "gradient_norms": torch.stack([gradient.norm() for gradient in gradients]),
        **_verdict(gradients),
    }


def _verdict(gradients: tuple[Tensor, ...]) -> dict[str, bool]:
    share = (gradients[0].norm() / gradients[-1].norm()).item()
    return {"vanishes": share < 1e-3, "explodes": share > 1e3}
