"""Leaky ReLU with a learned slope, one or one a channel, channels last."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class PReLU(keras.layers.PReLU):
    r"""$$ y = x \text{ for } x > 0, \quad w_c\,x \text{ for } x \le 0 $$

    Args:
        num_parameters: 1 slope for all channels, or C.
        init: the slopes' start.

    Shapes:
        input and output (N, …, C), (N,) or (); weight (1,) or (C,).

    Raises:
        ValueError: `num_parameters` is neither 1 nor the size of the last axis.

    Differs from PyTorch:
        Keras' layer starts at 0 (PyTorch: 0.25) and has a slope for every position unless `shared_axes` names the space axes.
        It is written max(x, 0) − w·max(−x, 0), whose gradient at exactly 0 is 0; PyTorch's, and the twin's, is w.
        `weight_decay` on slopes pulls them to 0 on both sides, which the paper advises against.

    Source: He et al. 2015, arXiv:1502.01852.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, **kwargs) -> None:
        super().__init__(alpha_initializer=keras.initializers.Constant(init), **kwargs)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = self.add_weight(shape=(num_parameters,), name="weight", initializer=self.alpha_initializer)
        self.built = True  # PyTorch's parameters exist after construction

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        channels = inputs.shape[-1] if len(inputs.shape) > 1 else 1  # PyTorch: a single axis has no channels
        if self.num_parameters not in (1, channels):
            raise ValueError(
                f"PReLU: num_parameters must be 1 or the input's {channels} channels, got {self.num_parameters} for an input of shape {tuple(inputs.shape)}."
            )
        weight = self.weight if len(inputs.shape) else ops.reshape(self.weight, ())
        return ops.where(inputs > 0, inputs, weight * inputs)

    def get_config(self) -> dict:
        return {**keras.layers.Layer.get_config(self), "num_parameters": self.num_parameters, "init": self.init}
