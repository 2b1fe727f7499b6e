"""A click predictor trained with weighted BCE on logits and AdamW; dropout in between."""

import keras
import numpy as np
import tensorflow as tf
import torch
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import TorchAdam, TorchAdamW
from benchmarks.faults.port import Fault


class Predictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(12, 16)
        self.norm = nn.LayerNorm(16)
        self.drop = nn.Dropout(0.1)
        self.fc2 = nn.Linear(16, 8)
        self.act = nn.Softplus(beta=2.0)
        self.fc3 = nn.Linear(8, 1)

    def forward(self, x):
        x = self.drop(nn.functional.elu(self.norm(self.fc1(x)), alpha=0.5))
        return self.fc3(self.act(self.fc2(x)))


def build_torch():
    return as_trained(Predictor, seed=22)


def build_keras(*, alpha=0.5, beta=2.0, rate=0.1, epsilon=1e-5, dropout_first=False, frozen=False, gradient="whole", last=None, norm=True):
    layers = [keras.Input((12,)), keras.layers.Dense(16, name="first")]
    if norm:
        layers.append(keras.layers.LayerNormalization(epsilon=epsilon, name="level"))
    middle = [keras.layers.ELU(alpha=alpha), keras.layers.Dropout(rate)]
    layers += middle[::-1] if dropout_first else middle
    layers.append(keras.layers.Dense(8, name="second", trainable=not frozen))
    layers.append(keras.layers.Lambda(lambda x: keras.ops.softplus(beta * x) / beta, output_shape=(8,)))
    if gradient == "stopped":
        layers.append(keras.layers.Lambda(keras.ops.stop_gradient, output_shape=(8,)))
    return keras.Sequential([*layers, keras.layers.Dense(1, activation=last, name="click")])


def inputs():
    return normal(16, 12, seed=23)


def targets():
    return (np.random.default_rng(24).random((16, 1)) < 0.3).astype("float32")


WEIGHT = 3.0


def weighted(output, target):
    return tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(target, output, tf.cast(WEIGHT, output.dtype)))


def swapped(output, target):
    return tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(output, target, tf.cast(WEIGHT, output.dtype)))


def negative_weighted(output, target):
    """The weight on the negatives."""
    return tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(1 - target, -output, tf.cast(WEIGHT, output.dtype)))


def weighted_sum(output, target):
    return weighted(output, target) * 16


def sigmoid_twice(output, target):
    return weighted(tf.sigmoid(output), target)


def smoothed(output, target):
    return weighted(output, target * 0.9 + 0.05)


def weighted_average(output, target):
    """Divided by the sum of the weights, as torch's cross_entropy does and its BCE does not."""
    weights = 1 + (WEIGHT - 1) * target
    return tf.reduce_sum(weights * tf.nn.sigmoid_cross_entropy_with_logits(target, output)) / tf.reduce_sum(weights)


LOSS = (lambda o, t: nn.functional.binary_cross_entropy_with_logits(o, t, pos_weight=torch.tensor([WEIGHT], dtype=o.dtype)), lambda: weighted)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.05), lambda: TorchAdamW(1e-3, shrink=0.05))
LAYERS = {"fc1": "first", "norm": "level", "fc2": "second", "fc3": "click"}


def another_loss(name, kind, cause, loss):
    return Fault(name, "loss", kind, cause, seen="loss", loss=loss)


def another_optimizer(name, kind, cause, build):
    return Fault(name, "optimizer", kind, cause, seen="step", optimizer=build)


def without_biases():
    found = keras.optimizers.AdamW(1e-3, weight_decay=0.05, epsilon=1e-8)
    found.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return found


