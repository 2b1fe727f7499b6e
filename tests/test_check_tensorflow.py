"""Keras models with TensorFlow code of their own: float32 written out, kernels without float64, names of variables, losses as Keras calls them."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
import torch.nn.functional as F
from keras import layers, ops
from test_check import ROWS as SIXES
from test_check import Subclassed, torch_mlp
from torch import nn

import parity
from parity.frameworks.tf_widening import widened

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(size=(5, 6)).astype("float32")
STEPS = RANDOM.normal(size=(3, 7, 6)).astype("float32")
VOLUMES = RANDOM.normal(size=(2, 3, 6, 7, 8)).astype("float32")
GRAPH = (RANDOM.random((4, 7, 7)) < 0.6).astype("int32") | np.eye(7, dtype="int32")


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def gradient(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
        weighed = y * tf.reshape(tf.range(tf.size(y), dtype=y.dtype), tf.shape(y))
    return y.numpy(), tape.gradient(weighed, x).numpy()


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize(("window", "step"), [(2, 2), (3, 2), ((1, 2, 3), (2, 1, 2))])
def test_the_maximum_over_volumes_in_float64_is_that_of_the_kernel_with_its_gradient(padding, window, step):
    x = np.maximum(RANDOM.normal(size=(2, 5, 6, 7, 3)), 0.3)  # many are equal
    narrow = gradient(lambda v: tf.nn.max_pool3d(v, window, step, padding), tf.constant(x, tf.float32))
    with widened():
        wide = gradient(lambda v: tf.nn.max_pool3d(v, window, step, padding), tf.constant(x, tf.float64))
    for a, b in zip(narrow, wide, strict=True):
        assert b.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_a_window_of_equal_values_gives_all_of_them_the_gradient_where_torch_gives_it_to_the_first():
    zeros = torch.zeros(1, 1, 2, 2, 2, requires_grad=True)
    F.max_pool3d(zeros, 2).sum().backward()
    x = tf.zeros((1, 2, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool3d(x, 2, 2, "VALID")
    assert zeros.grad.sum() == 1 and tf.reduce_sum(tape.gradient(y, x)) == 8
    mine = nn.Sequential(nn.Conv3d(3, 4, 3), nn.ReLU(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(48, 2))
    port = keras.Sequential([keras.Input((6, 7, 8, 3)), layers.Conv3D(4, 3, activation="relu"), layers.MaxPooling3D(2), layers.Flatten(), layers.Dense(2)])
    with torch.no_grad():
        mine[0].bias -= 1  # many windows of zeros
    report = parity.check(mine, port, VOLUMES)
    assert {row.verdict.value for row in report.rows if row.role == "output"} == {"equivalent"} and report.ok, str(report)


@pytest.mark.parametrize("size", [(9, 13), (3, 4), (10, 5)])
@pytest.mark.parametrize("aligned", [False, True])
def test_bilinear_resizing_in_float64_is_pytorchs(size, aligned):
    x = RANDOM.normal(size=(2, 5, 7, 3))
    expected = F.interpolate(torch.from_numpy(x).movedim(-1, 1), size=size, mode="bilinear", align_corners=aligned).movedim(1, -1).numpy()
    with widened():
        if aligned:
            found = tf.compat.v1.image.resize_bilinear(tf.constant(x), size, align_corners=True)
        else:
            found = tf.image.resize(tf.constant(x), size)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)
    assert tf.image.resize(tf.constant(x), size).dtype == tf.float32  # put back


def test_volumes_are_judged_in_float64():
    mine = nn.Sequential(nn.Conv3d(3, 4, 3), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(48, 2))
    port = keras.Sequential([keras.Input((6, 7, 8, 3)), layers.Conv3D(4, 3), layers.MaxPooling3D(2), layers.Flatten(), layers.Dense(2)])
    report = parity.check(mine, port, VOLUMES)
    assert report.verdict == "equivalent", str(report)


class Attention(nn.Module):
    """Scores of pairs of nodes, only of neighbours."""

    def __init__(self):
        super().__init__()
        self.spread, self.merge = nn.Linear(6, 2 * 5, bias=False), nn.Linear(2 * 5, 4)
        self.source, self.target = (nn.Parameter(torch.randn(1, 2, 5)) for _ in range(2))

    def forward(self, x, edges):
        h = self.spread(x).view(*x.shape[:2], 2, 5)
        scores = ((h * self.source).sum(-1)[:, :, None] + (h * self.target).sum(-1)[:, None]).masked_fill((edges == 0)[..., None], -1e9)
        return self.merge(torch.einsum("bijh,bjhc->bihc", scores.softmax(2), h).flatten(2))


class GraphLayer(layers.Layer):
    """The same on weights of its own, with float32 written out; what Keras calls sources and targets, names do not tell."""

    def __init__(self, floor=-1e9, mixed=True):
        super().__init__()
        self.floor, self.mixed = floor, mixed

    def build(self, shape):
        self.kernel = self.add_weight(shape=(6, 2, 5), name="kernel")
        self.neighbours, self.selves = (self.add_weight(shape=(5, 2), name=name) for name in ("neighbours", "selves"))
        self.mixer, self.offset = self.add_weight(shape=(2, 5, 4), name="mixer"), self.add_weight(shape=(4,), name="offset")

    def call(self, inputs):
        x, edges = inputs
        h = tf.einsum("bni,iho->bnho", x, self.kernel)
        own, other = (tf.einsum("bnho,oh->bnh", h, w) for w in (self.selves, self.neighbours))
        scores = own[:, :, None] + other[:, None] + tf.cast(edges == 0, tf.float32)[..., None] * tf.constant(self.floor)
        mixed = tf.einsum("bijh,bjho->biho", tf.nn.softmax(scores, 2) if self.mixed else tf.nn.softmax(scores, 1), h)
        return tf.einsum("biho,hod->bid", mixed, self.mixer) + self.offset


def graph_port(**how):
    x, edges = keras.Input((7, 6)), keras.Input((7, 7), dtype="int32")
    return keras.Model([x, edges], GraphLayer(**how)([x, edges]))


def test_products_with_weights_of_a_layers_own_are_matched_and_judged_in_float64():
    nodes = RANDOM.normal(size=(4, 7, 6)).astype("float32")
    report = parity.check(Attention(), graph_port(), (nodes, GRAPH))
    assert report.verdict == "equivalent", str(report)
    wrong = parity.check(Attention(), graph_port(mixed=False), (nodes, GRAPH))
    assert not wrong.ok and "softmax-axis" in [f.cause for f in wrong.findings], str(wrong)


class Dilated(nn.Module):
    """One kernel at two dilations, and a layer that mixes channels."""

    def __init__(self):
        super().__init__()
        self.shared, self.mix = nn.Conv1d(6, 5, 3), nn.Linear(5, 6)

    def forward(self, x):
        for dilation in (1, 2):
            y = F.conv1d(F.pad(x.transpose(1, 2), (2 * dilation, 0)), self.shared.weight, self.shared.bias, dilation=dilation)
            x = x + self.mix(F.relu(y).transpose(1, 2))
        return x


class DilatedLayer(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, 6, 5), name="kernel")
        self.offset = self.add_weight(shape=(5,), name="offset")
        self.mix = layers.Dense(6)
        self.mix.build((None, None, 5))

    def call(self, x):
        for dilation in (1, 2):
            y = tf.nn.convolution(tf.pad(x, [[0, 0], [2 * dilation, 0], [0, 0]]), self.kernel, dilations=[dilation], padding="VALID")
            x = x + self.mix(tf.nn.relu(tf.nn.bias_add(y, self.offset)))
        return x


def test_convolutions_with_a_kernel_of_a_layers_own_are_matched():
    x = keras.Input((7, 6))
    report = parity.check(Dilated(), keras.Model(x, DilatedLayer()(x)), STEPS)
    assert report.verdict == "equivalent", str(report)


class FasterFirst(keras.optimizers.SGD):
    """By TensorFlow's name of a variable: what optimizers are given on this backend has no path."""

    def update_step(self, gradient, variable, learning_rate):
        name = getattr(variable, "path", variable.name)
        super().update_step(gradient, variable, 3 * learning_rate if "first/" in name else learning_rate)


