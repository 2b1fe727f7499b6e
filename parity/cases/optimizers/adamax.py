"""Adamax: each argument, gradients near ε, scales that change from step to step, a changing learning rate."""

from parity.case import OptimizerCase, array

ADAMAX = "optimizers.adamax:Adamax"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.1}

CASES = [
    OptimizerCase(ADAMAX, "defaults", parameters=PARAMETERS),
    OptimizerCase(ADAMAX, "gradients-1e-7", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(ADAMAX, "no-gradient-at-times", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=(0.0, 1.0, 0.0)),
    OptimizerCase(ADAMAX, "weight-decay", config={"lr": 0.01, "weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(
        ADAMAX,
        "all-together",
        config={"lr": 0.01, "betas": (0.7, 0.95), "eps": 1e-3, "weight_decay": 0.01, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
