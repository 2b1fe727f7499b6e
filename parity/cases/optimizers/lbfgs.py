"""L-BFGS down Rosenbrock's valley: fixed steps, line search, short memory, few evaluations, a start at the minimum; few steps, for
the valley is chaotic: a line search divides by differences of nearly equal slopes, and with a memory of 2 float32 is 9e-5 off the float64 path after 6
evaluations, in PyTorch (9.2e-5) as in the twin (8.7e-5), while both agree to 1.4e-14 in float64.
"""

from parity.case import DemoCase, values

VALLEY = "optimizers.lbfgs:minimize_rosenbrock"
START = {"start": values([-1.0, 0.75, 0.5])}
WOLFE = {"line_search_fn": "strong_wolfe"}

CASES = [
    DemoCase(VALLEY, "fixed-steps", inputs=START, config={"lr": 0.125, "max_iter": 4}, backends=("tensorflow",)),
    DemoCase(VALLEY, "line-search", inputs=START, config={"max_iter": 5, **WOLFE}, backends=("tensorflow",)),
    DemoCase(VALLEY, "short-memory", inputs=START, config={"max_iter": 6, "history_size": 2, **WOLFE}, backends=("tensorflow",)),
    DemoCase(VALLEY, "few-evaluations", inputs=START, config={"max_iter": 6, "max_eval": 4, "lr": 0.5, **WOLFE}, backends=("tensorflow",)),
    DemoCase(VALLEY, "at-the-minimum", inputs={"start": values([1.0, 1.0])}, config={"steps": 1}, backends=("tensorflow",)),
]
