"""The words of the table, without a framework."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """Best first: an input that was tried in two modes has the worse of them. The first two are agreement."""

    AGREE = "agree"
    ZERO = "all zero"  # agrees too, in zeros of equal shape: every output and gradient is 0 on both sides, or empty
    NO_TWIN = "no twin"
    DIFFER = "differ"
    UNSUPPORTED = "not supported"
    REFUSED = "torch refuses"  # torch cannot run an input of its own database


@dataclass(frozen=True)
class Outcome:
    """One input."""

    index: int
    desc: str
    word: Word
    reason: str = ""
    verdict: str = ""  # the worst row's
