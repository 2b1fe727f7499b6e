"""BCELoss: probabilities of exactly 0 and 1 (the clamp at −100 and the gradient of 1e12 behind it), soft targets, weights, reductions."""

from parity.case import Case, uniform, values

TARGET = "losses.bce:BCELoss"
CORNERS = {"input": values([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.5]), "target": values([0.0, 1.0, 0.0, 1.0, 0.25, 0.25, 0.5], differentiable=False)}
TINY = {"input": values([1e-7, 1e-20, 1e-37, 0.99999994]), "target": values([1.0, 0.0, 1.0, 0.0], differentiable=False)}

PAIRS = {"input": uniform(7, 5), "target": uniform(7, 5, differentiable=False)}
CHANNELS = {"input": uniform(2, 3, 5, 4, layout="channels_last"), "target": uniform(2, 3, 5, 4, layout="channels_last", differentiable=False)}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    *(Case(TARGET, f"corners-{r}", config={"reduction": r}, inputs=CORNERS) for r in ("mean", "none")),
    Case(TARGET, "tiny", config={"reduction": "none"}, inputs=TINY),
    Case(TARGET, "target-gradient", inputs={"input": uniform(7, 5, low=0.1, high=0.9), "target": uniform(7, 5)}),
    Case(TARGET, "weighted", config={"weight": uniform(7, 5)}, inputs=PAIRS),
    Case(TARGET, "weighted-batch", config={"weight": uniform(7, 1), "reduction": "sum"}, inputs=PAIRS),
    Case(TARGET, "weighted-last", config={"weight": values([0.5, 2.0, 3.0, 0.0, 1.0]), "reduction": "none"}, inputs=PAIRS),
    Case(TARGET, "notes-sum", config={"size_average": False}, inputs={"input": uniform(3, 1), "target": values([[0.0], [0.0], [1.0]], differentiable=False)}),
    Case(TARGET, "channels", inputs=CHANNELS),
]  # fmt: skip
