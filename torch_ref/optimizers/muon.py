r"""Muon: PyTorch's own, the reference.

$$ B_t = \mu B_{t-1} + (1-\mu)\, g_t,\qquad \tilde B_t = \mu B_t + (1-\mu)\, g_t \text{ (nesterov)},\qquad
   \theta_t = (1 - \gamma\lambda)\, \theta_{t-1} - \gamma\, s\, \mathrm{NS}(\tilde B_t) $$

NS iterates X ← aX + (b XXᵀ + c (XXᵀ)²) X from X = B̃/‖B̃‖, in bfloat16. γ `lr`, λ `weight_decay`, μ `momentum`, (a, b, c) `ns_coefficients`;
s = √max(1, A/B) for a matrix (A, B), or with `adjust_lr_fn="match_rms_adamw"` 0.2 √max(A, B).

The update's singular values are near 1, whatever the gradient's:

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(2, 2))
>>> optimizer = Muon([w], lr=1.0, weight_decay=0.0)
>>> w.grad = torch.diag(torch.tensor([100.0, 10.0]))
>>> optimizer.step()
>>> ((torch.linalg.svdvals(w.detach()) - 1).abs() < 0.4).tolist()
[True, True]

Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; Liu et al. 2025, arXiv:2502.16982.
"""

from torch.optim import Muon as Muon
