"""Sums, means and maxima of the vectors that bags of indices look up, with PyTorch's arguments and gradients."""

from typing import Any

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._twin import known
from tf_impl.layers.embedding import Embedding
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class EmbeddingBag(Embedding):
    r"""The rows that each bag's indices look up, reduced to one.

    $$ y_b = \sum_{i \in b} p_i W_i \qquad \text{"mean": } y_b = \frac{1}{|b|} \sum_{i \in b} W_i \qquad \text{"max": } y_{bd} = \max_{i \in b} W_{id} $$

    Args:
        num_embeddings: rows of the table.
        embedding_dim: length of a row.
        max_norm: rows that are looked up and longer than this are shortened to it, in the table itself, before they are returned.
        norm_type: p of that norm.
        scale_grad_by_freq: divide a row's gradient by how often it was looked up in this call.
        mode: "sum", "mean" or "max".
        sparse: let the gradient hold only the rows that were looked up (TensorFlow's IndexedSlices).
        _weight: the table to start from.
        include_last_offset: the last of the offsets is the end of the last bag and starts none.
        padding_idx: a row that starts at zero, gets no gradient and counts for nothing in a bag; negative: counted from the end.

    Shapes:
        input (B, L), a bag a row, or (n,) with offsets (B,), where each bag starts; per_sample_weights p as the input, for "sum"; output (B, embedding_dim),
        zeros for a bag with nothing in it. W (num_embeddings, embedding_dim).

    Raises:
        ValueError: another mode, "max" with gradients that are sparse or scaled, weights for another mode than "sum" or of another shape, offsets
            that do not fit to the input, do not begin with 0, descend, or end beyond it; indices as `Embedding`.

    Differs from PyTorch:
        Keras has `Embedding` and `GlobalAveragePooling1D`; without a mask the latter counts padding.
        PyTorch 2.13 on the CPU scales by the frequency of another row when frequencies differ (pytorch#190063): 1.08 off; here it is the row's own.
        Offsets that descend: PyTorch raises in "sum" and "mean" and answers in "max", here they raise. Indices behind the last offset, with
        `include_last_offset`, belong to no bag here; PyTorch drops them too in float32 but adds them to the last bag in float64, and in "max".
        No bags at all are an empty output; PyTorch's "max" ends the process (pytorch#175370).

    Source: Joulin et al. 2016, arXiv:1607.01759; PyTorch's documentation, "EmbeddingBag".
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                 mode: str = "mean", sparse: bool = False, _weight: Any = None, include_last_offset: bool = False, padding_idx: int | None = None,
                 **kwargs) -> None:  # fmt: skip
        if mode not in ("sum", "mean", "max"):
            raise ValueError(f'mode must be "sum", "mean" or "max", got {mode!r}')
        if mode == "max" and (scale_grad_by_freq or sparse):
            raise ValueError('mode="max" has neither scale_grad_by_freq nor sparse: choose "sum" or "mean", or leave them out')
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, **kwargs)
        self.mode = mode
        self.include_last_offset = include_last_offset
        if _weight is not None:
            self.embeddings.assign(_weight)

    def get_config(self) -> dict:
        return {**super().get_config(), "_weight": None}  # saved with the other weights

    def call(
        self, input: Integer[Tensor, "..."], offsets: Integer[Tensor, " offsets"] | None = None, per_sample_weights: Float[Tensor, "..."] | None = None
    ) -> Float[Tensor, "b d"]:
        if (len(input.shape), offsets is None) not in ((2, True), (1, False)):
            raise ValueError(
                f"input must have 2 axes, or 1 with offsets, got the shape {tuple(input.shape)} {'without' if offsets is None else 'with'} offsets"
            )
        if per_sample_weights is not None and (self.mode != "sum" or tuple(per_sample_weights.shape) != tuple(input.shape)):
            given = f'mode="{self.mode}", input {tuple(input.shape)} and weights {tuple(per_sample_weights.shape)}'
            raise ValueError(f'per_sample_weights must have the shape of the input, in mode="sum", got {given}')
        slots, slot = self._slots(input, offsets)
        indices = ops.reshape(input, (-1,))
        rows = super().call(indices)
        counts = None if self.padding_idx is None else (indices != self.padding_idx)[:, None]
        if self.mode == "max":
            outputs = _largest(rows, counts, slot, slots)
        else:
            outputs = _sum(rows if per_sample_weights is None else rows * ops.cast(ops.reshape(per_sample_weights, (-1, 1)), rows.dtype), counts, slot, slots)
            if self.mode == "mean":
                outputs = outputs / ops.maximum(_sum(ops.ones_like(rows[:, :1]), counts, slot, slots), 1)
        return outputs[1:-1] if self.include_last_offset and offsets is not None else outputs[1:]

    def _slots(self, input: Tensor, offsets: Tensor | None) -> tuple[int | Tensor, Tensor]:
        """One more than there are bags, and that of each index: its bag is one less."""
        if offsets is None:
            bags, length = ops.shape(input)
            return bags + 1, ops.repeat(ops.arange(bags, dtype="int32") + 1, length)
        _check_offsets(offsets, input.shape[0])
        return ops.shape(offsets)[0] + 1, ops.searchsorted(offsets, ops.arange(ops.shape(input)[0], dtype=offsets.dtype), side="right")


def _sum(rows: Tensor, counts: Tensor | None, slot: Tensor, slots: int | Tensor) -> Tensor:
    """Not by `ops.segment_sum`, which computes in float32 on the torch backend."""
    rows = rows if counts is None else ops.where(counts, rows, ops.zeros_like(rows))
    return ops.scatter_update(ops.zeros((slots, rows.shape[1]), rows.dtype), slot[:, None], rows, reduction="add")


def _largest(rows: Tensor, counts: Tensor | None, slot: Tensor, slots: int | Tensor) -> Tensor:
    """Of equal ones the first, which alone gets the gradient; 0 where there is none."""

    def most(values: Tensor, least: float) -> Tensor:
        start = ops.full((slots, rows.shape[1]), least, values.dtype)
        return ops.take(ops.scatter_update(start, slot[:, None], values, reduction="max"), slot, axis=0)

    n = ops.shape(rows)[0]
    lowest = ops.full_like(rows, float("-inf"))
    seen = ops.stop_gradient(rows if counts is None else ops.where(counts, rows, lowest))
    best = ops.logical_and(seen == most(seen, float("-inf")), seen > lowest)
    left = ops.where(best, ops.cast(n - ops.arange(n), "int32")[:, None], 0)  # the larger, the earlier
    return _sum(rows, ops.logical_and(left == most(left, 0), best), slot, slots)


def _check_offsets(offsets: Tensor, length: int | None) -> None:
    """As far as their values are known: inside a compiled function they are not."""
    if len(offsets.shape) != 1:
        raise ValueError(f"offsets must have 1 axis, got the shape {tuple(offsets.shape)}")
    seen = known(offsets)
    if seen is not None and seen.size and (seen[0] != 0 or (seen[1:] < seen[:-1]).any() or (length is not None and seen[-1] > length)):
        raise ValueError(f"offsets must begin with 0 and ascend to at most the input's length {length}, got {seen.tolist()}")
