"""CosineEmbeddingLoss: both labels, margins, equal and opposite and zero vectors, a single pair, reductions."""

from parity.case import Case, array, values

TARGET = "losses.cosine_embedding:CosineEmbeddingLoss"
PAIRS = {"input1": array(6, 5), "input2": array(6, 5), "target": values([1, -1, 1, -1, -1, 1])}
SPECIAL = {
    "input1": values([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [3.0, 4.0]]),
    "input2": values([[1.0, 2.0], [-1.0, -2.0], [1.0, 3.0], [0.0, 2.0], [1.0, 1.0], [4.0, 3.0]]),
    "target": values([1, 1, 1, -1, -1, -1]),
}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    Case(TARGET, "margin", config={"margin": 0.5, "reduction": "none"}, inputs=PAIRS),
    Case(TARGET, "margin-negative", config={"margin": -0.5}, inputs=PAIRS),
    Case(TARGET, "special", config={"reduction": "none"}, inputs=SPECIAL),
    Case(TARGET, "one-pair", inputs={"input1": array(5), "input2": array(5), "target": values(1)}),
    Case(TARGET, "float-labels", inputs=PAIRS | {"target": values([1.0, -1.0, 1.0, -1.0, -1.0, 1.0], differentiable=False)}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs=PAIRS),
]
