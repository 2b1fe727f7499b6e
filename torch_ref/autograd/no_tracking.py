r"""Computing without recording: `no_grad`, `set_grad_enabled`, `inference_mode`, `detach`, frozen parameters.

Shapes: x (n, d) or (d,), w (d, m), b (m,).

>>> import torch
>>> x, w, b = torch.ones(5), torch.randn(5, 3), torch.randn(3)
>>> {name: fact for name, fact in no_tracking(x, w, b).items() if name.endswith("tracked")}
{'tracked': True, 'no_grad_tracked': False, 'detached_tracked': False, 'inference_tracked': False, 'frozen_tracked': False, 'eval_tracked': True}

Source: the notes, "Disabling Gradient Tracking" (True, False, False), `torch.set_grad_enabled(phase == 'train')`, "eval ... 仍然会进行前向传播计算梯度".
"""

import torch
from torch import Tensor


def no_tracking(x: Tensor, w: Tensor, b: Tensor) -> dict[str, Tensor | bool]:
    """The ways not to track, each with what it computed, and `eval()`, which is none of them."""
    w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
    z = torch.matmul(x, w) + b
    with torch.no_grad():
        z_no_grad = torch.matmul(x, w) + b
    with torch.inference_mode():
        z_inference = torch.matmul(x, w) + b
    frozen = torch.nn.Parameter(w.detach(), requires_grad=False)
    z_frozen = torch.matmul(x, frozen)
    dropped = torch.nn.Dropout(0.5).eval()(torch.matmul(x, w))
    return {
        "z": z,
        "z_no_grad": z_no_grad,
        "z_inference": z_inference,
        "tracked": z.requires_grad,
        "no_grad_tracked": z_no_grad.requires_grad,
        "detached_tracked": z.detach().requires_grad,
        "inference_tracked": z_inference.requires_grad,
        "frozen_tracked": z_frozen.requires_grad,
        "eval_tracked": dropped.requires_grad,
    }


def phases(x: Tensor, w: Tensor, phase: str) -> dict[str, Tensor | bool | None]:
    """The notes' pipeline: one forward pass for both phases, recorded only in training."""
    w = w.detach().requires_grad_()
    with torch.set_grad_enabled(phase == "train"):
        loss = torch.tanh(torch.matmul(x, w)).mean()
        if phase == "train":
            loss.backward()
    return {"loss": loss, "tracked": loss.requires_grad, "gradient": w.grad}


def detached_factor(x: Tensor) -> dict[str, Tensor]:
    """x · detach(x): the value of x², the gradient of x times a constant."""
    x = x.detach().requires_grad_()
    y = x * x.detach()
    y.sum().backward()
    return {"y": y, "gradient": x.grad}
