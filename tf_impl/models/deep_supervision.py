"""Training on two scores: the loss of what a network answers and a share of the loss of what a middle stage answers."""

import keras
from jaxtyping import Float, Integer

from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DeepSupervision(Model):
    r"""A model under its loss.

    $$ \ell = \mathrm{CE}(y_\text{out}, t) + w\, \mathrm{CE}(y_\text{aux}, t) $$

    Args:
        model: returns {"out": scores}, and {"aux": scores} when it trains (PSPNet) or always (FCN and DeepLab v3 with `aux_loss`).
        weight: w; 0.4 in PSPNet, 0.5 in torchvision's training.
        ignore_index: the label that counts for nothing.

    Shapes:
        x as the model takes it, target (N, H, W) labels, output () the loss.

    Raises:
        ValueError: labels of another size than the scores, or that are no class.

    Differs from PyTorch:
        Classes are last. `keras.Model.compile(loss={"out": …, "aux": …}, loss_weights=…)` does the same, with targets for both.

    Source: Zhao et al. 2016, arXiv:1612.01105, §3.3; the notes, "PSPNet".
    """

    def __init__(self, model: keras.Model, weight: float = 0.4, ignore_index: int = -100, **kwargs) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.weight = weight
        self.loss_of = CrossEntropyLoss(ignore_index=ignore_index)  # `loss` is Keras' own word

    def call(self, x: Float[Tensor, "n h w c"], target: Integer[Tensor, "n h w"], training: bool | None = None) -> Float[Tensor, ""]:
        scores = self.model(x)
        loss = self.loss_of(scores["out"], target)
        return loss + self.weight * self.loss_of(scores["aux"], target) if "aux" in scores else loss

    def get_config(self) -> dict:
        return super().get_config() | {"model": keras.saving.serialize_keras_object(self.model)}

    @classmethod
    def from_config(cls, config: dict):
        return cls(**config | {"model": keras.saving.deserialize_keras_object(config["model"])})
