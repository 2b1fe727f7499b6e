"""The figures of a case as small inline SVG: PyTorch as a broad pale line, Keras dashed over it, so that agreement is a dashed line on its bed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from parity.case import Figure
from parity.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Panel, plot

Matrix = Sequence[Sequence[float]]
Curves = Mapping[str, Mapping[str, Matrix]]  # {what is drawn: {"torch", "keras" or "given": its numbers}}
SIDES = ("torch", "keras")
LEVELS = 7  # contours, each at half the height of the one before


def figure_panels(figures: Sequence[Figure], curves: Curves) -> list[Panel]:
    """One panel a figure; none where a side recorded nothing of the name."""
    drawn = {"lines": _lines, "path": _path, "surface": _surface}
    return [Panel(figure.title, drawn[figure.kind](figure, curves)) for figure in figures if all(curves.get(name) for name in figure.names)]


def _lines(figure: Figure, curves: Curves) -> str:
    found = {(name, side): _numbers(curves[name][side]).ravel() for name in figure.y for side in curves[name]}
    counted = np.arange(1.0, 1.0 + max(line.size for line in found.values()))
    over = _numbers(next(iter(curves[figure.x].values()))).ravel() if figure.x else counted
    every = np.concatenate(list(found.values()))
    every = every[np.isfinite(every) & ((every > 0) | (not figure.logarithmic))]
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    x = Axis(float(over.min()), float(over.max()), LEFT, WIDTH - RIGHT)
    y = _powers(low, high) if figure.logarithmic else Axis(low - 0.04 * (high - low), high + 0.04 * (high - low) or 1.0, HEIGHT - BOTTOM, TOP)
    places = {key: _placed(x, y, over, line) for key, line in found.items()}
    body = "".join(_polyline(side, places[name, side]) for side in (*SIDES, "given") for name in figure.y if (name, side) in places)
    named = [(label, places.get((name, "torch")) or next(p for (n, _), p in places.items() if n == name)) for name, label in figure.y.items()]
    if len(named) > 1:  # a single line is what the title says
        body += "".join(_named(label, line, [other for _, other in named if other is not line]) for label, line in named)
    return plot(x, y, figure.axes[0], body, _described(figure), y_label=figure.axes[1])


def _path(figure: Figure, curves: Curves) -> str:
    x, y, contours = _ground(figure, curves, transposed=False)
    body = contours
    for name in figure.y:
        for side in SIDES:
            points = [(x.place(a), y.place(b)) for a, b in curves[name].get(side, ())]
            body += _polyline(side, points)
            if side == "torch":
                body += "".join(f'<circle class="torch" cx="{a}" cy="{b}" r="2.2"/>' for a, b in points)
    return plot(x, y, figure.axes[0], body, _described(figure), y_label=figure.axes[1])


def _surface(figure: Figure, curves: Curves) -> str:
    heights, *marks = figure.y
    x, y, contours = _ground(figure, curves, heights)
    body = contours
    for name in marks:
        for side in SIDES:
            a, b = _numbers(curves[name][side]).ravel()[:2]
            body += f'<circle class="{side} mark" cx="{x.place(a)}" cy="{y.place(b)}" r="{4 if side == "torch" else 2}"/>'
            if side == "torch":
                body += f'<text class="x name" x="{x.place(a)}" y="{y.place(b) - 8}">{escape(figure.y[name])}</text>'
    return plot(x, y, figure.axes[0], body, _described(figure), y_label=figure.axes[1])


def _ground(figure: Figure, curves: Curves, heights: str = "", *, transposed: bool = True) -> tuple[Axis, Axis, str]:
    """The axes, and the contours of both sides (of one, where they lie under a path)."""
    from contourpy import contour_generator

    across, along = (_numbers(next(iter(curves[name].values()))).ravel() for name in figure.ground[:2])
    x = Axis(float(across.min()), float(across.max()), LEFT, WIDTH - RIGHT)
    y = Axis(float(along.min()), float(along.max()), HEIGHT - BOTTOM, TOP)
    drawn = ""
    for side in SIDES if heights else SIDES[:1]:
        grid = _numbers(curves[heights or figure.ground[2]][side])
        grid = grid.T if transposed else grid
        low, span = float(grid.min()), float(grid.max() - grid.min())
        generator = contour_generator(across, along, grid)
        for level in range(1, LEVELS + 1):
            for line in generator.lines(low + span / 2**level):
                drawn += _polyline(side if heights else "ground", [(x.place(a), y.place(b)) for a, b in np.asarray(line)])
    return x, y, drawn


def _numbers(matrix: Matrix) -> np.ndarray:
    """NaN and the infinities are words in report.json."""
    return np.array([[float(value) for value in row] for row in matrix])


def _powers(low: float, high: float) -> Axis:
    return Axis(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high) + 1e-9), HEIGHT - BOTTOM, TOP, logarithmic=True)


def _placed(x: Axis, y: Axis, over: np.ndarray, line: np.ndarray) -> list[tuple[float, float]]:
    return [(x.place(float(a)), y.place(float(b))) for a, b in zip(over, line, strict=False) if math.isfinite(b)]


def _polyline(side: str, points: Sequence[tuple[float, float]]) -> str:
    return f'<polyline class="{side} bed" points="{" ".join(f"{a:g},{b:g}" for a, b in points)}"/>'


def _named(label: str, line: Sequence[tuple[float, float]], others: Sequence[Sequence[tuple[float, float]]]) -> str:
    """The label above its line (below, where that is outside), where the other lines are farthest from it."""
    if not line:
        return ""
    candidates = [line[round(share * (len(line) - 1))] for share in (0.88, 0.75, 0.62, 0.5, 0.38, 0.25, 0.12)]
    wanted = [(a, b - 6 if b - 6 > TOP + 8 else b + 15) for a, b in candidates]
    a, b = max(wanted, key=lambda place: min((math.dist(place, point) for other in others for point in other), default=0.0))
    return f'<text class="x name" x="{min(max(a, LEFT + 24), WIDTH - RIGHT - 24):g}" y="{b:g}">{escape(label)}</text>'


def _described(figure: Figure) -> str:
    return f"{figure.title}: {', '.join(figure.y.values())}; PyTorch and Keras over each other"
