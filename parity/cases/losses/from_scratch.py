"""The notes' softmax, cross-entropy and binary cross-entropy, by hand and by the frameworks: the numbers they print."""

from parity.case import DemoCase, values

SCORES = values([2.0, 1.0, 0.1])
LOGITS = {"logits": values([5.0, 1.0, 3.0]), "labels": values([1.0, 0.0, 1.0])}
ONE_HOT = {"logits": SCORES, "actual": values([1.0, 0.0, 0.0])}

CASES = [
    DemoCase(
        "losses.from_scratch:compare_softmax",
        "notes",
        inputs={"x": SCORES},
        printed={"by hand": [0.66, 0.24, 0.10], "framework": [0.66, 0.24, 0.10]},
        decimals=2,
    ),
    DemoCase("losses.from_scratch:compare_cross_entropy", "notes", inputs=ONE_HOT, printed={"by hand": 0.417, "framework": 0.417}, decimals=3),
    DemoCase("losses.from_scratch:compare_cross_entropy", "notes-rounded", inputs=ONE_HOT, printed={"from rounded probabilities": 0.36}, decimals=2),
    DemoCase(
        "losses.from_scratch:compare_binary_cross_entropy",
        "notes",
        inputs=LOGITS,
        printed={"by hand": [0.0067, 1.3133, 0.0486], "framework": [0.0067, 1.3133, 0.0486]},
        decimals=4,
    ),
]
