"""Right ports of models that are hard on numbers: deep, huge, tiny, saturated, dead, alike, ill-conditioned."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.variant import pair


def chain(*parts):
    """A Sequential of both kinds from (torch builder, Keras builder) and the map of its weights."""
    torch_parts, keras_parts, names = [], [], {}
    for index, (torch_part, keras_part) in enumerate(parts):
        torch_parts.append(torch_part)
        keras_parts.append((keras_part, f"part_{index}"))
        names[str(index)] = f"part_{index}"

    def build_torch(seed=70):
        return as_trained(lambda: nn.Sequential(*(part() for part in torch_parts)), seed)

    def build_keras():
        made = []
        for part, name in keras_parts:
            layer = part()
            if isinstance(layer, layers.Layer):
                layer.name = name
                made.append(layer)
            else:
                made.append(layers.Lambda(layer))
        return keras.Sequential(made)

    def weights():
        model = build_torch()
        return {path: name for path, name in names.items() if list(model[int(path)].parameters())}

    return build_torch, build_keras, weights()


def dense(inside, outside):
    return (lambda: nn.Linear(inside, outside)), (lambda: layers.Dense(outside))


def conv(inside, outside, size=3):
    return (lambda: nn.Conv2d(inside, outside, size, padding=size // 2)), (lambda: layers.Conv2D(outside, size, padding="same"))


TANH, RELU = (nn.Tanh, lambda: ops.tanh), (nn.ReLU, lambda: ops.relu)
SOFTMAX = (lambda: nn.Softmax(-1)), (lambda: ops.softmax)


def batch_norm(channels, epsilon=1e-5):
    return (lambda: nn.BatchNorm2d(channels, eps=epsilon)), (lambda: layers.BatchNormalization(epsilon=epsilon, momentum=0.9))


def layer_norm(width, epsilon=1e-5):
    return (lambda: nn.LayerNorm(width, eps=epsilon)), (lambda: layers.LayerNormalization(epsilon=epsilon))


class Times(nn.Module):
    def __init__(self, factor, shift=0.0):
        super().__init__()
        self.factor, self.shift = factor, shift

    def forward(self, x):
        return x * self.factor + self.shift


def times(factor, shift=0.0):
    return (lambda: Times(factor, shift)), (lambda: lambda x: x * factor + shift)


def sequence(name, about, parts, inputs, tolerance=1e-12, prepare=None):
    build_torch, build_keras, names = chain(*parts)

    def prepared():
        model = build_torch()
        with torch.no_grad():
            prepare(model)
        return model

    return pair(f"numbers/{name}", about, prepared if prepare else build_torch, build_keras, inputs, names, tolerance)


def scaled(*factors):
    """The n-th layer with weights multiplies its weights by the n-th factor."""

    def prepare(model):
        with_weights = [module for module in model.modules() if getattr(module, "weight", None) is not None and not isinstance(module, nn.Sequential)]
        for module, factor in zip(with_weights, factors, strict=False):
            module.weight.mul_(factor)

    return prepare


def dead(model):
    model[0].bias.sub_(100.0)


def alike(model):
    """Layers two by two with the very same weights."""
    linear = [module for module in model if isinstance(module, nn.Linear)]
    for module in linear[1:]:
        module.weight.copy_(linear[0].weight)
        module.bias.copy_(linear[0].bias)


def identities(model):
    """Every layer the identity matrix: nothing tells them apart."""
    for module in model:
        if isinstance(module, nn.Linear):
            nn.init.eye_(module.weight)
            module.bias.zero_()


def zeros(model):
    """The last layer as initialised by those who start at zero."""
    model[-1].weight.zero_()
    model[-1].bias.zero_()


def tiny_variance(model):
    model[1].running_var.mul_(1e-8)


def nearly_singular(model):
    """Weights whose rows differ in the sixth digit: differences cancel."""
    first = model[0].weight
    first.copy_(first[:1] + 1e-6 * first)
    sign = torch.ones_like(model[1].weight)
    sign[:, 1::2] = -1
    model[1].weight.copy_(sign * 1e4)


def vector(*shape, seed=71, scale=1.0, shift=0.0):
    return lambda: (normal(*shape, seed=seed, scale=scale) + np.float32(shift)).astype("float32")


class Symmetric(nn.Module):
    """Eight layers of one shape whose attributes are in another order than their calls, one of them called twice."""

    def __init__(self):
        super().__init__()
        self.h, self.g, self.f, self.e, self.d, self.c, self.b, self.a = (nn.Linear(6, 6) for _ in range(8))

    def forward(self, x):
        for layer in (self.a, self.b, self.c, self.d, self.c, self.e, self.f, self.g, self.h):
            x = torch.sin(layer(x)) + 0.5 * x
        return x


class SymmetricKeras(keras.Model):
    def __init__(self):
        super().__init__()
        for name in ("third", "first", "second", "fifth", "fourth", "eighth", "sixth", "seventh"):
            setattr(self, name, layers.Dense(6))

    def call(self, x):
        for name in ("first", "second", "third", "fourth", "third", "fifth", "sixth", "seventh", "eighth"):
            x = ops.sin(getattr(self, name)(x)) + 0.5 * x
        return x


ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


class Residual(nn.Module):
    """Forty residual steps with layer scale at 1e-6."""

    def __init__(self):
        super().__init__()
        self.steps = nn.ModuleList(nn.Linear(8, 8) for _ in range(40))
        self.scale = nn.Parameter(torch.full((8,), 1e-6))

    def forward(self, x):
        for step in self.steps:
            x = x + self.scale * torch.relu(step(x))
        return x


class ResidualKeras(keras.Model):
    def __init__(self):
        super().__init__()
        self.moves = [layers.Dense(8, activation="relu") for _ in range(40)]
        self.small = self.add_weight(shape=(8,), initializer="ones", name="small")

    def call(self, x):
        for move in self.moves:
            x = x + self.small * move(x)
        return x


class Cancelling(nn.Module):
    """The variance as the difference of two large means; distances as differences of squares."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(16, 16)

    def forward(self, x):
        y = self.linear(x)
        variance = (y * y).mean(-1) - y.mean(-1) ** 2
        return variance, torch.log1p(torch.exp(-y)).sum(-1), torch.logsumexp(50 * y, -1)


