"""A convolutional autoencoder trained with MSE and RMSprop; both flattens are put into torch's order in the model."""

import keras
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, uniform
from benchmarks.faults.own import TorchRMSprop
from benchmarks.faults.port import Fault


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 6, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(6, 8, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(96, 10),
        )
        self.decoder = nn.Sequential(
            nn.Linear(10, 96),
            nn.ReLU(),
            nn.Unflatten(1, (8, 3, 4)),
            nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(6, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def build_torch():
    return as_trained(Autoencoder, seed=26)


def build_keras(
    *,
    encode=(3, 1, 2),
    shape=(8, 3, 4),
    decode=(2, 3, 1),
    code=None,
    first="relu",
    inner="relu",
    wide="relu",
    last="sigmoid",
    stopped=False,
    raised="relu",
    noise=0.0,
    frozen=False,
):
    encoder = [
        keras.Input((12, 16, 1)),
        layers.Conv2D(6, 4, strides=2, padding="same", activation=first, name="down1"),
        layers.Conv2D(8, 4, strides=2, padding="same", activation=inner, name="down2"),
        layers.Permute(encode),
        layers.Flatten(),
        layers.Dense(10, activation=code, name="code"),
    ]
    decoder = [
        keras.Input((10,)),
        layers.Dense(96, activation=wide, name="spread"),
        layers.Reshape(shape),
        layers.Permute(decode),
        layers.Conv2DTranspose(6, 4, strides=2, padding="same", activation=raised, name="up1", trainable=not frozen),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation=last, name="up2"),
    ]
    inputs = keras.Input((12, 16, 1))
    x = layers.GaussianNoise(noise)(inputs) if noise else inputs
    x = keras.Sequential(encoder, name="encoder")(x)
    if stopped:
        x = ops.stop_gradient(x)
    return keras.Model(inputs, keras.Sequential(decoder, name="decoder")(x))


def inputs():
    return uniform(4, 1, 12, 16, seed=27)


targets = inputs


def apart(output, target):
    """The target may come with torch's axes."""
    return output - (target if target.shape == output.shape else ops.transpose(target, (0, 2, 3, 1)))


def squared(output, target):
    return ops.mean(ops.square(apart(output, target)))


def other(reduce):
    return lambda output, target: reduce(apart(output, target))


LOSS = (nn.functional.mse_loss, lambda: squared)
OPTIMIZER = (lambda parameters: torch.optim.RMSprop(parameters, lr=1e-3), lambda: TorchRMSprop(1e-3))
LAYERS = {
    "encoder.0": "encoder.down1",
    "encoder.2": "encoder.down2",
    "encoder.5": "encoder.code",
    "decoder.0": "decoder.spread",
    "decoder.3": "decoder.up1",
    "decoder.5": "decoder.up2",
}


def another_loss(name, kind, cause, reduce):
    return Fault(name, "loss", kind, cause, seen="loss", loss=lambda: other(reduce))


def another_optimizer(name, kind, cause, build):
    return Fault(name, "optimizer", kind, cause, seen="step", optimizer=build)


FAULTS = [
    Fault("flatten_turned", ("encoder.5", "encoder.4"), "flatten", "width before height ahead of the flatten", {"encode": (3, 2, 1)}),
    Fault("reshape_channels_last", ("decoder.2", "decoder.3"), "flatten", "reshaped to (w, c, h), then permuted", {"shape": (4, 8, 3), "decode": (3, 1, 2)}),
    Fault("code_relu", ("encoder.5", "decoder.0"), "activation", "a ReLU on the code", {"code": "relu"}),
    Fault("first_relu", ("encoder.1", "encoder.0", "encoder.2"), "activation", "no ReLU after the first convolution", {"first": None}),
    Fault("inner_leaky", ("encoder.3", "encoder.2"), "activation", "leaky ReLU for ReLU", {"inner": "leaky_relu"}),
    Fault("wide_relu", ("decoder.1", "decoder.0", "decoder.2", "decoder.3"), "activation", "no ReLU after the first Dense of the decoder", {"wide": None}),
    Fault("raised_relu", ("decoder.4", "decoder.3", "decoder.5"), "activation", "no ReLU between the transposed convolutions", {"raised": None}),
    Fault("last_tanh", ("decoder.6", "output", "decoder.5"), "activation", "tanh for sigmoid", {"last": "tanh"}),
    Fault("last_forgotten", ("decoder.6", "output", "decoder.5"), "activation", "no sigmoid", {"last": None}),
    Fault("hard_sigmoid", ("decoder.6", "output", "decoder.5"), "activation", "hard sigmoid for sigmoid", {"last": "hard_sigmoid"}),
    Fault("code_detached", ("decoder.0", "encoder.5", "encoder"), "gradient", "stop_gradient on the code", {"stopped": True}, seen="grad"),
    Fault("frozen", "decoder.3", "frozen", "a layer left frozen", {"frozen": True}, seen="grad"),
    Fault("noise", ("encoder.0", "input"), "noise", "GaussianNoise in training, which torch lacks", {"noise": 0.2}, seen="dropout"),
    another_loss("absolute", "loss", "the mean absolute error", lambda d: ops.mean(ops.abs(d))),
    another_loss("summed", "reduction", "the sum over everything", lambda d: ops.sum(d * d)),
    another_loss("summed_per_image", "reduction", "summed over an image, averaged over the batch", lambda d: ops.mean(ops.sum(d * d, axis=(1, 2, 3)))),
    another_loss("halved", "scale", "half the squared error", lambda d: ops.mean(d * d) / 2),
    another_loss("root", "loss", "the root of the mean squared error", lambda d: ops.sqrt(ops.mean(d * d))),
    another_loss("huber", "loss", "a Huber loss", lambda d: ops.mean(ops.where(ops.abs(d) < 0.3, d * d / 2, 0.3 * (ops.abs(d) - 0.15)))),
    another_optimizer("keras_rmsprop", "rho", "Keras' RMSprop as it comes: rho 0.9", lambda: keras.optimizers.RMSprop(1e-3)),
    another_optimizer(
        "epsilon_under_root",
        "epsilon",
        "Keras' RMSprop with every number right: epsilon stands under the root",
        lambda: keras.optimizers.RMSprop(1e-3, rho=0.99, epsilon=1e-8),
    ),
    another_optimizer("rho", "rho", "rho 0.9", lambda: TorchRMSprop(1e-3, rho=0.9)),
    another_optimizer("epsilon", "epsilon", "epsilon 1e-3", lambda: TorchRMSprop(1e-3, epsilon=1e-3)),
    another_optimizer("learning_rate", "learning rate", "learning rate 1e-2, torch's default", lambda: TorchRMSprop(1e-2)),
    another_optimizer("adam", "optimizer", "Adam", lambda: keras.optimizers.Adam(1e-3)),
    another_optimizer("centered", "optimizer", "centered=True", lambda: keras.optimizers.RMSprop(1e-3, rho=0.99, epsilon=1e-8, centered=True)),
]
