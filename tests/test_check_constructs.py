"""What torch models are made of besides layers in a row: steps of a video, casts to float32, norms over channels and space, dropout inside torch's modules."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

import parity
from parity.diagnosis import diagnosing
from parity.errors import CannotRunError

RANDOM = np.random.default_rng(5)
IMAGES = RANDOM.normal(size=(2, 3, 8, 8)).astype("float32")
STEPS = RANDOM.normal(size=(3, 7, 8)).astype("float32")


def differences(report):
    return [(f.layer, f.cause) for f in report.findings if f.severity == "difference"]


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.gates = nn.Conv2d(3 + 4, 4 * 4, 3, padding=1)

    def forward(self, x, h, c):
        i, f, g, o = self.gates(torch.cat([x, h], 1)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class Video(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = Cell(), nn.Linear(4, 2)

    def forward(self, frames):
        h = c = frames.new_zeros(len(frames), 4, 8, 8)
        for step in range(frames.shape[1]):
            h, c = self.cell(frames[:, step], h, c)
        return self.head(h.mean((2, 3)))


class KerasVideo(keras.Model):
    def __init__(self, squash=ops.tanh):
        super().__init__()
        self.gates, self.head, self.squash = layers.Conv2D(16, 3, padding="same"), layers.Dense(2), squash

    def call(self, frames):
        h = c = ops.zeros((frames.shape[0], 8, 8, 4), frames.dtype)
        for step in range(frames.shape[1]):
            i, f, g, o = ops.split(self.gates(ops.concatenate([frames[:, step], h], -1)), 4, -1)
            c = ops.sigmoid(f) * c + ops.sigmoid(i) * self.squash(g)
            h = ops.sigmoid(o) * ops.tanh(c)
        return self.head(ops.mean(h, (1, 2)))


def test_frames_of_a_video_lie_as_the_convolution_over_each_wants_them():
    frames = RANDOM.normal(size=(2, 5, 3, 8, 8)).astype("float32")
    assert parity.check(Video(), KerasVideo(), frames).ok
    assert not parity.check(Video(), KerasVideo(ops.sigmoid), frames).ok


@pytest.mark.parametrize("size", [(4, 8, 6), (8, 8, 8)])
def test_a_norm_over_channels_and_space_has_its_weights_turned(size):
    channels, height, width = size
    norm = nn.LayerNorm(size)
    nn.init.normal_(norm.weight)
    mine = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), norm, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2))
    given = RANDOM.normal(size=(2, 3, height, width)).astype("float32")
    for epsilon, found in ((1e-5, []), (1e-3, [("1", "ln-eps")])):
        norms = layers.LayerNormalization(axis=(1, 2, 3), epsilon=epsilon)
        parts = [layers.Conv2D(channels, 3, padding="same"), norms, layers.GlobalAveragePooling2D(), layers.Dense(2)]
        report = parity.check(mine, keras.Sequential([keras.Input((height, width, 3)), *parts]), given)
        assert report.ok is not bool(found) and differences(report) == found, str(report)


class Casting(nn.Module):
    """Bytes made floats, a softmax in float32, a state of float32 zeros: as models for half precision are written."""

    def __init__(self):
        super().__init__()
        self.conv, self.cell, self.head = nn.Conv2d(3, 4, 3), nn.GRU(4, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        features = self.conv(x.float() / 255).flatten(2).transpose(1, 2)
        states, _ = self.cell(features, torch.zeros(1, len(x), 5, dtype=torch.float32))
        return self.head(F.softmax(states.to(torch.float32), dim=-1, dtype=torch.float32).type_as(states)[:, -1])


def test_casts_to_float32_take_nothing_from_a_float64_run():
    images = RANDOM.integers(0, 256, (2, 3, 6, 6)).astype("uint8")

    def port(axis):
        x = keras.Input((6, 6, 3), dtype="uint8")
        y = layers.Reshape((16, 4))(layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(x)))
        y = layers.Softmax(axis=axis)(layers.GRU(5, return_sequences=True)(y))
        return keras.Model(x, layers.Dense(2)(y[:, -1]))

    right, wrong = (parity.check(Casting(), port(axis), images) for axis in (-1, 1))
    assert right.ok, str(right)
    assert not any("float32 only" in note for note in right.notes)
    assert not wrong.ok and any(f.cause == "softmax-axis" and f.confirmed for f in wrong.findings), str(wrong)


class KerasEncoder(keras.Model):
    """`nn.TransformerEncoderLayer`, norms last."""

    def __init__(self, rate=0.3, inner=0.3):
        super().__init__()
        self.attend = layers.MultiHeadAttention(2, 4, dropout=inner)
        self.norms = [layers.LayerNormalization(epsilon=1e-5) for _ in range(2)]
        self.wide, self.narrow = layers.Dense(16, activation="relu"), layers.Dense(8)
        self.drops = [layers.Dropout(rate) for _ in range(3)]

    def call(self, x, training=None):
        x = self.norms[0](x + self.drops[0](self.attend(x, x, training=training), training=training))
        return self.norms[1](x + self.drops[1](self.narrow(self.drops[2](self.wide(x), training=training)), training=training))


@pytest.mark.parametrize(("words", "right"), [({}, True), ({"inner": 0.0}, False), ({"rate": 0.2}, False)])
def test_dropout_inside_a_transformer_layer_is_fed_to_the_keras_side(words, right):
    mine = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.3, batch_first=True)
    report = parity.check(mine, KerasEncoder(**words), STEPS, training=True)
    assert report.ok is right, str(report)


class Sentences(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.scan, self.head = (
            nn.Embedding(11, 6, padding_idx=0),
            nn.LSTM(6, 5, 2, batch_first=True, bidirectional=True, dropout=0.4),
            nn.Linear(10, 2),
        )

    def forward(self, text):
        packed = nn.utils.rnn.pack_padded_sequence(self.words(text), (text != 0).sum(1).cpu(), batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.scan(packed)[0], batch_first=True, total_length=text.shape[1])
        return self.head(states.sum(1))


@pytest.mark.parametrize(("rate", "right"), [(0.4, True), (0.1, False)])
def test_dropout_between_packed_layers_is_fed_to_the_keras_side(rate, right):
    text = np.array([[1, 2, 3, 4, 0, 0], [3, 4, 0, 0, 0, 0], [9, 8, 7, 6, 5, 0]])
    x = keras.Input((6,), dtype="int32")
    y = layers.Bidirectional(layers.LSTM(5, return_sequences=True))(layers.Embedding(11, 6, mask_zero=True)(x))
    y = layers.Bidirectional(layers.LSTM(5, return_sequences=True))(layers.Dropout(rate)(y))
    weighed = y * ops.cast(ops.expand_dims(ops.not_equal(x, 0), -1), y.dtype)
    report = parity.check(Sentences(), keras.Model(x, layers.Dense(2)(ops.sum(weighed, 1))), text, training=True)
    assert report.ok is right and (right or [f.cause for f in report.findings] == ["dropout-rate"]), str(report)


def test_a_recurrence_with_projections_is_run_as_torch_runs_it():
    class Projected(nn.Module):
        def __init__(self):
            super().__init__()
            self.scan, self.head = nn.LSTM(8, 5, proj_size=3, batch_first=True), nn.Linear(3, 2)

        def forward(self, x):
            return self.head(self.scan(x)[0])

    port = keras.Sequential([keras.Input((7, 8)), layers.LSTM(3, return_sequences=True), layers.Dense(2)])
    report = parity.check(Projected(), port, STEPS)
    assert not report.ok and report.verdict == "missing"


def test_the_rest_of_the_search_goes_on_where_a_part_of_it_raises(monkeypatch):
    def broken(session, rows):
        raise RuntimeError("planted")

    monkeypatch.setattr(diagnosing, "buffer_findings", broken)
    mine = nn.Sequential(nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 2))
    report = parity.check(mine, keras.Sequential([keras.Input((7, 8)), layers.Dense(5, "relu"), layers.Dense(2)]), STEPS)
    assert report.findings and any("RuntimeError (planted)" in note for note in report.notes), str(report)


def test_random_numbers_in_training_that_are_no_dropout_are_refused_and_evaluation_is_judged():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide, self.head = nn.Linear(8, 5), nn.Linear(5, 2)

        def forward(self, x):
            hidden = torch.relu(self.wide(x))
            return self.head(hidden + 0.1 * torch.randn_like(hidden) if self.training else hidden)

    def port():
        return keras.Sequential([keras.Input((7, 8)), layers.Dense(5, "relu"), layers.GaussianNoise(0.1), layers.Dense(2)])

    with pytest.raises(CannotRunError, match="training=False"):
        parity.check(Noisy(), port(), STEPS, training=True)
    assert parity.check(Noisy(), port(), STEPS, training=False).ok


class OwnLSTM(layers.Layer):
    """Gates side by side, in torch's order."""

    def __init__(self, squash=ops.tanh):
        super().__init__()
        self.squash = squash

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 20), name="kernel")
        self.recurrent = self.add_weight(shape=(5, 20), name="recurrent_kernel")
        self.bias = self.add_weight(shape=(20,), name="bias")

    def call(self, x):
        states, h = [], ops.zeros_like(x[:, 0, :5])
        c = h
        for step in range(x.shape[1]):
            i, f, g, o = ops.split(x[:, step] @ self.kernel + h @ self.recurrent + self.bias, 4, -1)
            c = ops.sigmoid(f) * c + ops.sigmoid(i) * self.squash(g)
            h = ops.sigmoid(o) * ops.tanh(c)
            states.append(h)
        return ops.stack(states, 1)


