r"""Leaves, `requires_grad` and the graph behind a result.

The graph of z = mean(3 (x + 2)²) is walked from the result: `grad_fn`, then `next_functions`, down to the leaf's AccumulateGrad.

Shapes: x and the intermediate gradient the same, any.

>>> import torch
>>> told = leaf_and_graph(torch.ones(2, 2))
>>> told["operations"]
['MeanBackward0', 'MulBackward0', 'MulBackward0', 'AddBackward0', 'AccumulateGrad']
>>> told["integers_error"]
'RuntimeError: only Tensors of floating point dtype can require gradients'

Source: the notes, "计算图 Computational graph" and "自动求导" (requires_grad False, then True; grad_fn).
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def leaf_and_graph(x: Tensor) -> dict[str, Tensor | bool | list[str] | str | None]:
    """Who is a leaf, who gets a gradient, and what was recorded."""
    constant, parameter = x.detach(), torch.nn.Parameter(x.detach())
    told = {
        "constant_tracked": constant.requires_grad,
        "parameter_tracked": parameter.requires_grad,
        "result_of_constants_tracked": (constant * 3).requires_grad,
        "result_of_one_parameter_tracked": (constant * parameter).requires_grad,
        "parameter_is_leaf": parameter.is_leaf,
        "result_is_leaf": (constant * parameter).is_leaf,
    }
    leaf = constant.requires_grad_()  # in place: the flag of an existing tensor
    y = leaf + 2
    z = y * y * 3
    out = z.mean()
    told["after_asking_tracked"] = leaf.requires_grad
    told["operations"] = _operations(out.grad_fn)
    y.retain_grad()  # without it only leaves keep theirs
    out.backward()
    told |= attempt("integers", lambda: torch.arange(3).requires_grad_())
    return {"leaf_gradient": leaf.grad, "intermediate_gradient": y.grad, **told}


def _operations(node: torch.autograd.graph.Node | None) -> list[str]:
    """Names from the result down, along the first input that has any."""
    names = []
    while node is not None:
        names.append(node.name().removeprefix("torch::autograd::"))
        node = next((below for below, _ in node.next_functions if below is not None), None)
    return names
