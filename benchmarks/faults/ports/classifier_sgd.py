"""A classifier and its training: cross-entropy with class weights and label smoothing, SGD with Nesterov momentum and weight decay."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault

WEIGHTS = np.array([1.0, 2.5, 0.5, 1.5], "float32")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6, momentum=0.2), nn.ReLU(), nn.MaxPool2d(2))
        self.more = nn.Sequential(nn.Conv2d(6, 8, 3, bias=False), nn.BatchNorm2d(8, momentum=0.2), nn.Tanh())
        self.drop = nn.Dropout(0.5)
        self.linear = nn.Linear(8, 4)

    def forward(self, x):
        x = self.more(self.features(x)).mean((2, 3))
        return self.linear(self.drop(x))


def build_torch():
    return as_trained(Net, seed=28)


def build_keras(
    *,
    norm=UnbiasedNorm,
    momentum=0.8,
    momentum_more=0.8,
    rate=0.5,
    more="tanh",
    pool="mean",
    frozen=False,
    epsilon=1e-5,
    norm_frozen=False,
    stopped=False,
):
    inputs = keras.Input((10, 12, 2))
    x = layers.Conv2D(6, 3, padding="same", use_bias=False, trainable=not frozen, name="conv_0")(inputs)
    x = norm(momentum=momentum, epsilon=epsilon, name="norm_0")(x)
    x = layers.MaxPooling2D()(layers.ReLU()(x))
    x = layers.Conv2D(8, 3, use_bias=False, name="conv_1")(x)
    x = norm(momentum=momentum_more, epsilon=1e-5, name="norm_1", trainable=not norm_frozen)(x)
    x = layers.Activation(more)(x)
    x = (layers.GlobalAveragePooling2D if pool == "mean" else layers.GlobalMaxPooling2D)()(x)
    x = ops.stop_gradient(x) if stopped else x
    return keras.Model(inputs, layers.Dense(4, name="logits")(layers.Dropout(rate)(x)))


def inputs():
    return normal(6, 2, 10, 12, seed=29)


def targets():
    return np.array([0, 3, 1, 1, 2, 3])


def smoothed_weighted(output, target, weights=WEIGHTS, smoothing=0.1, divide="weights", logits=True):
    weights = ops.cast(weights, output.dtype)
    logs = ops.log_softmax(output) if logits else ops.log(ops.clip(output, 1e-7, 1.0))
    one_hot = ops.one_hot(target, 4, dtype=output.dtype)
    labels = one_hot * (1 - smoothing) + smoothing / 4
    losses = -ops.sum(weights * labels * logs, axis=-1)
    if divide == "sum":
        return ops.sum(losses)
    return ops.sum(losses) / (ops.sum(ops.take(weights, target)) if divide == "weights" else ops.cast(ops.shape(output)[0], output.dtype))


def loss_with(**changes):
    return lambda: lambda output, target: smoothed_weighted(output, target, **changes)


def weight_by_target(output, target):
    """The smoothed loss of an example times the weight of its class: torch weighs each class's term."""
    one_hot = ops.one_hot(target, 4, dtype=output.dtype) * 0.9 + 0.025
    weights = ops.take(ops.cast(WEIGHTS, output.dtype), target)
    return ops.sum(-weights * ops.sum(one_hot * ops.log_softmax(output), -1)) / ops.sum(weights)


def softmaxed(output, target):
    return smoothed_weighted(ops.softmax(output), target)


LOSS = (
    lambda o, t: nn.functional.cross_entropy(o, t, weight=torch.from_numpy(WEIGHTS).to(o.dtype), label_smoothing=0.1),
    lambda: smoothed_weighted,
)
OPTIMIZER = (
    lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4),
    lambda: CoupledSGD(0.05, momentum=0.9, nesterov=True, decay=5e-4),
)
LAYERS = {"features.0": "conv_0", "features.1": "norm_0", "more.0": "conv_1", "more.1": "norm_1", "linear": "logits"}


def another_loss(name, kind, cause, loss):
    return Fault(name, "loss", kind, cause, seen="loss", loss=loss)


def another_optimizer(name, kind, cause, build):
    return Fault(name, "optimizer", kind, cause, seen="step", optimizer=build)


