"""What an agent learns from frames."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens, uniform


class DuelingDQN(nn.Module):
    def __init__(self, frames=4, n_actions=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(frames, 6, kernel_size=4, stride=2),
            nn.ReLU(),
            nn.Conv2d(6, 7, kernel_size=3),
            nn.ReLU(),
        )
        self.advantage = nn.Sequential(nn.Linear(7 * 4 * 3, 13), nn.ReLU(), nn.Linear(13, n_actions))
        self.value = nn.Sequential(nn.Linear(7 * 4 * 3, 11), nn.ReLU(), nn.Linear(11, 1))

    def forward(self, obs):
        x = self.features(obs)
        x = x.view(x.size(0), -1)
        adv = self.advantage(x)
        return self.value(x) + adv - adv.mean(dim=1, keepdim=True)


def td_loss(q, batch):
    action = batch[:, :1].long()
    return F.smooth_l1_loss(q.gather(1, action).squeeze(1), batch[:, 1])


def td_loss_keras(y_true, y_pred):
    action = ops.cast(y_true[:, 0], "int32")
    q_sa = ops.sum(y_pred * ops.one_hot(action, y_pred.shape[-1]), axis=1)
    return keras.losses.Huber(delta=1.0)(y_true[:, 1], q_sa)


def build_dueling_keras(shape=(14, 12, 4), n_actions=5):
    obs = keras.Input(shape)
    trunk = keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(6, 4, strides=2, activation="relu"),
            layers.Conv2D(7, 3, activation="relu"),
            layers.Permute((3, 1, 2)),  # flatten in torch's order
            layers.Flatten(),
        ],
        name="trunk",
    )
    value = keras.Sequential([layers.Dense(11, activation="relu"), layers.Dense(1)], name="value")
    adv = keras.Sequential([layers.Dense(13, activation="relu"), layers.Dense(n_actions)], name="adv")
    f = trunk(obs)
    v, a = value(f), adv(f)
    q = layers.Lambda(lambda va: va[0] + (va[1] - ops.mean(va[1], axis=1, keepdims=True)), name="q")([v, a])
    return keras.Model(obs, q)


def dueling_dqn():
    """`Sequential`s in a functional model, permuted before they are flattened; the loss picks by one-hot where torch gathers."""
    actions, values = tokens(3, below=5, seed=36), normal(3, seed=37, scale=2.0)
    return {
        "torch_model": DuelingDQN(),
        "keras_model": build_dueling_keras(),
        "inputs": uniform(3, 4, 14, 12, seed=35),
        "loss": (td_loss, td_loss_keras),
        "targets": np.stack([actions, values], 1).astype("float32"),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)),
    }


PAIRS = (dueling_dqn,)
