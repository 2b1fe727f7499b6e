"""Planted faults: one thing wrong in each, the smallest of its kind that a port really has. All of them must come out red."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from parity.margin.probe import Array, Compute, Probe
from parity.margin.right import Rng, any_scale, normal, sigmoid, size, weights


def with_fault(inputs: tuple[Array, ...], compute: Compute, right: object, wrong: object, step: bool = False) -> Probe:
    """`compute(*inputs, value)` with the right and with the wrong value."""
    return Probe(inputs, lambda *a: compute(*a, right), lambda *a: compute(*a, wrong), step)


def table(rng: Rng, scale: float | None = None) -> tuple[Array, ...]:
    return (normal(rng, size(rng, 2, 80), size(rng, 2, 80), scale=any_scale(rng) if scale is None else scale),)


def picture(rng: Rng) -> Array:
    return normal(rng, 2, size(rng, 1, 6), 2 * size(rng, 4, 12), 2 * size(rng, 4, 12) + 1, scale=any_scale(rng))


def erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[np.float64])(x).astype(x.dtype)


def normalised(x: Array, eps: float, axis: int = -1, ddof: int = 0) -> Array:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True, ddof=ddof) + eps)


def softmax(x: Array, axis: int = -1) -> Array:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def epsilon(rng: Rng) -> Probe:
    return with_fault(table(rng, 1.0), normalised, 1e-5, 1e-3)


def epsilon_on_small_data(rng: Rng) -> Probe:
    return with_fault(table(rng, 1e-3), normalised, 1e-5, 1e-6)


def constant_off_by_1e_6(rng: Rng) -> Probe:
    return with_fault(table(rng), lambda x, c: x * c, 1.702, 1.702 * (1 + 1e-6))


def biased_variance(rng: Rng) -> Probe:
    return with_fault((normal(rng, size(rng, 2, 60), size(rng, 2, 3000), scale=any_scale(rng)),), lambda x, ddof: x.var(-1, ddof=ddof), 0, 1)


def biased_variance_in_the_norm(rng: Rng) -> Probe:
    return with_fault((normal(rng, size(rng, 2, 60), size(rng, 2, 300)),), lambda x, ddof: normalised(x, 1e-5, ddof=ddof), 0, 1)


def running_momentum(rng: Rng) -> Probe:
    x, mean = normal(rng, 200, size(rng), scale=(scale := any_scale(rng))), normal(rng, 1, scale=scale)
    return with_fault((x, np.resize(mean, x.shape[1])), lambda x, mean, m: m * mean + (1 - m) * x.mean(0), 0.9, 0.99)


def biased_running_variance(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 20, 400), size(rng, 2, 40))
    return with_fault((x,), lambda x, ddof: 0.9 + 0.1 * x.var(0, ddof=ddof), 1, 0)


def shifted_window(rng: Rng) -> Probe:
    def pool(x: Array, shift: int) -> Array:
        return sliding_window_view(x, (2, 2), axis=(2, 3))[:, :, shift::2, ::2].mean((-1, -2))[:, :, : x.shape[2] // 2 - 1]

    return with_fault((picture(rng),), pool, 0, 1)


def same_padding_on_the_other_side(rng: Rng) -> Probe:
    x, w = picture(rng), normal(rng, 3, 3)

    def convolve(x: Array, w: Array, pads: tuple[int, int]) -> Array:
        padded = np.pad(x, ((0, 0), (0, 0), pads, (1, 1)))
        return np.einsum("nchwij,ij->nchw", sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2], w)

    return with_fault((x, w), convolve, (1, 1), (0, 2))


def padding_counted_in_the_mean(rng: Rng) -> Probe:
    def pool(x: Array, counted: bool) -> Array:
        windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
        there = sliding_window_view(np.pad(np.ones_like(x), ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
        return windows.mean((-1, -2)) if counted else windows.sum((-1, -2)) / there.sum((-1, -2))

    return with_fault((picture(rng),), pool, True, False)


def tanh_gelu(rng: Rng) -> Probe:
    (x,) = table(rng, 1.0)
    return Probe((x,), lambda x: 0.5 * x * (1 + erf(x / 2**0.5)), lambda x: 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))))


def gelu_coefficient(rng: Rng) -> Probe:
    return with_fault(table(rng, 1.0), lambda x, c: 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + c * x**3))), 0.044715, 0.0447)


def leaky_slope(rng: Rng) -> Probe:
    return with_fault(table(rng), lambda x, slope: np.where(x > 0, x, x.dtype.type(slope) * x), 0.01, 0.2)


def swish_for_hard_swish(rng: Rng) -> Probe:
    (x,) = table(rng, 2.0)
    return Probe((x,), lambda x: x * np.clip(x / 6 + 0.5, 0, 1), lambda x: x * sigmoid(x))


def swapped_gates(rng: Rng) -> Probe:
    n, m, h = size(rng, 2, 20), size(rng), size(rng, 2, 40)

    def cell(x: Array, w: Array, c: Array, order: tuple[int, ...]) -> Array:
        gates = np.split(x @ w, 4, axis=1)
        i, f, g, o = (gates[k] for k in order)
        return sigmoid(o) * np.tanh(sigmoid(f) * c + sigmoid(i) * np.tanh(g))

    return with_fault((normal(rng, n, m), weights(rng, m, 4 * h), normal(rng, n, h)), cell, (0, 1, 2, 3), (1, 0, 2, 3))


def reset_gate_before_the_product(rng: Rng) -> Probe:
    n, h = size(rng, 2, 20), size(rng, 2, 40)

    def new_gate(state: Array, u: Array, r: Array, after: bool) -> Array:
        return np.tanh(sigmoid(r) * (state @ u)) if after else np.tanh((sigmoid(r) * state) @ u)

    return with_fault((normal(rng, n, h), weights(rng, h, h), normal(rng, n, h)), new_gate, True, False)


def forget_bias_of_one(rng: Rng) -> Probe:
    return with_fault((*table(rng, 1.0), normal(rng, 1)), lambda z, c, bias: np.tanh(sigmoid(z + bias) * c), 0.0, 1.0)


def one_wrong_element_in_a_million(rng: Rng) -> Probe:
    x, at = normal(rng, 1000, 1000, scale=any_scale(rng)), int(rng.integers(0, 10**6))
    largest = np.abs(x).max()
    x.reshape(-1)[at] = 0.5 * largest

    def spoiled(x: Array) -> Array:
        y = np.array(x * 3)
        y.reshape(-1)[at] *= 1 + 1e-5
        return y

    return Probe((x,), lambda x: x * 3, spoiled)


def channel_beside_one_of_1e7(rng: Rng) -> Probe:
    x = normal(rng, 2, size(rng, 3, 10), 8, 9)
    x[:, 0] *= 1e7
    return with_fault((x,), lambda x, factor: np.concatenate([x[:, :-1], factor * x[:, -1:]], axis=1) / 3, 1.0, 1.1)


def missing_bias(rng: Rng) -> Probe:
    m, n = size(rng), size(rng)
    scale = any_scale(rng)
    return with_fault((normal(rng, size(rng), m, scale=scale), weights(rng, m, n), normal(rng, n, scale=scale / 100)), lambda x, w, b, k: x @ w + k * b, 1, 0)


def transposed_weight(rng: Rng) -> Probe:
    m = size(rng, 2)
    x, w = normal(rng, size(rng), m, scale=any_scale(rng)), weights(rng, m, m)
    return Probe((x, w), np.matmul, lambda x, w: x @ w.T)


def base_of_the_logarithm(rng: Rng) -> Probe:
    x = np.abs(normal(rng, size(rng), size(rng), scale=any_scale(rng))) + np.float32(1e-6)
    return Probe((x,), np.log, np.log2)


def wrong_axis(rng: Rng) -> Probe:
    return with_fault(table(rng, 1.0), softmax, -1, 0)


def logarithm_of_a_clipped_probability(rng: Rng) -> Probe:
    (x,) = table(rng, 8.0)
    return Probe((x,), lambda x: np.log(np.maximum(softmax(x), 1e-30)), lambda x: np.log(np.clip(softmax(x), 1e-7, 1 - 1e-7)))


def label_smoothing_spread(rng: Rng) -> Probe:
    n, k = size(rng, 2, 60), size(rng, 3, 100)
    onehot = np.eye(k, dtype=np.float32)[rng.integers(0, k, n)]

    def loss(x: Array, y: Array, others: int) -> Array:
        return -((0.9 * y + 0.1 / others * (1 - y if others < k else 1)) * np.log(softmax(x))).sum(-1)

    return with_fault((normal(rng, n, k), onehot), loss, k, k - 1)


def mean_over_the_batch_alone(rng: Rng) -> Probe:
    return with_fault(table(rng), lambda x, axis: np.asarray((x * x).sum() / x.size if axis is None else (x * x).sum() / len(x)), None, 0)


def attention_without_its_scale(rng: Rng) -> Probe:
    n, d = size(rng, 2), size(rng, 2, 40)
    return with_fault((normal(rng, n, d), normal(rng, n, d)), lambda q, k, scale: softmax(q @ k.T * scale), d**-0.5, 1.0)


def huber_delta(rng: Rng) -> Probe:
    def huber(x: Array, delta: float) -> Array:
        return np.where(np.abs(x) < delta, x * x / 2, delta * (np.abs(x) - delta / 2))

    return with_fault(table(rng, 2.0), huber, 1.0, 1.01)


def elu_alpha(rng: Rng) -> Probe:
    return with_fault(table(rng, 1.0), lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), 1.0, 1.0001)


def dropout_not_rescaled(rng: Rng) -> Probe:
    (x,) = table(rng)
    mask = np.asarray(rng.random(x.shape) < 0.9, np.float32)
    return with_fault((x, mask), lambda x, mask, q: x * mask / q, 0.9, 1.0)


def flattened_channels_last(rng: Rng) -> Probe:
    x = normal(rng, 3, size(rng, 2, 6), size(rng, 2, 6), size(rng, 2, 6), scale=any_scale(rng))
    w = weights(rng, x[0].size, size(rng))
    return with_fault((x, w), lambda x, w, axes: x.transpose(axes).reshape(len(x), -1) @ w, (0, 1, 2, 3), (0, 2, 3, 1))


def corners_aligned(rng: Rng) -> Probe:
    def resize(x: Array, aligned: bool) -> Array:
        n = x.shape[1]
        at = np.linspace(0, n - 1, 2 * n) if aligned else np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
        low = np.minimum(np.floor(at), n - 2).astype(np.int64)
        t = (at - low).astype(x.dtype)
        return x[:, low] * (1 - t) + x[:, low + 1] * t

    return with_fault(table(rng), resize, False, True)


def weight_decay_forgotten(rng: Rng) -> Probe:
    shape = size(rng, 2), size(rng, 2)
    return with_fault((normal(rng, *shape), normal(rng, *shape)), lambda g, w, decay: (w - 1e-4 * (g + decay * w)) - w, 1e-4, 0.0, step=True)


def decay_coupled_to_the_gradient(rng: Rng) -> Probe:
    shape = size(rng, 2), size(rng, 2)

    def step(g: Array, w: Array, coupled: bool) -> Array:
        g = g + 0.01 * w if coupled else g
        new = w - 1e-3 * g / (np.abs(g) + 1e-8)
        return (new if coupled else new - 1e-5 * w) - w

    return with_fault((normal(rng, *shape), normal(rng, *shape)), step, False, True, step=True)


def _adam(g: Array, w: Array, m: Array, v: Array, *, eps: float = 1e-8, inside: bool = False, corrected: bool = True, t: int = 10) -> Array:
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    if corrected:
        m, v = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return (w - 1e-3 * m / (np.sqrt(v + eps) if inside else np.sqrt(v) + eps)) - w


def _state(rng: Rng, scale: float = 1.0) -> tuple[Array, ...]:
    shape = size(rng, 2), size(rng, 2)
    return normal(rng, *shape, scale=scale), normal(rng, *shape), normal(rng, *shape, scale=scale), np.square(normal(rng, *shape, scale=scale))


def adam_epsilon(rng: Rng) -> Probe:
    return with_fault(_state(rng, 1e-2), lambda *a: _adam(*a[:-1], eps=a[-1]), 1e-8, 1e-7, step=True)


def adam_epsilon_under_the_root(rng: Rng) -> Probe:
    return with_fault(_state(rng, 1e-2), lambda *a: _adam(*a[:-1], inside=a[-1]), False, True, step=True)


def adam_bias_correction(rng: Rng) -> Probe:
    return with_fault(_state(rng), lambda *a: _adam(*a[:-1], corrected=a[-1]), True, False, step=True)


def nesterov(rng: Rng) -> Probe:
    def step(g: Array, w: Array, m: Array, ahead: bool) -> Array:
        m = 0.9 * m + g
        return (w - 0.01 * (g + 0.9 * m if ahead else m)) - w

    return with_fault(_state(rng)[:3], step, False, True, step=True)


FAULTS = (
    epsilon, epsilon_on_small_data, constant_off_by_1e_6, biased_variance, biased_variance_in_the_norm, running_momentum, biased_running_variance,
    shifted_window, same_padding_on_the_other_side, padding_counted_in_the_mean, tanh_gelu, gelu_coefficient, leaky_slope, swish_for_hard_swish,
    swapped_gates, reset_gate_before_the_product, forget_bias_of_one, one_wrong_element_in_a_million, channel_beside_one_of_1e7, missing_bias,
    transposed_weight, base_of_the_logarithm, wrong_axis, logarithm_of_a_clipped_probability, label_smoothing_spread, mean_over_the_batch_alone,
    attention_without_its_scale, huber_delta, elu_alpha, dropout_not_rescaled, flattened_channels_last, corners_aligned, weight_decay_forgotten,
    decay_coupled_to_the_gradient, adam_epsilon, adam_epsilon_under_the_root, adam_bias_correction, nesterov,
)  # fmt: skip


def epsilon_off_by_a_thousandth(rng: Rng) -> Probe:
    return with_fault(table(rng, 1.0), normalised, 1e-5, 1.001e-5)


def constant_in_float32(rng: Rng) -> Probe:
    return with_fault(table(rng), lambda x, c: x * x.dtype.type(c), 2**0.5, np.float32(2**0.5))


UNSEEN = (epsilon_off_by_a_thousandth, constant_in_float32)  # not the same formula, but below what float32 can see: `indistinguishable`
