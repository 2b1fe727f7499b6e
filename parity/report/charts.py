"""Plots as small inline SVG: training curves of both sides, and the margin of the rule. Colours come from page.css, so they follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from parity.report.margin import Margin

POINTS = 300  # of a curve that are drawn
WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 30

Curve = Sequence[float]


@dataclass(frozen=True)
class Axis:
    """Values → places; linear, or logarithmic in base 10."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        low, high, value = (math.log10(v) for v in (self.low, self.high, max(value, self.low))) if self.logarithmic else (self.low, self.high, value)
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, count: int = 5) -> list[float]:
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return [10.0**exponent for exponent in range(first, last + 1, max(1, math.ceil((last - first) / count)))]
        rough = (self.high - self.low) / count or 1.0
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
        return [round(i * step, 12) for i in range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)]

    def label(self, value: float) -> str:
        if not self.logarithmic:
            return f"{value:g}"
        exponent = round(math.log10(value))
        return f'10<tspan dy="-4" font-size="8">{str(exponent).replace("-", "−")}</tspan>' if exponent else "1"


@dataclass(frozen=True)
class Panel:
    """One plot with its caption."""

    title: str
    svg: str


def training_panels(curves: Mapping[str, Mapping[str, Sequence[Curve]]]) -> list[Panel]:
    """Loss and accuracy of both sides, one line a seed, and how far the losses part."""
    panels = []
    for key, told in (("loss", "Loss"), ("accuracy", "Accuracy")):
        sides = {side: curves.get(key, {}).get(f"{side} float32", ()) for side in ("torch", "keras")}
        if any(len(curve) > 1 for found in sides.values() for curve in found):
            seeds = max(len(found) for found in sides.values())
            panels.append(Panel(f"{told} per step in float32, {seeds} seed{'s' if seeds > 1 else ''}: PyTorch solid, Keras dashed", _lines(sides, told)))
    parted = _parted(curves.get("loss", {}))
    if parted:
        panels.append(Panel("|loss of Keras − loss of PyTorch| per step: float64 solid, float32 dotted", _lines(parted, "Difference", logarithmic=True)))
    return panels


def _parted(losses: Mapping[str, Sequence[Curve]]) -> dict[str, list[Curve]]:
    found: dict[str, list[Curve]] = {}
    for precision in ("float32", "float64"):
        pairs = zip(losses.get(f"torch {precision}", ()), losses.get(f"keras {precision}", ()), strict=False)
        found[precision] = [[abs(a - b) for a, b in zip(torch, keras, strict=False)] for torch, keras in pairs if len(torch) > 1]
    return {precision: curves for precision, curves in found.items() if any(value > 0 for curve in curves for value in curve)}


def _lines(sides: Mapping[str, Sequence[Curve]], told: str, *, logarithmic: bool = False) -> str:
    steps = max(len(curve) for curves in sides.values() for curve in curves)
    every = [value for curves in sides.values() for curve in curves for value in curve if math.isfinite(value) and (value > 0 or not logarithmic)]
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    y = (
        Axis(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high) + 1e-9), HEIGHT - BOTTOM, TOP, logarithmic=True)
        if logarithmic
        else Axis(min(low, 0.0), high if high > low else low + 1.0, HEIGHT - BOTTOM, TOP)
    )
    x = Axis(1, max(steps, 2), LEFT, WIDTH - RIGHT)
    drawn = []
    for side, curves in sides.items():
        for curve in curves:
            points = " ".join(f"{x.place(step)},{y.place(value)}" for step, value in _thinned(curve) if math.isfinite(value))
            drawn.append(f'<polyline class="{side}" points="{points}"/>')
    return plot(x, y, "step", "".join(drawn), f"{told} over {steps} steps: {', '.join(sides)}")


def _thinned(curve: Curve) -> list[tuple[int, float]]:
    """At most POINTS steps, 1-based, the first and the last among them."""
    stride = math.ceil(len(curve) / POINTS)
    kept = [*range(0, len(curve) - 1, stride), len(curve) - 1] if len(curve) > 1 else [0]
    return [(i + 1, curve[i]) for i in kept]


