"""A convolutional variational autoencoder: the noise is an input, the outputs are logits, mean and log-variance; Keras nests encoder and decoder."""

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import TorchAdam, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, COLOURS, HEIGHT, WIDTH, LATENT = 4, 2, 19, 26, 9
DEEP = (8, 5, 7)  # channels, height and width of what the heads read
BETA, SLOPE = 2.5, 0.2


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(COLOURS, 6, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.mu = nn.Linear(8 * 5 * 7, LATENT)
        self.logvar = nn.Linear(8 * 5 * 7, LATENT)

    def forward(self, x):
        x = F.leaky_relu(self.bn1(self.conv1(x)), SLOPE)
        x = F.leaky_relu(self.bn2(self.conv2(x)), SLOPE)
        x = x.flatten(1)
        return self.mu(x), self.logvar(x)


class Reparameterize(nn.Module):
    def forward(self, mu, logvar, eps):
        return mu + torch.exp(0.5 * logvar) * eps


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(LATENT, 8 * 5 * 7)
        self.up1 = nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=(1, 0), bias=False)
        self.bn = nn.BatchNorm2d(6)
        self.up2 = nn.ConvTranspose2d(6, COLOURS, 3, stride=2, padding=1, output_padding=(0, 1))

    def forward(self, z):
        x = F.relu(self.fc(z)).view(-1, *DEEP)
        x = F.relu(self.bn(self.up1(x)))
        return self.up2(x)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.sample = Reparameterize()
        self.decoder = Decoder()

    def forward(self, image, eps):
        mu, logvar = self.encoder(image)
        return self.decoder(self.sample(mu, logvar, eps)), mu, logvar


def build_torch():
    return as_trained(VAE, seed=401)


def leaky(x):
    return ops.maximum(x, SLOPE * x)


def shrink(x, filters, name, *, padding="both_sides", order="norm_first", momentum=0.9):
    """Half the height and width."""
    if padding == "both_sides":
        x, padding = layers.ZeroPadding2D(1)(x), "valid"
    x = layers.Conv2D(filters, 3, strides=2, padding=padding, use_bias=False, name=f"{name}_conv")(x)
    norm = UnbiasedNorm(momentum=momentum, epsilon=1e-5, name=f"{name}_norm")
    return norm(leaky(x)) if order == "leaky_first" else leaky(norm(x))


def recognition(first, second, *, flat="channels_first", centre=None, heads="two"):
    image = keras.Input((HEIGHT, WIDTH, COLOURS))
    x = shrink(shrink(image, 6, "shrink_a", **first), 8, "shrink_b", **second)
    x = layers.Flatten()(layers.Permute((3, 1, 2))(x) if flat == "channels_first" else x)
    to_mean = layers.Dense(LATENT, activation=centre, name="z_mean")
    to_log_var = layers.Dense(LATENT, name="z_log_var")
    return keras.Model(image, (to_mean(x), to_mean(x) if heads == "one" else to_log_var(x)), name="recognition")


def generator(*, folded="channels_first", grow="cropped", last_crop=((1, 1), (1, 0)), colour=None):
    code = keras.Input((LATENT,))
    x = layers.Dense(8 * 5 * 7, activation="relu", name="spread")(code)
    x = layers.Permute((2, 3, 1))(layers.Reshape(DEEP)(x)) if folded == "channels_first" else layers.Reshape((5, 7, 8))(x)
    if grow == "cropped":
        x = layers.Conv2DTranspose(6, 3, strides=2, use_bias=False, name="grow_a")(x)
        x = layers.Cropping2D(((1, 0), (1, 1)))(x)
    else:
        x = layers.Conv2DTranspose(6, 3, strides=2, padding="same", output_padding=(1, 0), use_bias=False, name="grow_a")(x)
    x = layers.ReLU()(UnbiasedNorm(momentum=0.9, epsilon=1e-5, name="grow_norm")(x))
    x = layers.Cropping2D(last_crop)(layers.Conv2DTranspose(COLOURS, 3, strides=2, name="grow_b")(x))
    return keras.Model(code, x if colour is None else layers.Activation(colour)(x), name="generator")


class Sampling(layers.Layer):
    def __init__(self, half=0.5, noisy="always", detach=False, **kwargs):
        super().__init__(**kwargs)
        self.half, self.noisy, self.detach = half, noisy, detach

    def call(self, mean, log_var, noise, training=None):
        if self.noisy == "training" and not training:
            return mean
        spread = ops.exp(self.half * log_var)
        return mean + (ops.stop_gradient(spread) if self.detach else spread) * noise


def build_keras(*, first=None, second=None, encode=None, sample=None, sampled="mean_first", decode=None, returned="mean_first"):
    image, noise = keras.Input((HEIGHT, WIDTH, COLOURS), name="image"), keras.Input((LATENT,), name="noise")
    mean, log_var = recognition(first or {}, second or {}, **(encode or {}))(image)
    parts = (mean, log_var) if sampled == "mean_first" else (log_var, mean)
    z = Sampling(**(sample or {}), name="z")(*parts, noise)
    logits = generator(**(decode or {}))(z)
    return keras.Model((image, noise), (logits, mean, log_var) if returned == "mean_first" else (logits, log_var, mean))


def inputs():
    return uniform(BATCH, COLOURS, HEIGHT, WIDTH, seed=402), normal(BATCH, LATENT, seed=403)


def targets():
    return inputs()[0]


def torch_loss(outputs, image):
    logits, mu, logvar = outputs
    likelihood = F.binary_cross_entropy_with_logits(logits, image, reduction="sum")
    divergence = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (likelihood + BETA * divergence) / len(image)


