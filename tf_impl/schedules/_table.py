"""Any scheduler as a Keras schedule: the rates it sets, written down."""

from collections.abc import Sequence

import keras
from keras import ops

from tf_impl.optimizers._pytorch import has_float64
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Table(keras.optimizers.schedules.LearningRateSchedule):
    """Rate i during updates i·steps_per_epoch … (i + 1)·steps_per_epoch − 1; the last rate stays. Kept in float64, where Keras' own schedules use float32."""

    def __init__(self, rates: Sequence[float], steps_per_epoch: int = 1) -> None:
        if not rates or steps_per_epoch < 1:
            raise ValueError(f"A schedule needs at least one rate and one step an epoch, got {len(rates)} rates and steps_per_epoch={steps_per_epoch}.")
        self.rates = tuple(rates)
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step: Tensor) -> Tensor:
        rates = ops.convert_to_tensor(self.rates, dtype="float64" if has_float64() else keras.config.floatx())
        epoch = ops.cast(step, "int32") // self.steps_per_epoch
        return ops.take(rates, ops.minimum(epoch, len(self.rates) - 1))

    def get_config(self) -> dict:
        return {"rates": self.rates, "steps_per_epoch": self.steps_per_epoch}
