"""Muon: tall, wide and square matrices, both scalings of the step, each argument, a changing learning rate; few steps, for bfloat16 roundings flip."""

from parity.case import OptimizerCase, array

MUON = "optimizers.muon:Muon"
PARAMETERS = {"tall": array(5, 3), "wide": array(2, 7), "square": array(4, 4)}
CHANGES = {3: 0.002, 5: 0.1}

CASES = [
    OptimizerCase(MUON, "defaults", parameters=PARAMETERS, steps=8),
    OptimizerCase(MUON, "match-adamw", config={"lr": 0.02, "adjust_lr_fn": "match_rms_adamw"}, parameters=PARAMETERS, steps=8, learning_rates=CHANGES),
    OptimizerCase(MUON, "no-nesterov", config={"lr": 0.02, "nesterov": False, "momentum": 0.5, "weight_decay": 0.0}, parameters=PARAMETERS, steps=8),
    OptimizerCase(MUON, "one-iteration", config={"lr": 0.02, "ns_steps": 1, "ns_coefficients": (1.5, -0.5, 0.0)}, parameters=PARAMETERS, steps=8),
    OptimizerCase(MUON, "gradients-below-eps", config={"lr": 0.02, "eps": 1e-3}, parameters=PARAMETERS, steps=8, gradient_scale=1e-4),
]
