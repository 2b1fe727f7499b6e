"""What the masks of the dropout layers look like, seen from outside: the numbers themselves differ from framework to framework, their rules do not.

>>> import torch
>>> seen = observe_dropout(torch.ones(64, 32, 6, 5), p=0.25)
>>> seen["Dropout values"], seen["Dropout whole channels"], seen["Dropout2d whole channels"]
(['0.0000', '1.3333'], False, True)

Source: Srivastava et al. 2014; Tompson et al. 2015, arXiv:1411.4280; Klambauer et al. 2017, arXiv:1706.02515.
"""

import torch
from torch import nn


def observe_dropout(x: torch.Tensor, p: float) -> dict[str, bool | list[str]]:
    """For each layer: the values that ones become, whether a channel goes as a whole, whether the share dropped is p within 5 standard deviations,
    whether two calls draw anew, and whether evaluation is the identity. x is (N, C, H, W)."""
    seen: dict[str, bool | list[str]] = {}
    for name in ("Dropout", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout"):
        layer = getattr(nn, name)(p)
        ones = torch.ones_like(x)
        first, second = layer(ones), layer(ones)
        values = sorted({f"{value:.4f}" for value in first.unique().tolist()}, key=float)
        dropped = (first - float(values[0])).abs() < 1e-3
        draws = dropped.all(dim=(2, 3)).numel() if "2d" in name or "Feature" in name else dropped.numel()
        seen[f"{name} values"] = values
        seen[f"{name} whole channels"] = bool((dropped.all(dim=(2, 3)) | ~dropped.any(dim=(2, 3))).all())
        seen[f"{name} share is p"] = bool(abs(dropped.double().mean() - p) <= 5 * (p * (1 - p) / draws) ** 0.5)
        seen[f"{name} draws anew"] = not torch.equal(first, second)
        seen[f"{name} evaluates to the input"] = torch.equal(layer.eval()(x), x)
    return seen
