"""Recurrent networks over whole sequences: an LSTM, two bidirectional GRUs and a loop of cells."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class SentimentLSTM(nn.Module):
    def __init__(self, vocab_size=53, embed_dim=10, hidden_dim=14, n_layers=2, n_classes=5):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.lstm = nn.LSTM(embed_dim, hidden_dim, num_layers=n_layers, batch_first=True)
        self.fc = nn.Linear(hidden_dim, n_classes)

    def forward(self, text):
        embedded = self.embedding(text)
        output, _ = self.lstm(embedded)
        return self.fc(output[:, -1, :])


def lstm_classifier():
    """A `Sequential` of two LSTM layers for torch's stacked one; the last step comes from the second layer itself."""
    keras_model = keras.Sequential(
        [
            keras.Input((9,), dtype="int32"),
            layers.Embedding(53, 10),
            layers.LSTM(14, return_sequences=True),
            layers.LSTM(14),
            layers.Dense(5),
        ],
        name="sentiment",
    )
    return {
        "torch_model": SentimentLSTM(),
        "keras_model": keras_model,
        "inputs": tokens(6, 9, below=53, seed=11),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(6, below=5, seed=12),
    }


class BiGRUEncoder(nn.Module):
    def __init__(self, in_dim=7, hidden=6, out_dim=11):
        super().__init__()
        self.rnn = nn.GRU(in_dim, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.proj = nn.Sequential(nn.Linear(2 * hidden, 17), nn.ReLU(), nn.Linear(17, out_dim))

    def forward(self, x, mask):
        h, _ = self.rnn(x)
        m = mask.unsqueeze(-1).to(h.dtype)
        pooled = (h * m).sum(1) / m.sum(1).clamp(min=1.0)
        return self.proj(pooled)


class InfoNCE(nn.Module):
    def __init__(self, temperature=0.2):
        super().__init__()
        self.t = temperature

    def forward(self, z, positives):
        z = F.normalize(z, dim=-1)
        p = F.normalize(positives, dim=-1)
        logits = z @ p.t() / self.t
        return F.cross_entropy(logits, torch.arange(z.size(0), device=z.device))


def info_nce(y_true, y_pred, temperature=0.2):
    z = ops.normalize(y_pred, axis=-1)
    p = ops.normalize(ops.cast(y_true, z.dtype), axis=-1)
    sim = ops.matmul(z, ops.transpose(p)) / temperature
    log_prob = ops.log_softmax(sim, axis=-1)
    return -ops.mean(ops.diagonal(log_prob))


def build_bigru_keras():
    x_in = keras.Input((8, 7), name="x")
    mask_in = keras.Input((8,), dtype="int32", name="mask")
    y = x_in
    for i in range(2):
        y = layers.Bidirectional(layers.GRU(6, return_sequences=True, reset_after=True), name=f"bigru_{i}")(y)
    m = ops.expand_dims(ops.cast(mask_in, "float32"), -1)
    total = ops.sum(y * m, axis=1)
    count = ops.maximum(ops.sum(m, axis=1), 1.0)
    y = layers.Dense(17, activation="relu", name="proj_1")(total / count)
    out = layers.Dense(11, name="proj_2")(y)
    return keras.Model([x_in, mask_in], out)


def bigru_meanpool():
    """Functional, with a bidirectional layer for each of torch's two; the loss of each side is a function of its own that gives a scalar."""
    lengths = np.array([8, 3, 5, 1, 6])
    mask = (np.arange(8)[None] < lengths[:, None]).astype("int32")
    return {
        "torch_model": BiGRUEncoder(),
        "keras_model": build_bigru_keras(),
        "inputs": [normal(5, 8, 7, seed=12), mask],
        "loss": (InfoNCE(), info_nce),
        "targets": normal(5, 11, seed=13),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9), lambda: keras.optimizers.SGD(0.02, momentum=0.9)),
    }


class CellLoop(nn.Module):
    def __init__(self, n_in=5, n_hidden=9, n_out=3):
        super().__init__()
        self.n_hidden = n_hidden
        self.cell = nn.LSTMCell(n_in, n_hidden)
        self.readout = nn.Linear(n_hidden, n_out)

    def forward(self, seq):
        b = seq.size(0)
        h = seq.new_zeros(b, self.n_hidden)
        c = seq.new_zeros(b, self.n_hidden)
        outs = []
        for x_t in seq.unbind(1):
            h, c = self.cell(x_t, (h, c))
            outs.append(self.readout(h))
        return torch.stack(outs, dim=1), (h, c)


@keras.saving.register_keras_serializable(package="pairs")
class CellLoopPort(keras.Model):
    def __init__(self, units=9, n_out=3, **kw):
        super().__init__(**kw)
        self.head = layers.TimeDistributed(layers.Dense(n_out))
        self.rnn = layers.LSTM(units, return_sequences=True, return_state=True)

    def call(self, seq):
        y, h, c = self.rnn(seq)
        return self.head(y), (h, c)


def lstmcell_loop():
    """One LSTM layer for torch's loop over a cell, and a nested tuple as the output of both."""
    sequence = normal(4, 7, 5, seed=13)
    keras_model = CellLoopPort()
    keras_model(sequence)
    return {"torch_model": CellLoop(), "keras_model": keras_model, "inputs": sequence}


PAIRS = (lstm_classifier, bigru_meanpool, lstmcell_loop)
