r"""Clipping gradients, by value and by the norm of all of them together: PyTorch's own, the reference.

$$ g_i \leftarrow \min(\max(g_i, -c), c) \qquad\text{or}\qquad g_i \leftarrow g_i \cdot \min\!\left(1, \frac{c}{\lVert g \rVert_p + 10^{-6}}\right),\quad
   \lVert g \rVert_p = \big\lVert (\lVert g_1 \rVert_p, \lVert g_2 \rVert_p, \dots) \big\rVert_p $$

Shapes: any; the norm is a number. Both write into `.grad` of the parameters; the norm from before is returned.

>>> import torch
>>> told = clipped_by_norm((torch.tensor([3.0, 4.0]), torch.tensor([12.0])), max_norm=1.0)
>>> told["norm"], told["gradient.1"]
(tensor(13.), tensor([0.9231]))

Source: Pascanu et al. 2012, "On the difficulty of training recurrent neural networks", arXiv:1211.5063.
"""

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_ as clip_grad_norm_
from torch.nn.utils import clip_grad_value_ as clip_grad_value_
from torch.nn.utils import clip_grads_with_norm_ as clip_grads_with_norm_
from torch.nn.utils import get_total_norm as get_total_norm


def clipped_by_norm(gradients: tuple[Tensor, ...], max_norm: float, norm_type: float = 2.0) -> dict[str, Tensor]:
    """What is left of gradients, and their norm: at once, and in two steps."""
    parameters = _with_gradients(gradients)
    norm = clip_grad_norm_(parameters, max_norm, norm_type)
    again = _with_gradients(gradients)
    clip_grads_with_norm_(again, max_norm, get_total_norm([p.grad for p in again], norm_type))
    return {"norm": norm} | _named("gradient", parameters) | _named("in_two_steps", again)


def clipped_by_value(gradients: tuple[Tensor, ...], clip_value: float) -> dict[str, Tensor]:
    """What is left of gradients."""
    parameters = _with_gradients(gradients)
    clip_grad_value_(parameters, clip_value)
    return _named("gradient", parameters)


def clipped_by_optimizer(gradients: tuple[Tensor, ...], max_norm: float) -> dict[str, Tensor]:
    """A step with learning rate 1 from zero, by the framework's own means: here there is only the function."""
    parameters = _with_gradients(gradients)
    clip_grad_norm_(parameters, max_norm)
    torch.optim.SGD(parameters, lr=1.0).step()
    return {f"step.{i}": p.detach() for i, p in enumerate(parameters)}


def repeated_rows(table: Tensor, ids: Tensor, max_norm: float) -> dict[str, Tensor]:
    """The gradient of ½‖looked-up rows‖², rows looked up several times, clipped; and the framework's own norm of it."""
    table = table.detach().requires_grad_()
    (torch.nn.functional.embedding(ids, table) ** 2).sum().div(2).backward()
    own = torch.linalg.vector_norm(table.grad)
    norm = clip_grad_norm_([table], max_norm)
    return {"norm": norm, "own_norm": own, "gradient": table.grad}


def overflow(gradients: tuple[Tensor, ...], max_norm: float) -> dict[str, str | bool]:
    """What becomes of gradients that are not finite; whether `error_if_nonfinite` raises; what the framework's own means make of them."""
    clipped = clipped_by_norm(gradients, max_norm)
    parameters = _with_gradients(gradients)
    try:
        clip_grad_norm_(parameters, max_norm, error_if_nonfinite=True)
        raises = False
    except RuntimeError:
        raises = True
    of_optimizer = clipped_by_optimizer(gradients, max_norm)
    told = {name: value for name, value in clipped.items() if not name.startswith("in_two_steps")} | of_optimizer
    return {name: _written(value) for name, value in told.items()} | {"raises": raises}


def _with_gradients(gradients: tuple[Tensor, ...]) -> list[torch.nn.Parameter]:
    parameters = [torch.nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    return parameters


def _named(name: str, parameters: list[torch.nn.Parameter]) -> dict[str, Tensor]:
    return {f"{name}.{i}": p.grad for i, p in enumerate(parameters)}


def _written(tensor: Tensor) -> str:
    """Numbers to three digits, with their infinities; the sign of a zero is left out."""
    return " ".join(f"{value + 0.0:.3g}" for value in tensor.flatten().tolist())
