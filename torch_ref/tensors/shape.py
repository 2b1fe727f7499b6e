r"""Changing the shape: which axes, in which order, and what shares its memory.

| | |
|---|---|
| `x.view(-1)`, `x.reshape(r, c)` | the same numbers in the same order, other axes; they share memory |
| `x.unsqueeze(d)`, `x.squeeze(d)` | an axis of size 1 more, or less |
| `x.transpose(a, b)`, `x.permute(...)` | the axes in another order |
| `x.clone()` | a copy |
| `x.numel()`, `x.size()`, `x.item()` | how many, how large, the one number |

Shapes: `reshaped`: x (n, m, k). `reshape_shares`: x (12,).

>>> import torch
>>> told = described(torch.randn(4, 4))
>>> told["view_16"], told["view_minus_1_8"]
([16], [2, 8])
>>> reshape_shares(torch.arange(12.0))["after_write_through_reshape"]
tensor([12., 12., 12., 12., 12., 12., 12., 12., 12., 12., 12., 12.])

Source: the notes, "改变形状", "数据操作" (reshape and view), "Tensor不熟悉的操作", "运算" (`x.view(-1, 8)`).
"""

from torch import Tensor

from torch_ref.tensors._refusal import attempt


def reshaped(x: Tensor) -> dict[str, Tensor]:
    """Every way; the gradient comes back in x's own shape."""
    n, m, _ = x.shape
    return {
        "flat": x.view(-1),
        "reshape": x.reshape(m, n, -1),
        "flatten": x.flatten(1),
        "unsqueeze": x.unsqueeze(1),
        "unsqueeze_last": x.unsqueeze(-1),
        "squeeze": x[:1].squeeze(0),
        "transpose": x.transpose(1, 2),
        "permute": x.permute(2, 0, 1),
        "moveaxis": x.movedim(0, -1),
        "matrix_transpose": x[0].T,
        "permute_then_reshape": x.permute(2, 1, 0).reshape(-1),
    }


def described(x: Tensor) -> dict[str, list[int] | int]:
    """What a tensor says of itself, x of 16 numbers (the notes' randn(4, 4))."""
    return {
        "numel": x.numel(),
        "ndim": x.ndim,
        "size": list(x.size()),
        "shape": list(x.shape),
        "view_16": list(x.view(16).size()),
        "view_minus_1_8": list(x.view(-1, 8).size()),
    }


def items(x: Tensor) -> dict[str, float | bool | str | None]:
    """One number out of a tensor, and out of one that has several."""
    return {
        "item": x[:1].item(),
        "item_is_python": type(x[:1].item()) is float,
        "nested_lists": x.tolist(),
        **attempt("item_of_several", lambda: x.item()),
        **attempt("float_of_several", lambda: float(x)),
    }


def misfits(x: Tensor) -> dict[str, bool | str | None]:
    """Shapes that do not fit; two sizes left open; an axis that is not of size 1."""
    n = x.numel()
    return {
        **attempt("wrong_size", lambda: x.reshape(n + 1)),
        **attempt("two_open", lambda: x.reshape(-1, -1)),
        **attempt("not_divisible", lambda: x.reshape(-1, n + 1)),
        **attempt("squeeze_of_two", lambda: x.reshape(1, n).squeeze(1)),
    }


def default_order(x: Tensor) -> dict[str, list[int]]:
    """x (n, m, k): without arguments, and with two axes."""
    return {"reversed": list(x.permute(2, 1, 0).shape), "two_axes": list(x.transpose(1, 2).shape), "transposed": list(x.mT.shape)}


def reshape_shares(x: Tensor) -> dict[str, Tensor]:
    """The notes' b = a.reshape((3, 4)); b[:] = 12, and c = data.reshape(4, 3).view(3, -1); c[0] = 100; and the clone that is not reached."""
    a = x.clone()
    b = a.reshape(3, 4)
    b[:] = 12
    data = x.clone().reshape(4, 3)
    c = data.view(3, -1)
    c[0] = 100
    kept = x.clone()
    copy = kept.clone().reshape(4, 3)
    copy[:] = 7
    return {"after_write_through_reshape": a, "after_write_through_view": data, "after_write_to_clone": kept}