def plot(x: Axis, y: Axis, x_label: str, body: str, described: str, *, y_label: str = "", width: float = WIDTH, height: float = HEIGHT) -> str:
    """Grid, numbers and the names of the axes around what is drawn."""
    grid, bottom = [], height - BOTTOM
    for tick in y.ticks():
        grid.append(f'<path class="grid" d="M{LEFT} {y.place(tick)}H{width - RIGHT}"/><text x="{LEFT - 6}" y="{y.place(tick) + 3.5}">{y.label(tick)}</text>')
    for tick in x.ticks(7):
        grid.append(f'<text class="x" x="{x.place(tick)}" y="{bottom + 14}">{x.label(tick)}</text>')
    labels = f'<text class="axis" x="{width - RIGHT}" y="{height - 3}">{escape(x_label)}</text>'
    if y_label:
        labels += f'<text class="axis start" x="{LEFT}" y="{TOP - 3}">{escape(y_label)}</text>'
    return f'<svg class="plot" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(described)}">{"".join(grid)}{body}{labels}</svg>'


def margin_plot(margin: Margin) -> str:
    """Two histograms on one logarithmic axis, with the limit of the rule and the gap between the populations."""
    width, height = 900, 300
    bounded = [("rounding", [r for r in margin.rounding if r > 0 and math.isfinite(r)]), ("fault", [r for _, r in margin.faults if r > 0 and math.isfinite(r)])]
    every = [ratio for _, ratios in bounded for ratio in ratios] + [1.0]
    x = Axis(10.0 ** (math.floor(math.log10(min(every))) - 1), 10.0 ** (math.ceil(math.log10(max(every))) + 1), LEFT, width - RIGHT, logarithmic=True)
    bins = {name: _binned(ratios) for name, ratios in bounded}
    tallest = max((count for counts in bins.values() for count in counts.values()), default=1)
    y = Axis(0.5, max(tallest, 2) * 1.3, height - BOTTOM, TOP, logarithmic=True)
    bars = "".join(_bar(x, y, name, place, count) for name, counts in bins.items() for place, count in sorted(counts.items()))
    limit = x.place(1.0)
    line = f'<path class="limit" d="M{limit} {TOP}V{height - BOTTOM}"/><text class="start" x="{limit + 4}" y="{TOP + 8}">limit of the rule</text>'
    body = _gap(margin, x, height) + bars + line
    told = f"Histogram of {len(margin.rounding)} rounding rows and {len(margin.faults)} planted faults"
    return plot(x, y, "difference / what rounding explains", body, told, width=width, height=height)


def _binned(ratios: Sequence[float], per_decade: int = 4) -> dict[int, int]:
    counts: dict[int, int] = {}
    for ratio in ratios:
        place = math.floor(math.log10(ratio) * per_decade + 1e-9)
        counts[place] = counts.get(place, 0) + 1
    return counts


def _bar(x: Axis, y: Axis, name: str, place: int, count: int, per_decade: int = 4) -> str:
    left, right, top = x.place(10.0 ** (place / per_decade)), x.place(10.0 ** ((place + 1) / per_decade)), y.place(count)
    return f'<rect class="{name}" x="{left}" y="{top}" width="{right - left - 0.6:.1f}" height="{y.start - top:.1f}"><title>{count} {name}</title></rect>'


def _gap(margin: Margin, x: Axis, height: float) -> str:
    low, high = margin.largest_rounding, margin.smallest_fault
    if not (0 < low < high < math.inf):
        return ""
    left, right = x.place(low), x.place(high)
    return (
        f'<rect class="gap" x="{left}" y="{TOP}" width="{right - left:.1f}" height="{height - BOTTOM - TOP:.1f}"/>'
        f'<text class="x" x="{(left + right) / 2:.1f}" y="{TOP + 24}">gap of {high / low:.2g}</text>'
    )
