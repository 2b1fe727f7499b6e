"""Right pairs: mathematically equal, computed in another order, association or form. None of them may come out red.

Sizes, depths and scales (10⁻⁶ to 10⁴, where the formula has no scale of its own) are random.
"""

from __future__ import annotations

from functools import partial, reduce
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from parity.margin.probe import Array, Probe

Rng = np.random.Generator


def normal(rng: Rng, *shape: int, scale: float = 1.0, mean: float = 0.0) -> Array:
    return (mean + scale * rng.standard_normal(shape)).astype(np.float32)


def any_scale(rng: Rng) -> float:
    return float(10 ** rng.uniform(-6, 4))


def size(rng: Rng, low: int = 1, high: int = 48) -> int:
    return int(rng.integers(low, high))


def weights(rng: Rng, rows: int, columns: int) -> Array:
    return normal(rng, rows, columns, scale=rows**-0.5)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-np.maximum(x, -80)))


def matrix_chain(rng: Rng) -> Probe:
    sizes = [size(rng) for _ in range(rng.integers(3, 10))]
    chain = [weights(rng, m, n) for m, n in pairwise(sizes)]
    x = normal(rng, size(rng), sizes[0], scale=any_scale(rng))
    return Probe((x, *chain), lambda *a: reduce(np.matmul, a), lambda *a: reduce(lambda right, left: left @ right, a[::-1]))


def blocked_product(rng: Rng) -> Probe:
    inner, block = size(rng, 2, 800), size(rng, 1, 64)
    x, w = normal(rng, size(rng), inner, scale=any_scale(rng)), weights(rng, inner, size(rng))

    def blocks(x: Array, w: Array) -> Array:
        return sum((x[:, i : i + block] @ w[i : i + block] for i in range(0, inner, block)[::-1]), x[:, :1] @ w[:1] * 0)

    return Probe((x, w), np.matmul, blocks)


def convolution(rng: Rng) -> Probe:
    height, width, k, stride = size(rng, 7, 24), size(rng, 7, 24), size(rng, 1, 6), size(rng, 1, 4)
    x, w = normal(rng, 2, size(rng, 1, 9), height, width, scale=any_scale(rng)), normal(rng, size(rng, 1, 9), 1, k, k)
    w = np.repeat(w, x.shape[1], axis=1) * normal(rng, w.shape[0], x.shape[1], 1, 1)

    def windows(x: Array, w: Array) -> Array:
        return np.einsum("nchwij,ocij->nohw", sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride], w, optimize=True)

    def taps(x: Array, w: Array) -> Array:
        rows, columns = (height - k) // stride + 1, (width - k) // stride + 1
        out = np.zeros((x.shape[0], w.shape[0], rows, columns), x.dtype)
        for i in range(k):
            for j in range(k):
                out += np.einsum("nchw,oc->nohw", x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride], w[:, :, i, j])
        return out

    return Probe((x, w), windows, taps)


def softmax_forms(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 1, 80), size(rng, 2, 200), scale=float(10 ** rng.uniform(-6, 2)))

    def shifted(x: Array) -> Array:
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    return Probe((x,), shifted, lambda x: np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True)))


def log_softmax_forms(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 1, 80), size(rng, 2, 200), scale=any_scale(rng))

    def shifted(x: Array) -> Array:
        z = x - x.max(-1, keepdims=True)
        return z - np.log(np.exp(z).sum(-1, keepdims=True))

    return Probe((x,), shifted, lambda x: x - np.logaddexp.reduce(x, axis=-1, keepdims=True))


def cross_entropy(rng: Rng) -> Probe:
    n, classes = size(rng, 1, 300), size(rng, 2, 50)
    x, labels = normal(rng, n, classes, scale=float(10 ** rng.uniform(-6, 2))), rng.integers(0, classes, n)

    def picked(x: Array) -> Array:
        z = x - x.max(-1, keepdims=True)
        return np.asarray(-(z - np.log(np.exp(z).sum(-1, keepdims=True)))[np.arange(n), labels].mean())

    return Probe((x,), picked, lambda x: np.asarray((np.logaddexp.reduce(x, axis=-1) - x[np.arange(n), labels]).sum() / x.dtype.type(n)))


