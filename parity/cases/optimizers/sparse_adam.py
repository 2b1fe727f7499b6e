"""SparseAdam: rows looked up twice in a batch, rows left alone for some steps or always, each argument."""

from parity.case import DemoCase, array, values

ROWS = "optimizers.sparse_adam:train_rows"
INPUTS = {"table": array(6, 3), "ids": values([[2, 2, 2, 3], [0, 2, 5, 5], [3, 3, 0, 0], [2, 5, 5, 2]]), "targets": array(4, 3)}

CASES = [
    DemoCase(ROWS, "defaults", inputs=INPUTS, backends=("tensorflow",)),
    DemoCase(ROWS, "large-steps", inputs=INPUTS, config={"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}, backends=("tensorflow",)),
    DemoCase(ROWS, "maximize", inputs=INPUTS, config={"lr": 0.1, "maximize": True}, backends=("tensorflow",)),
]
