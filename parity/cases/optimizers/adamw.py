"""AdamW: the default decay, decay under a changing learning rate, gradients of nothing but noise, all arguments together."""

from parity.case import OptimizerCase, array

ADAMW = "optimizers.adamw:AdamW"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.1}

CASES = [
    OptimizerCase(ADAMW, "defaults", parameters=PARAMETERS),
    OptimizerCase(ADAMW, "decay-lr-changes", config={"lr": 0.02, "weight_decay": 0.5}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(ADAMW, "no-gradient", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=0.0),
    OptimizerCase(ADAMW, "gradients-1e-7", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(
        ADAMW,
        "all-together",
        config={"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-5, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
