r"""Training on two scores: the loss of what a network answers and a share of the loss of what a middle stage answers.

$$ \ell = \mathrm{CE}(y_\text{out}, t) + w\, \mathrm{CE}(y_\text{aux}, t), \qquad t_{nij} = \text{ignore\_index counts for nothing} $$

Shapes: x as the model takes it, target (N, H, W) labels, output () the loss. The model returns {"out": scores, "aux": scores} when it trains: PSPNet
(w = 0.4), and torchvision's FCN and DeepLab v3 with `aux_loss` (0.5). Without "aux" it is the loss of "out" alone.

>>> import torch
>>> from torch_ref.models.pspnet import PSPNet
>>> loss = DeepSupervision(PSPNet(num_classes=3, layers=(1, 1, 1, 1), width=4, hidden=8), ignore_index=255)
>>> loss(torch.randn(2, 3, 17, 20), torch.randint(3, (2, 17, 20))).shape
torch.Size([])

Source: Zhao et al. 2016, arXiv:1612.01105, §3.3; Lee et al. 2014, arXiv:1409.5185; the notes, "PSPNet".
"""

import torch
from torch import nn


class DeepSupervision(nn.Module):
    """A model under its loss."""

    def __init__(self, model: nn.Module, weight: float = 0.4, ignore_index: int = -100) -> None:
        super().__init__()
        self.model = model
        self.weight = weight
        self.loss = nn.CrossEntropyLoss(ignore_index=ignore_index)

    def forward(self, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        scores = self.model(x)
        loss = self.loss(scores["out"], target)
        return loss + self.weight * self.loss(scores["aux"], target) if "aux" in scores else loss
