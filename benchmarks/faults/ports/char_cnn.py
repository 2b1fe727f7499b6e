"""A classifier of short texts by their characters: convolutions of three widths side by side, the maximum over time, a highway layer; SGD with decay."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import CoupledSGD
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

CHARACTERS, EMBED, STEPS, CLASSES, PAD = 31, 8, 13, 4, 0
FILTERS = {2: 5, 3: 7, 5: 9}  # by width
JOINED = sum(FILTERS.values())
WEIGHTS = np.array([0.5, 2.0, 1.25, 3.0], "float32")
RATE, MOMENTUM, DECAY = 0.05, 0.9, 0.01


class Highway(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.transform = nn.Linear(size, size)
        self.gate = nn.Linear(size, size)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return gate * F.relu(self.transform(x)) + (1 - gate) * x


class CharCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CHARACTERS, EMBED, padding_idx=PAD)
        self.convs = nn.ModuleList(nn.Conv1d(EMBED, filters, width) for width, filters in FILTERS.items())
        self.highway = Highway(JOINED)
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(JOINED, CLASSES)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        x = torch.cat([torch.tanh(conv(x)).max(dim=2).values for conv in self.convs], dim=1)
        return self.fc(self.dropout(self.highway(x)))


def build_torch():
    return as_trained(CharCNN, seed=411)


class Detector(layers.Layer):
    """One width: how strongly each filter is met anywhere in the text."""

    def __init__(self, width, filters, *, activation="tanh", padding="valid", over_time="max"):
        super().__init__()
        self.scan = layers.Conv1D(filters, width, padding=padding, activation=activation)
        self.over_time = over_time
        self.windows = layers.MaxPooling1D(STEPS - width)

    def call(self, x, real=None):
        x = self.scan(x)
        if real is not None:
            x = ops.where(real[:, : x.shape[1], None], x, -1e9)
        if self.over_time == "mean":
            return ops.mean(x, axis=1)
        return self.windows(x)[:, 0] if self.over_time == "pooled" else ops.max(x, axis=1)


class Carry(layers.Layer):
    def __init__(self, *, order="gate_first", gated="sigmoid", activation="relu", kept="rest", gate_of="input"):
        super().__init__()
        self.change = layers.Dense(JOINED, activation=activation)
        self.open = layers.Dense(JOINED, activation=gated)
        self.order, self.kept, self.gate_of = order, kept, gate_of

    def call(self, x):
        new = self.change(x)
        opened = self.open(x if self.gate_of == "input" else new)
        old = ops.stop_gradient(x) if self.kept == "detached" else x
        if self.order == "gate_last":
            return (1 - opened) * new + opened * old
        return opened * new + (old if self.kept == "all" else (1 - opened) * old)


class TextDetector(keras.Model):
    def __init__(self, *, narrow=None, middle=None, broad=None, carry=None, blank=True, real_only=False, order="narrow_first", thinned="after", last=None):
        super().__init__()
        self.letters = layers.Embedding(CHARACTERS, EMBED)
        self.detectors = [Detector(*sizes, **(own or {})) for sizes, own in zip(FILTERS.items(), (narrow, middle, broad), strict=True)]
        self.carry = Carry(**(carry or {}))
        self.thin = layers.Dropout(0.3)
        self.verdict = layers.Dense(CLASSES, activation=last)
        self.blank, self.real_only, self.order, self.thinned = blank, real_only, order, thinned

    def call(self, ids, training=None):
        real = ops.not_equal(ids, PAD)
        x = self.letters(ids)
        if self.blank:
            x = x * ops.cast(real, x.dtype)[..., None]
        found = [detector(x, real if self.real_only else None) for detector in self.detectors]
        x = ops.concatenate(found if self.order == "narrow_first" else found[::-1], axis=-1)
        if self.thinned == "before":
            return self.verdict(self.carry(self.thin(x, training=training)))
        return self.verdict(self.thin(self.carry(x), training=training))


build_keras = TextDetector


def inputs():
    ids = tokens(6, STEPS, below=CHARACTERS, lowest=1, seed=412)
    for row, length in enumerate((13, 9, 6, 11, 7, 5)):
        ids[row, length:] = PAD
    return ids


def targets():
    return np.array([3, 0, 1, 1, 2, 0])


def torch_loss(output, target):
    return F.cross_entropy(output, target, weight=torch.from_numpy(WEIGHTS).to(output.dtype))


def keras_loss(divide="weights"):
    """Of output and target, as torch's."""

    def loss(output, target):
        weights = ops.take(ops.cast(WEIGHTS, output.dtype), target)
        losses = -ops.take_along_axis(ops.log_softmax(output), ops.expand_dims(target, 1), axis=1)[:, 0]
        return ops.sum(weights * losses) / ops.sum(weights) if divide == "weights" else ops.mean(weights * losses)

    return loss


