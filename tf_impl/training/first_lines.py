r"""The notes' first two fits, with the numbers they print at the end: w, b and the prediction at 4.

$$ \hat y = w x + b \;\to\; w = 2,\; b = 0 \qquad\text{and}\qquad \hat y = \sigma(w x + b),\; \text{pass} \iff \hat y > \tfrac12 $$

Shapes: x and y (N, 1); w, b and the prediction are numbers.

Differs from PyTorch:
    Not, given the sum of the losses: Keras' own losses average, so that the notes' learning rate would be a third of itself on three points.

Source: the notes, "linear regression" (2000 steps) and "logistic regression" (1200 and 1500).
"""

import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.losses.bce import BCELoss
from tf_impl.losses.mse import MSELoss
from tf_impl.models.linear_regression import LinearModel
from tf_impl.models.logistic_regression import LogisticRegressionModel
from tf_impl.optimizers.sgd import SGD
from tf_impl.saving._seeded import fill
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def fit(x: Float[Tensor, "n 1"], y: Float[Tensor, "n 1"], kind: str, steps: int, lr: float) -> dict[str, Tensor | bool | str | None]:
    """`kind` "line" or "pass"; full-batch SGD on the sum of the losses."""
    model, loss_fn = (LinearModel(), MSELoss(reduction="sum")) if kind == "line" else (LogisticRegressionModel(), BCELoss(reduction="sum"))
    model(x)
    fill(model)
    optimizer = SGD(lr)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step() -> Tensor:
        with tf.GradientTape() as tape:
            loss = loss_fn(model(x, training=True), y)
        optimizer.apply(tape.gradient(loss, [v.value for v in model.trainable_variables]), model.trainable_variables)
        return loss

    for _ in range(steps):
        loss = step()
    told = {"w": model.linear.kernel[0, 0], "b": model.linear.bias[0], "prediction": model(ops.convert_to_tensor([[4.0]], x.dtype))[0, 0]}
    return told | {"loss": loss, "two_features_raised": attempt("x", lambda: model(ops.convert_to_tensor([[4.0, 0.0]], x.dtype)))["x_raised"]}