class BareGRU(keras.Model):
    """The model's own variables, in TensorFlow's operations."""

    def __init__(self, turned=False):
        super().__init__()
        self.of_input, self.of_state = self.add_weight(shape=(8, 15), name="w_input"), self.add_weight(shape=(5, 15), name="w_state")
        self.biases = [self.add_weight(shape=(15,), name=name) for name in ("b_input", "b_state")]
        self.head, self.turned = layers.Dense(2), turned

    def call(self, x):
        states, h = [], tf.zeros_like(x[:, 0, :5])
        for step in range(x.shape[1]):
            given, kept = (tf.split(tf.matmul(v, w) + b, 3, -1) for v, w, b in zip((x[:, step], h), (self.of_input, self.of_state), self.biases, strict=True))
            reset, update = (tf.sigmoid(given[i] + kept[i]) for i in range(2))
            new = tf.tanh(given[2] + reset * kept[2])
            h = (1 - update) * h + update * new if self.turned else (1 - update) * new + update * h
            states.append(h)
        return self.head(tf.stack(states, 1))


class Scanned(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.scan, self.head = kind(8, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.scan(x)[0])


@pytest.mark.parametrize(
    ("kind", "port", "right"),
    [
        (nn.LSTM, lambda: keras.Sequential([keras.Input((7, 8)), OwnLSTM(), layers.Dense(2)]), True),
        (nn.LSTM, lambda: keras.Sequential([keras.Input((7, 8)), OwnLSTM(ops.sigmoid), layers.Dense(2)]), False),
        (nn.GRU, BareGRU, True),
        (nn.GRU, lambda: BareGRU(turned=True), False),
    ],
)
def test_a_recurrence_written_out_on_variables_gets_torchs_weights(kind, port, right):
    report = parity.check(Scanned(kind), port(), STEPS)
    assert report.ok is right, str(report)
    assert not any(row.verdict.value in {"missing", "extra"} for row in report.rows)
    assert right or {f.layer for f in report.findings if f.severity == "difference"} == {"scan"}, str(report)
