"""What a mean divides by: class weights, ignored labels, and the notes' demo of one element at a time."""

from parity.case import DemoCase, array, labels, values

ROW = [0.3585, 0.5973, -0.4429, -0.0270, 0.2480, 0.3332, -2.0774, 0.1682]
DEMO = {"logits": values([[*ROW, 1.5812, -1.5677], [*ROW, 1.1252, -1.5677]]), "target": values([[1.0, 0, 0, 0, 1, 0, 0, 0, 0, 0]] * 2)}
WEIGHT = values([0.5, 2.0, 1.0, 3.0])

CASES = [
    DemoCase("losses.reductions:weighted_mean", inputs={"logits": array(7, 4), "labels": labels(7, classes=4), "weight": WEIGHT}),
    DemoCase("losses.reductions:mean_of_nothing", inputs={"logits": array(3, 4)}),
    DemoCase("losses.reductions:one_by_one", "notes", inputs=DEMO),
]
