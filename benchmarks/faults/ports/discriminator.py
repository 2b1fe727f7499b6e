"""A GAN's discriminator: leaky ReLUs, instance norm, a probability at the end; BCE on probabilities, Adam with beta_1 0.5."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault

TOLERANCE = 1e-6  # TensorFlow keeps a leaky slope in float32


def build_torch():
    return as_trained(
        lambda: nn.Sequential(
            nn.Conv2d(3, 8, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, 12, 4, 2, 1, bias=False),
            nn.InstanceNorm2d(12, affine=True),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(12, 10, 3, 1, 0),
            nn.LeakyReLU(0.1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(10, 1),
            nn.Sigmoid(),
        ),
        seed=32,
    )


class Discriminator(keras.Model):
    def __init__(self, *, slope=0.2, slope_2=0.2, slope_3=0.1, norm="instance", epsilon=1e-5, order="norm_first", last="sigmoid", pool="mean", padding="same"):
        super().__init__()
        self.body = [
            layers.Conv2D(8, 4, strides=2, padding=padding, use_bias=False),
            layers.LeakyReLU(negative_slope=slope),
            layers.Conv2D(12, 4, strides=2, padding="same", use_bias=False),
        ]
        norms = {
            "instance": lambda: layers.GroupNormalization(groups=-1, epsilon=epsilon),
            "layer": lambda: layers.GroupNormalization(groups=1, epsilon=epsilon),
            "batch": lambda: layers.BatchNormalization(epsilon=epsilon),
            "channel": lambda: layers.LayerNormalization(epsilon=epsilon),
            "none": layers.Identity,
        }
        pair = [norms[norm](), layers.LeakyReLU(negative_slope=slope_2)]
        self.body += pair if order == "norm_first" else pair[::-1]
        self.body += [layers.Conv2D(10, 3), layers.LeakyReLU(negative_slope=slope_3) if slope_3 != "elu" else layers.ELU()]
        self.body.append(layers.GlobalAveragePooling2D() if pool == "mean" else layers.GlobalMaxPooling2D())
        self.score = layers.Dense(1, activation=last)
        self.norm_at = 3 if order == "norm_first" else 4

    def call(self, image):
        x = image
        for layer in self.body:
            x = layer(x)
        return self.score(x)


build_keras = Discriminator


def inputs():
    return normal(6, 3, 16, 24, seed=33)


def targets():
    return np.array([[1], [0], [1], [1], [0], [0]], "float32")


def logarithms(output, target):
    """The logarithm of one side only: the discriminator's loss on real images for all."""
    return -ops.mean(ops.log(output))


def on_swapped_labels(output, target):
    return keras.losses.BinaryCrossentropy()(1 - target, output)


def least_squares(output, target):
    return ops.mean(ops.square(output - target))


LOSS = (nn.functional.binary_cross_entropy, keras.losses.BinaryCrossentropy)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999)), lambda: TorchAdam(2e-4, beta_1=0.5))
LAYERS = {"0": "body.0", "2": "body.2", "3": "body.3", "5": "body.5", "9": "score"}


def another_loss(name, kind, cause, loss):
    return Fault(name, "loss", kind, cause, seen="loss", loss=loss)


def another_optimizer(name, kind, cause, build):
    return Fault(name, "optimizer", kind, cause, seen="step", optimizer=build)


FAULTS = [
    Fault("slope_default", ("1", "0"), "slope", "Keras' default slope 0.3", {"slope": 0.3}),
    Fault("slope_torch_default", ("4", "3"), "slope", "torch's default slope 0.01", {"slope_2": 0.01}),
    Fault("slope_swapped", "6", "slope", "slope 0.2 for 0.1", {"slope_3": 0.2}),
    Fault("slope_zero", ("4", "3"), "slope", "slope 0: a ReLU", {"slope_2": 0.0}),
    Fault("elu", "6", "activation", "ELU for leaky ReLU", {"slope_3": "elu"}),
    Fault("norm_over_all", "3", "norm", "one group: statistics over all channels", {"norm": "layer"}),
    Fault("norm_over_channels", "3", "axis", "LayerNormalization over channels at each place", {"norm": "channel"}),
    Fault("norm_of_batch", "3", "norm", "BatchNormalization for instance norm", {"norm": "batch"}),
    Fault("norm_forgotten", ("3", "4", "5"), "norm", "no norm", {"norm": "none"}),
    Fault("epsilon", "3", "epsilon", "Keras' default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("activation_before_norm", ("3", "4"), "order", "leaky ReLU before the norm", {"order": "activation_first"}),
    Fault("logits", ("10", "9", "output"), "output", "no sigmoid", {"last": None}),
    Fault("tanh", ("10", "9", "output"), "activation", "tanh for sigmoid", {"last": "tanh"}),
    Fault("global_max", "7", "pooling", "the maximum for the mean", {"pool": "max"}),
    another_loss("smoothed", "label smoothing", "label smoothing 0.1", lambda: keras.losses.BinaryCrossentropy(label_smoothing=0.1)),
    another_loss("summed", "reduction", "the sum over the batch", lambda: keras.losses.BinaryCrossentropy(reduction="sum")),
    another_loss("labels_swapped", "arguments", "real and fake swapped", lambda: on_swapped_labels),
    another_loss("one_sided", "loss", "only the logarithm of the score", lambda: logarithms),
    another_loss("least_squares", "loss", "least squares for BCE", lambda: least_squares),
    another_loss("hinge", "loss", "hinge for BCE", keras.losses.Hinge),
    another_optimizer("beta_1", "betas", "beta_1 left at 0.9", lambda: TorchAdam(2e-4)),
    another_optimizer("learning_rate", "learning rate", "learning rate 1e-3", lambda: TorchAdam(1e-3, beta_1=0.5)),
    another_optimizer("keras_adam", "epsilon", "Keras' Adam: epsilon 1e-7", lambda: keras.optimizers.Adam(2e-4, beta_1=0.5)),
    another_optimizer(
        "epsilon_place", "epsilon", "Keras' Adam with epsilon 1e-8: another place", lambda: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)
    ),
    another_optimizer("amsgrad", "amsgrad", "amsgrad=True", lambda: keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.5, epsilon=1e-8, amsgrad=True)),
    another_optimizer("sgd", "optimizer", "SGD", lambda: keras.optimizers.SGD(2e-4, momentum=0.5)),
]
