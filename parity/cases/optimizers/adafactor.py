"""Adafactor: matrices, stacks of matrices and vectors, clipping that bites and that does not, tiny parameters, each argument."""

from parity.case import OptimizerCase, array

ADAFACTOR = "optimizers.adafactor:Adafactor"
PARAMETERS = {"weight": array(5, 3), "stack": array(2, 4, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.5}

CASES = [
    OptimizerCase(ADAFACTOR, "defaults", parameters=PARAMETERS),
    OptimizerCase(ADAFACTOR, "lr-above-the-schedule", config={"lr": 1.0}, parameters=PARAMETERS),
    OptimizerCase(ADAFACTOR, "one-number", parameters={"scale": array()}),
    OptimizerCase(ADAFACTOR, "tiny-parameters", parameters={"weight": array(5, 3, std=1e-5), "bias": array(3, std=1e-5)}),
    OptimizerCase(ADAFACTOR, "gradients-below-eps", config={"eps": (1e-7, 1e-3)}, parameters=PARAMETERS, gradient_scale=1e-9),
    OptimizerCase(ADAFACTOR, "no-clipping", config={"d": 100.0, "beta2_decay": -0.5}, parameters=PARAMETERS),
    OptimizerCase(
        ADAFACTOR,
        "all-together",
        config={"lr": 0.05, "beta2_decay": -0.9, "eps": (1e-4, 0.01), "d": 1.5, "weight_decay": 0.1, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 20.0),
        learning_rates=CHANGES,
    ),
]
