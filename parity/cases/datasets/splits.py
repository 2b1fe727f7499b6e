"""Splits: balanced and unbalanced classes, folds that divide and that do not, what cannot be split."""

from parity.case import DemoCase, array, labels, values

_LAST = {
    "fact:last_rows_are_held_out": "random_split shuffles; fit(validation_split) holds out the last rows: shuffle before.",
    "fact:too_many_error": "Each framework has its own exception and words; both refuse.",
}


def _splits(name: str, draw, **config) -> DemoCase:
    return DemoCase("datasets.splits:splits", name, inputs={"labels": draw}, config=config, backends=("tensorflow",))


CASES = [
    _splits("balanced", values([i % 5 for i in range(50)]), k=5, share=0.2, seed=0),
    _splits("unbalanced", values([0] * 41 + [1] * 7 + [2] * 3), k=3, share=0.3, seed=1),
    _splits("random", labels(37, classes=4), k=4, share=0.25, seed=2),
    DemoCase("datasets.splits:framework_split", "ten", inputs={"x": array(10, 2)}, config={"share": 0.3}, known=_LAST, backends=("tensorflow",)),
    DemoCase("datasets.splits:impossible_splits", "ten", config={"n": 10}, backends=("tensorflow",)),
]
