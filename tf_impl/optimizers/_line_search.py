"""The line search of L-BFGS: PyTorch's, step for step."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from keras import ops

from tf_impl.typing import Tensor


@dataclass(frozen=True)
class Point:
    """A point on the line: how far along, the loss there, its gradient, and the slope along the line."""

    length: float
    loss: float
    gradient: Tensor
    slope: float


def strong_wolfe(evaluate: Callable[[float], Point], start: Point, length: float, reach: float, limit: int, tolerance: float = 1e-9) -> tuple[Point, int]:
    """A point with enough decrease (c₁ = 1e-4) and a flat enough slope (c₂ = 0.9), and how many evaluations it took.

    `reach` is the direction's largest entry. First the interval that holds such a point is bracketed, then narrowed by cubic interpolation.
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + 1e-4 * point.length * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -0.9 * start.slope

    previous, point, evaluations = start, evaluate(length), 1
    for tries in range(limit):
        if too_high(point) or (tries > 1 and point.loss >= previous.loss):
            bracket = [previous, point]
            break
        if flat(point):
            return point, evaluations
        if point.slope >= 0:
            bracket = [previous, point]
            break
        length = _cubic_minimum(previous, point, point.length + 0.01 * (point.length - previous.length), point.length * 10)
        previous, point = point, evaluate(length)
        evaluations += 1
    else:
        tries, bracket = limit, [start, point]

    low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
    stuck = False
    while tries < limit and abs(bracket[1].length - bracket[0].length) * reach >= tolerance:
        left, right = sorted(p.length for p in bracket)
        length = _cubic_minimum(*bracket, left, right)
        margin = 0.1 * (right - left)
        near_an_end = min(right - length, length - left) < margin
        if near_an_end and (stuck or length >= right or length <= left):
            length = right - margin if abs(length - right) < abs(length - left) else left + margin
            near_an_end = False
        stuck = near_an_end
        point = evaluate(length)
        evaluations, tries = evaluations + 1, tries + 1
        if too_high(point) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
            continue
        done = flat(point)
        if not done and point.slope * (bracket[high].length - bracket[low].length) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
        if done:
            break
    return bracket[low], evaluations


def _cubic_minimum(one: Point, two: Point, least: float, most: float) -> float:
    """Where the cubic through both points with both slopes is lowest, within the limits."""
    if one.length > two.length:
        one, two = two, one
    d1 = one.slope + two.slope - 3 * (one.loss - two.loss) / (one.length - two.length)
    square = d1**2 - one.slope * two.slope
    if square < 0:
        return (least + most) / 2
    d2 = math.sqrt(square)
    lowest = two.length - (two.length - one.length) * ((two.slope + d2 - d1) / (two.slope - one.slope + 2 * d2))
    return min(max(lowest, least), most)


def dot(a: Tensor, b: Tensor) -> float:
    return float(ops.sum(a * b))