def cross_entropy_gradient(rng: Rng) -> Probe:
    n, classes = size(rng, 1, 100), size(rng, 2, 50)
    x, labels = normal(rng, n, classes, scale=float(10 ** rng.uniform(-6, 1))), rng.integers(0, classes, n)
    onehot = np.eye(classes, dtype=np.float32)[labels]

    def direct(x: Array, y: Array) -> Array:
        e = np.exp(x - x.max(-1, keepdims=True))
        return (e / e.sum(-1, keepdims=True) - y) / n

    def chained(x: Array, y: Array) -> Array:
        e = np.exp(x - x.max(-1, keepdims=True))
        p = e / e.sum(-1, keepdims=True)
        g = -y / np.maximum(p, np.finfo(np.float32).tiny) / n
        return p * (g - (g * p).sum(-1, keepdims=True))

    return Probe((x, onehot), direct, chained)


def layer_norm(rng: Rng) -> Probe:
    scale = any_scale(rng)
    x = normal(rng, size(rng, 1, 60), size(rng, 2, 300), scale=scale, mean=scale * rng.uniform(-5, 5))
    g, b = normal(rng, x.shape[1]), normal(rng, x.shape[1])

    def centred(x: Array, g: Array, b: Array) -> Array:
        z = x - x.mean(-1, keepdims=True)
        return z / np.sqrt((z * z).mean(-1, keepdims=True) + 1e-5) * g + b

    def folded(x: Array, g: Array, b: Array) -> Array:
        mean, r = x.mean(-1, keepdims=True), 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * (r * g) + (b - mean * r * g)

    return Probe((x, g, b), centred, folded)


def batch_norm(rng: Rng) -> Probe:
    scale = any_scale(rng)
    x = normal(rng, size(rng, 2, 6), size(rng, 1, 40), size(rng, 2, 12), size(rng, 2, 12), scale=scale, mean=scale * rng.uniform(-3, 3))

    def channels_first(x: Array) -> Array:
        mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
        return (x - mean) / np.sqrt(var + 1e-5)

    def channels_last(x: Array) -> Array:
        z = np.ascontiguousarray(np.moveaxis(x, 1, -1))
        mean = z.mean((0, 1, 2))
        return np.moveaxis((z - mean) * (np.square(z - mean).mean((0, 1, 2)) + z.dtype.type(1e-5)) ** -0.5, -1, 1)

    return Probe((x,), channels_first, channels_last)


def variance(rng: Rng) -> Probe:
    scale = any_scale(rng)
    x = normal(rng, size(rng, 1, 60), size(rng, 2, 2000), scale=scale, mean=scale * rng.uniform(-3, 3))
    return Probe((x,), lambda x: x.var(-1), lambda x: (x * x).mean(-1) - np.square(x.mean(-1)))


def group_statistics(rng: Rng) -> Probe:
    """Mean and variance of halves, combined as Chan et al. do, against those of the whole."""
    scale, n = any_scale(rng), 2 * size(rng, 1, 500)
    x = normal(rng, size(rng, 1, 60), n, scale=scale, mean=scale * rng.uniform(-30, 30))

    def combined(x: Array) -> Array:
        a, b = x[:, : n // 2], x[:, n // 2 :]
        return (a.var(-1) + b.var(-1)) / 2 + np.square(a.mean(-1) - b.mean(-1)) / 4

    return Probe((x,), lambda x: x.var(-1), combined)


def gelu_tanh(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 1, 200), size(rng, 1, 60), scale=float(10 ** rng.uniform(-6, 1)))
    c = (2 / np.pi) ** 0.5
    return Probe((x,), lambda x: 0.5 * x * (1 + np.tanh(c * (x + 0.044715 * x**3))), lambda x: x * sigmoid(2 * c * x * (1 + 0.044715 * (x * x))))


def sigmoid_forms(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 1, 200), size(rng, 1, 60), scale=float(10 ** rng.uniform(-6, 1)))
    return Probe((x,), sigmoid, lambda x: 0.5 * (1 + np.tanh(0.5 * x)))


def softplus(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 1, 200), size(rng, 1, 60), scale=any_scale(rng))
    return Probe((x,), lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), lambda x: np.logaddexp(x, x.dtype.type(0)))


