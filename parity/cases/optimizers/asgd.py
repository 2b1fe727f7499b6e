"""ASGD: before averaging, averaging from step 7 on, a rate that decays quickly, a changing learning rate, each argument."""

from parity.case import OptimizerCase, array

ASGD = "optimizers.asgd:ASGD"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.1}

CASES = [
    OptimizerCase(ASGD, "defaults", parameters=PARAMETERS),
    OptimizerCase(ASGD, "averaging", config={"lr": 0.05, "t0": 7}, parameters=PARAMETERS),
    OptimizerCase(ASGD, "quick-decay", config={"lr": 0.1, "lambd": 0.3, "alpha": 0.9, "t0": 20}, parameters=PARAMETERS),
    OptimizerCase(ASGD, "lr-changes-at-once", config={"lr": 0.1, "t0": 10}, parameters=PARAMETERS, learning_rates={0: 0.05, **CHANGES}),
    OptimizerCase(
        ASGD,
        "all-together",
        config={"lr": 0.02, "lambd": 0.01, "alpha": 0.5, "t0": 12.0, "weight_decay": 0.1, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
