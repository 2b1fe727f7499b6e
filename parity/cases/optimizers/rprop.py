"""Rprop: signs that turn at random, steps that meet both limits, gradients of any scale, a learning rate whose change has no effect."""

from parity.case import OptimizerCase, array

RPROP = "optimizers.rprop:Rprop"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}

CASES = [
    OptimizerCase(RPROP, "defaults", parameters=PARAMETERS, learning_rates={20: 1.0}),
    OptimizerCase(RPROP, "limits", config={"lr": 0.1, "etas": (0.3, 2.0), "step_sizes": (0.03, 0.15)}, parameters=PARAMETERS),
    OptimizerCase(RPROP, "first-step-outside-the-limits", config={"lr": 3.0, "step_sizes": (1e-4, 0.5)}, parameters=PARAMETERS),
    OptimizerCase(RPROP, "any-scale", parameters=PARAMETERS, gradient_scale=(1.0, 1e-5, 1e-9, 1e4)),
    OptimizerCase(RPROP, "no-gradient-at-times", parameters=PARAMETERS, gradient_scale=(0.0, 1.0, 1.0)),
    OptimizerCase(RPROP, "maximize", config={"maximize": True}, parameters=PARAMETERS, learning_rates={0: 0.03}),
]
