"""Sets: the notes' five samples, parts, joined sets, indices that are not there."""

from parity.case import DemoCase, array, labels

_WORDS = {"fact:*_error": "Each framework has its own exception and words; both refuse."}
_PRINTED = {"notes_length": 5, "notes_sample": [2, 1], "notes_label": 0}

CASES = [
    DemoCase(
        "datasets.dataset:samples",
        name,
        inputs={"x": array(*shape), "y": labels(shape[0], classes=3)},
        printed=_PRINTED,
        known=_WORDS,
        backends=("tensorflow",),
    )
    for name, shape in (("rows", (4, 3)), ("images", (3, 2, 5, 4)))
]