def recurrence(rng: Rng) -> Probe:
    steps, n, m, h = size(rng, 1, 40), size(rng, 1, 8), size(rng, 1, 20), size(rng, 1, 40)
    inputs = (normal(rng, steps, n, m), weights(rng, m, h), 1.2 * weights(rng, h, h), normal(rng, h))

    def apart(x: Array, w: Array, u: Array, b: Array) -> Array:
        state = np.zeros((n, h), x.dtype)
        for t in range(steps):
            state = np.tanh(x[t] @ w + state @ u + b)
        return state

    def together(x: Array, w: Array, u: Array, b: Array) -> Array:
        state, both = np.zeros((n, h), x.dtype), np.concatenate([u, w])
        for t in range(steps):
            state = np.tanh(b + np.concatenate([state, x[t]], axis=1) @ both)
        return state

    return Probe(inputs, apart, together)


def lstm(rng: Rng) -> Probe:
    steps, n, m, h = size(rng, 1, 25), size(rng, 1, 8), size(rng, 1, 20), size(rng, 1, 40)
    inputs = (normal(rng, steps, n, m), weights(rng, m, 4 * h), weights(rng, h, 4 * h), normal(rng, 4 * h))

    def run(fused: bool, x: Array, w: Array, u: Array, b: Array) -> Array:
        state, cell = np.zeros((n, h), x.dtype), np.zeros((n, h), x.dtype)
        ahead = x @ w + b if fused else None
        for t in range(steps):
            if ahead is not None:
                i, f, g, o = np.split(ahead[t] + state @ u, 4, axis=1)
            else:
                i, f, g, o = (x[t] @ w[:, j : j + h] + state @ u[:, j : j + h] + b[j : j + h] for j in range(0, 4 * h, h))
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
            state = sigmoid(o) * np.tanh(cell)
        return state

    return Probe(inputs, partial(run, True), partial(run, False))


def long_sum(rng: Rng) -> Probe:
    x = normal(rng, size(rng, 2, 6), int(10 ** rng.uniform(1, 4.7)), scale=any_scale(rng))
    return Probe((x,), lambda x: (x / 3).sum(-1), lambda x: np.add.accumulate(x[:, ::-1] / 3, axis=-1)[:, -1])  # without / 3 the sum is exact in float64


def cosine(rng: Rng) -> Probe:
    shape = size(rng, 1, 100), size(rng, 1, 100)
    a, b = normal(rng, *shape, scale=any_scale(rng)), normal(rng, *shape, scale=any_scale(rng))

    def norm(x: Array) -> Array:
        return np.sqrt((x * x).sum(-1, keepdims=True))

    return Probe((a, b), lambda a, b: (a * b).sum(-1) / (norm(a) * norm(b))[:, 0], lambda a, b: np.einsum("ni,ni->n", a / norm(a), b / norm(b)))


def attention(rng: Rng) -> Probe:
    n, m, d, block = size(rng, 1, 40), size(rng, 1, 60), size(rng, 1, 40), size(rng, 1, 20)
    inputs = tuple(normal(rng, rows, d, scale=float(10 ** rng.uniform(-2, 0.7))) for rows in (n, m, m))

    def plain(q: Array, k: Array, v: Array) -> Array:
        s = q @ k.T / q.dtype.type(d) ** 0.5
        e = np.exp(s - s.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True) @ v

    def online(q: Array, k: Array, v: Array) -> Array:
        q = q * q.dtype.type(d) ** -0.5
        top, total, out = np.full((n, 1), -np.inf, q.dtype), np.zeros((n, 1), q.dtype), np.zeros((n, d), q.dtype)
        for i in range(0, m, block):
            s = q @ k[i : i + block].T
            now = np.maximum(top, s.max(-1, keepdims=True))
            e, kept = np.exp(s - now), np.exp(top - now)
            total, out, top = total * kept + e.sum(-1, keepdims=True), out * kept + e @ v[i : i + block], now
        return out / total

    return Probe(inputs, plain, online)


def polynomial(rng: Rng) -> Probe:
    x, c = normal(rng, size(rng, 1, 300), scale=float(10 ** rng.uniform(-2, 0.3))), normal(rng, size(rng, 2, 12))
    return Probe(
        (x, c), lambda x, c: reduce(lambda y, a: y * x + a, c[::-1], np.zeros_like(x)), lambda x, c: x[:, None] ** np.arange(len(c)).astype(x.dtype) @ c
    )


