"""Text recognition: convolutions that shrink height more than width, columns as a sequence, two bidirectional LSTMs; characters by CTC, tags of the line."""

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens, uniform
from benchmarks.faults.own import TorchRMSprop, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH = 3, 16, 21
DEEP, ROWS, STEPS = 10, 2, 11  # channels, height and width of what the convolutions give
UNITS, SYMBOLS, TAGS, BLANK = 7, 9, 5, 0
MEAN, DEVIATION = 0.5, 0.25
BOTH = 0.7  # weight of the tags in the loss


class ConvBlock(nn.Module):
    def __init__(self, inside, outside, pool):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outside)
        self.pool = pool

    def forward(self, x):
        return self.pool(F.relu(self.norm(self.conv(x))))


class CRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            ConvBlock(1, 6, nn.MaxPool2d(2)),
            ConvBlock(6, 8, nn.MaxPool2d((2, 2), stride=(2, 1), padding=(0, 1))),
            ConvBlock(8, DEEP, nn.MaxPool2d((2, 1))),
        )
        self.rnn = nn.LSTM(DEEP * ROWS, UNITS, num_layers=2, bidirectional=True, batch_first=True, dropout=0.3)
        self.chars = nn.Linear(2 * UNITS, SYMBOLS)
        self.tags = nn.Linear(2 * UNITS, TAGS)

    def forward(self, image):
        x = self.features((image - MEAN) / DEVIATION)
        sequence, _ = self.rnn(x.permute(0, 3, 1, 2).flatten(2))
        return F.log_softmax(self.chars(sequence), dim=-1), torch.sigmoid(self.tags(sequence.mean(1)))


def build_torch():
    return as_trained(CRNN, seed=521)


def stage(x, filters, letter, pool, *, order="norm_relu_pool"):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{letter}")(x)
    steps = {"norm": UnbiasedNorm(momentum=0.9, epsilon=1e-5, name=f"norm_{letter}"), "relu": layers.ReLU(), "pool": pool}
    for step in order.split("_"):
        x = steps[step](x)
    return x


def eye(first, second, third, *, offset=-MEAN / DEVIATION, sides=(1, 1), thin="max", columns="channels_first"):
    """From an image to one vector for each column."""
    image = keras.Input((HEIGHT, WIDTH, 1))
    x = layers.Rescaling(1 / DEVIATION, offset=offset)(image)
    x = stage(x, 6, "a", layers.MaxPooling2D(), **first)
    x = stage(x, 8, "b", lambda y: layers.MaxPooling2D((2, 2), strides=(2, 1))(layers.ZeroPadding2D(((0, 0), sides))(y)), **second)
    x = stage(x, DEEP, "c", layers.MaxPooling2D((2, 1)) if thin == "max" else layers.AveragePooling2D((2, 1)), **third)
    if columns != "as_it_is":
        x = layers.Permute({"channels_first": (2, 3, 1), "rows_first": (2, 1, 3)}[columns])(x)
    return keras.Model(image, layers.Reshape((STEPS, DEEP * ROWS))(x), name="eye")


class Reader(layers.Layer):
    """Both ways, twice."""

    def __init__(self, *, gates="sigmoid", joined="ahead_first", backward="turned", drop="between", **kwargs):
        super().__init__(**kwargs)
        self.lower = layers.Bidirectional(layers.LSTM(UNITS, recurrent_activation=gates, return_sequences=True))
        self.upper = layers.Bidirectional(layers.LSTM(UNITS, recurrent_activation=gates, return_sequences=True))
        self.thin = layers.Dropout(0.3)
        self.joined, self.backward, self.drop = joined, backward, drop

    def call(self, x, training=None):
        x = self.lower(x)
        if self.joined == "back_first":
            x = ops.concatenate([x[..., UNITS:], x[..., :UNITS]], axis=-1)
        x = self.thin(x, training=training)
        y = self.upper(x)
        if self.backward == "not_turned":
            y = ops.concatenate([self.upper.forward_layer(x), self.upper.backward_layer(x)], axis=-1)
        return self.thin(y, training=training) if self.drop == "each" else y


