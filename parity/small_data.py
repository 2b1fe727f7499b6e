"""The notes' small data, worked out: three points on a line, three that pass or fail, sin → cos, noisy points to over-fit. Float32, the same everywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.case import seeded

Data = tuple[np.ndarray, np.ndarray]


def line() -> Data:
    """[1, 2, 3] → [2, 4, 6]."""
    return np.array([[1.0], [2.0], [3.0]], np.float32), np.array([[2.0], [4.0], [6.0]], np.float32)


def passing() -> Data:
    """[1, 2, 3] → [0, 0, 1]."""
    return np.array([[1.0], [2.0], [3.0]], np.float32), np.array([[0.0], [0.0], [1.0]], np.float32)


def sine(sequences: int = 160, steps: int = 12) -> Data:
    """Pieces of sin, (N, 12, 1), and of cos at the same places."""
    starts = seeded("sine").uniform(0, 2 * np.pi, (sequences, 1))
    angles = starts + np.linspace(0, 2 * np.pi, steps)
    return np.sin(angles)[..., None].astype(np.float32), np.cos(angles)[..., None].astype(np.float32)


def noisy(points: int = 20, hidden: int = 64, draws: int = 25) -> Data:
    """A noisy line in [−1, 1], each point many times, and beside each x the dropout masks (0 or 2) of two layers, so that both sides drop the same units:
    (N, 1 + 2·hidden). As many other points of the line come last."""
    rng = seeded("noisy")
    x = np.linspace(-1, 1, points)[:, None]
    y, other = x + 0.3 * rng.normal(size=x.shape), x + 0.3 * rng.normal(size=x.shape)
    masks = 2.0 * (rng.random((points * (draws + 1), 2 * hidden)) < 0.5)
    return np.hstack([np.tile(x, (draws + 1, 1)), masks]).astype(np.float32), np.concatenate([np.tile(y, (draws, 1)), other]).astype(np.float32)


def curve(points: int = 320) -> Data:
    """x in [−7, 10] and x² − 5 with noise, the notes' source's data for batch normalisation."""
    rng = seeded("curve")
    x = np.linspace(-7, 10, points)[:, None]
    return x.astype(np.float32), (x**2 - 5 + 2 * rng.normal(size=x.shape)).astype(np.float32)


SMALL: dict[str, Callable[[], Data]] = {"line": line, "passing": passing, "sine": sine, "noisy": noisy, "curve": curve}
