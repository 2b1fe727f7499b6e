"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One departure: where, why, and the line that removes it.

    Attributes:
        layer: the PyTorch path ("layer1.0.conv1"), or "input", "output", "loss", "optimizer".
        keras_layer: the Keras path or name; "" where it is code between layers.
        cause: the id of an entry of the catalogue (`parity explain`), "" where none is known.
        message: one sentence: what PyTorch does, what Keras does.
        fix: code; "" where none is known.
        confirmed: the change was made on a copy, and the difference vanished.
        severity: "difference" is a reason for the verdict, "note" is not.
        snippet: a program that shows the failing piece alone, where the cause is unknown.
        also: further PyTorch paths with the same departure: one mask that goes to every block.
    """

    layer: str
    keras_layer: str
    cause: str
    message: str
    fix: str = ""
    confirmed: bool = False
    severity: Literal["difference", "note"] = "difference"
    snippet: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        mark = "confirmed" if self.confirmed else "not confirmed"
        cause = f" [{self.cause}, {mark}]" if self.cause else " [cause unknown]" if self.severity == "difference" else ""
        return f"{self.layer or 'model'}{self.elsewhere}: {self.message}{cause}" + (f"\n    fix: {self.fix}" if self.fix else "")

    @property
    def elsewhere(self) -> str:
        """ " and block.1.norm, block.2.norm" behind the layer's name; "" where it is the only one."""
        return f" and {', '.join(self.also)}" if self.also else ""
