"""Functions of continuous places and times: a radiance field, sines, and a differential equation."""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, uniform


class PositionalEncoding(nn.Module):
    def __init__(self, n_freqs):
        super().__init__()
        self.register_buffer("freqs", 2.0 ** torch.arange(n_freqs))

    def forward(self, x):
        out = [x]
        for f in self.freqs:
            out += [torch.sin(f * x), torch.cos(f * x)]
        return torch.cat(out, dim=-1)


class NeRF(nn.Module):
    def __init__(self, width=18, depth=5, skip=3, l_pos=4, l_dir=2):
        super().__init__()
        self.enc_pos, self.enc_dir = PositionalEncoding(l_pos), PositionalEncoding(l_dir)
        p, d = 3 + 6 * l_pos, 3 + 6 * l_dir
        self.skip = skip
        self.pts_linears = nn.ModuleList([nn.Linear(p, width)] + [nn.Linear(width + p if i == skip else width, width) for i in range(1, depth)])
        self.alpha_linear = nn.Linear(width, 1)
        self.feature_linear = nn.Linear(width, width)
        self.views_linear = nn.Linear(width + d, width // 2)
        self.rgb_linear = nn.Linear(width // 2, 3)

    def forward(self, pts, dirs):
        p = self.enc_pos(pts)
        h = p
        for i, linear in enumerate(self.pts_linears):
            if i == self.skip:
                h = torch.cat([p, h], -1)
            h = F.relu(linear(h))
        sigma = F.softplus(self.alpha_linear(h)).squeeze(-1)
        v = self.enc_dir(F.normalize(dirs, dim=-1)).unsqueeze(1).expand(-1, pts.size(1), -1)
        h = F.relu(self.views_linear(torch.cat([self.feature_linear(h), v], -1)))
        return {"rgb": torch.sigmoid(self.rgb_linear(h)), "sigma": sigma}


def fourier(x, n_freqs):
    """x, sin(x), cos(x), sin(2x), cos(2x), ..."""
    freqs = 2.0 ** np.arange(n_freqs, dtype="float32")
    ang = ops.expand_dims(x, -2) * freqs[:, None]  # (..., L, 3)
    sc = ops.stack([ops.sin(ang), ops.cos(ang)], axis=-2)  # (..., L, 2, 3)
    sc = ops.reshape(sc, (-1, *x.shape[1:-1], n_freqs * 2 * x.shape[-1]))
    return ops.concatenate([x, sc], axis=-1)


def build_nerf_keras(samples=5, width=18, depth=5, skip=3):
    pts = keras.Input((samples, 3), name="pts")
    dirs = keras.Input((3,), name="dirs")
    gamma_x = fourier(pts, 4)
    unit = layers.UnitNormalization(axis=-1)(dirs)
    gamma_d = layers.RepeatVector(samples)(fourier(unit, 2))
    h = gamma_x
    for i in range(depth):
        if i == skip:
            h = layers.Concatenate()([gamma_x, h])
        h = layers.Dense(width, activation="relu", name=f"pts_{i}")(h)
    feat = layers.Dense(width, name="feature")(h)
    c = layers.Dense(width // 2, activation="relu", name="views")(layers.Concatenate()([feat, gamma_d]))
    rgb = layers.Dense(3, activation="sigmoid", name="rgb")(c)
    sigma = layers.Dense(1, activation="softplus", name="sigma")(h)
    return keras.Model([pts, dirs], {"rgb": rgb, "sigma": ops.squeeze(sigma, -1)})


def nerf():
    """Functional; the frequencies are an axis where torch loops over them, and layers normalise and repeat."""
    return {
        "torch_model": NeRF(),
        "keras_model": build_nerf_keras(),
        "inputs": [uniform(7, 5, 3, seed=41, high=2.0) - 1, normal(7, 3, seed=42)],
    }


class SineLayer(nn.Module):
    def __init__(self, fin, fout, first=False, w0=30.0):
        super().__init__()
        self.w0 = w0
        self.linear = nn.Linear(fin, fout)
        bound = 1.0 / fin if first else math.sqrt(6.0 / fin) / w0
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x):
        return torch.sin(self.w0 * self.linear(x))


class Siren(nn.Sequential):
    def __init__(self, fin=2, hidden=17, n_hidden=2, fout=3):
        mods = [SineLayer(fin, hidden, first=True)]
        mods += [SineLayer(hidden, hidden) for _ in range(n_hidden)]
        last = nn.Linear(hidden, fout)
        nn.init.uniform_(last.weight, -math.sqrt(6.0 / hidden) / 30.0, math.sqrt(6.0 / hidden) / 30.0)
        super().__init__(*mods, last)


def siren_uniform(fan_in, first=False, w0=30.0):
    lim = 1.0 / fan_in if first else math.sqrt(6.0 / fan_in) / w0
    return keras.initializers.RandomUniform(-lim, lim)


def sine30(x):
    return tf.math.sin(30.0 * x)


class SinusoidalDense(layers.Dense):
    def __init__(self, units, fan_in, first=False, **kw):
        super().__init__(units, activation=sine30, kernel_initializer=siren_uniform(fan_in, first), **kw)


class SirenPort(keras.Model):
    def __init__(self):
        super().__init__(name="siren")
        self.final = layers.Dense(3, kernel_initializer=siren_uniform(17))
        self.net = [SinusoidalDense(17, 2, first=True), SinusoidalDense(17, 17), SinusoidalDense(17, 17)]

    def call(self, coords):
        for layer in self.net:
            coords = layer(coords)
        return self.final(coords)


def siren():
    """A Dense subclass with the sine as its activation; the last layer is made first."""
    places = uniform(13, 2, seed=42, high=2.0) - 1
    keras_model = SirenPort()
    keras_model(places)
    return {
        "torch_model": Siren(),
        "keras_model": keras_model,
        "inputs": places,
        "loss": (nn.MSELoss(), keras.losses.MeanSquaredError()),
        "targets": uniform(13, 3, seed=43),
    }


class ODEFunc(nn.Module):
    def __init__(self, dim=4, hidden=13):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim + 1, hidden), nn.Tanh(), nn.Linear(hidden, dim))
        self.damp = nn.Parameter(torch.tensor(0.1))

    def forward(self, t, y):
        tt = torch.full_like(y[:, :1], t)
        return self.net(torch.cat([y, tt], dim=1)) - self.damp * y


