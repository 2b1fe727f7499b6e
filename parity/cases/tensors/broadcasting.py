"""Broadcasting: the notes' (1, 2) + (3, 1), numbers, missing and stretched axes; values, gradients, refusals."""

from parity.case import Case, DemoCase, array, values

_WORDS = {"fact:*_error": "Each framework has its own exception and words; both refuse."}


def _broadcast(name: str, x: tuple[int, ...], y: tuple[int, ...]) -> Case:
    return Case("tensors.broadcasting:broadcast", name, inputs={"x": array(*x), "y": array(*y)})


def _expanded(name: str, x: tuple[int, ...], shape: tuple[int, ...]) -> Case:
    return Case("tensors.broadcasting:expanded", name, inputs={"x": array(*x)}, config={"shape": shape})


def _refused(name: str, x: tuple[int, ...], y: tuple[int, ...]) -> DemoCase:
    return DemoCase("tensors.broadcasting:refused", name, inputs={"x": array(*x), "y": array(*y)}, known=_WORDS, backends=("tensorflow", "jax"))


def _in_place(name: str, x: tuple[int, ...], y: tuple[int, ...]) -> DemoCase:
    return DemoCase("tensors.broadcasting:stretched_in_place", name, inputs={"x": array(*x), "y": array(*y)}, known=_WORDS)


CASES = [
    DemoCase(
        "tensors.broadcasting:broadcast",
        "notes",
        inputs={"x": values([[1, 2]]), "y": values([[1], [2], [3]])},
        printed={"sum": [[2, 3], [3, 4], [4, 5]], "product": [[1, 2], [2, 4], [3, 6]]},
    ),
    _broadcast("column-and-row", (1, 2), (3, 1)),
    _broadcast("equal", (3, 4), (3, 4)),
    _broadcast("number", (), (2, 3)),
    _broadcast("missing-axes", (5,), (2, 3, 5)),
    _broadcast("both-stretched", (5, 1, 4, 1), (3, 1, 6)),
    _broadcast("one-element", (1, 1, 1), (2, 3)),
    _expanded("rows", (1, 3), (4, 3)),
    _expanded("new-axes", (2, 1), (3, 2, 5)),
    _expanded("number", (), (2, 2)),
    _refused("last-axis", (2, 3), (4,)),
    _refused("first-axis", (2, 3), (3, 3)),
    _refused("transposed", (2, 3), (3, 2)),
    _in_place("row", (3, 2), (1, 2)),
    _in_place("number", (2, 2), ()),
    _in_place("missing-axis", (4, 3), (3,)),
]
