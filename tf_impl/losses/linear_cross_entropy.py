"""A linear layer and the cross-entropy of its logits in one, with PyTorch's arguments and its option to take the batch in chunks."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.layers.linear import Linear
from tf_impl.losses._loss import constant, same_shape
from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.typing import Tensor

_POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass(frozen=True, slots=True)
class LinearCrossEntropyOptions:
    """How the batch is cut into chunks, whose logits are computed one after the other and computed again for the gradients.

    Args:
        allow_retain_graph: PyTorch's leave for a second backward pass; here one is always possible.
        batch_chunk_size: rows in a chunk. None: chosen by `chunking_method`, and if that is None too, all.
        chunking_method: "aspect_ratio": so many rows that the logits are about as large as the input; "aspect_ratio:2": half as many;
            "auto": "aspect_ratio:2", unless `batch_chunk_size` is given.
        acc_policy, acc_dtype: where PyTorch accumulates half precision in float32.

    Shapes: none; N rows in chunks of so many, the last one smaller where they do not divide it.

    Raises:
        ValueError: a word or number that is none of these.

    Differs from PyTorch:
        `acc_policy` and `acc_dtype` have no effect, sums are made in the compute dtype; nor has `allow_retain_graph`.
        The chunks are PyTorch's, those on the CPU in float32 or float64 under "auto".
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _POLICIES:
            raise ValueError(f"acc_policy must be one of {_POLICIES}, got {self.acc_policy!r}")
        if self.chunking_method not in (None, "auto"):
            name, colon, factor = self.chunking_method.partition(":")
            if name != "aspect_ratio" or (colon and not (factor.isdigit() and int(factor))):
                raise ValueError(f"chunking_method must be None, 'auto', 'aspect_ratio' or 'aspect_ratio:N' with N > 0, got {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and (not isinstance(size, int) or size < 1):
            raise ValueError(f"batch_chunk_size must be a positive integer or None, got {size!r}")


def _rows(options: LinearCrossEntropyOptions, rows: int, features: int, classes: int) -> int:
    """Rows in a chunk of a batch of `rows`."""
    size, method = options.batch_chunk_size, options.chunking_method
    if method is None or (method == "auto" and size is not None):
        return min(size or rows, rows)
    target = -(-rows // -(-classes // features))  # rows whose logits are as large as the input
    factor = int((method.partition(":")[2] or 1) if method != "auto" else 2)
    chosen = max(1, min((1 << (target - 1).bit_length()) // factor, rows))
    if size not in (None, chosen):
        raise ValueError(f"batch_chunk_size={size} and chunking_method={method!r}, which gives {chosen}, disagree; give only one of them")
    return chosen


@keras.saving.register_keras_serializable(package="tf_impl")
class LinearCrossEntropyLoss(Twin, keras.layers.Layer):
    r"""The cross-entropy of z = W x + b, where W and b are the loss's own: the last layer of a classifier together with its loss.

    $$ \ell_n = -\sum_c w_c\,q_{nc} \log \mathrm{softmax}(W x_n + b)_c, \qquad q_{nc} = (1 - s)\,y_{nc} + s/C $$

    Args:
        in_features: size of x.
        num_classes: C.
        out_features: sizes (d1, …) of a loss at each of so many positions; W then has C·d1·… rows.
        bias: add b.
        reduction: "none", "mean" or "sum", as in `CrossEntropyLoss`.
        weight: a factor for each class (C,).
        ignore_index: the label that counts for nothing; None: −100.
        label_smoothing: s.
        options: `LinearCrossEntropyOptions`, to take the batch in chunks; None: all at once.

    Shapes:
        input (N, in_features), or (in_features,) without `out_features`; target (N, d1, …) labels or (N, d1, …, C) probabilities;
        `linear.weight` (C·d1·…, in_features) with the classes slowest, as in PyTorch; with "none" the output is (N, d1, …).

    Raises:
        ValueError: shapes, the length of `weight`, a smoothing outside of [0, 1], an `ignore_index` for probabilities, a label that is no class.

    Differs from PyTorch:
        Classes are last in the target, PyTorch has them on axis 1. PyTorch ignores `options`, with a warning, for `out_features`, smoothing
        and probabilities, and with them has no second derivative; here chunks are for all, recomputed by `keras.remat`. In a graph whose batch size is
        not known the batch is taken whole. Keras has no such loss: a loss with weights is a layer there.

    Source: Wijmans et al. 2024, arXiv:2411.09009 (the logits as the largest tensor in training); `CrossEntropyLoss`.
    """

    def __init__(self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False, reduction: str = "mean",
                 weight: Any = None, ignore_index: int | None = None, label_smoothing: float = 0.0, options: LinearCrossEntropyOptions | None = None,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        weight = constant(weight)
        if weight is not None and weight.shape != (num_classes,):
            raise ValueError(f"weight must have one number for each of the {num_classes} classes, got shape {weight.shape}")
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.options = options
        words = {"weight": weight, "ignore_index": -100 if ignore_index is None else ignore_index, "label_smoothing": label_smoothing}
        self._whole = CrossEntropyLoss(**words, reduction=reduction)
        self._each = CrossEntropyLoss(**words, reduction="none")
        self.linear = Linear(in_features, math.prod(self.out_features, start=num_classes), bias=bias, dtype=self.dtype_policy)
        self.built = True

    def call(self, input: Float[Tensor, "*n i"], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        rank = len(input.shape)
        if rank != 2 and (rank != 1 or self.out_features):
            also = "" if self.out_features else " or (in_features,)"
            raise ValueError(f"LinearCrossEntropyLoss: the input must be (N, in_features){also}, got shape {tuple(input.shape)}")
        soft = same_shape(target.shape, (*input.shape[:-1], *self.out_features, self.num_classes))
        if soft and self.ignore_index is not None:
            raise ValueError(f"LinearCrossEntropyLoss: ignore_index={self.ignore_index} names a label, but the target holds probabilities")
        n = input.shape[0]
        rows = _rows(self.options, n, input.shape[-1], self.num_classes) if self.options and rank == 2 and n else n
        if rows == n or len(target.shape) == 0 or target.shape[0] != n:  # wrong shapes go where they are refused
            return self._whole(self._logits(input), target)
        losses = ops.concatenate([self._of_chunk(input[i : i + rows], target[i : i + rows]) for i in range(0, n, rows)], axis=0)
        return ops.sum(losses) / ops.sum(self._counted(target, losses.dtype)) if self.reduction == "mean" and not soft else self._whole.reduced(losses)

    def _of_chunk(self, input: Tensor, target: Tensor) -> Tensor:
        return keras.remat(lambda x, y: self._each(self._logits(x), y))(input, target)

    def _logits(self, input: Tensor) -> Tensor:
        """Classes last."""
        logits = self.linear(input)
        if not self.out_features:
            return logits
        return ops.moveaxis(ops.reshape(logits, (-1, self.num_classes, *self.out_features)), 1, -1)

    def _counted(self, target: Tensor, dtype: str) -> Tensor:
        """What the mean divides by the sum of: the weight of each label, 0 where ignored."""
        counts = target != self._whole.ignore_index
        ones = ops.cast(counts, dtype)
        return ones if self._whole.weight is None else ones * ops.take(ops.convert_to_tensor(self._whole.weight, dtype=dtype), ops.where(counts, target, 0))

    def get_config(self) -> dict:
        weight = self._whole.weight
        return super().get_config() | {"weight": None if weight is None else weight.tolist(), "options": self.options and asdict(self.options)}

    @classmethod
    def from_config(cls, config: dict) -> "LinearCrossEntropyLoss":
        options = config["options"]
        return super().from_config(config | {"options": options and LinearCrossEntropyOptions(**options)})
