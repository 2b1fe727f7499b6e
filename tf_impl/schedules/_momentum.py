"""The momentum of an optimizer, which `CyclicLR` and `OneCycleLR` move against the rate."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer
from tf_impl.schedules.scheduler import LRScheduler


class Cycling(LRScheduler):
    """A scheduler that sets `momentum`, the optimizer's momentum or the first of its betas, if `cycle_momentum`.

    PyTorch's optimizers read it at every step, and so do the twins, from a variable. The momentum of Keras' own optimizers is a number that a
    compiled step (`fit`, `tf.function`) writes into its graph and never looks at again: there the first update raises.
    """

    cycle_momentum = False

    def start_cycling(self, optimizer: Any) -> None:
        """Makes sure that `momentum` can be set."""
        self.cycle_momentum = True
        if not hasattr(optimizer, "betas") and not hasattr(optimizer, "momentum"):
            raise ValueError(f"`cycle_momentum` needs an optimizer with `momentum` or `betas`, got {type(optimizer).__name__}; pass cycle_momentum=False.")
        if optimizer.built and not hasattr(optimizer, "betas") and not optimizer.momentum:
            raise ValueError("`cycle_momentum` needs an optimizer with a momentum buffer: give it a momentum, or make the scheduler before its first update.")
        if not isinstance(optimizer, PyTorchOptimizer) and not hasattr(optimizer, "_refuses_compilation"):
            optimizer._refuses_compilation = True
            optimizer.apply = _eager_only(optimizer, optimizer.apply, type(self).__name__)

    @property
    def momentum(self) -> float:
        """The optimizer's."""
        return self.optimizer.betas[0] if hasattr(self.optimizer, "betas") else self.optimizer.momentum

    @momentum.setter
    def momentum(self, value: float) -> None:
        name = "beta_1" if hasattr(self.optimizer, "betas") else "momentum"
        if isinstance(self.optimizer, PyTorchOptimizer):
            self.optimizer.move(name, value)
        setattr(self.optimizer, name, value)
        if name == "beta_1":
            self.optimizer.betas = (value, *self.optimizer.betas[1:])

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer; with the momentum, which Keras does not save."""
        return super().state_dict() | ({"_last_momentum": self.momentum} if self.cycle_momentum else {})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from there."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_last_momentum"})
        if self.cycle_momentum:
            self.momentum = state_dict["_last_momentum"]


def _eager_only(optimizer: Any, apply: Any, scheduler: str) -> Any:
    def checked(grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        try:
            ops.convert_to_numpy(optimizer.iterations)
        except Exception as error:  # a traced value has no number yet; every backend says so in its own way
            raise ValueError(
                f"{scheduler} changes the momentum, but a compiled training step of {type(optimizer).__name__} keeps the one it was compiled with: take the "
                "optimizer from tf_impl.optimizers, compile with run_eagerly=True, or pass cycle_momentum=False."
            ) from error
        apply(grads, trainable_variables)

    return checked
