"""Batch normalisation by the statistics of all replicas' batches, channels last, with PyTorch's arguments."""

from typing import Any

import keras
from keras import ops

from tf_impl.layers.batch_norm import _BatchNorm
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SyncBatchNorm(_BatchNorm):
    r"""As `BatchNorm2d`, for any number of spatial axes; in training under a `tf.distribute` strategy the replicas' batches count as one.

    $$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta, \qquad \mathrm{E},\ \mathrm{Var}\ \text{over all replicas} $$

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias: as `BatchNorm2d`.
        process_group: None. The strategy decides who takes part.

    Shapes:
        input and output (N, C), (N, L, C), (N, H, W, C) or (N, D, H, W, C); γ, β and the statistics (C,).

    Raises:
        ValueError: as `BatchNorm2d`, and a process group.

    Differs from PyTorch:
        Where nothing is distributed both are plain batch normalisation; PyTorch synchronises on GPUs only. Of Keras' backends TensorFlow synchronises;
        on JAX a batch is one array however it is spread, so that nothing has to be; Keras on torch has no such layer.
        `keras.layers.BatchNormalization(synchronized=True)` computes E[x²] − E[x]², which cancels in float32: y is 0.11 off at mean 1000 and deviation 1,
        here 1.1e-4.
        `convert_sync_batchnorm` is `keras.models.clone_model(model, clone_function=…)`: a Keras layer that is built cannot be replaced in its model.

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167; PyTorch's documentation, "SyncBatchNorm".
    """

    _ranks = (2, 3, 4, 5)

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
                 process_group: None = None, *, bias: bool = True, **kwargs) -> None:  # fmt: skip
        if process_group is not None:
            raise ValueError(f"process_group must be None, the tf.distribute strategy decides who takes part, got {process_group!r}")
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, **kwargs)

    def _replica(self, learning: bool) -> Any:
        if not learning or keras.backend.backend() != "tensorflow":
            return None
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        return context if context is not None and context.num_replicas_in_sync > 1 else None

    def _moments(self, x: Tensor, replica: Any) -> tuple[Tensor, Tensor, Tensor]:
        if replica is None:
            return super()._moments(x, replica)
        axes = tuple(range(len(x.shape) - 1))
        n = replica.all_reduce("SUM", ops.cast(ops.size(x) // self.num_features, x.dtype))
        mean = replica.all_reduce("SUM", ops.sum(x, axis=axes)) / n
        return n, mean, replica.all_reduce("SUM", ops.sum(ops.square(x - mean), axis=axes)) / n
