r"""Sums, products, and which of them write in place.

| | |
|---|---|
| `x + y`, `torch.add(x, y)` | a new tensor |
| `torch.add(x, y, out=r)` | written into r |
| `y.add_(x)`, `y += x` | written into y: the same object, and every view of it changes |
| `torch.matmul(a, b.T)` | rows of a times rows of b |

Shapes: `arithmetic`: x and y (n, d), b (m, d); products (n, m). `in_place`: x and y alike.

>>> import torch
>>> told = in_place(torch.tensor([2, 3]), torch.tensor([2, 9]))
>>> told["added_in_place"], told["plus_keeps_object"], told["plus_equals_keeps_object"]
(tensor([ 4, 12]), False, True)

Source: the notes, "算术&矩阵运算", "数据操作" (`id(X)`) and "运算".
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def arithmetic(x: Tensor, y: Tensor, b: Tensor) -> dict[str, Tensor]:
    """New tensors."""
    return {
        "plus": x + y,
        "add": torch.add(x, y),
        "add_scaled": torch.add(x, y, alpha=2.5),
        "minus": x - y,
        "times": x * y,
        "over": x / y,
        "matmul_transposed": torch.matmul(x, b.T),
        "at": x @ b.T,
        "vector": x @ b[0],
        "dot": torch.dot(x[0], y[0]),
    }


def in_place(x: Tensor, y: Tensor) -> dict[str, Tensor | bool | str | None]:
    """The notes' id(X), before and after: is it the same object, and does another name for it change too?"""
    result = torch.empty_like(x)
    torch.add(x, y, out=result)

    target = x.clone()
    other_name, before = target, id(target)
    target.add_(y)
    told = {"added_in_place": target, "out": result, "add__keeps_object": id(target) == before, "other_name_changes": torch.equal(other_name, x + y)}

    target = x.clone()
    before = id(target)
    target = target + y
    told["plus_keeps_object"] = id(target) == before

    target = x.clone()
    before = id(target)
    target += y
    told["plus_equals_keeps_object"] = id(target) == before
    parameter = torch.nn.Parameter(x.clone(), requires_grad=False)
    return told | attempt("variable_plus_equals", lambda: parameter.__iadd__(y))


def overwritten(x: Tensor) -> dict[str, Tensor | bool | str | None]:
    """Writing into a tensor whose value the gradient still needs: exp saves its result."""
    x = x.detach().requires_grad_()
    y = torch.exp(x)
    y.add_(1)
    told = attempt("backward_after_write", lambda: y.sum().backward())
    z = torch.exp(x) + 1  # the cure: a new tensor
    (gradient,) = torch.autograd.grad(z.sum(), x)
    return {"gradient": gradient, **told}
