"""One-hot rows: the notes' labels, other shapes, counted classes, and labels that are no class."""

from parity.case import DemoCase, labels, values

_NOTES = [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]]
_FLOAT = {"fact:dtype": "PyTorch's rows are int64, Keras' floats: give dtype='int64', or cast in PyTorch."}
_SILENT = {"fact:one_hot_*": "PyTorch refuses a label that is no class, Keras makes a row of zeros of it: check labels before."}


def _case(name: str, draw, printed=None, **config) -> DemoCase:
    return DemoCase("tensors.one_hot:one_hot", name, inputs={"labels": draw}, config=config, printed=printed or {})


def _strange(name: str, label: int) -> DemoCase:
    return DemoCase(
        "tensors.one_hot:strange_labels", name, inputs={"labels": values([0, label])}, config={"num_classes": 3}, known=_SILENT, backends=("tensorflow",)
    )


CASES = [
    _case("notes", values([0, 2, 1, 4, 1, 3]), {"one_hot": _NOTES}, num_classes=5),
    _case("counted", values([0, 2, 1, 4, 1, 3]), {"one_hot": _NOTES}),
    _case("unused-classes", labels(4, classes=3), num_classes=7),
    _case("image-of-labels", labels(2, 3, 4, classes=6), num_classes=6),
    _case("number", values(2), num_classes=3),
    _case("one-class", values([0, 0]), num_classes=1),
    DemoCase("tensors.one_hot:default_dtype", inputs={"labels": labels(3, classes=4)}, config={"num_classes": 4}, known=_FLOAT),
    _strange("too-large", 3),
    _strange("negative", -1),
]
