"""Adam: each argument, gradients where ε decides the step, scales that change from step to step, a changing learning rate."""

from parity.case import OptimizerCase, array

ADAM = "optimizers.adam:Adam"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.1}
SCALES = (1.0, 1e-3, 1e-6, 20.0)

CASES = [
    OptimizerCase(ADAM, "defaults", parameters=PARAMETERS),
    OptimizerCase(ADAM, "lr-changes", config={"lr": 0.02}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(ADAM, "gradients-1e-4", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-4),
    OptimizerCase(ADAM, "gradients-1e-7", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(ADAM, "gradients-1e-9", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-9),
    OptimizerCase(ADAM, "varying-scale", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=SCALES),
    OptimizerCase(ADAM, "betas-eps", config={"lr": 0.01, "betas": (0.5, 0.9), "eps": 1e-3}, parameters=PARAMETERS, gradient_scale=0.01),
    OptimizerCase(ADAM, "betas-zero", config={"lr": 0.01, "betas": (0.0, 0.0)}, parameters=PARAMETERS),
    OptimizerCase(ADAM, "weight-decay", config={"lr": 0.01, "weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(ADAM, "weight-decay-decoupled", config={"lr": 0.01, "weight_decay": 0.3, "decoupled_weight_decay": True}, parameters=PARAMETERS),
    OptimizerCase(ADAM, "amsgrad", config={"lr": 0.01, "amsgrad": True}, parameters=PARAMETERS, gradient_scale=SCALES),
    OptimizerCase(ADAM, "maximize", config={"lr": 0.01, "maximize": True, "weight_decay": 0.1}, parameters=PARAMETERS, learning_rates=CHANGES),
    OptimizerCase(ADAM, "one-number", config={"lr": 0.1}, parameters={"scale": array()}, steps=400),
]
