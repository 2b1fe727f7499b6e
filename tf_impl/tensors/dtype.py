r"""Which type a tensor gets, what two types make together, and who refuses.

`keras.ops` promotes as PyTorch does. TensorFlow's own operators refuse two types.

Shapes: as the functions say.

Differs from PyTorch:
    Python integers are int32 (PyTorch: int64). Python floats are float32 whatever `floatx` says; PyTorch's are of its default dtype.
    A bare `+` between two TensorFlow types raises, also int64 * 2.5: use `keras.ops`, or cast. A tensor without axes promotes like any other,
    float32 + float64 number is float64 (PyTorch: float32).
    Keras layers cast their input to their own type without a word; PyTorch's refuse float64 in a float32 layer.
    Keras' cross-entropies take labels of any type; PyTorch's only int64 (and uint8). `ops.mean` of integers works; `torch.mean` refuses.
    TensorFlow's own sums keep the type: `tf.reduce_sum` of uint8 wraps at 256, `tf.reduce_mean` of integers is an integer; `keras.ops` widens.

Source: the notes, "pytorch 的数据类型" and "target为long型".
"""

import keras
import numpy as np
from jaxtyping import Float, Int
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def defaults() -> dict[str, str]:
    """From Python's numbers and NumPy's arrays. In a float64 run `floatx` is float64."""
    data = {"integer": 1, "integers": [1, 2], "boolean": True, "floating": 1.5, "floatings": [1.0, 2.0]}
    arrays = {"array_float64": np.ones(2), "array_float32": np.ones(2, np.float32), "array_int64": np.ones(2, np.int64)}
    return {name: _name(ops.convert_to_tensor(value)) for name, value in (data | arrays).items()}


def promotion(left: str, right: str) -> dict[str, str]:
    """The type of a sum."""
    return {"dtype": _name(ops.add(_ones(left), _ones(right)))}


def plus(left: str, right: str) -> dict[str, bool | str | None]:
    """A bare `+` between two types, and the function that always works."""
    return {"add": _name(ops.add(_ones(left), _ones(right))), **attempt("plus", lambda: _ones(left) + _ones(right))}


def numbers() -> dict[str, bool | str | None]:
    """Tensors with Python numbers, and with a tensor that has no axes."""
    return {
        "int64_times_2.5": _name(ops.multiply(_ones("int64"), 2.5)),
        "float16_times_2.5": _name(ops.multiply(_ones("float16"), 2.5)),
        "float32_times_2": _name(ops.multiply(_ones("float32"), 2)),
        "float32_plus_float64_number": _name(ops.add(_ones("float32"), ops.convert_to_tensor(1.5, dtype="float64"))),
        **attempt("bare_int64_times_2.5", lambda: _ones("int64") * 2.5),
    }


def integers(a: Int[Tensor, " n"], b: Int[Tensor, " n"]) -> dict[str, Tensor | bool | str | None]:
    """Division, remainders and sums of integers."""
    small = ops.convert_to_tensor([200, 100, 7], dtype="uint8")
    return {
        "divide": ops.divide(a, b),
        "floor_divide": ops.floor_divide(a, b),
        "remainder": ops.mod(a, b),
        "sum": ops.sum(a),
        "mean": ops.mean(ops.cast(a, keras.config.floatx())),  # of integers it would be float32
        "uint8_plus": small + small,  # wraps at 256
        "uint8_sum": ops.sum(small),  # does not
        **attempt("mean_of_integers", lambda: ops.mean(a)),
    }


def cast(x: Float[Tensor, "..."]) -> dict[str, Tensor]:
    """To integers towards zero, to booleans by not being zero, through halves (and back) by rounding to even."""
    return {
        "int64": ops.cast(x, "int64"),
        "bool": ops.cast(x, "bool"),
        "through_float16": ops.cast(ops.cast(x, "float16"), x.dtype),
        "through_bfloat16": ops.cast(ops.cast(x, "bfloat16"), x.dtype),
    }


def class_labels(logits: Float[Tensor, "n c"], labels: Int[Tensor, " n"], dtype: str) -> dict[str, Tensor | bool | str | None]:
    """Class indices of another integer type than int64."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return {"loss": loss(labels, logits), **attempt("labels", lambda: loss(ops.cast(labels, dtype), logits))}


def layer_input() -> dict[str, bool | str | None]:
    """A NumPy array (float64) into a layer of float32."""
    layer = keras.layers.Dense(2, dtype="float32")
    return {"dtype": _name(layer(_ones("float32", 3))), **attempt("float64_input", lambda: layer(_ones("float64", 3)))}


def _ones(dtype: str, columns: int = 1) -> Tensor:
    return ops.ones((1, columns), dtype=dtype)


def _name(tensor: Tensor) -> str:
    return keras.backend.standardize_dtype(tensor.dtype)
