"""Adam with decoupled weight decay, PyTorch's defaults."""

import keras

from tf_impl.optimizers.adam import Adam


@keras.saving.register_keras_serializable(package="tf_impl")
class AdamW(Adam):
    r"""Adam whose weight decay shrinks the parameter itself instead of entering the two averages.

    $$ \theta_t = (1 - \gamma\lambda)\,\theta_{t-1} - \gamma\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} $$

    Args:
        lr: learning rate γ, or a Keras schedule.
        betas: β₁, β₂ of the two averages.
        eps: ε, added outside the root of the corrected mean square.
        weight_decay: λ.
        amsgrad: divide by the largest v so far.
        maximize: climb instead.

    Shapes:
        any; `exp_avg`, `exp_avg_sq` and `max_exp_avg_sq` have their parameter's shape.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` negative, a beta outside [0, 1).

    Differs from PyTorch:
        Keras' AdamW decays by 0.004 where PyTorch's default is 0.01: a weight of 1 is 0.996 instead of 0.990 after 100 steps of lr 0.01 without gradient.
        Its ε is Keras Adam's (see `adam`).

    Source: Loshchilov and Hutter 2017, arXiv:1711.05101.
    """

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, **kwargs)
