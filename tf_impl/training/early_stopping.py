"""Stop when the validation metric no longer gets better, and go back to the best weights: Keras' callback, for loops written by hand too.

Shapes: x (N, features), y (N, 1); metrics are numbers, one an epoch.
"""

import keras
import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.activations.tanh import Tanh
from tf_impl.layers.container import Sequential
from tf_impl.layers.linear import Linear
from tf_impl.losses.mse import MSELoss
from tf_impl.optimizers.sgd import SGD
from tf_impl.schedules.reduce_lr_on_plateau import ReduceLROnPlateau
from tf_impl.typing import Tensor


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Notes one metric an epoch; true once `patience` epochs in a row were no better than the best by more than `min_delta`.

    Args:
        model: whose best weights are kept.
        patience: epochs without a better metric that are borne.
        min_delta: an improvement by no more than this is none.
        mode: "min" or "max": what a better metric is.
        restore_best_weights: go back to them when it stops.

    Shapes: metrics are numbers.

    Raises:
        ValueError: another mode.

    Differs from PyTorch:
        PyTorch has none; the reference is Keras' rule written out. In `fit` it is `keras.callbacks.EarlyStopping(patience=…, restore_best_weights=True)`, whose
        default does not restore. Keras counts a first epoch that is worse than infinity as best, whatever it is; patience 0 stops at the first epoch that is
        no better, as here.

    Source: Prechelt 1998; Keras' documentation of `EarlyStopping`.
    """

    def __init__(self, model: keras.Model, patience: int = 0, min_delta: float = 0.0, mode: str = "min", restore_best_weights: bool = True) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"`mode` must be 'min' or 'max', got {mode!r}.")
        super().__init__(monitor="metric", min_delta=min_delta, patience=patience, mode=mode, restore_best_weights=restore_best_weights)
        self.restore, self.epoch = restore_best_weights, -1
        self._watched = model
        self.on_train_begin()

    @property
    def model(self) -> "EarlyStopping":
        """What the callback asks for weights, gives weights and tells to stop."""
        return self

    def get_weights(self) -> list:
        return self._watched.get_weights()

    def set_weights(self, weights: list) -> None:
        self._watched.set_weights(weights)

    def step(self, metric: float) -> bool:
        """Whether to stop; the model then has its best weights again."""
        self.epoch, self.stop_training = self.epoch + 1, False
        self.on_epoch_end(self.epoch, {"metric": metric})
        if self.stop_training and self.restore:
            self.set_weights(self.best_weights)
        return self.stop_training


def observe_stopping(metrics: list[float], patience: int, min_delta: float, mode: str) -> dict[str, int | float | bool | list[bool]]:
    """Fed metrics: when it stops, which epoch was best, and whether its weights are back."""
    model = Linear(1, 1, bias=False)
    stopping = EarlyStopping(model, patience, min_delta, mode)
    answers = []
    for epoch, metric in enumerate(metrics):
        model.kernel.assign([[float(epoch)]])
        answers.append(stopping.step(metric))
        if answers[-1]:
            break
    return {"answers": answers, "best_epoch": stopping.best_epoch, "best": stopping.best, "weight": float(model.kernel.numpy()[0, 0])}


def keep_the_best(x: Float[Tensor, "n f"], y: Float[Tensor, "n 1"], x_val: Float[Tensor, "m f"], y_val: Float[Tensor, "m 1"], epochs: int,
                  patience: int) -> dict[str, Tensor | int]:  # fmt: skip
    """A net with more weights than points: training and validation loss by epoch, the rate under a plateau schedule, and the best weights at the end."""
    from tf_impl.saving._seeded import fill

    net, mse = Sequential(Linear(x.shape[1], 16), Tanh(), Linear(16, 1)), MSELoss()
    net(x)
    fill(net)
    optimizer = SGD(0.25)
    schedule, stopping = ReduceLROnPlateau(optimizer, factor=0.5, patience=2), EarlyStopping(net, patience)
    losses, validation, rates = [], [], []
    for _ in range(epochs):
        with tf.GradientTape() as tape:
            loss = mse(net(x, training=True), y)
        optimizer.apply(tape.gradient(loss, [v.value for v in net.trainable_variables]), net.trainable_variables)
        metric = mse(net(x_val), y_val)
        losses, validation, rates = [*losses, loss], [*validation, metric], [*rates, float(optimizer.learning_rate)]
        schedule.step(float(metric))
        if stopping.step(float(metric)):
            break
    return {
        "losses": ops.stack(losses),
        "validation": ops.stack(validation),
        "rates": ops.convert_to_tensor(rates, x.dtype),
        "stopped_at": len(losses),
        "best_epoch": stopping.best_epoch,
        "best_weight": ops.transpose(net[0].kernel),
        "validation_of_the_best": mse(net(x_val), y_val),
    }
