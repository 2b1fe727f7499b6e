"""RAdam: the unadapted first steps and the rectified ones after, β₂ = 0.5 (never adapted), each argument, a changing learning rate."""

from parity.case import OptimizerCase, array

RADAM = "optimizers.radam:RAdam"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.1}

CASES = [
    OptimizerCase(RADAM, "defaults", parameters=PARAMETERS),
    OptimizerCase(RADAM, "lr-changes", config={"lr": 0.02}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(RADAM, "never-adapted", config={"lr": 0.01, "betas": (0.9, 0.5)}, parameters=PARAMETERS),
    OptimizerCase(RADAM, "gradients-1e-7", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(RADAM, "weight-decay", config={"lr": 0.01, "weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(RADAM, "weight-decay-decoupled", config={"lr": 0.01, "weight_decay": 0.3, "decoupled_weight_decay": True}, parameters=PARAMETERS),
    OptimizerCase(
        RADAM,
        "all-together",
        config={"lr": 0.01, "betas": (0.7, 0.95), "eps": 1e-4, "weight_decay": 0.01, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