def build_keras(*, first=None, second=None, third=None, look=None, read=None, axis=-1, summary="mean", detach=False):
    image = keras.Input((HEIGHT, WIDTH, 1), name="line")
    columns = eye(first or {}, second or {}, third or {}, **(look or {}))(image)
    sequence = Reader(**(read or {}), name="reader")(columns)
    letters = ops.log_softmax(layers.Dense(SYMBOLS, name="letters")(sequence), axis=axis)
    whole = layers.GlobalAveragePooling1D()(sequence) if summary == "mean" else sequence[:, -1]
    whole = ops.stop_gradient(whole) if detach else whole
    return keras.Model(image, (letters, layers.Dense(TAGS, activation="sigmoid", name="labels")(whole)))


def inputs():
    return uniform(BATCH, 1, HEIGHT, WIDTH, seed=522)


def targets():
    """Texts of 4, 2 and 3 characters, and which tags each line has."""
    text = tokens(BATCH, 4, below=SYMBOLS, lowest=1, seed=523)
    text[1, 2:], text[2, 3:] = BLANK, BLANK
    return text, tokens(BATCH, TAGS, below=2, seed=524).astype("float32")


def torch_loss(outputs, target):
    (logs, tags), (text, wanted) = outputs, target
    steps = torch.full((len(text),), logs.shape[1])
    ctc = F.ctc_loss(logs.transpose(0, 1), text, steps, (text != BLANK).sum(1), blank=BLANK)
    return ctc + BOTH * F.binary_cross_entropy(tags, wanted)


def ctc(logs, text, lengths, blank):
    """Minus the log of the probability of each text, by the forward recursion: Keras' own computes in float32."""
    states = 2 * text.shape[1] + 1
    between = ops.full_like(text, blank)
    path = ops.concatenate([ops.reshape(ops.stack([between, text], axis=2), (-1, states - 1)), between[:, :1]], axis=1)
    seen = ops.einsum("btc,bsc->tbs", logs, ops.one_hot(path, SYMBOLS, dtype=logs.dtype))
    never = ops.full_like(seen[0], -1e30)
    jumps = ops.pad(ops.not_equal(path[:, 2:], path[:, :-2]), ((0, 0), (2, 0)))
    alpha = ops.concatenate([seen[0, :, :2], never[:, 2:]], axis=1)
    for now in range(1, logs.shape[1]):
        moved = ops.concatenate([never[:, :1], alpha[:, :-1]], axis=1)
        jumped = ops.where(jumps, ops.concatenate([never[:, :2], alpha[:, :-2]], axis=1), never)
        alpha = ops.logsumexp(ops.stack([alpha, moved, jumped]), axis=0) + seen[now]
    ends = ops.one_hot(2 * lengths, states, dtype="bool") | ops.one_hot(2 * lengths - 1, states, dtype="bool")
    return -ops.logsumexp(ops.where(ends, alpha, never), axis=1)


def keras_loss(blank=BLANK, by_length=True):
    """Of outputs and targets, as torch's."""

    def loss(outputs, target):
        (logs, tags), (text, wanted) = outputs, target
        lengths = ops.sum(ops.cast(ops.not_equal(text, BLANK), "int32"), axis=1)
        each = ctc(logs, text, lengths, blank)
        each = each / ops.cast(lengths, each.dtype) if by_length else each
        return ops.mean(each) + BOTH * ops.mean(ops.binary_crossentropy(wanted, tags))

    return loss


class RMSprop(TorchRMSprop):
    """Torch moves both biases of an LSTM, of which Keras has the sum: it goes twice as far."""

    def update_step(self, gradient, variable, learning_rate):
        path = self._trainable_variables[self._get_variable_index(variable)].path
        super().update_step(gradient, variable, 2 * learning_rate if path.endswith("lstm_cell/bias") else learning_rate)


def rmsprop(rho=0.99):
    return RMSprop(1e-3, rho=rho)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.RMSprop(parameters, lr=1e-3), rmsprop)
