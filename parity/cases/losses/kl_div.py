"""KLDivLoss: the four reductions, log targets, targets of exactly 0, a differentiable target, shapes that are broadcast."""

from parity.case import Case, array, uniform, values

TARGET = "losses.kl_div:KLDivLoss"
LOGS = array(7, 5, mean=-1.5, std=0.5)
ZEROS = values([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]], differentiable=False)

REDUCTIONS = ("mean", "batchmean", "sum", "none")

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs={"input": LOGS, "target": uniform(7, 5, low=0.1)}) for r in REDUCTIONS),
    *(Case(TARGET, f"log-{r}", config={"log_target": True, "reduction": r}, inputs={"input": LOGS, "target": LOGS}) for r in REDUCTIONS),
    Case(TARGET, "zeros", config={"reduction": "none"}, inputs={"input": array(2, 3, mean=-1.0), "target": ZEROS}),
    Case(TARGET, "zeros-batchmean", config={"reduction": "batchmean"}, inputs={"input": values([[-100.0, -0.5, -1.0], [-40.0, -2.0, -3.0]]), "target": ZEROS}),
    Case(TARGET, "broadcast", config={"reduction": "batchmean"}, inputs={"input": LOGS, "target": uniform(5, low=0.1, differentiable=False)}),
    Case(TARGET, "scalar", config={"reduction": "batchmean"}, inputs={"input": array(), "target": uniform(differentiable=False)}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs={"input": LOGS, "target": uniform(7, 5, low=0.1, differentiable=False)}),
]  # fmt: skip