def interpolation(rng: Rng) -> Probe:
    x, t = normal(rng, size(rng, 2, 60), size(rng, 1, 60), scale=any_scale(rng)), rng.random((1, 1)).astype(np.float32)
    return Probe((x, t), lambda x, t: x[:-1] + (x[1:] - x[:-1]) * t, lambda x, t: x[:-1] * (1 - t) + x[1:] * t)


def fourier(rng: Rng) -> Probe:
    n = size(rng, 2, 200)
    x = normal(rng, size(rng, 1, 40), n, scale=any_scale(rng))

    def matrix(x: Array) -> Array:
        k = np.arange(n)
        angle = -2 * np.pi * (np.outer(k, k[: n // 2 + 1]) % n) / n
        return np.abs(x @ np.exp(1j * angle).astype(np.result_type(x.dtype, np.complex64)))

    return Probe((x,), lambda x: np.abs(np.fft.rfft(x)), matrix)


def linear_solve(rng: Rng) -> Probe:
    n = size(rng, 2, 40)
    a, b = normal(rng, n, n) + np.float32(2 * n**0.5) * np.eye(n, dtype=np.float32), normal(rng, n, size(rng), scale=any_scale(rng))
    return Probe((a, b), np.linalg.solve, lambda a, b: np.linalg.inv(a) @ b)


def network(rng: Rng) -> Probe:
    """Layers of product, normalisation and activation: noise grows with depth."""
    sizes = [size(rng, 2, 40) for _ in range(rng.integers(2, 14))]
    layers = [weights(rng, m, n) for m, n in pairwise(sizes)]
    x = normal(rng, size(rng, 2, 60), sizes[0], scale=any_scale(rng))

    def forward(x: Array, *layers: Array) -> Array:
        for w in layers:
            z = x @ w
            x = np.tanh((z - z.mean(0)) / np.sqrt(z.var(0) + 1e-5))
        return x

    def again(x: Array, *layers: Array) -> Array:
        for w in layers:
            z = (w.T @ x.T).T
            z = z - z.sum(0) / len(z)
            x = np.tanh(z * (np.square(z).sum(0) / len(z) + 1e-5) ** -0.5)
        return x

    return Probe((x, *layers), forward, again)


def adam_step(rng: Rng) -> Probe:
    shape = size(rng), size(rng)
    g, w, m, v = normal(rng, *shape, scale=any_scale(rng)), normal(rng, *shape), normal(rng, *shape), np.square(normal(rng, *shape))
    t = size(rng, 1, 100)

    def textbook(g: Array, w: Array, m: Array, v: Array) -> Array:
        first, second = (0.9 * m + 0.1 * g) / (1 - 0.9**t), (0.999 * v + 0.001 * g * g) / (1 - 0.999**t)
        return (w - 1e-3 * first / (np.sqrt(second) + 1e-8)) - w

    def folded(g: Array, w: Array, m: Array, v: Array) -> Array:
        first, second = m + (g - m) * (1 - 0.9), v * 0.999 + (g * g) * (1 - 0.999)
        return (w - 1e-3 / (1 - 0.9**t) * (first / (np.sqrt(second) / (1 - 0.999**t) ** 0.5 + 1e-8))) - w

    return Probe((g, w, m, v), textbook, folded, step=True)


def momentum_step(rng: Rng) -> Probe:
    shape = size(rng), size(rng)
    g, w, m = normal(rng, *shape, scale=any_scale(rng)), normal(rng, *shape), normal(rng, *shape)
    return Probe(
        (g, w, m), lambda g, w, m: (w - 0.01 * (0.9 * m + (g + 1e-4 * w))) - w, lambda g, w, m: (w * (1 - 1e-6) - (0.009 * m + 0.01 * g)) - w, step=True
    )


RIGHT = (
    matrix_chain, blocked_product, convolution, softmax_forms, log_softmax_forms, cross_entropy, cross_entropy_gradient, layer_norm, batch_norm, variance,
    group_statistics, gelu_tanh, sigmoid_forms, softplus, recurrence, lstm, long_sum, cosine, attention, polynomial, interpolation, fourier, linear_solve,
    network, adam_step, momentum_step,
)  # fmt: skip
