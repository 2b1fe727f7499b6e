r"""Who sees a write: NumPy arrays and tensors, views and copies.

Every fact is found by writing into one and looking at the other.

Shapes: x any float tensor of two axes; it only gives dtype and values.

>>> import torch
>>> told = numpy_to_tensor(torch.ones(1, 5))
>>> told["b"], told["tensor_shares"], told["class_shares"], told["from_numpy_shares"], told["as_tensor_shares"]
(tensor([[2., 2., 2., 2., 2.]]), False, True, True, True)
>>> told = views(torch.ones(2, 3))
>>> told["view_shares"], told["copy_shares"], told["clone_shares"]
(True, True, False)

Source: the notes, "桥接Numpy" (ones(5), then 2 on both sides), "create tensor" (they say `torch.Tensor` copies; for an array of the default dtype it shares),
"改变形状", "clone 和 copy".
"""

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def numpy_to_tensor(x: Tensor) -> dict[str, Tensor | np.ndarray | bool]:
    """An array becomes a tensor, then the array is written into. All on the CPU: a GPU's memory is never shared."""
    a = x.cpu().numpy().copy()
    b = torch.from_numpy(a)
    np.add(a, 1, out=a)

    def shares(make: Callable[[np.ndarray], Tensor]) -> bool:
        array = a.copy()
        tensor = make(array)
        before = tensor.clone()
        array += 1
        return not torch.equal(tensor, before)

    return {
        "a": a,
        "b": b,
        "tensor_shares": shares(lambda array: torch.tensor(array, device="cpu")),
        "class_shares": shares(torch.Tensor),
        "from_numpy_shares": shares(torch.from_numpy),
        "as_tensor_shares": shares(lambda array: torch.as_tensor(array, device="cpu")),
        "other_dtype_shares": shares(lambda array: torch.as_tensor(array, dtype=torch.float16, device="cpu")),
        "list_shares": shares(lambda array: torch.as_tensor(array.tolist(), device="cpu")),
    }


def tensor_to_numpy(x: Tensor) -> dict[str, Tensor | np.ndarray | bool]:
    """A tensor becomes an array, then the tensor is written into; and the other way round."""
    a = x.cpu().clone()
    b = a.numpy()
    a.add_(1)

    c = x.cpu().clone()
    d = c.numpy()
    d[...] = 9
    return {
        "a": a,
        "b": b,
        "array_sees_tensor": bool(np.all(b == a.numpy())),
        "tensor_sees_array": bool(torch.all(c == 9)),
        "array_is_writable": d.flags.writeable,
    }


def views(x: Tensor) -> dict[str, bool | str | None]:
    """A tensor is made from another, then the other is written into."""

    def shares(make: Callable[[Tensor], Tensor]) -> bool:
        base = x.clone()
        made = make(base)
        before = made.clone()
        base.add_(1)
        return not torch.equal(made, before)

    return {
        "view_shares": shares(lambda t: t.view(-1)),
        "reshape_shares": shares(lambda t: t.reshape(-1)),
        "transpose_shares": shares(lambda t: t.t()),
        "slice_shares": shares(lambda t: t[:, 0]),
        "split_shares": shares(lambda t: t.split(1, dim=0)[0]),
        "unsqueeze_shares": shares(lambda t: t.unsqueeze(0)),
        "expand_shares": shares(lambda t: t.expand(2, *t.shape)),
        "detach_shares": shares(lambda t: t.detach()),
        "copy_shares": shares(copy.copy),
        "clone_shares": shares(lambda t: t.clone()),
        "deepcopy_shares": shares(copy.deepcopy),
        "index_list_shares": shares(lambda t: t[[0]]),
        "reshape_of_transpose_shares": shares(lambda t: t.t().reshape(-1)),
        **attempt("view_of_transpose", lambda: x.t().view(-1)),
    }
