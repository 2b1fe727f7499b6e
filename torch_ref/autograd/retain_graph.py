r"""A graph serves one `backward()`: the values it saved are freed, unless `retain_graph=True`.

$$ \text{out} = \sum_i (x_i + 1)^2, \qquad g = 2(x + 1) $$

Shapes: x and its gradients the same, any.

>>> import torch
>>> told = retain_graph(torch.ones(3))
>>> told["second_raised"], told["second_without_saved_values_raised"]
(True, False)

Source: the notes, "1.5 Autograd": "对一张图我们只能backward一次".
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def retain_graph(x: Tensor) -> dict[str, Tensor | bool | str | None]:
    """A second call without and with retaining; two losses over one graph; a graph that saved nothing."""
    x = x.detach().requires_grad_()

    out = ((x + 1) ** 2).sum()
    out.backward()
    told = attempt("second", lambda: out.backward())

    kept = ((x + 1) ** 2).sum()
    (first,) = torch.autograd.grad(kept, x, retain_graph=True)
    (second,) = torch.autograd.grad(kept, x)

    shared = torch.exp(x)
    one, other = shared.sum(), (shared**2).sum()
    one.backward()
    told |= attempt("other_loss", lambda: other.backward())  # it needs the exponential's saved value too

    shared = torch.exp(x)
    (of_both,) = torch.autograd.grad(shared.sum() + (shared**2).sum(), x)  # the cure: add the losses

    nothing_saved = (x + 2).sum()  # a sum needs no values for its gradient
    nothing_saved.backward()
    told |= attempt("second_without_saved_values", lambda: nothing_saved.backward())
    return {"first": first, "second": second, "of_both": of_both, **told}
