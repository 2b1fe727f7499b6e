"""The batch normalisation demo: a deep net on a parabola, its activations normalised or not."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers.batch_norm import BatchNorm1d
from tf_impl.layers.container import ModuleList
from tf_impl.layers.identity import Identity
from tf_impl.layers.linear import Linear
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class CurveNet(Model):
    """`depth` layers of 10 with tanh, a normalisation before each of them and on the input where `batch_norm`.

    Args:
        depth: hidden layers.
        width: of each.
        batch_norm: normalise before each tanh.

    Shapes:
        input and output (N, 1).

    Differs from PyTorch: as `BatchNorm1d`; the notes' momentum 0.5 is Keras' 0.5 too, which hides that they mean opposite things.

    Source: the notes, "Batch Normalization"; Ioffe and Szegedy 2015.
    """

    def __init__(self, depth: int = 8, width: int = 10, batch_norm: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.batch_norm = batch_norm
        self.norm = BatchNorm1d(1, momentum=0.5, affine=False) if batch_norm else Identity()
        self.hidden_layers = ModuleList([Linear(width if i else 1, width, bias=not batch_norm) for i in range(depth)])
        self.norms = ModuleList([BatchNorm1d(width, momentum=0.5) for _ in range(depth)] if batch_norm else [])
        self.out = Linear(width, 1)

    def call(self, x: Float[Tensor, "n 1"], training: bool | None = None) -> Float[Tensor, "n 1"]:
        x = self.norm(x, training=training) if self.batch_norm else x
        for i, layer in enumerate(self.hidden_layers):
            x = layer(x)
            x = ops.tanh(self.norms[i](x, training=training) if self.batch_norm else x)
        return self.out(x)
