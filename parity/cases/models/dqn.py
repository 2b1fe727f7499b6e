"""Deep Q-learning: the notes' perceptron, the paper's network for frames (36×36 is the smallest), temporal differences, learning from a memory."""

from parity.case import Build, Case, DemoCase, array, image, labels, mask, tokens, values

SMALL = {"n_actions": 3, "in_channels": 2, "width": 3, "hidden": 7}
MEMORY = {
    "state": array(12, 4),
    "action": labels(12, classes=3),
    "reward": array(12, differentiable=False),  # nor do gradients reach the target network, which is a buffer here
    "next_state": array(12, 4, differentiable=False),
    "done": mask(12, keep=0.3),
    "replay": tokens(5, 4, vocabulary=12),
}

CASES = [
    Case("models.dqn:QNetwork", "eval", inputs={"x": array(3, 4)}),
    Case("models.dqn:AtariQNetwork", "eval-smallest", config={**SMALL, "image_size": [36, 36]}, inputs={"x": image(1, 2, 36, 36)}),
    Case("models.dqn:AtariQNetwork", "eval-odd", config={**SMALL, "image_size": [45, 57]}, inputs={"x": image(2, 2, 45, 57)}),
    Case(
        "models.dqn:AtariQNetwork",
        "train",
        config={**SMALL, "image_size": [44, 36]},
        inputs={"x": image(3, 2, 44, 36)},
        training=True,
        steps=3,
        loss=Build("losses.mse:MSELoss"),
        targets=array(3, 3),
    ),
    Case(
        "models.dqn:DQN",
        "train",
        config={"n_actions": 3, "hidden": 6, "gamma": 0.75},
        inputs={name: MEMORY[name] for name in ("state", "action", "reward", "next_state", "done")},
        training=True,
        steps=3,
        loss=Build("losses.mse:MSELoss"),
        targets=values([0.0] * 12),
    ),
    DemoCase("models.dqn:learn", "memory", inputs=MEMORY, backends=("tensorflow",)),
    DemoCase("models.dqn:learn", "often", inputs=MEMORY, config={"every": 1, "hidden": 3, "lr": 0.0625}, backends=("tensorflow",)),
]
