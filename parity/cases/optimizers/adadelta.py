"""Adadelta: each argument, gradients below ε, scales that change from step to step, a changing learning rate."""

from parity.case import OptimizerCase, array

ADADELTA = "optimizers.adadelta:Adadelta"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.1, 35: 3.0}

CASES = [
    OptimizerCase(ADADELTA, "defaults", parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(ADADELTA, "gradients-1e-4", parameters=PARAMETERS, gradient_scale=1e-4),
    OptimizerCase(ADADELTA, "rho-zero", config={"rho": 0.0}, parameters=PARAMETERS),
    OptimizerCase(ADADELTA, "rho-one", config={"rho": 1.0, "eps": 1e-3}, parameters=PARAMETERS),
    OptimizerCase(
        ADADELTA,
        "all-together",
        config={"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
