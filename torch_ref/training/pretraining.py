"""An autoencoder first, on images without labels; then a classifier that starts from its encoder, beside one that starts anew, on few labels.

Shapes: x (N, pixels) in [0, 1], labels (N,), of which the first `labelled` are used.

>>> import torch
>>> told = pretrain(torch.rand(24, 16), torch.arange(24) % 10, widths=[8, 4], steps=3, labelled=8)
>>> len(told["reconstruction"]), len(told["from_encoder"]), told["encoder_is_shared"]
(3, 3, True)

Source: the notes, "autoencoder" (weights and biases from which another net can start); Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data".
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from torch_ref.models.autoencoder import Autoencoder
from torch_ref.saving._seeded import fill


def pretrain(x: Tensor, labels: Tensor, widths: list[int], steps: int, labelled: int) -> dict[str, Tensor | bool]:
    """Full-batch Adam: the reconstruction loss by step, then both classifiers' losses, and how many of the others each gets right."""
    net = Autoencoder(x.shape[1], widths)
    fill(net)
    told: dict[str, Tensor | bool] = {"reconstruction": _train(net, x, x, mse_loss, steps)}
    pretrained = net.classifier(10)
    told["encoder_is_shared"] = torch.equal(pretrained[0].weight, net.encoder[0].weight)
    fill(last := pretrained[-1])
    fresh_net = Autoencoder(x.shape[1], widths)
    fill(fresh_net, seed=1)
    fresh = fresh_net.classifier(10)
    fresh[-1].load_state_dict(last.state_dict())
    told["from_encoder"] = _train(pretrained, x[:labelled], labels[:labelled], cross_entropy, steps)
    told["from_nothing"] = _train(fresh, x[:labelled], labels[:labelled], cross_entropy, steps)
    told["scores"] = pretrained(x[labelled:]).detach()
    return told


def _train(model: nn.Module, x: Tensor, target: Tensor, loss_fn, steps: int) -> Tensor:
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=2.0**-7), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)
