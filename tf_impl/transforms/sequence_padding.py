"""Sequences of unequal length in one tensor: zeros behind, or in front.

Shapes: sequences (n_i, ...), result (batch, max n_i, ...).

Differs from PyTorch:
    `keras.utils.pad_sequences` puts zeros in *front*, and cuts in front; `pad_sequence` puts them behind. It makes int32 unless told a type.

Source: PyTorch's documentation, `pad_sequence`; Keras' documentation, `pad_sequences`.
"""

import keras
from jaxtyping import Num
from keras import ops

from tf_impl.typing import Tensor


def padded(x: Num[Tensor, " n"], y: Num[Tensor, " m"]) -> dict[str, Tensor]:
    """With no word about the side, and with one; cut to three where longer."""
    sequences = [ops.convert_to_numpy(part) for part in (x, y)]

    def pad(**words) -> Tensor:
        return ops.convert_to_tensor(keras.utils.pad_sequences(sequences, dtype="int64", **words))

    return {
        "default": pad(),
        "behind": pad(padding="post"),
        "in_front": pad(padding="pre"),
        "filled": pad(padding="post", value=-1),
        "cut_default": pad(padding="post", maxlen=2),
    }