def test_an_optimizer_that_goes_by_names_finds_them_in_both_precisions():
    def port():
        return keras.Sequential([keras.Input((6,)), layers.Dense(5, "tanh", name="first"), layers.Dense(3, name="last")])

    mine = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    targets = RANDOM.normal(size=(5, 3)).astype("float32")

    def groups(parameters):
        weights = list(parameters)
        return torch.optim.SGD([{"params": weights[:2], "lr": 0.3}, {"params": weights[2:]}], lr=0.1)

    words = {"loss": (nn.MSELoss(), keras.losses.MeanSquaredError()), "targets": targets}
    report = parity.check(mine, port(), ROWS, optimizer=(groups, lambda: FasterFirst(0.1)), **words)
    assert report.ok, str(report)
    assert not parity.check(mine, port(), ROWS, optimizer=(groups, lambda: keras.optimizers.SGD(0.1)), **words).ok


def per_sample(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1) * (1 + ops.mean(ops.abs(y_true), axis=-1))


def test_a_loss_as_keras_calls_it_takes_the_target_first_and_is_averaged():
    def torch_loss(output, target):
        return ((output - target).square().mean(-1) * (1 + target.abs().mean(-1))).mean()

    mine, port = nn.Sequential(nn.Linear(6, 3)), keras.Sequential([keras.Input((6,)), layers.Dense(3)])
    report = parity.check(mine, port, ROWS, loss=(torch_loss, per_sample), targets=RANDOM.normal(size=(5, 3)).astype("float32"))
    assert report.ok, str(report)


