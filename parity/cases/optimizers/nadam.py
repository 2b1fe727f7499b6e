"""NAdam: each argument, Keras' momentum schedule (ψ = 1) and PyTorch's, gradients near ε, a changing learning rate."""

from parity.case import OptimizerCase, array

NADAM = "optimizers.nadam:NAdam"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
CHANGES = {20: 0.002, 35: 0.1}

CASES = [
    OptimizerCase(NADAM, "defaults", parameters=PARAMETERS),
    OptimizerCase(NADAM, "keras-schedule", config={"lr": 0.01, "momentum_decay": 1.0}, parameters=PARAMETERS),
    OptimizerCase(NADAM, "gradients-1e-7", config={"lr": 0.01}, parameters=PARAMETERS, gradient_scale=1e-7),
    OptimizerCase(NADAM, "weight-decay", config={"lr": 0.01, "weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.1),
    OptimizerCase(NADAM, "weight-decay-decoupled", config={"lr": 0.01, "weight_decay": 0.3, "decoupled_weight_decay": True}, parameters=PARAMETERS),
    OptimizerCase(
        NADAM,
        "all-together",
        config={"lr": 0.01, "betas": (0.7, 0.95), "eps": 1e-4, "weight_decay": 0.01, "momentum_decay": 0.05, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-3, 1e-6, 20.0),
        learning_rates=CHANGES,
    ),
]
