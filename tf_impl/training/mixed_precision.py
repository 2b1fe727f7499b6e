r"""Mixed precision: weights in float32, products in half precision, and a loss that is scaled so that small gradients do not vanish in float16.

$$ g = \tfrac1s \nabla_\theta (s\,\ell), \qquad
   s \leftarrow \begin{cases} s/2, \text{ and no step} & g \text{ not finite} \\ 2s & k \text{ finite steps in a row} \\ s & \text{else} \end{cases} $$

Shapes: x (N, 6), labels (N,); `scales` one number a step.

Differs from PyTorch:
    The type belongs to each layer (`dtype="mixed_bfloat16"`, or `keras.config.set_dtype_policy`), not to a region of code: softmax under the policy stays in
    half precision, where PyTorch's autocast goes back to float32 on CUDA (on the CPU it stays too): last layers are given `dtype="float32"` by hand.
    `LossScaleOptimizer` starts at 2¹⁵, `GradScaler` at 2¹⁶; both double after 2000 finite steps and halve after one that is not, which they leave out.
    `compile` under `mixed_float16` wraps the optimizer by itself; in a loop by hand `scale_loss` is for the user to call.

Source: Micikevicius et al. 2018, arXiv:1710.03740; Keras' guide "Mixed precision".
"""

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Int
from keras import ops

from tf_impl.activations.softmax import Softmax
from tf_impl.layers.linear import Linear
from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.optimizers.sgd import SGD
from tf_impl.typing import Tensor


def observe_autocast(x: Float[Tensor, "n 6"], labels: Int[Tensor, " n"], dtype: str) -> dict[str, str | bool]:
    """What is computed in which type, and whether the result is as near to float32 as the half type allows."""
    linear, softmax, x = _linear(f"mixed_{dtype}"), Softmax(-1, dtype=f"mixed_{dtype}"), ops.cast(x, "float32")
    with tf.GradientTape() as tape:
        hidden = linear(x)
        probabilities = softmax(hidden)
        loss = CrossEntropyLoss()(ops.cast(hidden, "float32"), labels)
    gradient = tape.gradient(loss, linear.kernel.value)
    full = _linear("float32")(x)
    eps = 2.0 ** (-10 if dtype == "float16" else -7)
    return {
        "linear": keras.backend.standardize_dtype(hidden.dtype),
        "softmax": keras.backend.standardize_dtype(probabilities.dtype),
        "loss": keras.backend.standardize_dtype(loss.dtype),
        "weight": linear.kernel.dtype,
        "gradient": keras.backend.standardize_dtype(gradient.dtype),
        "near_float32": bool(ops.max(ops.abs(ops.cast(hidden, "float32") - full)) <= 4 * eps * ops.max(ops.abs(full))),
        "not_float32": bool(ops.any(ops.cast(hidden, "float32") != full)),
    }


def loss_scaling(multipliers: list[float], init_scale: float, growth_interval: int) -> dict[str, list[float]]:
    """Steps on ℓ = m·w with fed multipliers m, some of them not finite: the scale after each, and where the weight is."""
    weight = keras.Variable([1.0], dtype="float32")
    optimizer = keras.optimizers.LossScaleOptimizer(SGD(2.0**-4), initial_scale=init_scale, dynamic_growth_steps=growth_interval)
    optimizer.build([weight])
    scales, weights = [], []
    for multiplier in multipliers:
        with tf.GradientTape() as tape:
            loss = optimizer.scale_loss(ops.sum(weight * ops.cast(multiplier, "float32")))
        optimizer.apply([tape.gradient(loss, weight.value)], [weight])
        scales.append(float(optimizer.dynamic_scale))
        weights.append(float(weight.numpy()[0]))
    return {"scales": scales, "weights": weights}


def train_mixed(x: Float[Tensor, "n 6"], labels: Int[Tensor, " n"], dtype: str, steps: int) -> dict[str, Tensor | str | bool | float]:
    """The same steps in float32 and in mixed precision, scaled."""
    x = ops.cast(x, "float32")
    plain, mixed = _train(x, labels, "float32", steps), _train(x, labels, dtype, steps)
    eps = 2.0 ** (-10 if dtype == "float16" else -7)
    return {
        "weights_are": str(mixed["weight"].dtype),
        "final_scale": mixed["scale"],
        "loss_falls": bool(mixed["losses"][-1] < mixed["losses"][0]),
        "near_float32": bool(np.abs(mixed["weight"] - plain["weight"]).max() <= 16 * eps * np.abs(plain["weight"]).max()),
        "not_float32": not np.array_equal(mixed["weight"], plain["weight"]),
    }


def _train(x: Tensor, labels: Tensor, dtype: str, steps: int) -> dict:
    linear = _linear(dtype if dtype == "float32" else f"mixed_{dtype}")
    optimizer = SGD(2.0**-3)
    if dtype == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**15)
    optimizer.build(linear.trainable_variables)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = CrossEntropyLoss()(ops.cast(linear(x), "float32"), labels)
            scaled = optimizer.scale_loss(loss)  # the loss itself unless the optimizer scales
        optimizer.apply(tape.gradient(scaled, [v.value for v in linear.trainable_variables]), linear.trainable_variables)
        losses.append(float(loss))
    return {"losses": losses, "weight": linear.kernel.numpy(), "scale": float(optimizer.dynamic_scale) if dtype == "float16" else 1.0}


def _linear(dtype: str) -> Linear:
    linear = Linear(6, 3, dtype=dtype)
    linear.kernel.assign(np.sin(np.arange(18.0)).reshape(3, 6).T)
    linear.bias.assign([0.25, -0.5, 0.125])
    return linear
