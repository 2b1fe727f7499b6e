"""Which order of axes a layer takes its input in, where values do not tell."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.diagnosis.axes import CHANNEL_KINDS
from parity.diagnosis.layouts import channels_last
from parity.diagnosis.matching import Match


class Facing:
    """The part of a `Forcing` that knows the axes of each kind of layer."""

    def canonical_in(self, match: Match, array: np.ndarray) -> tuple[int, ...] | None:
        layer, kind = match.keras.layer, match.keras.kind
        if kind in CHANNEL_KINDS and array.ndim >= 3:
            last = getattr(layer, "data_format", "channels_last") == "channels_last" and getattr(layer, "axis", -1) in (-1, array.ndim - 1)
            if kind in {"conv", "conv_transpose"} or match.torch.kind in CHANNEL_KINDS:
                return channels_last(array.ndim) if last else tuple(range(array.ndim))
        if kind == "linear" and match.torch.kind == "conv":
            return channels_last(array.ndim)
        module = match.torch.layer
        if (
            kind in {"rnn", "lstm", "gru", "attention"}
            and array.ndim == 3
            and getattr(module, "batch_first", None) is False
            and not match.torch.part.startswith("l")
        ):
            return (1, 0, 2)
        return tuple(range(array.ndim))

    def canonical_out(self, point: Any, array: np.ndarray) -> tuple[int, ...] | None:
        view = next((v for v in point.views if v is not None), None)
        if view is not None and len(view.order.axes) == array.ndim:
            return view.order.axes
        return self.canonical_in(point.match, array)
