"""One network built in four ways: layers as attributes, a Sequential, a Sequential filled step by step, a Sequential with names."""

from collections import OrderedDict

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Attributes(Model):
    """Every layer an attribute; the activations are functions.

    Shapes:
        input (N, 6, 6, 3), output (N, 10); so for the other three.

    Differs from PyTorch:
        Keras finds layers in attributes, lists and dictionaries alike; `keras.Sequential` names them after their classes, the twin as PyTorch does.

    Source: the notes, "building networks with torch.nn".
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv1 = Conv2d(3, 32, 3, 1, 1)
        self.pool = MaxPool2d(2)
        self.flatten = Flatten()
        self.dense1 = Linear(32 * 3 * 3, 128)
        self.dense2 = Linear(128, 10)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n classes"]:
        x = self.flatten(self.pool(ops.relu(self.conv1(x))))
        return self.dense2(ops.relu(self.dense1(x)))


class _ConvThenDense(Model):
    conv: Sequential
    dense: Sequential

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.flatten = Flatten()

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n classes"]:
        return self.dense(self.flatten(self.conv(x)))


@keras.saving.register_keras_serializable(package="tf_impl")
class InSequence(_ConvThenDense):
    """Layers in a Sequential are named by their numbers.

    Shapes:
        input (N, 6, 6, 3), output (N, 10).

    Differs from PyTorch: as `Attributes`.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv = Sequential(Conv2d(3, 32, 3, 1, 1), ReLU(), MaxPool2d(2))
        self.dense = Sequential(Linear(32 * 3 * 3, 128), ReLU(), Linear(128, 10))


@keras.saving.register_keras_serializable(package="tf_impl")
class StepByStep(_ConvThenDense):
    """A Sequential grows by `add_module`.

    Shapes:
        input (N, 6, 6, 3), output (N, 10).

    Differs from PyTorch: as `Attributes`.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv = Sequential()
        self.conv.add_module("conv1", Conv2d(3, 32, 3, 1, 1))
        self.conv.add_module("relu1", ReLU())
        self.conv.add_module("pool", MaxPool2d(2))
        self.dense = Sequential()
        self.dense.add_module("dense1", Linear(32 * 3 * 3, 128))
        self.dense.add_module("relu2", ReLU())
        self.dense.add_module("dense2", Linear(128, 10))


@keras.saving.register_keras_serializable(package="tf_impl")
class Named(_ConvThenDense):
    """A Sequential takes its names from a dictionary.

    Shapes:
        input (N, 6, 6, 3), output (N, 10).

    Differs from PyTorch: as `Attributes`.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv = Sequential(OrderedDict([("conv1", Conv2d(3, 32, 3, 1, 1)), ("relu1", ReLU()), ("pool", MaxPool2d(2))]))
        self.dense = Sequential(OrderedDict([("dense1", Linear(32 * 3 * 3, 128)), ("relu2", ReLU()), ("dense2", Linear(128, 10))]))