class Dampened(CoupledSGD):
    """The gradient enters the momentum with 1 - momentum, as in Adam."""

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient * 0.1, variable, learning_rate)


BIASED = {"norm": layers.BatchNormalization}
FAULTS = [
    Fault("biased_variance", ("features.1", "more.1"), "buffers", "Keras keeps the biased variance", BIASED, seen="train"),
    Fault("momentum_complement", "features.1", "momentum", "torch's momentum 0.2 taken over, where Keras wants 0.8", {"momentum": 0.2}, seen="train"),
    Fault("momentum_default", "more.1", "momentum", "momentum left at 0.99", {"momentum_more": 0.99}, seen="train"),
    Fault("norm_frozen", "more.1", "frozen", "trainable=False on a norm: statistics in training, weights fixed", {"norm_frozen": True}, seen="grad"),
    Fault("conv_frozen", "features.0", "frozen", "trainable=False left on a convolution", {"frozen": True}, seen="grad"),
    Fault("dropout_rate", "drop", "dropout", "dropout 0.2 for 0.5", {"rate": 0.2}, seen="dropout"),
    Fault("relu_for_tanh", ("more.2", "more.1"), "activation", "ReLU for tanh", {"more": "relu"}),
    Fault("max_for_mean", ("drop", "linear", "more.2"), "pooling", "global max pooling for the mean", {"pool": "max"}),
    Fault("epsilon", "features.1", "epsilon", "epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("features_detached", ("drop", "linear", "more.2"), "gradient", "stop_gradient before the classifier", {"stopped": True}, seen="grad"),
    another_loss("weights_forgotten", "class weights", "class weights forgotten", loss_with(weights=np.ones(4, "float32"))),
    another_loss("divided_by_batch", "class weights", "the weighted loss divided by the batch, not by the sum of its weights", loss_with(divide="batch")),
    another_loss("summed", "reduction", "the sum over the batch", loss_with(divide="sum")),
    another_loss("not_smoothed", "label smoothing", "no label smoothing", loss_with(smoothing=0.0)),
    another_loss("smoothing_percent", "label smoothing", "smoothing 0.01 for 0.1", loss_with(smoothing=0.01)),
    another_loss("weighted_after_smoothing", "class weights", "the weight of the target's class on the whole smoothed loss", lambda: weight_by_target),
    another_loss("softmaxed", "from_logits", "a softmax before a loss that has one", lambda: softmaxed),
    another_loss("weights_reversed", "class weights", "weights in the order of another list of classes", loss_with(weights=WEIGHTS[::-1].copy())),
    another_loss(
        "plain_cross_entropy",
        "class weights",
        "Keras' cross-entropy without weights and smoothing",
        lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ),
    another_optimizer("no_nesterov", "nesterov", "nesterov forgotten", lambda: CoupledSGD(0.05, momentum=0.9, decay=5e-4)),
    another_optimizer("no_momentum", "momentum", "momentum forgotten", lambda: CoupledSGD(0.05, decay=5e-4)),
    another_optimizer("momentum_0.99", "momentum", "momentum 0.99", lambda: CoupledSGD(0.05, momentum=0.99, nesterov=True, decay=5e-4)),
    another_optimizer("decay_forgotten", "decay", "no weight decay", lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
    another_optimizer(
        "decoupled", "decay", "Keras' weight_decay, which is decoupled", lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    ),
    another_optimizer("decay_doubled", "decay", "2 times the decay, as for a penalty of half the square", lambda: CoupledSGD(0.05, 0.9, True, 1e-3)),
    another_optimizer("learning_rate", "learning rate", "learning rate 0.01", lambda: CoupledSGD(0.01, momentum=0.9, nesterov=True, decay=5e-4)),
    another_optimizer("dampened", "momentum", "the gradient enters the momentum with 1 - momentum", lambda: Dampened(0.05, 0.9, True, 5e-4)),
    another_optimizer("clipped_values", "clipping", "clipvalue=0.01", lambda: CoupledSGD(0.05, 0.9, True, 5e-4, clipvalue=0.01)),
    another_optimizer("averaged", "ema", "use_ema with overwriting", lambda: CoupledSGD(0.05, 0.9, True, 5e-4, use_ema=True, ema_overwrite_frequency=1)),
]
