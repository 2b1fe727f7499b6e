"""Similarity and distance: every norm, broadcasting, equal and zero vectors, where the gradient is a convention."""

from parity.case import Case, array, image, values


def _cosine(name: str, x1, x2, **config) -> Case:
    return Case("layers.similarity:CosineSimilarity", name, config=config, inputs={"x1": x1, "x2": x2})


def _distance(name: str, x1, x2, **config) -> Case:
    return Case("layers.similarity:PairwiseDistance", name, config=config, inputs={"x1": x1, "x2": x2})


_PAIRS = (array(4, 3), array(4, 3))
_EQUAL = (values([[1.0, 2.0, 3.0], [0.5, 0.5, 0.5]]), values([[1.0, 2.0, 3.0], [0.5, 2.0, 0.5]]))

CASES = [
    _cosine("default", *_PAIRS),
    _cosine("images", image(2, 3, 4, 5), image(2, 3, 4, 5)),  # PyTorch's dim 1 is the channel axis, here the last
    _cosine("first-axis", array(4, 3), array(4, 3), dim=0),
    _cosine("broadcast", array(2, 1, 3), array(4, 3), dim=-1),
    _cosine("eps", values([[0.25, 0.0], [3.0, 4.0]]), values([[0.0, 0.125], [1.0, 1.0]]), eps=0.5),
    _cosine("zero-vector", values([[0.0, 0.0], [3.0, 4.0]]), values([[1.0, 2.0], [1.0, 1.0]])),
    _distance("default", *_PAIRS),
    _distance("keepdim", *_PAIRS, keepdim=True),
    _distance("manhattan", *_PAIRS, p=1.0),
    _distance("cubic", *_PAIRS, p=3.0),
    _distance("half", *_PAIRS, p=0.5),
    _distance("largest", *_PAIRS, p=float("inf")),
    _distance("smallest", *_PAIRS, p=float("-inf")),
    Case(
        "layers.similarity:PairwiseDistance",
        "count",  # of the values that differ: no gradient
        config={"p": 0.0, "eps": 0.0},
        inputs=dict(zip(("x1", "x2"), _EQUAL, strict=True)),
        gradients=False,
    ),
    _distance("broadcast", array(4, 3), array(3)),
    _distance("vectors", array(3), array(3)),
    _distance("equal", *_EQUAL, eps=0.0),  # the gradient at distance 0 is 0
]
