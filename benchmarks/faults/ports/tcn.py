"""A temporal convolutional net over signals, causal and dilated; torch pads and cuts, Keras says padding='causal'."""

import keras
from keras import layers
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class Chomp(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return x[:, :, : -self.size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, inside, outside, dilation):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(inside, outside, 3, padding=2 * dilation, dilation=dilation),
            Chomp(2 * dilation),
            nn.ReLU(),
            nn.Conv1d(outside, outside, 3, padding=2 * dilation, dilation=dilation),
            Chomp(2 * dilation),
            nn.CELU(0.5),
        )
        self.downsample = nn.Conv1d(inside, outside, 1) if inside != outside else None

    def forward(self, x):
        return nn.functional.relu(self.net(x) + (x if self.downsample is None else self.downsample(x)))


class TCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(TemporalBlock(4, 6, 1), TemporalBlock(6, 6, 2))
        self.pool = nn.MaxPool1d(2)
        self.up = nn.ConvTranspose1d(6, 5, 4, stride=2, padding=1)
        self.bn = nn.BatchNorm1d(5)
        self.decode = nn.Conv1d(5, 2, 5, padding=2)

    def forward(self, x):
        return self.decode(nn.functional.softsign(self.bn(self.up(self.pool(self.blocks(x))))))


def build_torch():
    return as_trained(TCN, seed=44)


def temporal(x, filters, dilation, name, *, padding="causal", second_dilation=None, first="relu", second="celu", residual=True, last=True, project=False):
    y = layers.Conv1D(filters, 3, padding=padding, dilation_rate=dilation, activation=first, name=f"{name}_a")(x)
    y = layers.Conv1D(filters, 3, padding=padding, dilation_rate=second_dilation or dilation, name=f"{name}_b")(y)
    y = {"celu": lambda y: keras.ops.celu(y, 0.5), "elu": keras.ops.elu, "relu": keras.ops.relu, "none": lambda y: y}[second](y)
    if project:
        x = layers.Conv1D(filters, 1, name=f"{name}_side")(x)
    y = layers.Add()([y, x]) if residual else y
    return layers.ReLU()(y) if last else y


def build_keras(*, first=None, second=None, pool="max", up="same", epsilon=1e-5, squash="softsign", reverse=False, decode="same"):
    signal = keras.Input((14, 4))
    x = temporal(keras.ops.flip(signal, 1) if reverse else signal, 6, 1, "block0", project=True, **(first or {}))
    x = temporal(x, 6, 2, "block1", **(second or {}))
    x = (layers.MaxPooling1D if pool == "max" else layers.AveragePooling1D)(2)(x)
    if up == "same":
        x = layers.Conv1DTranspose(5, 4, strides=2, padding="same", name="rise")(x)
    else:
        x = layers.Conv1DTranspose(5, 4, strides=2, name="rise")(x)
        x = layers.Cropping1D((0, 2) if up == "cut_after" else (2, 0))(x)
    x = layers.BatchNormalization(epsilon=epsilon, momentum=0.9, name="norm")(x)
    x = {"softsign": keras.ops.softsign, "tanh": keras.ops.tanh, "none": lambda x: x}[squash](x)
    return keras.Model(signal, layers.Conv1D(2, 5, padding=decode, name="decode")(x))


def inputs():
    return normal(3, 4, 14, seed=45)


LAYOUT = {"input": "channels_last"}
LAYERS = {"blocks.0.net.0": "block0_a", "blocks.0.net.3": "block0_b", "blocks.0.downsample": "block0_side", "blocks.1.net.0": "block1_a"}
LAYERS |= {"blocks.1.net.3": "block1_b", "up": "rise", "bn": "norm", "decode": "decode"}


def load_flipped(torch_model, keras_model):
    """Kernels flipped in time, as for a true convolution."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a[:, :, ::-1] if n == "decode.weight" else a for n, a in s.items()})


B0, B1 = "blocks.0.net", "blocks.1.net"
FAULTS = [
    Fault("same_for_causal", (f"{B0}.0", f"{B0}.3", f"{B0}.1", f"{B0}.4"), "padding", "'same' looks ahead", {"first": {"padding": "same"}}),
    Fault("same_for_causal_dilated", (f"{B1}.0", f"{B1}.3", f"{B1}.1", f"{B1}.4"), "padding", "'same' looks ahead", {"second": {"padding": "same"}}),
    Fault("second_dilation", (f"{B1}.3", f"{B1}.4"), "dilation", "the second convolution's dilation forgotten", {"second": {"second_dilation": 1}}),
    Fault("dilation_doubled", (f"{B0}.3", f"{B0}.4"), "dilation", "the dilation doubled inside the block", {"first": {"second_dilation": 2}}),
    Fault("first_relu", (f"{B0}.2", f"{B0}.1", f"{B0}.3"), "activation", "no ReLU between the convolutions", {"first": {"first": None}}),
    Fault("elu_for_celu", (f"{B1}.5", f"{B1}.4", "blocks.1"), "slope", "ELU with alpha 1 for CELU with 0.5", {"second": {"second": "elu"}}),
    Fault("relu_for_celu", (f"{B0}.5", f"{B0}.4", "blocks.0"), "activation", "ReLU for CELU", {"first": {"second": "relu"}}),
    Fault("celu_forgotten", (f"{B1}.5", f"{B1}.4", "blocks.1"), "activation", "no CELU", {"second": {"second": "none"}}),
    Fault("no_residual", ("blocks.1", f"{B1}.5", "pool"), "residual", "the shortcut is not added", {"second": {"residual": False}}),
    Fault("last_relu", ("blocks.0", f"{B1}.0"), "activation", "no ReLU after the sum", {"first": {"last": False}}),
    Fault("average_pool", "pool", "pooling", "average pooling", {"pool": "average"}),
    Fault("up_cut_after", "up", "padding", "both steps cut at the end", {"up": "cut_after"}),
    Fault("up_cut_before", "up", "padding", "both steps cut at the start", {"up": "cut_before"}),
    Fault("epsilon", "bn", "epsilon", "Keras' default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("tanh_for_softsign", ("bn", "decode"), "activation", "tanh for softsign", {"squash": "tanh"}),
    Fault("softsign_forgotten", ("bn", "decode"), "activation", "no softsign", {"squash": "none"}),
    Fault("time_reversed", ("input", f"{B0}.0", "blocks.0.downsample"), "direction", "the signal from its end", {"reverse": True}),
    Fault("decoder_causal", "decode", "padding", "a causal convolution where torch pads both sides", {"decode": "causal"}),
    Fault("kernel_flipped", "decode", "weights", "a kernel flipped in time", load=load_flipped),
]
