"""Two perceptrons of the notes: for the diabetes table and for Fashion-MNIST."""

import keras
from jaxtyping import Float

from tf_impl.activations.relu import ReLU
from tf_impl.activations.sigmoid import Sigmoid
from tf_impl.layers.container import Sequential
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DiabetesMLP(Model):
    """8 – 6 – 4 – 1, a sigmoid after each.

    Args:
        in_features: numbers in an example.

    Shapes:
        input (N, in_features), output (N, 1), a probability.

    Differs from PyTorch: as `Linear`.

    Source: the notes, "Dataset and DataLoader".
    """

    def __init__(self, in_features: int = 8, **kwargs) -> None:
        super().__init__(**kwargs)
        self.linear1 = Linear(in_features, 6)
        self.linear2 = Linear(6, 4)
        self.linear3 = Linear(4, 1)
        self.sigmoid = Sigmoid()

    def call(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n 1"]:
        x = self.sigmoid(self.linear1(x))
        x = self.sigmoid(self.linear2(x))
        return self.sigmoid(self.linear3(x))


@keras.saving.register_keras_serializable(package="tf_impl")
class FashionMLP(Model):
    """784 – 512 – 512 – 10, a ReLU after each, as in the notes also after the scores: it cuts the gradient of every negative one.

    Args:
        in_features: pixels of an image.
        hidden: width of the two hidden layers.
        num_classes: scores at the end.

    Shapes:
        input (N, 28, 28, 1), output (N, num_classes) scores, none below zero.

    Differs from PyTorch:
        Channels are last; `Flatten` puts them first, so that also images with several channels keep PyTorch's order.

    Source: the notes, "hyper-parameters".
    """

    def __init__(self, in_features: int = 28 * 28, hidden: int = 512, num_classes: int = 10, **kwargs) -> None:
        super().__init__(**kwargs)
        self.flatten = Flatten()
        self.linear_relu_stack = Sequential(
            Linear(in_features, hidden),
            ReLU(),
            Linear(hidden, hidden),
            ReLU(),
            Linear(hidden, num_classes),
            ReLU(),
        )

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n classes"]:
        return self.linear_relu_stack(self.flatten(x))
