"""SigmoidFocalLoss: with and without balancing, several powers, extreme logits, reductions."""

from parity.case import Case, array, uniform, values

TARGET = "losses.focal:SigmoidFocalLoss"
LABELS = values([[1.0, 0.0, 1.0, 0.0, 0.0]] * 6, differentiable=False)
PAIRS = {"input": array(6, 5, std=2.0, edges=(40.0, -40.0, -40.0, 40.0, 0.0)), "target": LABELS}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    Case(TARGET, "unbalanced", config={"alpha": -1.0}, inputs=PAIRS),
    *(Case(TARGET, f"gamma{gamma}", config={"alpha": 0.7, "gamma": gamma}, inputs=PAIRS) for gamma in (0.0, 1.0, 5.0)),
    Case(TARGET, "gamma-fraction", config={"gamma": 1.5}, inputs={"input": array(6, 5), "target": LABELS}),
    Case(TARGET, "soft", config={"reduction": "mean"}, inputs={"input": array(6, 5), "target": uniform(6, 5)}),
]
