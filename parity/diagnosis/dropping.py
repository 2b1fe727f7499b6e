"""Torch's dropout masks as Keras layers would draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count, permutations
from typing import Any

import numpy as np

from parity.case import seeded
from parity.diagnosis.axes import flattened_from
from parity.diagnosis.binding import Seam
from parity.diagnosis.layouts import close, matching
from parity.diagnosis.states import masked_as


class Dropping:
    """The part of a `Session` that feeds masks."""

    torch: Any
    keras: Any
    matching: Any

    def start_dropping(self) -> None:
        self.masks_fed = 0
        self.mask_order: list[int] = []  # of the dropouts of the Keras side, in the order of their calls: the place of the mask
        self.mask_seams: dict[int, Seam] = {}  # place of the mask → how the Keras side flattens what it is applied to
        self.mask_axes: dict[
            int, tuple[int, ...]
        ] = {}  # place of the mask → how the Keras side has its axes, where that is neither torch's way nor channels last
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
        last = -1  # place of the mask fed before: where values do not tell, masks come in torch's order, and a model may call its parts in another

        def behind(places: Iterable[int], default: int) -> int:
            return next((i for i in places if i > last), default)

        def chosen(x: Any, fitting: dict[int, np.ndarray], number: int) -> int:
            first = behind(fitting, next(iter(fitting)))
            if number < len(known) and known[number] in fitting:
                return known[number]
            live = self.keras.array(x) if len(fitting) > 1 and len(dropouts) == len(masks) else None
            same = (i for i in fitting if matching(self.torch.array(flow.values[dropouts[i].inputs[0]]), live) is not None) if live is not None else ()
            return next(iter(same), first)

        def drop(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Any) -> Any:
            rate = getattr(layer, "rate", None)
            if "Dropout" not in type(layer).__name__ or not isinstance(rate, float) or not 0 < rate < 1 or kwargs.get("training") is False:
                return proceed(*args, **kwargs)
            nonlocal last
            x = args[0] if args else kwargs["inputs"]
            shape = tuple(int(n) for n in x.shape)
            fitting = {i: laid for i, mask in left.items() if (laid := laid_as(mask, shape)) is not None}
            number = next(calls)
            if not fitting:
                self.mask_order += [-1] if flow is not None else []
                self.undropped.append((layer.name, shape, behind(left, len(masks))))
                return proceed(*args, **kwargs)
            last = place = chosen(x, fitting, number)
            left_mask = left.pop(place)
            if flow is not None:
                self.mask_order.append(place)
                if len(dropouts) == len(masks):
                    self.find_lay(place, flow, dropouts[place].inputs[0], x, left_mask)
            self.masks_fed += 1
            mask = left_mask.transpose(self.mask_axes[place]) if place in self.mask_axes else fitting[place]
            mask = self.mask_seams[place].to_keras(mask) if place in self.mask_seams else mask
            kept = as_dropped(layer, np.broadcast_to(mask, shape))
            if dropped_singly(layer, fitting[place], shape):  # as the layer would: whole channels are never dropped so by chance
                self.singly.append((layer.name, place))
                kept = (seeded("dropped singly", place, shape).random(shape) >= rate).astype(np.float32)
            return masked_as(x, x * self.keras.tensor(kept.astype(np.float32)) / (1.0 - rate))

        from parity.frameworks.keras_tracing import watched

        with watched(drop):
            return call()

    def find_lay(self, place: int, flow: Any, number: int, x: Any, mask: np.ndarray) -> None:
        """A mask lies as what it is applied to: in another order of axes; behind a flatten, as the Keras side flattens, with the channels last."""
        mine, live = self.torch.array(flow.values[number]), self.keras.array(x)
        order = matching(mine, live)
        if order is not None and len(order.axes) == mask.ndim == live.ndim and mask.shape == mine.shape:
            self.mask_axes[place] = order.axes
        shape = flattened_from(flow, number, mine.shape[-1]) if mine.ndim == 2 and mine.shape == live.shape else None
        if shape is None or close(live, mine):
            return
        seam = Seam(shape)
        if close(live, seam.to_keras(mine)) or any(match.seam is not None and match.seam.shape == shape for match in self.matching.matches):
            self.mask_seams[place] = seam


def laid_as(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A mask in the axes of a Keras value (the channels where torch has them, or last); None where it fits in neither way."""
    for axes in dict.fromkeys([tuple(range(mask.ndim)), (0, *range(2, mask.ndim), 1) if mask.ndim > 2 else tuple(range(mask.ndim))]):
        laid = mask.transpose(axes)
        if laid.ndim == len(shape) and all(mine in (1, theirs) for mine, theirs in zip(laid.shape, shape, strict=True)):
            return laid
    if mask.ndim == len(shape):
        found = next((mask.transpose(axes) for axes in permutations(range(mask.ndim)) if tuple(mask.shape[a] for a in axes) == shape), None)
        behind = shape[1] - mask.shape[1] if mask.ndim == 3 and (mask.shape[0], mask.shape[2]) == (shape[0], shape[2]) else 0
        return np.pad(mask, ((0, 0), (0, behind), (0, 0)), constant_values=1) if found is None and behind > 0 else found  # steps behind all packed sequences
    return mask.reshape(shape) if mask.size == int(np.prod(shape)) else None


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