def keras_loss(units=ops.sum, from_logits=True):
    """Of outputs and image; the image may come with torch's axes."""

    def loss(outputs, image):
        logits, mean, log_var = outputs
        image = image if image.shape == logits.shape else ops.transpose(image, (0, 2, 3, 1))
        likelihood = ops.sum(ops.binary_crossentropy(image, logits, from_logits=from_logits), axis=(1, 2, 3))
        divergence = -0.5 * units(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1)
        return ops.mean(likelihood + BETA * divergence)

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=5e-3, betas=(0.5, 0.99)), lambda: TorchAdam(5e-3, beta_1=0.5, beta_2=0.99))
LAYERS = {
    "encoder.conv1": "recognition.shrink_a_conv",
    "encoder.bn1": "recognition.shrink_a_norm",
    "encoder.conv2": "recognition.shrink_b_conv",
    "encoder.bn2": "recognition.shrink_b_norm",
    "encoder.mu": "recognition.z_mean",
    "encoder.logvar": "recognition.z_log_var",
    "decoder.fc": "generator.spread",
    "decoder.up1": "generator.grow_a",
    "decoder.bn": "generator.grow_norm",
    "decoder.up2": "generator.grow_b",
}


def load_heads_swapped(torch_model, keras_model):
    """By shape and order of a file in which the log-variance comes first."""
    other = {"mu": "logvar", "logvar": "mu"}

    def change(state):
        ends = {name: name.split(".") for name in state}
        return {name: state[f"encoder.{other[end[1]]}.{end[2]}"] if end[1] in other else state[name] for name, end in ends.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


def load_as_it_is(torch_model, keras_model):
    """Kernels transposed and no more: a transfer that is told of both models would permute the rows behind a flatten."""
    copy_weights(torch_model, keras_model, LAYERS)


def load_turned(torch_model, keras_model):
    """`weight.T` of (in, out, height, width) is (width, height, out, in): it fits, the kernel being square."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.swapaxes(2, 3) if n == "decoder.up1.weight" else a for n, a in s.items()})


SAMPLE = ("sample", "encoder.logvar", "decoder.fc", "decoder")
FAULTS = [
    Fault("variance_for_deviation", SAMPLE, "constant", "exp(logvar), not exp(logvar / 2)", {"sample": {"half": 1.0}}),
    Fault("noise_in_training_only", ("sample", "encoder.mu", "decoder.fc", "decoder"), "noise", "evaluation takes the mean", {"sample": {"noisy": "training"}}),
    Fault(
        "sampled_of_swapped",
        ("sample", "encoder.mu", "encoder.logvar", "encoder"),
        "arguments",
        "mean and log-variance swapped on the way to sampling",
        {"sampled": "log_var_first"},
    ),
    Fault("returned_swapped", ("output", "encoder.mu", "encoder.logvar"), "order", "log-variance returned before the mean", {"returned": "log_var_first"}),
    Fault(
        "flattened_channels_last",
        ("encoder.mu", "encoder.logvar", "encoder.bn2", "encoder"),
        "flatten",
        "no permute before flattening",
        {"encode": {"flat": "channels_last"}},
        load=load_as_it_is,
    ),
    Fault(
        "folded_channels_last",
        ("decoder.up1", "decoder.fc", "decoder"),
        "reshape",
        "reshaped to (h, w, c)",
        {"decode": {"folded": "channels_last"}},
        load=load_as_it_is,
    ),
    Fault("mean_relu", ("encoder.mu", "encoder"), "activation", "a ReLU on the mean, as on a hidden layer", {"encode": {"centre": "relu"}}),
    Fault("one_head", ("encoder.logvar", "encoder"), "wrong layer", "the mean's layer gives the log-variance too", {"encode": {"heads": "one"}}),
    Fault("conv_same", "encoder.conv1", "padding", "'same' with stride 2 pads an even width at the end only", {"first": {"padding": "same"}}),
    Fault("leaky_before_norm", ("encoder.bn2", "encoder.conv2", "encoder"), "order", "leaky ReLU, then norm", {"second": {"order": "leaky_first"}}),
    Fault("grow_same", "decoder.up1", "padding", "padding='same' with output_padding crops the end, torch the start", {"decode": {"grow": "same"}}),
    Fault("cropped_after", "decoder.up2", "padding", "the one column too many cut at the end", {"decode": {"last_crop": ((1, 1), (0, 1))}}),
    Fault("sigmoid_returned", ("output", "decoder.up2", "decoder"), "output", "probabilities for logits", {"decode": {"colour": "sigmoid"}}),
    Fault("heads_loaded_swapped", ("encoder.mu", "encoder.logvar"), "weights", "each head has the other's weights", load=load_heads_swapped),
    Fault("kernel_turned", ("decoder.up1", "decoder.up1.weight"), "weights", "a kernel loaded by .T, height and width swapped", load=load_turned),
    Fault("deviation_detached", SAMPLE, "gradient", "stop_gradient on the deviation", {"sample": {"detach": True}}, seen="grad"),
    Fault("norm_momentum", "encoder.bn1", "momentum", "torch's momentum 0.1 taken over", {"first": {"momentum": 0.1}}, seen="train"),
    Fault("divergence_averaged", "loss", "reduction", "the divergence's mean over units", seen="loss", loss=lambda: keras_loss(units=ops.mean)),
    Fault("logits_as_probabilities", "loss", "from_logits", "from_logits forgotten", seen="loss", loss=lambda: keras_loss(from_logits=False)),
    Fault("beta_2", "optimizer", "betas", "Adam's default second beta", seen="step", optimizer=lambda: TorchAdam(5e-3, beta_1=0.5)),
]
