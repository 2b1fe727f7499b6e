"""BCEWithLogitsLoss: the notes' example, extreme logits, soft targets, weights of elements and of positives, reductions."""

from parity.case import Case, array, uniform, values

TARGET = "losses.bce_with_logits:BCEWithLogitsLoss"
EXTREME = (100.0, -100.0, 40.0, -40.0, 0.0, -0.0, 17.0, -17.0)
SOFT = uniform(7, 5, differentiable=False)
HARD = values([[1.0, 1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0]] * 3 + [[1.0, 0.0, 1.0, 0.0, 1.0]], differentiable=False)
PER_CLASS = values([3.0, 0.5, 1.0, 0.0, 10.0])

CASES = [
    Case(TARGET, "notes", config={"reduction": "none"}, inputs={"input": values([5.0, 1.0, 3.0]), "target": values([1.0, 0.0, 1.0], differentiable=False)}),
    *(Case(TARGET, r, config={"reduction": r}, inputs={"input": array(7, 5, std=3.0, edges=EXTREME), "target": HARD}) for r in ("mean", "sum", "none")),
    Case(TARGET, "soft", inputs={"input": array(7, 5, std=3.0), "target": SOFT}),
    Case(TARGET, "target-gradient", inputs={"input": array(7, 5), "target": uniform(7, 5)}),
    Case(TARGET, "pos_weight", config={"pos_weight": PER_CLASS}, inputs={"input": array(7, 5, edges=EXTREME), "target": HARD}),
    Case(TARGET, "pos_weight-soft", config={"pos_weight": values(2.5), "reduction": "none"}, inputs={"input": array(7, 5), "target": uniform(7, 5)}),
    Case(TARGET, "weight", config={"weight": uniform(7, 1), "reduction": "none"}, inputs={"input": array(7, 5), "target": SOFT}),
    Case(TARGET, "both", config={"weight": uniform(7, 5), "pos_weight": PER_CLASS}, inputs={"input": array(7, 5), "target": HARD}),
    Case(TARGET, "old-words", config={"reduce": False}, inputs={"input": array(7, 5), "target": HARD}),
]  # fmt: skip
