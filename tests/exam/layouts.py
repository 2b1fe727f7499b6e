"""Where the twin wants the axes: one rule a name, decided from DESIGN §5 and never by trying which fits.

Torch has channels and classes on axis 1 (axis 0 of an unbatched input); image twins and losses have them last. What no rule names keeps torch's axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from parity.case import Layout

Kind = Callable[[int], Layout]  # the layout of a tensor of that rank


def same(rank: int) -> Layout:
    """The twin has torch's axes."""
    return "same"


def space(axes: int) -> Kind:
    """(N, C, *space), or (C, *space) without a batch."""
    return lambda rank: "channels_last" if rank == axes + 2 else "channels_last_unbatched" if rank == axes + 1 else "same"


def channels(rank: int) -> Layout:
    """(N, C, …): always batched."""
    return "channels_last" if rank >= 2 else "same"


@dataclass(frozen=True)
class Rule:
    """How the inputs of a twin lie, by name ("0": the first positional one); those not named are `default`. `output` None: as the first input of its rank."""

    default: Kind = same
    inputs: Mapping[str, Kind] = field(default_factory=dict)
    output: Kind | None = None
    floats_only: bool = False  # integer tensors (labels) have no class axis

    def of_input(self, name: str, array: np.ndarray) -> Layout:
        if self.floats_only and array.dtype.kind != "f":
            return "same"
        return self.inputs.get(name, self.default)(array.ndim)

    def of_output(self, rank: int, ranks: Mapping[str, int], layouts: Mapping[str, Layout]) -> Layout:
        if self.output is not None:
            return self.output(rank)
        return next((layouts[name] for name in ranks if ranks[name] == rank), "same")


def _every(pattern: str, axes: tuple[int, ...] = (1, 2, 3)) -> dict[str, Rule]:
    return {pattern.format(n): Rule(space(n)) for n in axes}


CLASSES = Rule(channels, floats_only=True)

RULES: dict[str, Rule] = {
    **_every("Conv{}d"),
    **_every("LazyConv{}d"),
    **_every("ConvTranspose{}d"),
    **_every("LazyConvTranspose{}d"),
    **_every("AvgPool{}d"),
    **_every("MaxPool{}d"),
    **_every("LPPool{}d"),
    **_every("AdaptiveAvgPool{}d"),
    **_every("AdaptiveMaxPool{}d"),
    **_every("FractionalMaxPool{}d", (2, 3)),
    **_every("MaxUnpool{}d"),
    **_every("InstanceNorm{}d"),
    **_every("ReflectionPad{}d"),
    **_every("ReplicationPad{}d"),
    **_every("ZeroPad{}d"),
    **_every("ConstantPad{}d"),
    **_every("CircularPad{}d"),
    "BatchNorm1d": Rule(channels),
    "BatchNorm2d": Rule(channels),
    "BatchNorm3d": Rule(channels),
    "GroupNorm": Rule(channels),
    "LocalResponseNorm": Rule(channels),
    "Softmax2d": Rule(space(2)),
    "PReLU": Rule(channels),
    "Unfold": Rule(space(2), output=space(1)),  # (N, C·k, L)
    "PixelShuffle": Rule(space(2)),
    "PixelUnshuffle": Rule(space(2)),
    "ChannelShuffle": Rule(channels),
    "Dropout2d": Rule(space(2)),
    "Dropout3d": Rule(space(3)),
    "FeatureAlphaDropout": Rule(channels),
    "CrossEntropyLoss": CLASSES,
    "NLLLoss": CLASSES,
    "LinearCrossEntropyLoss": CLASSES,
}


def rule(name: str) -> Rule:
    return RULES.get(name, Rule())