def cancelling():
    inputs = keras.Input((16,))
    y = layers.Dense(16, name="mix")(inputs)
    variance = ops.mean(y * y, -1) - ops.mean(y, -1) ** 2
    return keras.Model(inputs, [variance, ops.sum(ops.log1p(ops.exp(-y)), -1), ops.logsumexp(50 * y, -1)])


class LongRecurrence(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 5, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0][:, -1]


def long_recurrence():
    return keras.Sequential([keras.Input((120, 3)), layers.SimpleRNN(5, name="rnn")])


class Branches(nn.Module):
    """One branch is a million times the other; the second input is all zeros."""

    def __init__(self):
        super().__init__()
        self.large, self.small = nn.Linear(5, 4), nn.Linear(3, 4)

    def forward(self, x, y):
        return 1e6 * self.large(x) + 1e-6 * self.small(y), torch.relu(self.small(y))


def branches():
    x, y = keras.Input((5,)), keras.Input((3,))
    small = layers.Dense(4, name="tiny")(y)
    return keras.Model([x, y], [1e6 * layers.Dense(4, name="huge")(x) + 1e-6 * small, ops.relu(small)])


DEEP = [part for _ in range(30) for part in (dense(12, 12), TANH)]
DEEP_RELU = [part for _ in range(25) for part in (dense(10, 10), RELU)]
CONVS = [part for i in range(10) for part in (conv(3 if i == 0 else 6, 6), batch_norm(6), RELU)]
RIGHT = (
    sequence("deep_tanh", "thirty layers with tanh", [*DEEP, dense(12, 3)], vector(4, 12)),
    sequence("deep_relu", "twenty-five layers with ReLU, weights doubled", DEEP_RELU, vector(4, 10), prepare=scaled(*[2.0] * 25)),
    sequence("deep_convolutions", "ten convolutions with norms", CONVS, vector(2, 3, 9, 11), 1e-11),
    sequence("huge_inputs", "inputs of a million", [dense(8, 6), RELU, dense(6, 3)], vector(5, 8, scale=1e6)),
    sequence("tiny_inputs", "inputs of a millionth", [dense(8, 6), TANH, dense(6, 3)], vector(5, 8, scale=1e-6)),
    sequence("huge_then_tiny", "weights times 1e5, then 1e-5", [dense(8, 9), RELU, dense(9, 4)], vector(5, 8), prepare=scaled(1e5, 1e-5)),
    sequence("tiny_outputs", "outputs of 1e-12", [dense(8, 9), TANH, dense(9, 4), times(1e-12)], vector(5, 8)),
    sequence("saturated_softmax", "logits of hundreds", [dense(8, 6), times(200.0), SOFTMAX], vector(5, 8), 1e-11),
    sequence("saturated_tanh", "tanh at its ends", [dense(8, 6), times(30.0), TANH, dense(6, 2)], vector(5, 8)),
    sequence("large_mean", "a layer norm of values around 10000", [layer_norm(12), dense(12, 3)], vector(4, 12, shift=1e4), 1e-8),
    sequence("below_epsilon", "a layer norm of values below its epsilon", [layer_norm(12), dense(12, 3)], vector(4, 12, scale=1e-4), 1e-11),
    sequence("tiny_variance", "running variances of 1e-8", [conv(2, 4), batch_norm(4), RELU, conv(4, 2)], vector(2, 2, 6, 7), 1e-10, tiny_variance),
    sequence("dead", "a layer whose ReLUs are all off", [dense(8, 9), RELU, dense(9, 4)], vector(5, 8), prepare=dead),
    sequence("zero_head", "a last layer of zeros", [dense(8, 9), RELU, dense(9, 4)], vector(5, 8), prepare=zeros),
    sequence("alike", "six layers of the same weights", [part for _ in range(6) for part in (dense(7, 7), TANH)], vector(3, 7), prepare=alike),
    sequence("identities", "five layers that are all the identity", [dense(6, 6) for _ in range(5)], vector(3, 6), prepare=identities),
    sequence("nearly_singular", "differences that cancel six digits", [dense(8, 8), dense(8, 3)], vector(4, 8), 1e-8, nearly_singular),
    sequence("zeros_given", "an input of zeros", [conv(2, 4), RELU, conv(4, 2)], vector(2, 2, 6, 7, scale=0.0)),
    sequence("constant_given", "an input of ones", [conv(2, 4), batch_norm(4), TANH, conv(4, 2)], vector(2, 2, 6, 7, scale=0.0, shift=1.0), 1e-11),
    sequence("one_example", "a batch of one, an image of one pixel", [conv(3, 5), RELU, conv(5, 2, 1)], vector(1, 3, 1, 1)),
    sequence("wide_sum", "a sum over 20000 features", [dense(20000, 2)], lambda: uniform(2, 20000, seed=72)),
    pair(
        "numbers/symmetric",
        "eight layers of one shape, made and named in other orders, one called twice",
        lambda: as_trained(Symmetric, seed=73),
        SymmetricKeras,
        vector(3, 6),
        dict(zip("abcdefgh", ORDINALS, strict=True)),
    ),
    pair(
        "numbers/layer_scale",
        "forty residual steps of a millionth",
        lambda: as_trained(Residual, seed=74),
        ResidualKeras,
        vector(3, 8),
        {f"steps.{i}": f"moves.{i}" for i in range(40)} | {"scale": "small"},
    ),
    pair(
        "numbers/cancelling",
        "differences of large numbers, sums of logarithms",
        lambda: as_trained(Cancelling, seed=75),
        cancelling,
        vector(4, 16),
        {"linear": "mix"},
        1e-11,
    ),
    pair("numbers/long_recurrence", "120 steps", lambda: as_trained(LongRecurrence, seed=76), long_recurrence, vector(2, 120, 3), {"rnn": "rnn"}),
    pair(
        "numbers/branches",
        "branches a factor of 1e12 apart, one given zeros",
        lambda: as_trained(Branches, seed=77),
        branches,
        lambda: (normal(3, 5, seed=78), np.zeros((3, 3), "float32")),
        {"large": "huge", "small": "tiny"},
    ),
)