class NeuralODE(nn.Module):
    def __init__(self, n_steps=7, t1=1.4, n_out=3):
        super().__init__()
        self.func = ODEFunc()
        self.n_steps, self.dt = n_steps, t1 / n_steps
        self.readout = nn.Linear(4, n_out)

    def forward(self, y0):
        y, path = y0, [y0]
        for i in range(self.n_steps):
            y = y + self.dt * self.func(i * self.dt, y)
            path.append(y)
        return self.readout(torch.stack(path, dim=1))


class NeuralODEPort(keras.Model):
    def __init__(self, dim=4, hidden=13, n_steps=7, t1=1.4, n_out=3):
        super().__init__()
        self.n_steps, self.dt = n_steps, t1 / n_steps
        self.observe = layers.Dense(n_out, name="observe")
        self.f1 = layers.Dense(hidden, activation="tanh", name="f1")
        self.f2 = layers.Dense(dim, name="f2")
        self.damping = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.1), name="damping")

    def build(self, shape):
        dim = shape[-1]
        self.f1.build((None, dim + 1))
        self.f2.build((None, self.f1.units))
        self.observe.build((None, self.n_steps + 1, dim))
        self.built = True

    @tf.function
    def integrate(self, y0):
        path = tf.TensorArray(tf.float32, size=self.n_steps + 1)
        path = path.write(0, y0)
        y = y0
        for i in tf.range(self.n_steps):
            t = tf.cast(i, tf.float32) * self.dt
            feats = tf.concat([y, tf.fill([tf.shape(y)[0], 1], t)], axis=1)
            y = y + self.dt * (self.f2(self.f1(feats)) - self.damping * y)
            path = path.write(i + 1, y)
        return tf.transpose(path.stack(), (1, 0, 2))

    def call(self, y0):
        return self.observe(self.integrate(y0))


def neural_ode():
    """The loop is a `tf.function` with a TensorArray in float32, its layers built by hand."""
    start = normal(6, 4, seed=46)
    keras_model = NeuralODEPort()
    keras_model(start)
    return {
        "torch_model": NeuralODE(),
        "keras_model": keras_model,
        "inputs": start,
        "loss": (nn.SmoothL1Loss(), keras.losses.Huber()),
        "targets": normal(6, 8, 3, seed=47),
    }


PAIRS = (nerf, siren, neural_ode)