LAYERS = {"rnn": ["reader.lower", "reader.upper"], "chars": "letters", "tags": "labels"}
for index, letter in enumerate("abc"):
    LAYERS |= {f"features.{index}.conv": f"eye.conv_{letter}", f"features.{index}.norm": f"eye.norm_{letter}"}


def load_as_it_is(torch_model, keras_model):
    """Kernels transposed and no more."""
    copy_weights(torch_model, keras_model, LAYERS)


def load_one_bias(torch_model, keras_model):
    """Keras has one bias where torch has two: the input's is taken, the state's left behind."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: 0 * a if n.startswith("rnn.bias_hh") else a for n, a in s.items()})


COLUMNS = ("rnn", "features.2.pool", "features.2", "features")
STATE_BIASES = tuple(f"rnn.bias_hh_l{index}{end}" for index in (0, 1) for end in ("", "_reverse"))

FAULTS = [
    Fault(
        "mean_taken_after_scaling",
        ("input", "features.0.conv", "features.0"),
        "constant",
        "Rescaling adds its offset after the scale: the mean is not divided by the deviation",
        {"look": {"offset": -MEAN}},
    ),
    Fault("relu_before_norm", ("features.1.norm", "features.1.conv", "features.1"), "order", "ReLU, then norm", {"second": {"order": "relu_norm_pool"}}),
    Fault("padded_at_the_end", ("features.1.pool", "features.1"), "padding", "both columns of the padding at the end", {"look": {"sides": (0, 2)}}),
    Fault("average_pool", ("features.2.pool", "features.2"), "pooling", "the last pooling averages two rows", {"look": {"thin": "average"}}),
    Fault(
        "reshaped_without_permute",
        COLUMNS,
        "reshape",
        "(height, width, channels) reshaped at once to (width, features): a step is no column",
        {"look": {"columns": "as_it_is"}},
        load=load_as_it_is,
    ),
    Fault(
        "rows_before_channels",
        COLUMNS,
        "reshape",
        "a column's features by row and channel, torch's by channel and row",
        {"look": {"columns": "rows_first"}},
        load=load_as_it_is,
    ),
    Fault("hard_gates", "rnn", "activation", "hard sigmoid in the gates, as old Keras had it", {"read": {"gates": "hard_sigmoid"}}),
    Fault("back_before_ahead", "rnn", "concat order", "the upper LSTM is given the backward half first", {"read": {"joined": "back_first"}}),
    Fault(
        "backward_not_turned",
        ("rnn", "chars"),
        "time step",
        "outputs of the upper backward LSTM in the order in which it reads",
        {"read": {"backward": "not_turned"}},
    ),
    Fault("log_softmax_over_time", ("output", "chars"), "axis", "log_softmax over the steps, as where time is last", {"axis": 1}),
    Fault("tags_of_last_step", ("tags", "rnn"), "wrong tensor", "the tags are told from the last step, not the mean", {"summary": "last"}),
    Fault("one_bias", ("rnn", *STATE_BIASES), "weights", "bias_hh is not added to bias_ih", load=load_one_bias),
    Fault(
        "pool_before_norm",
        ("features.0.norm", "features.0.pool", "features.0"),
        "order",
        "pooled before the norm: statistics of maxima",
        {"first": {"order": "pool_norm_relu"}},
        seen="train",
    ),
    Fault("tags_detached", ("tags", "rnn"), "gradient", "the tags do not train what they read", {"detach": True}, seen="grad"),
    Fault("dropout_after_both", ("rnn", "chars", "tags"), "dropout", "dropout after the upper LSTM too", {"read": {"drop": "each"}}, seen="dropout"),
    Fault("blank_last", "loss", "blank", "the last symbol for the blank, as in Keras' examples", seen="loss", loss=lambda: keras_loss(blank=SYMBOLS - 1)),
    Fault("not_by_length", "loss", "reduction", "CTC not divided by the length of each text", seen="loss", loss=lambda: keras_loss(by_length=False)),
    Fault("rho", "optimizer", "optimizer", "RMSprop's decay 0.9, Keras' default, for torch's 0.99", seen="step", optimizer=lambda: rmsprop(0.9)),
]
