"""PoissonNLLLoss: log-rates and rates (0 among them), Stirling's term at and around 1, reductions."""

from parity.case import Case, array, uniform, values

TARGET = "losses.poisson_nll:PoissonNLLLoss"
COUNTS = values([[0.0, 1.0, 2.0, 7.0, 1.5]] * 3, differentiable=False)
LOG_RATES = {"log_input": array(3, 5), "target": COUNTS}
RATES = {"input": uniform(3, 5, high=5.0, edges=(0.0, 0.0, 0.0)), "target": COUNTS}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=LOG_RATES) for r in ("mean", "sum", "none")),
    *(Case(TARGET, f"full-{r}", config={"full": True, "reduction": r}, inputs=LOG_RATES) for r in ("mean", "none")),
    Case(TARGET, "rates", config={"log_input": False, "eps": 0.01, "reduction": "none"}, inputs=RATES),
    Case(TARGET, "rates-full", config={"log_input": False, "full": True}, inputs={"input": uniform(3, 5, low=0.5, high=5.0), "target": COUNTS}),
    Case(TARGET, "rates-zero", config={"log_input": False, "reduction": "none"}, inputs=RATES),
    Case(TARGET, "target-gradient", inputs={"input": array(3, 5), "target": uniform(3, 5, low=2.0, high=5.0)}),
    Case(TARGET, "broadcast", inputs={"input": array(3, 5), "target": values([0, 1, 2, 3, 4])}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs=LOG_RATES),
]
