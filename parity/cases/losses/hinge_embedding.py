"""HingeEmbeddingLoss: distances on both sides of the margin and exactly on it, both labels, broadcast labels, reductions."""

from parity.case import Case, array, uniform, values

TARGET = "losses.hinge_embedding:HingeEmbeddingLoss"
LABELS = values([[1.0, -1.0, -1.0, 1.0, -1.0]] * 3, differentiable=False)
DISTANCES = uniform(3, 5, low=0.0, high=2.0, edges=(1.0, 1.0, 0.0, 0.0, 1.0))

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs={"input": DISTANCES, "target": LABELS}) for r in ("mean", "sum", "none")),
    Case(TARGET, "margin", config={"margin": 0.5, "reduction": "none"}, inputs={"input": uniform(3, 5, edges=(0.5, 0.5)), "target": LABELS}),
    Case(TARGET, "negative", config={"margin": -0.5}, inputs={"input": array(3, 5), "target": LABELS}),
    Case(TARGET, "broadcast", inputs={"input": DISTANCES, "target": values([1, -1, -1, 1, -1])}),
    Case(TARGET, "no-label", config={"reduction": "none"}, inputs={"input": DISTANCES, "target": values([[0, 2, 1, -1, 0]] * 3)}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs={"input": DISTANCES, "target": LABELS}),
]  # fmt: skip
