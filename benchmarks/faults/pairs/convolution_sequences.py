"""Convolutions over time, and beside other kinds of layers: WaveNet, TCN, video, OCR, images with a table."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class WaveNetLayer(nn.Module):
    def __init__(self, c, skip, d):
        super().__init__()
        self.d = d
        self.conv = nn.Conv1d(c, 2 * c, 2, dilation=d)
        self.res = nn.Conv1d(c, c, 1)
        self.skip = nn.Conv1d(c, skip, 1)

    def forward(self, x):
        f, g = self.conv(F.pad(x, (self.d, 0))).chunk(2, dim=1)
        h = torch.tanh(f) * torch.sigmoid(g)
        return x + self.res(h), self.skip(h)


class WaveNet(nn.Module):
    def __init__(self, q=16, c=9, skip=11):
        super().__init__()
        self.embed = nn.Embedding(q, c)
        self.layers = nn.ModuleList([WaveNetLayer(c, skip, 2**i) for i in range(3)])
        self.end1 = nn.Conv1d(skip, 13, 1)
        self.end2 = nn.Conv1d(13, q, 1)

    def forward(self, tokens):
        x = self.embed(tokens).transpose(1, 2)
        total = 0
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return self.end2(F.relu(self.end1(F.relu(total))))


class GatedResidual(keras.layers.Layer):
    def __init__(self, c, skip, d, **kwargs):
        super().__init__(**kwargs)
        self.filter_gate = layers.Conv1D(2 * c, 2, dilation_rate=d, padding="causal")
        self.to_skip = layers.Dense(skip)
        self.to_res = layers.Dense(c)

    def call(self, x):
        f, g = ops.split(self.filter_gate(x), 2, axis=-1)
        h = ops.tanh(f) * ops.sigmoid(g)
        return x + self.to_res(h), self.to_skip(h)


def wavenet():
    """Functional over gated layers with causal padding; 1x1 convolutions are Denses inside them, classes come last."""
    inputs = keras.Input((20,), dtype="int32")
    x = layers.Embedding(16, 9)(inputs)
    skips = []
    for i in range(3):
        x, s = GatedResidual(9, 11, 2**i, name=f"res_{i}")(x)
        skips.append(s)
    y = layers.ReLU()(layers.Add()(skips))
    y = layers.Conv1D(13, 1, activation="relu")(y)
    out = layers.Conv1D(16, 1)(y)
    tok = tokens(3, 21, below=16, seed=40)
    return {
        "torch_model": WaveNet(),
        "keras_model": keras.Model(inputs, out),
        "inputs": np.ascontiguousarray(tok[:, :-1]),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": np.ascontiguousarray(tok[:, 1:]),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9), lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
    }


class Chomp1d(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x[:, :, : -self.n].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, cin, cout, k, d):
        super().__init__()
        p = (k - 1) * d
        self.net = nn.Sequential(
            nn.Conv1d(cin, cout, k, padding=p, dilation=d), Chomp1d(p), nn.ReLU(), nn.Conv1d(cout, cout, k, padding=p, dilation=d), Chomp1d(p), nn.ReLU()
        )
        self.downsample = nn.Conv1d(cin, cout, 1) if cin != cout else None

    def forward(self, x):
        res = x if self.downsample is None else self.downsample(x)
        return F.relu(self.net(x) + res)


class TCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(TemporalBlock(5, 8, 3, 1), TemporalBlock(8, 8, 3, 2), TemporalBlock(8, 11, 3, 4))
        self.linear = nn.Linear(11, 2)

    def forward(self, x):
        return self.linear(self.network(x)[:, :, -1])


def tcn():
    """Functional; padding on the left alone stands for padding on both sides and cutting off the end."""

    def block(x, f, k, d):
        y = x
        for _ in range(2):
            y = layers.ZeroPadding1D(((k - 1) * d, 0))(y)
            y = layers.Conv1D(f, k, dilation_rate=d, activation="relu")(y)
        if x.shape[-1] != f:
            x = layers.Conv1D(f, 1)(x)
        return layers.Activation("relu")(layers.add([y, x]))

    inputs = keras.Input((24, 5))
    x = block(inputs, 8, 3, 1)
    x = block(x, 8, 3, 2)
    x = block(x, 11, 3, 4)
    out = layers.Dense(2)(x[:, -1, :])
    return {
        "torch_model": TCN(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(4, 5, 24, seed=41),
        "loss": (nn.SmoothL1Loss(), keras.losses.Huber(delta=1.0)),
        "targets": 2 * normal(4, 2, seed=42),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.8), lambda: keras.optimizers.SGD(0.05, momentum=0.8)),
    }


class C3D(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv1 = nn.Conv3d(3, 8, 3, padding=1)
        self.pool1 = nn.MaxPool3d((1, 2, 2), (1, 2, 2))
        self.conv2 = nn.Conv3d(8, 12, (3, 3, 3), padding=(1, 1, 1))
        self.pool2 = nn.MaxPool3d(2)
        self.fc = nn.Linear(12, classes)

    def forward(self, x):
        x = self.pool1(torch.relu(self.conv1(x)))
        x = self.pool2(torch.relu(self.conv2(x)))
        return self.fc(torch.mean(x, dim=(2, 3, 4)))


def video_conv3d():
    """One Sequential with global average pooling."""
    model = keras.Sequential(
        [
            layers.Input((6, 16, 12, 3)),
            layers.Conv3D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling3D((1, 2, 2)),
            layers.Conv3D(12, 3, padding="same", activation="relu"),
            layers.MaxPooling3D(2),
            layers.GlobalAveragePooling3D(),
            layers.Dense(5),
        ]
    )
    return {
        "torch_model": C3D(),
        "keras_model": model,
        "inputs": normal(2, 3, 6, 16, 12, seed=38),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(2, below=5, seed=39),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    }


class BidirectionalLSTM(nn.Module):
    def __init__(self, nin, nh, nout):
        super().__init__()
        self.rnn = nn.LSTM(nin, nh, bidirectional=True)
        self.embedding = nn.Linear(nh * 2, nout)

    def forward(self, x):
        r, _ = self.rnn(x)
        t, b, h = r.size()
        return self.embedding(r.view(t * b, h)).view(t, b, -1)


class CRNN(nn.Module):
    def __init__(self, nclass=11):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 7, 3, 1, 1),
            nn.ReLU(True),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(7, 13, 3, 1, 1),
            nn.BatchNorm2d(13),
            nn.ReLU(True),
            nn.MaxPool2d((2, 1), (2, 1)),
        )
        self.rnn = nn.Sequential(BidirectionalLSTM(52, 10, 9), BidirectionalLSTM(9, 8, nclass))

    def forward(self, x):
        c = self.cnn(x)
        b, ch, h, w = c.size()
        c = c.reshape(b, ch * h, w).permute(2, 0, 1)
        return F.log_softmax(self.rnn(c), dim=2)


def crnn_ocr():
    """Functional with Keras' Bidirectional LSTMs, batch first; each has one bias where PyTorch has two."""
    inputs = keras.Input((16, 24, 1))
    x = layers.Conv2D(7, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(13, 3, padding="same")(x)
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Permute((2, 3, 1))(x)  # (W, C, H)
    x = layers.Reshape((12, 52))(x)
    x = layers.Bidirectional(layers.LSTM(10, return_sequences=True))(x)
    x = layers.Dense(9)(x)
    x = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(x)
    out = layers.Dense(11, activation="log_softmax")(x)
    return {
        "torch_model": CRNN().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(3, 1, 16, 24, seed=43),
    }


class ImageTabular(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(3, 8, 3), nn.SiLU(), nn.AvgPool2d(2), nn.Conv2d(8, 11, 3), nn.SiLU())
        self.tab = nn.Sequential(nn.Linear(6, 10), nn.SiLU())
        self.emb = nn.Embedding(7, 4)
        self.head = nn.Sequential(nn.Linear(11 + 10 + 4, 13), nn.SiLU(), nn.Linear(13, 1))

    def forward(self, image, tabular, category):
        f = self.cnn(image).amax(dim=(2, 3))
        return self.head(torch.cat([f, self.tab(tabular), self.emb(category)], dim=-1))


def multi_input():
    """Functional with a dict of named inputs, created in another order than PyTorch takes them."""
    cat = keras.Input((), dtype="int32", name="category")
    img = keras.Input((18, 14, 3), name="image")
    tab = keras.Input((6,), name="tabular")
    e = layers.Embedding(7, 4)(cat)
    t = layers.Dense(10, activation="silu")(tab)
    x = layers.Conv2D(8, 3, activation="silu")(img)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(11, 3, activation="silu")(x)
    x = layers.GlobalMaxPooling2D()(x)
    h = layers.Dense(13, activation="silu")(layers.Concatenate()([x, t, e]))
    out = layers.Dense(1)(h)
    model = keras.Model({"image": img, "tabular": tab, "category": cat}, out)
    return {
        "torch_model": ImageTabular(),
        "keras_model": model,
        "inputs": {"image": normal(5, 3, 18, 14, seed=46), "tabular": normal(5, 6, seed=47), "category": tokens(5, below=7, seed=48)},
        "loss": (nn.MSELoss(), keras.losses.MeanSquaredError()),
        "targets": normal(5, 1, seed=49),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9), lambda: keras.optimizers.SGD(0.01, momentum=0.9)),
    }


PAIRS = (wavenet, tcn, video_conv3d, crnn_ocr, multi_input)
