"""The layer that does nothing, with PyTorch's arguments: none that matters."""

import keras
from jaxtyping import Shaped

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Identity(Twin, keras.layers.Identity):
    """Returns its input; whatever it is constructed with is ignored, so that it can take any layer's place.

    Shapes:
        any, unchanged.

    Differs from PyTorch:
        Keras' layer refuses the arguments of the layer it replaces.

    Source: PyTorch's documentation, "Identity".
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(**{word: kwargs[word] for word in ("name", "dtype", "trainable") if word in kwargs})

    def call(self, inputs: Shaped[Tensor, "..."]) -> Shaped[Tensor, "..."]:
        return inputs

    def get_config(self) -> dict:
        return keras.layers.Layer.get_config(self)
