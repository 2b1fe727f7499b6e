"""MarginRankingLoss: both labels, equal scores, pairs exactly at the margin, broadcast labels, reductions."""

from parity.case import Case, array, values

TARGET = "losses.margin_ranking:MarginRankingLoss"
LABELS = values([[1.0, -1.0, 1.0, -1.0, -1.0]] * 3, differentiable=False)
SCORES = {"input1": array(3, 5, edges=(1.0, 1.0, 2.0, 1.0)), "input2": array(3, 5, edges=(1.0, 1.0, 1.5, 1.5)), "target": LABELS}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=SCORES) for r in ("mean", "sum", "none")),
    Case(TARGET, "margin", config={"margin": 0.5, "reduction": "none"}, inputs=SCORES),
    Case(TARGET, "broadcast", config={"margin": 0.5}, inputs=SCORES | {"target": values([[1, -1, 1, -1, -1]])}),
    Case(TARGET, "vector", inputs={"input1": array(4), "input2": array(4), "target": values([1, 1, -1, -1])}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs=SCORES),
]