FAULTS = [
    Fault("elu_alpha", ("norm", "drop", "fc2"), "slope", "ELU's alpha left at 1", {"alpha": 1.0}),
    Fault("softplus_beta", ("act", "fc3"), "slope", "softplus with beta 1", {"beta": 1.0}),
    Fault("layer_norm_epsilon", "norm", "epsilon", "Keras' default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("norm_forgotten", ("norm", "drop", "fc2"), "norm", "no LayerNorm", {"norm": False}),
    Fault("sigmoid_in_model", ("fc3", "output"), "output", "a sigmoid in the model and a loss that wants logits", {"last": "sigmoid"}),
    Fault("dropout_rate", "drop", "dropout", "rate 0.9, the share kept", {"rate": 0.9}, seen="dropout"),
    Fault("frozen", "fc2", "frozen", "a layer left at trainable=False", {"frozen": True}, seen="grad"),
    Fault("gradient_stopped", ("act", "fc3", "fc2"), "gradient", "a stop_gradient left in", {"gradient": "stopped"}, seen="grad"),
    another_loss("not_weighted", "class weights", "pos_weight forgotten", lambda: keras.losses.BinaryCrossentropy(from_logits=True)),
    another_loss("not_from_logits", "from_logits", "from_logits and pos_weight forgotten", keras.losses.BinaryCrossentropy),
    another_loss("arguments_swapped", "arguments", "target and output swapped", lambda: swapped),
    another_loss("negatives_weighted", "class weights", "the weight on the negatives", lambda: negative_weighted),
    another_loss("summed", "reduction", "the sum over the batch, not the mean", lambda: weighted_sum),
    another_loss("sigmoid_twice", "from_logits", "a sigmoid before the loss that has one", lambda: sigmoid_twice),
    another_loss("smoothed", "label smoothing", "labels smoothed by 0.1", lambda: smoothed),
    another_loss("divided_by_weights", "class weights", "divided by the sum of the weights", lambda: weighted_average),
    another_optimizer("keras_adamw", "epsilon", "Keras' AdamW as it comes: decay 0.004, epsilon 1e-7", lambda: keras.optimizers.AdamW(1e-3)),
    another_optimizer(
        "epsilon_before_correction",
        "epsilon",
        "Keras' AdamW with every number right: its epsilon is added before the bias correction",
        lambda: keras.optimizers.AdamW(1e-3, weight_decay=0.05, epsilon=1e-8),
    ),
    another_optimizer("epsilon", "epsilon", "epsilon 1e-5", lambda: TorchAdamW(1e-3, shrink=0.05, epsilon=1e-5)),
    another_optimizer("decay_forgotten", "decay", "Adam without decay", lambda: TorchAdam(1e-3)),
    another_optimizer("coupled", "decay", "decay in the gradient, as torch.optim.Adam has it", lambda: TorchAdam(1e-3, decay=0.05)),
    another_optimizer("decay_without_rate", "decay", "decay not multiplied by the learning rate", lambda: TorchAdamW(1e-3, shrink=50.0)),
    another_optimizer("biases_not_decayed", "decay", "biases and norms left out of the decay", without_biases),
    another_optimizer("learning_rate", "learning rate", "learning rate 1e-2", lambda: TorchAdamW(1e-2, shrink=0.05)),
    another_optimizer("beta_1", "betas", "beta_1 0.5", lambda: TorchAdamW(1e-3, shrink=0.05, beta_1=0.5)),
    another_optimizer("beta_2", "betas", "beta_2 0.99", lambda: TorchAdamW(1e-3, shrink=0.05, beta_2=0.99)),
    another_optimizer("clipped", "clipping", "clipnorm=0.01", lambda: TorchAdamW(1e-3, shrink=0.05, clipnorm=0.01)),
    another_optimizer("nadam", "optimizer", "Nadam", lambda: keras.optimizers.Nadam(1e-3, weight_decay=0.05, epsilon=1e-8)),
    another_optimizer(
        "schedule",
        "learning rate",
        "a schedule left in",
        lambda: TorchAdamW(keras.optimizers.schedules.ExponentialDecay(1e-3, 2, 0.5), shrink=0.05),
    ),
]
