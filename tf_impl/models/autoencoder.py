"""The autoencoder: a net that must say its input again after it went through few numbers."""

from collections.abc import Sequence
from itertools import pairwise

import keras
from jaxtyping import Float

from tf_impl.activations.sigmoid import Sigmoid
from tf_impl.activations.tanh import Tanh
from tf_impl.layers.container import Sequential
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Autoencoder(Model):
    r"""in_features – widths – in_features, the code in the middle; tanh between, a sigmoid at the end.

    $$ c = e(x), \qquad \hat x = d(c), \qquad \min \lVert \hat x - x \rVert^2 $$

    Args:
        in_features: numbers of an input.
        widths: features after each layer of the encoder; the decoder has them the other way round.

    Shapes:
        input (N, H, W, C) with H·W·C = in_features, or (N, in_features); output (N, in_features); `encode` gives the code (N, widths[-1]).

    Raises:
        ValueError: an input of another size.

    Differs from PyTorch:
        `Flatten` puts the channels first, so that also images with several channels keep PyTorch's order, in the output too.
        `classifier` copies the weights; a Keras layer put into two models is shared by them, and training one would change the other.

    Source: Hinton and Salakhutdinov 2006; the notes, "Auto-encoder".
    """

    def __init__(self, in_features: int = 28 * 28, widths: Sequence[int] = (128, 64, 12, 3), **kwargs) -> None:
        super().__init__(**kwargs)
        self.flatten = Flatten()
        self.encoder = _perceptron([in_features, *widths])
        self.decoder = _perceptron([*reversed(widths), in_features])
        self.decoder.append(Sigmoid())

    def encode(self, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n code"]:
        return self.encoder(self.flatten(x))

    def call(self, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n i"]:
        return self.decoder(self.encode(x))

    def classifier(self, num_classes: int) -> Sequential:
        """A classifier of flat inputs that starts from a copy of the encoder."""
        layers = [Linear(layer.in_features, layer.out_features) if isinstance(layer, Linear) else Tanh() for layer in self.encoder]
        for copied, layer in zip(layers, self.encoder, strict=True):
            copied.set_weights(layer.get_weights())
        return Sequential(*layers, Tanh(), Linear(layers[-1].out_features, num_classes))


def _perceptron(sizes: Sequence[int]) -> Sequential:
    """Linear layers with tanh between."""
    layers = Sequential()
    for before, after in pairwise(sizes):
        if len(layers):
            layers.append(Tanh())
        layers.append(Linear(before, after))
    return layers
