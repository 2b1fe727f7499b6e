"""Whole batches by their number, for `fit`: Keras' PyDataset, in another order each epoch."""

from typing import Any

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.datasets.samplers import BatchSampler, PermutationSampler
from tf_impl.layers.linear import Linear
from tf_impl.losses import MSELoss, keras_loss
from tf_impl.optimizers.sgd import SGD
from tf_impl.typing import Tensor


class Batches(keras.utils.PyDataset):
    """Batch by batch, from one seeded permutation an epoch.

    Args:
        x, y: samples and their targets.
        batch_size: samples to a batch.
        seed: of all permutations.
        drop_last: leave out a last batch that is not full.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of `keras.utils.PyDataset`.

    Shapes:
        x (n, ...), y (n, ...); batch i is (b, ...) and (b, ...), the last one may be smaller.

    Differs from PyTorch:
        `fit` shuffles the batches of a PyDataset unless it is told `shuffle=False`; a DataLoader shuffles only when told.
        `fit` calls `on_epoch_end`, once too often: also before the first epoch, so that a set which counts the ends begins with its second order. A callback
        that tells the set which epoch begins (`set_epoch`) gives the right order, also after `initial_epoch`. A loop of PyTorch's calls what it likes.
        Before it begins, `fit` asks for the first two batches, for their types: a set that counts what it gave counts two too many.
        The number of workers is said here, not where the set is used; they are threads unless `use_multiprocessing=True`.

    Source: Keras' documentation, `keras.utils.PyDataset`.
    """

    def __init__(self, x: Tensor, y: Tensor, batch_size: int, seed: int = 0, drop_last: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.x, self.y = np.asarray(ops.convert_to_numpy(x)), np.asarray(ops.convert_to_numpy(y))
        self._sampler = PermutationSampler(range(len(self.x)), seed)
        self._batches = BatchSampler(self._sampler, batch_size, drop_last)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """The order of this epoch."""
        self.epoch = epoch
        self._sampler.set_epoch(epoch)
        self._order = list(self._batches)

    def on_epoch_end(self) -> None:
        """The next epoch's order."""
        self.set_epoch(self.epoch + 1)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index]
        return self.x[chosen], self.y[chosen]


def trained(
    x: Float[Tensor, "n d"], y: Float[Tensor, "n 1"], batch_size: int, epochs: int, seed: int = 0, drop_last: bool = False, num_workers: int = 0
) -> dict[str, Tensor | list[int] | bool]:
    """A linear model from zero, by batches of that order; whether the order is the same where nobody says shuffle=False, and where the set counts the ends."""
    data = Batches(x, y, batch_size, seed, drop_last, workers=num_workers)
    first = data[0]
    told = _fit(data, epochs, told=True, shuffle=False)
    others = {
        "same_order_unsaid": _fit(data, epochs, told=True),
        "same_order_by_on_epoch_end": _fit(Batches(x, y, batch_size, seed, drop_last, workers=num_workers), epochs, told=False, shuffle=False),
    }
    same = {name: np.allclose(told["weight"], other["weight"], rtol=1e-4) for name, other in others.items()}
    return told | {"first_x": first[0], "first_y": first[1], "length": [len(data)]} | same


def _fit(data: Batches, epochs: int, told: bool, **words: bool) -> dict[str, Tensor]:
    """`told`: the set is told which epoch begins; else it counts the ends."""
    linear = Linear(data.x.shape[1], 1)
    model = keras.Sequential([linear])
    model(data.x[:1])
    for variable in model.variables:
        variable.assign(ops.zeros_like(variable))
    model.compile(SGD(0.0625), keras_loss(MSELoss()))
    tell = [keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: data.set_epoch(epoch))] if told else []
    history = model.fit(data, epochs=epochs, callbacks=tell, verbose=0, **words).history
    losses = ops.convert_to_tensor(history["loss"], data.x.dtype)
    return {"weight": ops.transpose(linear.kernel.value), "bias": ops.copy(linear.bias.value), "epoch_losses": losses}
