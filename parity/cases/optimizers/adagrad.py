"""Adagrad: each argument, small gradients from an empty and a filled accumulator, the decay of the learning rate beside a changing one."""

from parity.case import OptimizerCase, array

ADAGRAD = "optimizers.adagrad:Adagrad"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.001, 35: 0.05}

CASES = [
    OptimizerCase(ADAGRAD, "defaults", parameters=PARAMETERS),
    OptimizerCase(ADAGRAD, "gradients-1e-7", parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(ADAGRAD, "gradients-1e-10", parameters=PARAMETERS, gradient_scale=1e-10),
    OptimizerCase(ADAGRAD, "lr-decay", config={"lr": 0.1, "lr_decay": 0.1}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(ADAGRAD, "initial-accumulator", config={"lr": 0.1, "initial_accumulator_value": 0.3}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(ADAGRAD, "weight-decay", config={"lr": 0.1, "weight_decay": 0.2}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(
        ADAGRAD,
        "all-together",
        config={"lr": 0.05, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator_value": 0.1, "eps": 1e-3, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
