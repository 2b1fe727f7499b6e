"""An image network whose features a second input scales and shifts."""

import keras
from keras import layers
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal


class FiLMBlock(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.conv1 = nn.Conv2d(ch, ch, 1)
        self.conv2 = nn.Conv2d(ch, ch, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(ch, affine=False)

    def forward(self, x, gamma, beta):
        x = F.relu(self.conv1(x))
        y = self.bn(self.conv2(x))
        y = gamma[:, :, None, None] * y + beta[:, :, None, None]
        return x + F.relu(y)


class FiLMNet(nn.Module):
    def __init__(self, n_cond=7, ch=8, n_blocks=2, n_out=6):
        super().__init__()
        self.ch, self.n_blocks = ch, n_blocks
        self.stem = nn.Sequential(nn.Conv2d(3, ch, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(ch), nn.ReLU(inplace=True))
        self.generator = nn.Linear(n_cond, n_blocks * 2 * ch)
        self.blocks = nn.ModuleList([FiLMBlock(ch) for _ in range(n_blocks)])
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(ch, n_out)

    def forward(self, img, cond):
        film = self.generator(cond).view(-1, self.n_blocks, 2 * self.ch)
        x = self.stem(img)
        for i, b in enumerate(self.blocks):
            gamma, beta = film[:, i].chunk(2, dim=-1)
            x = b(x, 1 + gamma, beta)
        return self.head(self.pool(x).mean(dim=(2, 3)))


class FiLM(layers.Layer):
    def call(self, inputs):
        x, gamma, beta = inputs
        return x * gamma[:, None, None, :] + beta[:, None, None, :]


def build_film_keras(n_cond=7, ch=8, n_blocks=2, n_out=6):
    img = keras.Input((12, 10, 3), name="image")
    cond = keras.Input((n_cond,), name="condition")
    film = layers.Dense(n_blocks * 2 * ch, name="film_generator")(cond)
    film = layers.Reshape((n_blocks, 2, ch))(film)
    x = layers.ZeroPadding2D(1)(img)  # torch pads both sides even with stride 2
    x = layers.Conv2D(ch, 3, strides=2, use_bias=False, name="stem_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="stem_bn")(x)
    x = layers.Activation("relu")(x)
    for i in range(n_blocks):
        x = layers.Conv2D(ch, 1, activation="relu", name=f"b{i}_conv1")(x)
        y = layers.Conv2D(ch, 3, padding="same", use_bias=False, name=f"b{i}_conv2")(x)
        y = layers.BatchNormalization(center=False, scale=False, momentum=0.9, epsilon=1e-5, name=f"b{i}_bn")(y)
        y = FiLM()([y, 1.0 + film[:, i, 0], film[:, i, 1]])
        x = layers.Add()([x, layers.ReLU()(y)])
    x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model([img, cond], layers.Dense(n_out, name="head")(x))


def film_convnet():
    """Functional, the scales reshaped where torch takes chunks, padded by a layer, and modulated by a layer."""
    return {
        "torch_model": FiLMNet(),
        "keras_model": build_film_keras(),
        "inputs": [normal(5, 3, 12, 10, seed=45), normal(5, 7, seed=46)],
    }


PAIRS = (film_convnet,)
