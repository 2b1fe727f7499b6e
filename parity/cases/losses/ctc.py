"""CTCLoss: lengths of every kind (none, all, too short), repeated labels, other blanks, one vector of targets, impossible alignments.

The input is no log-softmax on purpose: PyTorch's gradient supposes one, and the twin's must do so too.
"""

from parity.case import Case, array, values

TARGET = "losses.ctc:CTCLoss"
LOGS = array(9, 4, 5, mean=-1.6, std=0.5)
BATCH = {
    "log_probs": LOGS,
    "targets": values([[1, 2, 3], [4, 4, 0], [2, 2, 2], [1, 3, 1]]),
    "input_lengths": values([9, 6, 5, 8]),
    "target_lengths": values([3, 2, 3, 0]),
}
IMPOSSIBLE = BATCH | {"input_lengths": values([9, 2, 4, 8])}
INF = float("inf")
SINGLE = {"log_probs": array(7, 5, mean=-1.6), "targets": values([3, 1, 1]), "input_lengths": values(7), "target_lengths": values(3)}
LONG = {
    "log_probs": array(60, 2, 8, mean=-2.0),
    "targets": values([[1, 2, 3, 4, 5] * 4, [7, 7, 6, 6, 5] * 4]),
    "input_lengths": values([60, 55]),
    "target_lengths": values([20, 18]),
}
CERTAIN = {
    "log_probs": values([[[-INF, 0.0, -INF]], [[-0.25, -INF, -1.5]], [[-0.5, -1.0, -INF]]]),
    "targets": values([[1, 1]]),
    "input_lengths": values([3]),
    "target_lengths": values([2]),
}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=BATCH) for r in ("mean", "sum", "none")),
    *(Case(TARGET, f"impossible-zero-{r}", config={"reduction": r, "zero_infinity": True}, inputs=IMPOSSIBLE) for r in ("mean", "none")),
    Case(TARGET, "impossible", config={"reduction": "none"}, inputs=IMPOSSIBLE),
    Case(TARGET, "blank-last", config={"blank": 4, "reduction": "none"}, inputs=BATCH | {"targets": values([[1, 2, 3], [0, 0, 1], [2, 2, 2], [1, 3, 1]])}),
    Case(TARGET, "one-vector", inputs=BATCH | {"targets": values([1, 2, 3, 4, 4, 2, 2, 2]), "target_lengths": values([3, 2, 3, 0])}),
    Case(TARGET, "one-sequence", inputs=SINGLE),
    Case(TARGET, "long", inputs=LONG),
    Case(TARGET, "no-frames", config={"reduction": "sum"}, inputs=BATCH | {"input_lengths": values([9, 6, 5, 0])}),
    Case(TARGET, "certain", config={"reduction": "none"}, inputs=CERTAIN, gradients=False),  # torch: NaN wherever the input is −inf
]
