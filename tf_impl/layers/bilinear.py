"""The bilinear form of two inputs, with PyTorch's arguments and initial weights."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Bilinear(Twin):
    r"""One matrix for each output, between two inputs.

    $$ y_o = x_1^\top W_o\, x_2 + b_o $$

    Args:
        in1_features: size of the first input's last axis.
        in2_features: size of the second's.
        out_features: size of the output's.
        bias: add b.

    Shapes:
        inputs (…, in1_features) and (…, in2_features), output (…, out_features); `weight` (out, in1, in2) and `bias` (out,), uniform in ±1/√in1_features.

    Raises:
        ValueError: last axes of other sizes, or leading axes that differ.

    Differs from PyTorch:
        Keras has no such layer.

    Source: PyTorch's documentation, "Bilinear".
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, **kwargs) -> None:
        if in1_features < 1:
            raise ValueError(f"in1_features must be positive, got {in1_features}")
        super().__init__(**kwargs)
        self.sizes = (in1_features, in2_features)
        bound = 1 / math.sqrt(in1_features)
        for name, shape in (("weight", (out_features, *self.sizes)), ("bias", (out_features,) if bias else None)):
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=keras.initializers.RandomUniform(-bound, bound)) if shape else None)
        self.built = True

    def call(self, input1: Float[Tensor, "*leading i"], input2: Float[Tensor, "*leading j"]) -> Float[Tensor, "*leading o"]:
        if (input1.shape[-1], input2.shape[-1]) != self.sizes or tuple(input1.shape[:-1]) != tuple(input2.shape[:-1]):
            built = "in1_features={} and in2_features={}".format(*self.sizes)
            raise ValueError(f"Bilinear was built with {built}, the last axes under equal leading ones, got {tuple(input1.shape)} and {tuple(input2.shape)}")
        forms = ops.tensordot(input1, self.weight, axes=[[-1], [1]])  # (…, out, in2)
        outputs = ops.sum(forms * ops.expand_dims(input2, -2), axis=-1)
        return outputs if self.bias is None else outputs + self.bias
