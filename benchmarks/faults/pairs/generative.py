"""Densities: a mixture that a network describes, and a flow of couplings."""

import math

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal


class MDN(nn.Module):
    def __init__(self, n_in=4, hidden=14, k=5, n_out=2):
        super().__init__()
        self.k, self.n_out = k, n_out
        self.body = nn.Sequential(nn.Linear(n_in, hidden), nn.Tanh(), nn.Linear(hidden, hidden + 2), nn.Tanh())
        self.z_pi = nn.Linear(hidden + 2, k)
        self.z_loc_scale = nn.Linear(hidden + 2, 2 * k * n_out)

    def forward(self, x):
        h = self.body(x)
        mu, s = self.z_loc_scale(h).chunk(2, dim=-1)
        mu = mu.view(-1, self.k, self.n_out)
        sigma = F.softplus(s).view(-1, self.k, self.n_out) + 1e-3
        return self.z_pi(h), mu, sigma


def mdn_nll(outputs, y):
    logits, mu, sigma = outputs
    mix = torch.distributions.Categorical(logits=logits)
    comp = torch.distributions.Independent(torch.distributions.Normal(mu, sigma), 1)
    return -torch.distributions.MixtureSameFamily(mix, comp).log_prob(y).mean()


def mdn_nll_keras(y_true, y_pred):
    logits, mu, sigma = y_pred
    z = (ops.expand_dims(y_true, 1) - mu) / sigma
    log_n = -0.5 * ops.square(z) - ops.log(sigma) - 0.5 * math.log(2 * math.pi)
    log_mix = ops.log_softmax(logits, axis=-1) + ops.sum(log_n, axis=-1)
    return -ops.mean(ops.logsumexp(log_mix, axis=-1))


def build_mdn_keras(n_in=4, hidden=14, k=5, n_out=2):
    x = keras.Input((n_in,))
    h = layers.Dense(hidden, activation="tanh", name="h1")(x)
    h = layers.Dense(hidden + 2, activation="tanh", name="h2")(h)
    both = layers.Reshape((2, k, n_out))(layers.Dense(2 * k * n_out, name="loc_scale")(h))
    mu = both[:, 0]
    sigma = ops.softplus(both[:, 1]) + 1e-3
    logits = layers.Dense(k, name="mix_logits")(h)
    return keras.Model(x, (logits, mu, sigma))


def mdn():
    """Functional, reshaped where torch takes chunks; the likelihood is written out where torch has distributions, over the whole tuple of outputs."""
    return {
        "torch_model": MDN(),
        "keras_model": build_mdn_keras(),
        "inputs": normal(12, 4, seed=43),
        "loss": (mdn_nll, mdn_nll_keras),
        "targets": normal(12, 2, seed=44),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9), lambda: keras.optimizers.SGD(learning_rate=0.02, momentum=0.9)),
    }


class ActNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(1, dim))
        self.loc = nn.Parameter(torch.zeros(1, dim))

    def forward(self, x):
        ld = self.log_scale.sum().expand(x.size(0))
        return (x + self.loc) * self.log_scale.exp(), ld


class AffineCoupling(nn.Module):
    def __init__(self, dim, hidden, parity):
        super().__init__()
        self.register_buffer("mask", (torch.arange(dim) % 2 == parity).float())
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.LeakyReLU(), nn.Linear(hidden, hidden), nn.LeakyReLU(), nn.Linear(hidden, 2 * dim))
        self.scale = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        xm = x * self.mask
        s, t = self.net(xm).chunk(2, dim=-1)
        inv = 1 - self.mask
        s = torch.tanh(s) * self.scale * inv
        z = xm + inv * (x * torch.exp(s) + t)
        return z, s.sum(dim=-1)


class RealNVP(nn.Module):
    def __init__(self, dim=6, hidden=15, n_flows=4):
        super().__init__()
        flows = []
        for i in range(n_flows):
            flows += [ActNorm(dim), AffineCoupling(dim, hidden, i % 2)]
        self.flows = nn.ModuleList(flows)

    def forward(self, x):
        log_det = x.new_zeros(x.size(0))
        for f in self.flows:
            x, ld = f(x)
            log_det = log_det + ld
        return x, log_det


class KActNorm(layers.Layer):
    def build(self, shape):
        d = shape[-1]
        self.shift = self.add_weight(shape=(d,), initializer="zeros", name="shift")
        self.logs = self.add_weight(shape=(d,), initializer="zeros", name="logs")

    def call(self, x):
        y = ops.exp(self.logs) * (x + self.shift)
        return y, ops.sum(self.logs) * ops.ones_like(x[:, 0])


def slightly_leaky(v):
    return ops.leaky_relu(v, negative_slope=0.01)


class KCoupling(layers.Layer):
    """Splits with index lists and puts the halves back in place by a mask."""

    def __init__(self, dim, hidden, flip, **kw):
        super().__init__(**kw)
        self.dim = dim
        m = np.zeros(dim, "float32")
        m[flip::2] = 1.0
        self.keep = m
        self.st = keras.Sequential(
            [keras.Input((dim,)), layers.Dense(hidden, activation=slightly_leaky), layers.Dense(hidden, activation=slightly_leaky), layers.Dense(2 * dim)]
        )
        self.factor = self.add_weight(shape=(dim,), initializer="ones", name="factor")

    def call(self, x):
        h = self.st(x * self.keep)
        log_s = ops.tanh(h[:, : self.dim]) * self.factor
        t = h[:, self.dim :]
        moved = x * ops.exp(log_s) + t
        z = ops.where(self.keep > 0, x, moved)
        return z, ops.sum(ops.where(self.keep > 0, 0.0, log_s), axis=-1)


class KRealNVP(keras.Model):
    def __init__(self, dim=6, hidden=15, n=4):
        super().__init__()
        self.couplings = [KCoupling(dim, hidden, i % 2) for i in range(n)]
        self.norms = [KActNorm() for _ in range(n)]

    def call(self, x):
        total = 0.0
        for a, c in zip(self.norms, self.couplings, strict=True):
            x, ld1 = a(x)
            x, ld2 = c(x)
            total = total + ld1 + ld2
        return x, total


def coupling_flow():
    """Halves are put in place by `where` and not by a mask's product; lists of norms and couplings for torch's alternating one."""
    points = normal(11, 6, seed=44)
    keras_model = KRealNVP()
    keras_model(points)
    return {"torch_model": RealNVP(), "keras_model": keras_model, "inputs": points}


PAIRS = (mdn, coupling_flow)
