"""Losses: the notes' numbers, and what a run gives."""

from parity.case import DemoCase, array, labels, values

_WORDS = {"fact:cross_entropy_swapped_error": "Each framework has its own words; both refuse."}


def _demo(function: str, name: str, printed=None, known=None, decimals: int = 4, inputs=None, **config) -> DemoCase:
    return DemoCase(
        f"errata.losses:{function}",
        name,
        inputs=inputs or {},
        config=config,
        printed=printed or {},
        decimals=decimals,
        known=known or {},
        backends=("tensorflow",),
    )


_CLASSES = {"logits": array(4, 3), "classes": labels(4, classes=3)}

CASES = [
    _demo("rounded", "notes", {"softmax": [0.7, 0.2, 0.1], "of_the_rounded_probability": 0.36}, decimals=1),
    _demo("swapped", "five", inputs={"prediction": array(5), "labels": array(5), **_CLASSES}, known=_WORDS),
    _demo("constructor", "four", inputs=_CLASSES),
    _demo("hand_written", "notes", {"framework": [0.0067, 1.3133, 0.0486]}, inputs={"logit": values([5.0, 1.0, 3.0]), "label": values([1.0, 0.0, 1.0])}),
    _demo("average", "batches-of-64", inputs={"logits": array(256, 10), "classes": labels(256, classes=10)}, batch=64),
    _demo("average", "batches-of-4", inputs={"logits": array(12, 3), "classes": labels(12, classes=3)}, batch=4),
    _demo("sum_or_mean", "seven", inputs={"x": array(7, 3), "w": array(3), "y": array(7)}),
    _demo("sigmoid_is_no_step", "three"),
]
