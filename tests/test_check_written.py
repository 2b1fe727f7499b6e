"""`parity.check` of PyTorch models that are not plain: computed weights, compiled and scripted models, bare parameters, own norms, packed sequences."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from keras import layers, ops
from torch import nn

import parity
from parity.errors import ParityUsageError

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(4, 6)).astype("float32")
IMAGES = RANDOM.normal(size=(2, 3, 9, 8)).astype("float32")
STEPS = RANDOM.normal(size=(3, 7, 6)).astype("float32")
LENGTHS = np.array([4, 7, 3])


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def perceptron():
    return keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="relu"), layers.Dense(3)])


def of(first):
    return nn.Sequential(first, nn.ReLU(), nn.Linear(5, 3))


def test_a_weight_computed_from_others_is_compared_as_what_it_is_and_the_model_stays_as_it_was():
    parametrised = [nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm]
    for wrap in (*parametrised, nn.utils.weight_norm, nn.utils.spectral_norm):
        model = of(wrap(nn.Linear(6, 5)))
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        report = parity.check(model, perceptron(), ROWS)
        assert report.ok, str(report)
        assert any("Torch computes weights from others" in note and "in 0:" in note for note in report.notes)
        assert before.keys() == model.state_dict().keys() and all(torch.equal(before[n], t) for n, t in model.state_dict().items())
        model(torch.from_numpy(ROWS))  # still runs


def test_steps_of_computed_weights_are_refused():
    model = of(nn.utils.parametrizations.weight_norm(nn.Linear(6, 5)))
    words = {"targets": ROWS[:, :3], "loss": (F.mse_loss, keras.losses.MeanSquaredError())}
    optimizer = (lambda parameters: torch.optim.SGD(parameters, 0.1), lambda: keras.optimizers.SGD(0.1))
    with pytest.raises(ParityUsageError, match=r"optimizer: torch computes weights from others .* in 0 and trains those"):
        parity.check(model, perceptron(), ROWS, optimizer=optimizer, **words)
    assert parity.check(model, perceptron(), ROWS, **words).ok


def test_a_compiled_model_is_judged_as_the_module_it_was_made_of():
    assert parity.check(torch.compile(of(nn.Linear(6, 5)), backend="eager"), perceptron(), ROWS).ok


def test_a_scripted_model_is_refused_in_one_sentence():
    with pytest.raises(ParityUsageError, match=r"ScriptModule, whose layers cannot be watched; pass the module that was given to torch\.jit\.script"):
        parity.check(torch.jit.script(of(nn.Linear(6, 5))), perceptron(), ROWS)


class Bare(nn.Module):
    """Parameters in a list, multiplied by in code."""

    def __init__(self):
        super().__init__()
        self.kernels = nn.ParameterList([nn.Parameter(torch.randn(6, 5)), nn.Parameter(torch.randn(3, 5))])
        self.shifts = nn.ParameterList([nn.Parameter(torch.randn(5)), nn.Parameter(torch.randn(3))])

    def forward(self, x):
        return F.linear(torch.relu(x @ self.kernels[0] + self.shifts[0]), self.kernels[1], self.shifts[1])


def test_bare_parameters_are_matched_with_dense_layers_and_judged_alone():
    report = parity.check(Bare(), perceptron(), ROWS)
    assert report.ok, str(report)
    assert {pair[0].partition(":")[0] for pair in report.pairs} == {"kernels.0", "kernels.1"}
    wrong = keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(3)])
    (finding,) = parity.check(Bare(), wrong, ROWS).findings
    assert (finding.layer, finding.cause, finding.confirmed) == ("kernels.0", "activation-other", True)


def test_a_bare_parameter_can_be_mapped_to_a_dense_layer():
    model = perceptron()
    report = parity.check(Bare(), model, ROWS, layers={"kernels.0": model.layers[0].name, "kernels.1": model.layers[1].name})
    assert report.ok and {how for *_, how in report.pairs} == {"map"}, str(report)


class BareConvolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernel, self.shift = nn.Parameter(torch.randn(4, 3, 3, 3) / 5), nn.Parameter(torch.randn(4))
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(F.relu(F.conv2d(x, self.kernel, self.shift, stride=2, padding=1)).mean((2, 3)))


@pytest.mark.parametrize(("pad", "cause"), [(True, None), (False, "same-stride2")])
def test_a_bare_convolution_is_matched_with_a_layer_and_judged_by_the_arguments_of_its_call(pad, cause):
    start = [layers.ZeroPadding2D(1), layers.Conv2D(4, 3, strides=2)] if pad else [layers.Conv2D(4, 3, strides=2, padding="same")]
    model = keras.Sequential([keras.Input((9, 8, 3)), *start, layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    report = parity.check(BareConvolution(), model, IMAGES)
    assert report.ok is pad, str(report)
    assert [(f.layer, f.cause) for f in report.findings if f.severity == "difference"] == ([] if pad else [("kernel", cause)])


class OwnNorm(nn.Module):
    """A layer norm over channels, in code."""

    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.rand(width) + 0.5), nn.Parameter(torch.randn(width))

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        return self.weight[:, None, None] * (x - mean) / torch.sqrt(variance + 1e-6) + self.bias[:, None, None]


@pytest.mark.parametrize(("epsilon", "found"), [(1e-6, []), (1e-3, [("1", "ln-eps")])])
def test_a_norm_of_ones_own_is_matched_with_a_norm_and_its_epsilon_found(epsilon, found):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), OwnNorm(4), nn.GELU(), nn.Conv2d(4, 5, 1))
    norm = layers.LayerNormalization(epsilon=epsilon)
    port = keras.Sequential([keras.Input((9, 8, 3)), layers.Conv2D(4, 3), norm, layers.Activation("gelu"), layers.Conv2D(5, 1)])
    report = parity.check(model, port, IMAGES)
    assert report.ok is not bool(found), str(report)
    assert [(f.layer, f.cause) for f in report.findings if f.severity == "difference"] == found


def test_a_model_that_maps_over_examples_is_judged():
    class Mapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = of(nn.Linear(6, 5))

        def forward(self, x):
            return torch.func.vmap(self.inner)(x)

    assert parity.check(Mapped(), perceptron(), ROWS).ok


class Packed(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(10, 3)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.out(nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0].sum(1))


class Masked(keras.Model):
    def __init__(self, masked=True):
        super().__init__()
        self.first, self.second = (layers.Bidirectional(layers.LSTM(5, return_sequences=True)) for _ in range(2))
        self.out, self.masked = layers.Dense(3), masked

    def call(self, inputs):
        x, lengths = inputs
        mask = ops.arange(x.shape[1])[None] < ops.cast(lengths, "int32")[:, None]
        x = self.first(x, mask=mask)
        x = self.second(x, mask=mask) if self.masked else self.second(x * 1.0)
        return self.out(ops.sum(ops.where(mask[..., None], x, 0), axis=1))


def test_a_packed_sequence_is_a_masked_one():
    report = parity.check(Packed(), Masked(), (STEPS, LENGTHS))
    assert report.ok and not report.notes, str(report)  # the lengths are compared in float64 runs too
    assert len(report.pairs) == 5


def test_a_mask_that_is_missing_where_torch_packs_is_named_at_the_recurrence():
    report = parity.check(Packed(), Masked(masked=False), (STEPS, LENGTHS))
    found = [(f.layer, f.cause, f.confirmed) for f in report.findings if f.severity == "difference"]
    assert not report.ok and found == [("lstm", "rnn-mask", True)], str(report)


def test_steps_of_a_time_distributed_layer_are_one_call_where_torch_has_one():
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = of(nn.Linear(6, 5))

        def forward(self, x):
            return self.inner(x.flatten(0, 1)).unflatten(0, x.shape[:2])

    inner = keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(3)])
    (finding,) = parity.check(Flat(), keras.Sequential([keras.Input((7, 6)), layers.TimeDistributed(inner)]), STEPS).findings
    assert (finding.layer, finding.cause, finding.confirmed) == ("inner.1", "activation-other", True)
