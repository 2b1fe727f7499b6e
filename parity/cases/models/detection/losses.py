"""The five losses: some boxes sampled, none positive, all sampled, large logits."""

from parity.case import Case, array, labels, uniform, values

HERE = "models.detection.losses"
POSITIVE = [[True, False, False, True, False, False, False], [False] * 7]
NEGATIVE = [[False, True, True, False, False, False, True], [False, False, True, True, True, False, False]]


def _rpn(name: str, positive: list, negative: list, std: float = 1.0) -> Case:
    inputs = {
        "objectness": array(2, 7, std=std),
        "codes": array(2, 7, 4),
        "targets": array(2, 7, 4, differentiable=False),
        "positive": values(positive),
        "negative": values(negative),
    }
    return Case(f"{HERE}:rpn_loss", name, inputs=inputs)


def _box(name: str, classes: int, sampled: list, kinds: int, std: float = 1.0) -> Case:
    inputs = {
        "logits": array(2, 7, classes, std=std),
        "codes": array(2, 7, classes, 4),
        "labels": labels(2, 7, classes=kinds),
        "targets": array(2, 7, 4, std=0.3, differentiable=False),
        "sampled": values(sampled),
    }
    return Case(f"{HERE}:box_loss", name, inputs=inputs)


def _mask(name: str, positive: list) -> Case:
    inputs = {
        "logits": array(2, 4, 3, 5, 5, std=2.0),
        "targets": uniform(2, 4, 5, 5, differentiable=False),
        "labels": labels(2, 4, classes=3),
        "positive": values(positive),
    }
    return Case(f"{HERE}:mask_loss", name, inputs=inputs)


CASES = [
    _rpn("some", POSITIVE, NEGATIVE),
    _rpn("none-positive", [[False] * 7] * 2, NEGATIVE),
    _rpn("large", POSITIVE, NEGATIVE, std=200.0),
    _box("some", 4, NEGATIVE, 4),
    _box("background-only", 5, POSITIVE, 1),
    _box("all, large", 3, [[True] * 7] * 2, 3, std=200.0),
    _mask("some", [[True, False, True, False], [False, False, False, True]]),
    _mask("all", [[True] * 4] * 2),
]
