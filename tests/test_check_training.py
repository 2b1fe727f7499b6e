"""`parity.check` of a model whose `call` has no argument `training`: its layers train where the caller says so, and not in `fit`."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import torch
from torch import nn

import parity

ROWS = np.random.default_rng(0).normal(3.0, 2.0, (32, 4)).astype("float32")


class TorchStandardised(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.drop, self.out = nn.BatchNorm1d(4), nn.Dropout(0.4), nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.drop(self.norm(x)))


class Untold(keras.Model):
    def __init__(self):
        super().__init__()
        self.norm, self.drop, self.out = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5), keras.layers.Dropout(0.4), keras.layers.Dense(2)

    def call(self, x):
        return self.out(self.drop(self.norm(x)))


class Told(Untold):
    def call(self, x, training=None):
        return self.out(self.drop(self.norm(x, training=training), training=training))


def judged(keras_model):
    torch.manual_seed(0)
    return parity.check(TorchStandardised(), keras_model, ROWS, training=True, known={"buffer:*": "Keras keeps the biased variance"})


def test_its_layers_train_and_a_note_says_that_fit_does_not_tell_them():
    report = judged(Untold())
    assert report.ok, str(report)
    assert any("`fit` will not tell them" in note for note in report.notes)


def test_no_note_where_call_has_the_argument():
    report = judged(Told())
    assert report.ok and not any("`fit`" in note for note in report.notes), str(report)


def test_fit_leaves_the_statistics_as_they_were():
    moved = {}
    for model in (Untold(), Told()):
        model.compile("sgd", "mse")
        model(ROWS)
        before = model.norm.moving_mean.numpy()
        model.fit(ROWS, ROWS[:, :2], epochs=1, verbose=0)
        moved[type(model).__name__] = not np.array_equal(before, model.norm.moving_mean.numpy())
    assert moved == {"Untold": False, "Told": True}


class WithBuffers(nn.Module):
    """One that training leaves as it is, kept in files and not, and one that it moves."""

    def __init__(self, *, moves):
        super().__init__()
        self.out, self.moves = nn.Linear(4, 2), moves
        self.register_buffer("scale", torch.tensor([1.0, 2.0, 3.0, 4.0]))
        self.register_buffer("shift", torch.tensor([0.5, 0.25, 1.0, -1.0]), persistent=False)
        self.register_buffer("seen", torch.zeros(4))

    def forward(self, x):
        if self.training and self.moves:
            self.seen += x.detach().mean(0)
        return self.out(x * self.scale + self.shift)


def without_buffers():
    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Dense(2)(x * np.array([1.0, 2.0, 3.0, 4.0]) + np.array([0.5, 0.25, 1.0, -1.0])))


def test_a_buffer_that_training_leaves_as_it_is_needs_no_counterpart():
    report = parity.check(WithBuffers(moves=False), without_buffers(), ROWS, training=True)
    assert report.ok, str(report)


def test_a_buffer_that_training_moves_does():
    report = parity.check(WithBuffers(moves=True), without_buffers(), ROWS, training=True)
    assert not report.ok
    assert {row.name.partition("@")[0] for row in report.rows if row.failing} == {"seen"}


def test_a_loss_of_the_same_value_and_another_gradient_is_named():
    def torch_loss(output, target):
        return ((output - target).square() * output.detach().abs()).mean()

    def keras_loss(output, target):
        return keras.ops.mean(keras.ops.square(output - target) * keras.ops.abs(output))

    def cut_off(output, target):
        return keras.ops.mean(keras.ops.square(output - target) * keras.ops.abs(keras.ops.stop_gradient(output)))

    torch.manual_seed(0)
    model, targets = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)), ROWS[:, :2]

    def port():
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(2)])

    assert parity.check(model, port(), ROWS, targets=targets, loss=(torch_loss, cut_off)).ok
    report = parity.check(model, port(), ROWS, targets=targets, loss=(torch_loss, keras_loss))
    assert not report.ok and [(f.layer, f.cause) for f in report.findings] == [("loss", "stop-gradient")], str(report)
