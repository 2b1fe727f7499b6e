r"""Making tensors: filled, from data, like another, in ranges, at random.

Shapes: `filled`: (rows, columns) unless the name says otherwise. `ranges`: arange ⌈(end − start) / step⌉ numbers, linspace `steps`.

Differs from PyTorch:
    Shapes are one tuple. Python integers become int32 (PyTorch: int64).
    Python floats become float32 whatever `floatx` says, unless `dtype` is given; PyTorch's follow its default dtype.
    There is no counterpart of `torch.Tensor(1)`, and nobody misses it; `keras.ops.empty` is filled with zeros on TensorFlow.
    The same seed gives other numbers than PyTorch's.

Source: the notes, "取随机矩阵", "numpy与Tensor" (`torch.tensor(1)` and `torch.Tensor(1)`) and "张量".
"""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def filled(like: Float[Tensor, "..."], rows: int, columns: int) -> dict[str, Tensor | list]:
    """Constants. `*_like` takes shape and dtype from a tensor; for `new_*` the dtype is passed on by hand."""
    return {
        "ones": ops.ones((rows, columns)),
        "zeros": ops.convert_to_numpy(ops.zeros((rows, columns))).tolist(),
        "zeros_long": ops.zeros((rows, columns), dtype="int64"),
        "full": ops.full((rows, columns), 7.25),
        "eye": ops.eye(rows),
        "eye_rectangular": ops.eye(rows, columns),
        "from_data": ops.convert_to_tensor([5.5, 3], dtype=keras.config.floatx()),
        "ones_like": ops.ones_like(like),
        "zeros_like": ops.convert_to_numpy(ops.zeros_like(like)).tolist(),
        "full_like": ops.full_like(like, -1.5),
        "new_ones": ops.ones((rows, columns), dtype="float64"),
        "new_full": ops.full((columns,), 3.0, dtype=like.dtype),
        "empty_shape": list(ops.empty((rows, columns)).shape),
    }


def ranges(start: float, end: float, step: float, steps: int) -> dict[str, Tensor]:
    """From start to end: by step without the end, in a number of steps with it."""
    return {
        "arange": ops.arange(start, end, step),
        "linspace": ops.linspace(start, end, steps),
        "arange_integers": ops.arange(steps),
        "arange_two": ops.arange(1, steps + 1),
    }


def drawn(rows: int, columns: int, seed: int) -> dict[str, Tensor | bool | list[int]]:
    """What can be said of random numbers without comparing them: shapes, bounds, and that a seed repeats them."""
    generator = keras.random.SeedGenerator(seed)
    rand, randn = keras.random.uniform((rows, columns), seed=generator), keras.random.normal((rows, columns), seed=generator)
    uniform = keras.random.uniform((rows, columns), -3, 5, seed=generator)
    normal = keras.random.normal((rows, columns), 2.0, 0.5, seed=generator)
    randint = keras.random.randint((rows, columns), 0, 100, seed=generator)
    again = keras.random.uniform((rows, columns), seed=keras.random.SeedGenerator(seed))
    return {
        "rand_in_bounds": bool(ops.all((rand >= 0) & (rand < 1))),
        "uniform_in_bounds": bool(ops.all((uniform >= -3) & (uniform < 5))),
        "randint_in_bounds": bool(ops.all((randint >= 0) & (randint < 100))),
        "randn_shape": list(randn.shape),
        "normal_shape": list(normal.shape),
        "randperm_sorted": ops.sort(keras.random.shuffle(ops.arange(columns), seed=generator)),
        "seed_repeats": bool(ops.all(again == rand)),
    }


def constructors() -> dict[str, list[int] | str]:
    """A number, and one number that nobody has set."""
    tensor, unset = ops.convert_to_tensor(1), ops.empty((1,))
    return {
        "tensor_of_1_shape": list(tensor.shape),
        "tensor_of_1_dtype": keras.backend.standardize_dtype(tensor.dtype),
        "class_of_1_shape": list(unset.shape),
        "class_of_1_dtype": keras.backend.standardize_dtype(unset.dtype),
    }