def test_two_biases_of_a_recurrence_learn_twice_as_fast():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.scan, self.head = nn.LSTM(6, 5, batch_first=True), nn.Linear(5, 3)

        def forward(self, x):
            return self.head(self.scan(x)[0][:, -1])

    port = keras.Sequential([keras.Input((7, 6)), layers.LSTM(5), layers.Dense(3)])
    words = {"loss": (nn.MSELoss(), keras.losses.MeanSquaredError()), "targets": RANDOM.normal(size=(3, 3)).astype("float32")}
    words |= {"optimizer": (lambda p: torch.optim.SGD([each for each in p if each.requires_grad], lr=0.1), lambda: keras.optimizers.SGD(0.1))}
    report = parity.check(Last(), port, STEPS, **words)
    told = [(f.layer, f.cause, f.confirmed) for f in report.findings if f.severity == "difference"]
    assert not report.ok and told == [("scan", "lstm-bias-double-lr", True)], str(report)
    mended = Last()
    nn.init.zeros_(mended.scan.bias_hh_l0).requires_grad_(False)
    again = parity.check(mended, port, STEPS, **words)
    assert again.ok and any(row.name == "scan.bias_ih_l0@1" for row in again.rows), str(again)


class Normed(nn.Module):
    """Two norms of its own, fresh: their weights are all ones, so that only gradients tell which is which."""

    def __init__(self):
        super().__init__()
        self.before, self.middle, self.behind = nn.Parameter(torch.ones(6)), nn.Linear(6, 6), nn.Parameter(torch.ones(6))

    def forward(self, x):
        return F.rms_norm(self.middle(F.rms_norm(x, (6,)) * self.before), (6,)) * self.behind


class Scaled(layers.Layer):
    def build(self, shape):
        self.size = self.add_weight(shape=(shape[-1],), initializer="ones", name="size")

    def call(self, x):
        return x * ops.rsqrt(ops.mean(ops.square(x), -1, keepdims=True) + keras.config.epsilon() * 0 + np.finfo(np.float64).eps) * self.size


class NormedPort(keras.Model):
    def __init__(self):
        super().__init__()
        self.last, self.dense, self.first = Scaled(), layers.Dense(6), Scaled()

    def call(self, x):
        return self.last(self.dense(self.first(x)))


def test_equal_weights_are_told_apart_by_their_gradients():
    report = parity.check(Normed(), NormedPort(), ROWS)
    assert report.ok, str(report)


SHIFT = [0.5, 0.25, 0.125]


class Shifted(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch_mlp()

    def forward(self, x):
        return self.body(x) + torch.tensor(SHIFT, dtype=x.dtype)


class SaysSingle(Subclassed):
    """float32 written out in the user's code, eagerly and in a graph."""

    def call(self, x):
        y = tf.raw_ops.AddV2(x=super().call(x), y=tf.constant(SHIFT, tf.float32))
        one = tf.cast(tf.reduce_all(tf.equal(y, y)), tf.float32)
        return tf.function(lambda v: tf.concat([v[:1], v[1:] * tf.constant(1.0)], 0) * one)(y)


class OnlySingle(Subclassed):
    """An operation that TensorFlow has no float64 kernel for: each row over the root of 1 and its squares' sum."""

    def call(self, x):
        y = super().call(x)
        return tf.reshape(tf.raw_ops.LRN(input=tf.reshape(y, (-1, 1, 1, 3)), depth_radius=3, bias=1.0, alpha=1.0, beta=0.5), tf.shape(y))


class Divided(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch_mlp()

    def forward(self, x):
        y = self.body(x)
        return y / (1 + (y * y).sum(1, keepdim=True)).sqrt()


def test_float32_in_the_users_code_is_float64_in_the_float64_run():
    report = parity.check(Shifted(), SaysSingle(), SIXES)
    assert {row.verdict.value for row in report.rows if row.role == "output"} == {"equivalent"}, str(report)
    assert tf.constant(1.0).dtype == tf.float32 != tf.float64


def test_a_model_without_float64_is_judged_in_float32_and_never_called_equivalent():
    report = parity.check(Divided(), OnlySingle(), SIXES)
    assert {row.verdict.value for row in report.rows if row.role == "output"} == {"indistinguishable"}, str(report)
    assert any("float64" in note for note in report.notes)
