"""Torch's functions, called so that a trace sees what they do, and that a float64 run stays one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F

_CASTS = frozenset([torch.Tensor.to, torch.Tensor.type])


def as_precise(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Callable[..., Any], Sequence[Any], dict[str, Any]]:
    """A model's own `.float()` and `dtype=torch.float32`, of integers or against half precision, take nothing from a float64 run."""
    if torch.get_default_dtype() is not torch.float64:
        return function, args, kwargs
    if function is torch.Tensor.float:
        return torch.Tensor.double, args, kwargs
    if function in _CASTS:
        args = [_wider(a) for a in args]
    return function, args, {**kwargs, "dtype": _wider(kwargs["dtype"])} if "dtype" in kwargs else kwargs


def _wider(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value


def drops(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    training = args[2] if len(args) > 2 else kwargs.get("training", True)
    p = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
    return bool(training) and p > 0


def drops_attention(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    return bool((args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0)) > 0)


def attended(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    """`scaled_dot_product_attention` step by step, its dropout a call of its own: torch's kernel draws where nobody sees it."""
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) for x in (key, value))
    scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, float("-inf")) if attn_mask.dtype is torch.bool else scores + attn_mask
    return F.dropout(scores.softmax(-1), dropout_p) @ value


@contextlib.contextmanager
def opened(dropout: Callable[..., torch.Tensor]) -> Iterator[None]:
    """What `nn.MultiheadAttention` calls inside, where no trace gets to, drops out by this function `(x, p)`."""
    plain, attention = F.dropout, F.scaled_dot_product_attention

    def dropped(input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        return dropout(input, p) if training and p > 0 else input

    F.dropout = dropped
    F.scaled_dot_product_attention = lambda *args, **kwargs: attended(*args, **kwargs) if drops_attention(args, kwargs) else attention(*args, **kwargs)
    try:
        yield
    finally:
        F.dropout, F.scaled_dot_product_attention = plain, attention


class Again:
    """A module called again, with what it dropped out the first time."""

    def __init__(self, module: torch.nn.Module, masks: Sequence[torch.Tensor], trace: Callable[..., Any]) -> None:
        self.module, self.masks, self.trace = module, list(masks), trace
        self.__name__ = str(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.trace(self.module, args, kwargs, masks=self.masks)[1]
