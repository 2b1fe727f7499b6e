"""Clips of unequal length: a small CNN on every frame, a two-layer GRU, the mean over the valid steps, a LayerNorm, two heads in a dict."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchAdam, TorchAdamW, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, STEPS, HEIGHT, WIDTH = 4, 7, 11, 14
SEEN, UNITS, CLASSES = 8, 10, 5
RATE, DECAY, VALUE = 2e-3, 1e-2, 0.5


class FrameEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, SEEN, 3, padding=1)
        for conv in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")

    def forward(self, frames):
        x = F.relu(self.bn(self.conv1(frames)))
        return F.relu(self.conv2(x)).mean((2, 3))


class VideoGRU(nn.Module):
    """Of clips (batch, colours, steps, height, width) and how many steps of each are real."""

    def __init__(self):
        super().__init__()
        self.cnn = FrameEncoder()
        self.gru = nn.GRU(SEEN, UNITS, num_layers=2, batch_first=True, dropout=0.25)
        self.norm = nn.LayerNorm(UNITS)
        self.fc = nn.Linear(UNITS, UNITS)
        self.classify = nn.Linear(UNITS, CLASSES)
        self.regress = nn.Linear(UNITS, 1)

    def forward(self, video, lengths):
        batch, _, steps = video.shape[:3]
        features = self.cnn(video.transpose(1, 2).flatten(0, 1)).view(batch, steps, SEEN)
        states, _ = self.gru(features)
        valid = (torch.arange(steps, device=video.device) < lengths[:, None]).to(states.dtype).unsqueeze(-1)
        pooled = (states * valid).sum(1) / valid.sum(1)
        hidden = F.relu(self.fc(self.norm(pooled)))
        return {"logits": self.classify(hidden), "value": self.regress(hidden).squeeze(-1)}


def build_torch():
    return as_trained(VideoGRU, seed=421)


class Look(layers.Layer):
    """The CNN, on all frames of all clips at once; switches are the mistakes."""

    def __init__(self, *, order="norm_first", pool="mean", relu="before", back="clips_first", frames="together", **kwargs):
        super().__init__(**kwargs)
        self.pad = layers.ZeroPadding2D(1)
        self.edges = layers.Conv2D(6, 3, strides=2, use_bias=False)
        self.level = UnbiasedNorm(momentum=0.9, epsilon=1e-5)
        self.shapes = layers.Conv2D(SEEN, 3, padding="same")
        self.order, self.pool, self.relu, self.back, self.frames = order, pool, relu, back, frames

    def look(self, frames):
        x = self.edges(self.pad(frames))
        x = ops.relu(self.level(x)) if self.order == "norm_first" else self.level(ops.relu(x))
        x = self.shapes(x)
        if self.relu == "after":
            return ops.relu(ops.mean(x, axis=(1, 2)))
        return {"mean": ops.mean, "max": ops.max}[self.pool](ops.relu(x), axis=(1, 2))

    def call(self, video):
        if self.frames == "one_by_one":
            return ops.stack([self.look(video[:, step]) for step in range(STEPS)], axis=1)
        features = self.look(ops.reshape(video, (-1, *video.shape[2:])))
        if self.back == "steps_first":
            return ops.transpose(ops.reshape(features, (STEPS, -1, SEEN)), (1, 0, 2))
        return ops.reshape(features, (-1, STEPS, SEEN))


class MeanOfValid(layers.Layer):
    def __init__(self, compare="less", **kwargs):
        super().__init__(**kwargs)
        self.compare = {"less": ops.less, "less_equal": ops.less_equal}[compare]

    def call(self, states, lengths):
        steps = ops.arange(STEPS, dtype=lengths.dtype)
        valid = ops.expand_dims(ops.cast(self.compare(steps, ops.expand_dims(lengths, 1)), states.dtype), -1)
        return ops.sum(states * valid, axis=1) / ops.sum(valid, axis=1)


def build_keras(
    *,
    look=None,
    first=None,
    second=None,
    between=0.25,
    started=False,
    pooled_layer=1,
    pool="valid",
    compare="less",
    norm="pooled",
    hidden="relu",
    value_of="hidden",
    detach=False,
    logits=None,
):
    video = keras.Input((STEPS, HEIGHT, WIDTH, 3), name="video")
    lengths = keras.Input((), dtype="int64", name="lengths")
    lower, last = layers.GRU(UNITS, return_sequences=True, return_state=True, name="read_a", **(first or {}))(Look(name="look", **(look or {}))(video))
    dropped = layers.Dropout(between)(lower) if between else lower
    reader = layers.GRU(UNITS, return_sequences=True, name="read_b", **(second or {}))
    upper = reader(dropped, initial_state=last) if started else reader(dropped)

    states = (lower, upper)[pooled_layer]
    level = layers.LayerNormalization(epsilon=1e-5, name="level")
    if norm == "every_step":
        states = level(states)
    if pool == "valid":
        x = MeanOfValid(compare, name="mean_of_valid")(states, lengths)
    else:
        x = states[:, -1] if pool == "last" else ops.mean(states, axis=1)
    if norm == "pooled":
        x = level(x)

    y = layers.Dense(UNITS, activation=hidden, name="think")(x)
    valued = {"hidden": y, "norm": x}[value_of]
    value = layers.Dense(1, name="rate")(ops.stop_gradient(valued) if detach else valued)
    classes = layers.Dense(CLASSES, activation=logits, name="sort")(y)
    return keras.Model((video, lengths), {"logits": classes, "value": ops.squeeze(value, -1)})


def inputs():
    """Frames differ in colour and brightness; clips are padded with black ones."""
    lengths = np.array([7, 4, 5, 2])
    video = normal(BATCH, 3, STEPS, HEIGHT, WIDTH, seed=422) + normal(BATCH, 3, STEPS, 1, 1, seed=425)
    for clip, length in zip(video, lengths, strict=True):
        clip[:, length:] = 0
    return video, lengths


def keras_inputs(given):
    return np.ascontiguousarray(np.moveaxis(given[0], 1, -1)), given[1]


def reshaped(given):
    return given[0].reshape(BATCH, STEPS, HEIGHT, WIDTH, 3), given[1]


def targets():
    return {"logits": tokens(BATCH, below=CLASSES, seed=423), "value": normal(BATCH, seed=424)}


def torch_loss(output, target):
    return F.cross_entropy(output["logits"], target["logits"]) + VALUE * F.smooth_l1_loss(output["value"], target["value"])


def keras_loss(broadcast=False, weight=VALUE):
    def loss(output, target):
        classes = -ops.mean(ops.take_along_axis(ops.log_softmax(output["logits"]), ops.expand_dims(target["logits"], 1), axis=1))
        apart = ops.abs((ops.expand_dims(output["value"], 1) if broadcast else output["value"]) - target["value"])
        return classes + weight * ops.mean(ops.where(apart < 1, ops.square(apart) / 2, apart - 0.5))

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=RATE, weight_decay=DECAY), lambda: TorchAdam(RATE, decay=DECAY))
LAYERS = {
    "cnn.conv1": "look.edges",
    "cnn.bn": "look.level",
    "cnn.conv2": "look.shapes",
    "gru": ["read_a", "read_b"],
    "norm": "level",
    "fc": "think",
    "classify": "sort",
    "regress": "rate",
}


def load_biases_summed(torch_model, keras_model):
    """Both biases of a layer put into the first of Keras' two, as is right for an LSTM; the new gate's second one belongs under the reset gate."""

    def change(state):
        changed = dict(state)
        for name in ("gru.bias_ih_l0", "gru.bias_ih_l1"):
            other = name.replace("_ih_", "_hh_")
            changed |= {name: state[name] + state[other], other: np.zeros_like(state[other])}
        return changed

    copy_weights(torch_model, keras_model, LAYERS, change)


def load_layers_confused(torch_model, keras_model):
    """The first layer's recurrent weights loaded into the second too."""
    copy_weights(torch_model, keras_model, LAYERS, lambda state: state | {"gru.weight_hh_l1": state["gru.weight_hh_l0"]})


