"""A loss twin where Keras wants one of its own: `compile(loss=keras_loss(CrossEntropyLoss()))`."""

from typing import Any

import keras
from keras import ops

from tf_impl.losses._loss import TorchLoss
from tf_impl.typing import Tensor


def keras_loss(twin: TorchLoss) -> keras.losses.Loss:
    """The twin with Keras' order of arguments, for `compile`, `fit` and `evaluate`.

    Args:
        twin: a loss of `tf_impl.losses` of an input and a target.

    Raises:
        ValueError: called with sample or class weights. PyTorch's losses have none: give the loss its `weight`,
            or take `reduction="none"` and weigh the elements in a training step of your own.
    """
    return KerasLoss(twin)


@keras.saving.register_keras_serializable(package="tf_impl")
class KerasLoss(keras.losses.Loss):
    """`loss(y_true, y_pred)` = `twin(y_pred, y_true)`, with the twin's reduction and without Keras' cast to `floatx`."""

    def __init__(self, twin: TorchLoss, name: str | None = None) -> None:
        super().__init__(name=name or twin.name, reduction="none" if twin.reduction == "none" else "sum")
        self.twin = twin

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        if sample_weight is not None:
            raise ValueError(f"{type(self.twin).__name__} has no sample weights: give it weight=..., or reduction='none' and weigh its elements yourself.")
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if hasattr(self.twin, "ignore_index") and len(y_true.shape) < len(y_pred.shape):
            y_true = ops.cast(y_true, "int32")  # Keras hands labels on as floats, in part: what it builds a distributed model with is their mean
        loss = self.twin(y_pred, y_true)
        return loss / _replicas() if self.twin.reduction == "mean" else loss

    def get_config(self) -> dict:
        return {"name": self.name, "twin": keras.saving.serialize_keras_object(self.twin)}

    @classmethod
    def from_config(cls, config: dict) -> "KerasLoss":
        return cls(keras.saving.deserialize_keras_object(config["twin"]), name=config["name"])


def _replicas() -> int:
    """How many gradients a `tf.distribute` strategy will add up; Keras' own losses divide by it too."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync
