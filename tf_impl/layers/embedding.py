"""A table of vectors looked up by index, with PyTorch's arguments and gradients."""

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._twin import Twin, check_range
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Embedding(Twin, keras.layers.Embedding):
    r"""Row i of the table for each index i; a row's gradient is the sum over the places where it was looked up.

    $$ y_{\dots} = W_{i_{\dots}}, \qquad \frac{\partial L}{\partial W_r} = \sum_{i_{\dots} = r} \frac{\partial L}{\partial y_{\dots}} $$

    Args:
        num_embeddings: rows of the table.
        embedding_dim: length of a row.
        padding_idx: a row that starts at zero and gets no gradient; negative: counted from the end.
        max_norm: rows that are looked up and longer than this are shortened to it, in the table itself, before they are returned.
        norm_type: p of that norm.
        scale_grad_by_freq: divide a row's gradient by how often it was looked up in this call.
        sparse: let the gradient hold only the rows that were looked up (TensorFlow's IndexedSlices).

    Shapes:
        input (…) integers, output (…, embedding_dim); W (num_embeddings, embedding_dim).

    Raises:
        ValueError: an index outside the table (where its value is known: not inside a compiled function), or indices that are not integers.

    Differs from PyTorch:
        Keras' table always has sparse gradients on TensorFlow, and its Adam, RMSprop and Adagrad square them before summing repeated indices: a row looked up
        three times gets a third of its second moment, 0.14 off after 3 steps at lr 0.1. Here the gradient is dense unless `sparse=True`, as in PyTorch:
        then Keras' own Adam agrees too (3e-5).
        Keras starts from ±0.05 uniform, PyTorch from N(0, 1): 35 times as wide. `mask_zero` is no `padding_idx`: its row is trained like any other.
        Keras cuts floats to indices and reads −1 as the last row; a compiled function on a GPU clamps what is too large.

    Source: the notes, "Embedding"; Bengio et al. 2003.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
                 scale_grad_by_freq: bool = False, sparse: bool = False, **kwargs) -> None:  # fmt: skip
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"padding_idx must be an index of the {num_embeddings} rows, got {padding_idx}")
        padding = None if padding_idx is None else padding_idx % num_embeddings
        super().__init__(num_embeddings, embedding_dim, **({"embeddings_initializer": keras.initializers.RandomNormal(stddev=1.0)} | kwargs))
        self.num_embeddings = num_embeddings
        self.padding_idx = padding
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.build()
        if padding is not None:
            self._embeddings.assign(ops.where(self._row(padding), ops.zeros_like(self._embeddings), self._embeddings))

    def _row(self, index: int) -> Tensor:
        return ops.expand_dims(ops.arange(self.num_embeddings) == index, -1)

    def call(self, inputs: Integer[Tensor, "..."]) -> Float[Tensor, "... d"]:
        if not keras.backend.is_int_dtype(inputs.dtype):
            raise ValueError(f"Embedding looks up integers, got {inputs.dtype}; keras.Sequential makes floats of them unless keras.Input(dtype=…) is first")
        check_range(inputs, self.num_embeddings, "Embedding")
        table = ops.convert_to_tensor(self._embeddings)
        rows = ops.take(table if self.sparse else ops.reshape(table, table.shape), inputs, axis=0)  # the gradient of reshape is dense
        values = ops.stop_gradient(rows)
        if self.max_norm is not None:
            shortened = ops.stop_gradient(self._shorten(inputs))
            values = ops.take(shortened, inputs, axis=0)
            self._embeddings.assign(shortened)
        slope = rows - ops.stop_gradient(rows)  # zero, with the gradient of the lookup
        if self.scale_grad_by_freq:
            slope = slope / ops.expand_dims(ops.take(self._counts(inputs), inputs, axis=0), -1)
        if self.padding_idx is not None:
            slope = ops.where(ops.expand_dims(inputs == self.padding_idx, -1), ops.zeros_like(slope), slope)
        return ops.cast(values + slope, self.compute_dtype)

    def _counts(self, indices: Tensor) -> Tensor:
        flat = ops.reshape(indices, (-1, 1))
        return ops.scatter(flat, ops.ones_like(flat[:, 0], dtype=self._embeddings.dtype), (self.num_embeddings,))

    def _shorten(self, indices: Tensor) -> Tensor:
        table = ops.convert_to_tensor(self._embeddings)
        norm = ops.norm(table, ord=self.norm_type, axis=1)
        long = ops.logical_and(self._counts(indices) > 0, norm > self.max_norm)
        return ops.where(long[:, None], table * (self.max_norm / (norm + 1e-7))[:, None], table)
