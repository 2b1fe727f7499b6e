"""The initial rate times any function of the step."""

from collections.abc import Callable, Sequence
from typing import Any

from tf_impl.schedules._arguments import attributes, restore, single
from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class LambdaLR(LRScheduler):
    r"""Multiplies the initial rate.

    $$ \gamma_t = \gamma_0\,\lambda(t) $$

    Args:
        optimizer: whose rate is set.
        lr_lambda: λ, or a list of one.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: `lr_lambda` is no function, or a list of another length.

    Differs from PyTorch:
        Not. Keras has single formulas, as `InverseTimeDecay` for λ = 1/(1 + rt), equal to 7e-8; any function of the update counter can be subclassed
        from `LearningRateSchedule`, but it has to be written in tensors.

    Source: PyTorch's documentation, "LambdaLR".
    """

    def __init__(self, optimizer: Any, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]], last_epoch: int = -1) -> None:
        self.lr_lambdas = [single("lr_lambda", lr_lambda)]
        if not callable(self.lr_lambdas[0]):
            raise ValueError(f"`lr_lambda` must be a function of the step, got {lr_lambda!r}.")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [self.base_lrs[0] * self.lr_lambdas[0](self.last_epoch)]

    def state_dict(self) -> dict[str, Any]:
        """Without the function, unless it is an object with attributes: those are kept."""
        return super().state_dict() | {"lr_lambdas": [attributes(function) for function in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        restore(self.lr_lambdas[0], state_dict["lr_lambdas"][0])
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})


class MultiplicativeLR(LambdaLR):
    r"""Multiplies the rate of the step before.

    $$ \gamma_t = \gamma_{t-1}\,\lambda(t) $$

    Args:
        optimizer: whose rate is set.
        lr_lambda: λ, or a list of one; not asked for t = 0.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: `lr_lambda` is no function, or a list of another length.

    Differs from PyTorch:
        Not. Keras has nothing that follows from the rate before.

    Source: PyTorch's documentation, "MultiplicativeLR".
    """

    def get_lr(self) -> list[float]:
        return [self.lr if self._is_initial else self.lr * self.lr_lambdas[0](self.last_epoch)]
