"""The identity of convolutions: every channel passes."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Dirac(PyTorchInitializer):
    r"""A one in the middle of the kernel from each input channel to the output channel of its number, in every group anew.

    $$ W_{o,i,u} = [o \bmod \tfrac{O}{G} = i]\;[u = \lfloor k/2 \rfloor] $$

    Args:
        groups: G.

    Shapes:
        (*space, in/groups, out) with 1 to 3 axes of space; as "weight" (out, in/groups, *space).

    Raises:
        ValueError: not 3 to 5 axes, or outputs that `groups` does not divide.

    Differs from PyTorch:
        Not. Keras has none.

    Source: PyTorch's documentation, "torch.nn.init".
    """

    def __init__(self, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        if len(shape) not in (3, 4, 5):
            raise ValueError(f"`tensor` must have 3, 4 or 5 axes, got shape {shape}.")
        outputs, inputs, *space = shape
        if outputs % self.groups:
            raise ValueError(f"`groups` must divide the outputs, got groups={self.groups} and {outputs} outputs.")
        weight = np.zeros(shape)
        for group in range(self.groups):
            for channel in range(min(outputs // self.groups, inputs)):
                weight[(group * (outputs // self.groups) + channel, channel, *(size // 2 for size in space))] = 1
        return ops.convert_to_tensor(weight, dtype=dtype)


def dirac_(tensor: keras.Variable, groups: int = 1) -> keras.Variable:
    """Makes a kernel pass on its channels."""
    return fill(tensor, Dirac(groups))
