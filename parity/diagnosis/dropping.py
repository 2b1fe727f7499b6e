"""Torch's dropout masks as Keras layers would draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from parity.case import seeded
from parity.diagnosis.layouts import matching


class Dropping:
    """The part of a `Session` that feeds masks."""

    torch: Any
    keras: Any

    def start_dropping(self) -> None:
        self.masks_fed = 0
        self.mask_order: list[int] = []  # of the dropouts of the Keras side, in the order of their calls: the place of the mask
        self.singly: list[tuple[str, int]] = []  # Keras dropouts of single elements where torch drops whole channels: name, place of the mask
        self.undropped: list[tuple[str, tuple[int, ...], int]] = []  # Keras dropouts that no mask fits: name, shape, how many masks were fed before

    def masked(self, call: Callable[[], Any], masks: Sequence[Any], flow: Any = None) -> Any:
        """`call()` with torch's dropout masks in the place of Keras' own.

        Args:
            flow: torch's run, where layers are fed what torch's are: a mask is then told by what it is applied to. Later calls take them in the same order.
        """
        if not masks:
            return call()
        left = {i: self.torch.array(mask) for i, mask in enumerate(masks)}
        dropouts = [op for op in flow.ops if op.name == "dropout"] if flow is not None else []
        known = () if flow is not None else tuple(self.mask_order)
        if flow is not None:
            self.mask_order = []
        self.undropped, self.singly = [], []
        calls = count()

        def chosen(x: Any, fitting: dict[int, np.ndarray], number: int) -> int:
            first = next(iter(fitting))
            if number < len(known) and known[number] in fitting:
                return known[number]
            live = self.keras.array(x) if len(fitting) > 1 and len(dropouts) == len(masks) else None
            same = (i for i in fitting if matching(self.torch.array(flow.values[dropouts[i].inputs[0]]), live) is not None) if live is not None else ()
            return next(iter(same), first)

        def drop(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Any) -> Any:
            rate = getattr(layer, "rate", None)
            if "Dropout" not in type(layer).__name__ or not isinstance(rate, float) or not 0 < rate < 1 or kwargs.get("training") is False:
                return proceed(*args, **kwargs)
            x = args[0] if args else kwargs["inputs"]
            shape = tuple(int(n) for n in x.shape)
            fitting = {i: laid for i, mask in left.items() if (laid := laid_as(mask, shape)) is not None}
            number = next(calls)
            if not fitting:
                self.mask_order += [-1] if flow is not None else []
                self.undropped.append((layer.name, shape, min(left, default=len(masks))))
                return proceed(*args, **kwargs)
            place = chosen(x, fitting, number)
            for i in [i for i in left if i == place or (i < place and i not in fitting)]:  # those that fit nothing are passed by
                del left[i]
            if flow is not None:
                self.mask_order.append(place)
            self.masks_fed += 1
            kept = as_dropped(layer, np.broadcast_to(fitting[place], shape))
            if dropped_singly(layer, fitting[place], shape):  # as the layer would: whole channels are never dropped so by chance
                self.singly.append((layer.name, place))
                kept = (seeded("dropped singly", place, shape).random(shape) >= rate).astype(np.float32)
            return x * self.keras.tensor(kept.astype(np.float32)) / (1.0 - rate)

        from parity.frameworks.keras_tracing import watched

        with watched(drop):
            return call()


def laid_as(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A mask in the axes of a Keras value (the channels where torch has them, or last); None where it fits in neither way."""
    for axes in dict.fromkeys([tuple(range(mask.ndim)), (0, *range(2, mask.ndim), 1) if mask.ndim > 2 else tuple(range(mask.ndim))]):
        laid = mask.transpose(axes)
        if laid.ndim == len(shape) and all(mine in (1, theirs) for mine, theirs in zip(laid.shape, shape, strict=True)):
            return laid
    return mask.reshape(shape) if mask.size == int(np.prod(shape)) and mask.ndim != len(shape) else None


def together(layer: Any, rank: int) -> tuple[int | None, ...]:
    """1 for the axes that a layer drops together."""
    if "Spatial" in type(layer).__name__:
        last = getattr(layer, "data_format", "channels_last") != "channels_first"
        return (None, *[1] * (rank - 2), None) if last else (None, None, *[1] * (rank - 2))
    return tuple(getattr(layer, "noise_shape", None) or ())


def as_dropped(layer: Any, mask: np.ndarray) -> np.ndarray:
    """A mask as a layer would draw it that drops whole channels, or other axes together."""
    for axis, size in enumerate(together(layer, mask.ndim)):
        mask = mask.take([0], axis) if size == 1 else mask
    return mask


def dropped_singly(layer: Any, mask: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether torch drops places together that the layer drops one by one."""
    axes = together(layer, len(shape)) or (None,) * len(shape)
    return any(mine == 1 < theirs and size != 1 for mine, theirs, size in zip(mask.shape, shape, axes, strict=True))
