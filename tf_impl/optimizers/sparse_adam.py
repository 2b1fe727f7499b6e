"""Adam that touches only the rows that were looked up."""

from typing import Any

import keras

from tf_impl.optimizers._pytorch import bias_correction, check
from tf_impl.optimizers.adam import Adam
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SparseAdam(Adam):
    r"""Adam on the rows of an embedding that the batch looked up; rows that it did not look up keep their averages and do not move.

    $$ \theta_i \leftarrow \theta_i - \gamma\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\, \frac{m_i}{\sqrt{v_i} + \epsilon}
       \quad\text{for the rows } i \text{ of the gradient} $$

    t counts all steps, m and v are Adam's averages over the steps that touched the row.

    Args:
        lr: learning rate γ, or a Keras schedule.
        betas: β₁, β₂.
        eps: ε, added to the uncorrected root.
        maximize: climb instead.

    Shapes:
        (rows, ...); `exp_avg` (m) and `exp_avg_sq` (v) have their parameter's shape.

    Raises:
        ValueError: `lr` or `eps` not positive, a beta outside [0, 1).
        TypeError: a gradient that is not sparse (`tf.IndexedSlices`), which on other backends than TensorFlow is any.

    Differs from PyTorch:
        Keras has none: its Adam moves every row at every step, 0.12 away after 3 steps of lr 0.1 of which one looked the row up.

    Source: Kingma and Ba 2014, arXiv:1412.6980; PyTorch's documentation of `SparseAdam`.
    """

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        if (not callable(lr) and not lr > 0) or not eps > 0:
            raise ValueError(f"`lr` and `eps` must be positive, got lr={lr}, eps={eps}.")
        super().__init__(lr, betas, check("eps", eps), maximize=maximize, **kwargs)

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        for gradient in grads:
            if gradient is not None and type(gradient).__name__ != "IndexedSlices":
                raise TypeError(f"SparseAdam takes the sparse gradients (tf.IndexedSlices) of embeddings, got {type(gradient).__name__}; use Adam instead.")
        keras.optimizers.Optimizer.apply(self, grads, trainable_variables)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        import tensorflow as tf  # IndexedSlices are TensorFlow's own

        rows, row = tf.unique(gradient.indices)
        gradient = tf.math.unsorted_segment_sum(gradient.values, row, tf.size(rows))
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        m, v = (tf.gather(slot[index].value, rows) for slot in (self._momentums, self._velocities))
        m += (gradient - m) * self.shares("beta_1", variable.dtype)[1]
        v += (tf.square(gradient) - v) * (1 - self.beta_2)
        self.assign(self._momentums[index], tf.IndexedSlices(m, rows))
        self.assign(self._velocities[index], tf.IndexedSlices(v, rows))
        first, second = (bias_correction(beta, step, variable.dtype) for beta in (self.shares("beta_1", step.dtype)[0], self.beta_2))
        size = lr * tf.sqrt(second) / first
        self.assign_sub(variable, tf.IndexedSlices(size * m / (tf.sqrt(v) + self.eps), rows))


def train_rows(table: Tensor, ids: Tensor, targets: Tensor, **config: Any) -> dict[str, Tensor]:
    """Steps the rows `ids[step]` of `table` (rows, width) towards `targets` (looked up, width), once for each row of `ids` (steps, looked up)."""
    import tensorflow as tf  # whose gradients of look-ups are sparse

    table = keras.Variable(table)
    optimizer = SparseAdam(**config)
    optimizer.build([table])
    for looked_up in ids:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.gather(table.value, looked_up) - targets) ** 2)
        optimizer.apply([tape.gradient(loss, table.value)], [table])
    state = optimizer.state(table)
    return {"table": table.value, "exp_avg": state["exp_avg"].value, "exp_avg_sq": state["exp_avg_sq"].value}
