"""Anchors against the photographs' boxes: thresholds, the best of each target, targets that are only there to fill up; samples by fed priorities."""

from parity.case import Case, labels, uniform, values

MATCH, SAMPLE = "models.detection.matcher:match", "models.detection.matcher:sample"
OVERLAPS = [
    [[0.75, 0.4, 0.1, 0.0, 0.3, 0.71], [0.0, 0.1, 0.25, 0.1, 0.0, 0.72], [0.9, 0.9, 0.9, 0.9, 0.9, 0.9]],
    [[0.2, 0.25, 0.1, 0.25, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.3, 0.7, 0.0, 0.1, 0.2, 0.5]],
]


def _match(name: str, **config) -> Case:
    return Case(MATCH, name, config={"high": 0.7, "low": 0.3, **config}, inputs={"overlaps": values(OVERLAPS, differentiable=False)}, gradients=False)


def _sample(name: str, size: int, fraction: float, classes: int = 4) -> Case:
    inputs = {"labels": labels(3, 17, classes=classes), "priorities": uniform(3, 17, differentiable=False)}
    return Case(SAMPLE, name, config={"size": size, "positive_fraction": fraction}, inputs=inputs, gradients=False)


CASES = [
    _match("thresholds"),
    _match("one-threshold", high=0.5, low=0.5),
    _match("best-of-each-target", allow_low_quality=True),
    _match("best, two valid", allow_low_quality=True, valid=values([[True, True, False], [True, False, True]])),
    _sample("some of each", 6, 0.5),
    _sample("too few positive ones", 16, 0.9, classes=2),
    _sample("all", 1000, 0.5),
    _sample("no positive ones", 5, 0.25, classes=1),
    _match("no-target", allow_low_quality=True, valid=values([[False, False, False], [True, False, False]])),
]