class DecayOfKernels(CoupledSGD):
    """A penalty of kernels, as Keras' kernel_regularizer has it: biases and the embedding go without."""

    def update_step(self, gradient, variable, learning_rate):
        self.coupled = DECAY if "kernel" in variable.name else 0.0
        super().update_step(gradient, variable, learning_rate)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, weight_decay=DECAY),
    lambda: CoupledSGD(RATE, momentum=MOMENTUM, decay=DECAY),
)
LAYERS = {
    "embedding": "letters",
    **{f"convs.{index}": f"detectors.{index}.scan" for index in range(3)},
    "highway.transform": "carry.change",
    "highway.gate": "carry.open",
    "fc": "verdict",
}


def padded_before(ids):
    """As Keras' pad_sequences pads unless told otherwise."""
    return np.stack([np.roll(row, np.count_nonzero(row == PAD)) for row in ids])


def load_highway_swapped(torch_model, keras_model):
    """The two Linears of one size in the order of another implementation, whose gate comes first."""
    other = {"transform": "gate", "gate": "transform"}

    def change(state):
        found = dict(state)
        for name in state:
            if name.startswith("highway."):
                _, part, kind = name.split(".")
                found[name] = state[f"highway.{other[part]}.{kind}"]
        return found

    copy_weights(torch_model, keras_model, LAYERS, change)


def load_kernel_flipped(torch_model, keras_model):
    """A kernel turned in time, as for a convolution in the strict sense."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a[:, :, ::-1] if n == "convs.2.weight" else a for n, a in s.items()})


TAKES = ("highway", "highway.transform", "highway.gate")
FAULTS = [
    Fault("widths_reversed", TAKES, "concat order", "the widest detector's filters first", {"order": "broad_first"}),
    Fault("mean_over_time", ("convs.1", *TAKES), "pooling", "the mean over time for the maximum", {"middle": {"over_time": "mean"}}),
    Fault("last_window_lost", ("convs.2", *TAKES), "off by one", "pooled over steps - width windows, one too few", {"broad": {"over_time": "pooled"}}),
    Fault("padding_left_out", ("convs.2", "convs.1", "convs.0", *TAKES), "mask", "windows that begin in the padding do not count", {"real_only": True}),
    Fault("same_padding", "convs.2", "padding", "'same' for torch's no padding", {"broad": {"padding": "same"}}),
    Fault("relu_for_tanh", ("convs.0", *TAKES), "activation", "ReLU for tanh after a convolution", {"narrow": {"activation": "relu"}}),
    Fault("gate_inverted", TAKES, "order", "the gate opens for the input, its complement for the transform", {"carry": {"order": "gate_last"}}),
    Fault("gate_hard", ("highway.gate", "highway"), "activation", "a hard sigmoid on the gate", {"carry": {"gated": "hard_sigmoid"}}),
    Fault("transform_linear", ("highway.transform", "highway"), "activation", "no ReLU on the transform", {"carry": {"activation": None}}),
    Fault("all_carried", ("highway", "highway.gate"), "residual", "the whole input added, not its share 1 - gate", {"carry": {"kept": "all"}}),
    Fault("gate_of_transformed", ("highway.gate", "highway"), "wrong tensor", "the gate reads the transform's output", {"carry": {"gate_of": "new"}}),
    Fault("softmax_returned", ("output", "fc"), "output", "a softmax in the model", {"last": "softmax"}),
    Fault("padded_before", ("input", "embedding"), "data", "padding before the text: pad_sequences' default", keras_inputs=padded_before),
    Fault("highway_swapped", TAKES, "weights", "transform and gate have each other's weights", load=load_highway_swapped),
    Fault("kernel_flipped", ("convs.2", "convs.2.weight"), "weights", "a kernel flipped in time", load=load_kernel_flipped),
    Fault("padding_learns", "embedding", "gradient", "padding_idx forgotten: its row gets a gradient", {"blank": False}, seen="grad"),
    Fault("carry_detached", ("highway", "highway.gate"), "gradient", "stop_gradient on what is carried", {"carry": {"kept": "detached"}}, seen="grad"),
    Fault("dropout_before_highway", ("dropout", "highway"), "dropout", "dropout on the joined filters", {"thinned": "before"}, seen="dropout"),
    Fault("divided_by_batch", "loss", "class weights", "weighted, then the batch's mean", seen="loss", loss=lambda: keras_loss(divide="batch")),
    Fault(
        "kernels_decay_only",
        "optimizer",
        "decay",
        "weight decay on kernels only; torch's is on biases and the embedding too",
        seen="step",
        optimizer=lambda: DecayOfKernels(RATE, momentum=MOMENTUM),
    ),
]