POOLED = ("gru", "norm")
FAULTS = [
    Fault("video_reshaped", ("input", "cnn.conv1"), "axes", "colours brought last by reshape, not by transposing", keras_inputs=reshaped),
    Fault("relu_before_norm", ("cnn.bn", "cnn.conv1", "cnn"), "order", "ReLU before the batch norm", {"look": {"order": "relu_first"}}),
    Fault("relu_after_mean", ("cnn.conv2", "cnn"), "order", "ReLU on the frame's mean, not on its pixels", {"look": {"relu": "after"}}),
    Fault("max_of_frame", ("cnn.conv2", "cnn", "gru"), "pooling", "the frame's maximum for its mean", {"look": {"pool": "max"}}),
    Fault("clips_and_steps_mixed", ("gru", "cnn"), "reshape", "features unfolded as (steps, batch), then transposed", {"look": {"back": "steps_first"}}),
    Fault("reset_before", "gru", "gates", "reset_after=False in the first layer", {"first": {"reset_after": False}}),
    Fault("state_passed_up", "gru", "initial state", "the second layer starts from the first one's last state", {"started": True}),
    Fault("lower_states", POOLED, "wrong tensor", "the first layer's states are averaged", {"pooled_layer": 0}),
    Fault("last_step", POOLED, "time step", "the last step, padded or not, for the mean", {"pool": "last"}),
    Fault("mean_over_all", POOLED, "mask", "the mean over padded steps too", {"pool": "all"}),
    Fault("one_step_more", POOLED, "off by one", "steps up to and with the length", {"compare": "less_equal"}),
    Fault("norm_every_step", ("norm", "gru"), "order", "the norm on every step before the mean", {"norm": "every_step"}),
    Fault("value_of_norm", ("regress", "norm"), "wrong tensor", "the value read from the norm, past the hidden layer", {"value_of": "norm"}),
    Fault("biases_summed", ("gru", "gru.bias_ih_l0", "gru.bias_hh_l0"), "weights", "both biases in the first of the two", load=load_biases_summed),
    Fault("layers_confused", ("gru", "gru.weight_hh_l1"), "weights", "the lower layer's recurrent kernel in the upper", load=load_layers_confused),
    Fault("value_detached", ("regress", "fc"), "gradient", "stop_gradient before the value's head", {"detach": True}, seen="grad"),
    Fault("frames_one_by_one", ("cnn.bn", "cnn"), "statistics", "the norm sees one step at a time", {"look": {"frames": "one_by_one"}}, seen="train"),
    Fault("one_mask_for_all_steps", "gru", "dropout", "GRU(dropout=): a mask per clip", {"between": 0, "second": {"dropout": 0.25}}, seen="dropout"),
    Fault("value_broadcast", "loss", "broadcast", "(batch, 1) minus (batch,)", seen="loss", loss=lambda: keras_loss(broadcast=True)),
    Fault("decay_decoupled", "optimizer", "decay", "AdamW for Adam's decay", seen="step", optimizer=lambda: TorchAdamW(RATE, shrink=DECAY)),
]
