"""RMSprop: each argument, small gradients (ε inside or outside the root), centred on nearly constant gradients, momentum under a changing learning rate."""

from parity.case import OptimizerCase, array

RMSPROP = "optimizers.rmsprop:RMSprop"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.001, 35: 0.05}
SCALES = (1.0, 1e-3, 1e-6, 20.0)

CASES = [
    OptimizerCase(RMSPROP, "defaults", parameters=PARAMETERS),
    OptimizerCase(RMSPROP, "gradients-1e-4", parameters=PARAMETERS, gradient_scale=1e-4),
    OptimizerCase(RMSPROP, "gradients-1e-7", parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(RMSPROP, "varying-scale", config={"lr": 0.001, "alpha": 0.8, "eps": 1e-4}, parameters=PARAMETERS, gradient_scale=SCALES),
    OptimizerCase(RMSPROP, "momentum-lr-changes", config={"momentum": 0.9}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(RMSPROP, "centered", config={"centered": True, "alpha": 0.9}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(RMSPROP, "weight-decay", config={"weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(
        RMSPROP,
        "all-together",
        config={"lr": 0.002, "alpha": 0.95, "eps": 1e-6, "weight_decay": 0.01, "momentum": 0.5, "centered": True, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=SCALES,
        learning_rates=CHANGES,
    ),
]
