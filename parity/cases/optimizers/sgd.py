"""SGD: each argument, momentum under a changing learning rate, dampening's first step, weight decay through the buffer."""

from parity.case import OptimizerCase, array

SGD = "optimizers.sgd:SGD"
PARAMETERS = {"weight": array(5, 3), "bias": array(3)}
DROPS = {20: 0.01, 35: 0.1}

CASES = [
    OptimizerCase(SGD, "defaults", parameters=PARAMETERS),
    OptimizerCase(SGD, "plain", config={"lr": 0.1}, parameters=PARAMETERS, learning_rates=DROPS),
    OptimizerCase(SGD, "momentum", config={"lr": 0.1, "momentum": 0.9}, parameters=PARAMETERS),
    OptimizerCase(SGD, "momentum-lr-changes", config={"lr": 0.1, "momentum": 0.9}, parameters=PARAMETERS, learning_rates=DROPS),
    OptimizerCase(SGD, "nesterov-lr-changes", config={"lr": 0.1, "momentum": 0.8, "nesterov": True}, parameters=PARAMETERS, learning_rates=DROPS),
    OptimizerCase(SGD, "dampening", config={"lr": 0.1, "momentum": 0.9, "dampening": 0.4}, parameters=PARAMETERS, learning_rates=DROPS),
    OptimizerCase(SGD, "weight-decay", config={"lr": 0.1, "weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.01),
    OptimizerCase(SGD, "momentum-weight-decay", config={"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}, parameters=PARAMETERS, gradient_scale=0.01),
    OptimizerCase(
        SGD,
        "all-together",
        config={"lr": 0.05, "momentum": 0.7, "weight_decay": 0.05, "nesterov": True, "maximize": True},
        parameters=PARAMETERS,
        gradient_scale=(1.0, 1e-4, 30.0),
        learning_rates=DROPS,
    ),
]
