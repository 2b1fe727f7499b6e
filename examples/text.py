"""An LSTM text classifier whose outputs agree and whose training does not: the loss takes logits for probabilities, and Adam's epsilon is Keras' own.

python -m examples.text [--right]
"""

import sys

import keras
import numpy as np
import torch
from torch import nn

import parity


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(40, 8)
        self.lstm = nn.LSTM(8, 6, batch_first=True)
        nn.init.zeros_(self.lstm.bias_hh_l0).requires_grad_(False)  # Keras has one bias; torch's two would learn twice as fast
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(6, 3)

    def forward(self, ids):
        hidden, _ = self.lstm(self.embedding(ids))
        return self.fc(self.dropout(hidden[:, -1]))


def build_torch() -> nn.Module:
    torch.manual_seed(0)
    return Classifier()


def build_keras() -> keras.Model:
    layers = keras.layers
    return keras.Sequential([layers.Embedding(40, 8), layers.LSTM(6), layers.Dropout(0.2), layers.Dense(3)])


def main(right: bool = False) -> parity.Report:
    rng = np.random.default_rng(0)
    ids, labels = rng.integers(0, 40, (6, 7)), rng.integers(0, 3, 6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=right)
    sgd = lambda parameters: torch.optim.SGD(parameters, lr=2**-5, momentum=0.5)  # noqa: E731
    adam = lambda parameters: torch.optim.Adam(parameters, lr=2**-9)  # noqa: E731
    return parity.check(
        build_torch,
        build_keras,
        ids,
        targets=labels,
        loss=(nn.functional.cross_entropy, loss),
        optimizer=(sgd, lambda: keras.optimizers.SGD(2**-5, momentum=0.5)) if right else (adam, lambda: keras.optimizers.Adam(2**-9)),
    )


if __name__ == "__main__":
    print(main("--right" in sys.argv))
