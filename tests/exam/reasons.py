"""Why some inputs do not agree: the explanation, and the id of the catalogue of pitfalls where there is one. An entry that is no longer needed fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Known:
    """An explanation of the outcomes of `names` whose reason has `pattern` in it."""

    names: str
    word: str
    pattern: str
    text: str
    pitfall: str = ""


KNOWN = (
    Known(
        "nn.functional.avg_pool2d",
        "not supported",
        r"must be an integer or 2 of them, got \(",
        "ATen takes a tuple of one number for both axes and an empty stride for none; torch.nn's annotations and the twin do not",
    ),
    Known("Adam*", "differ", "either both floats or both Tensors", "betas are numbers to the twin, however they come; PyTorch chooses a kernel by it"),
)


def known(name: str, word: str, reason: str) -> Known | None:
    return next((entry for entry in KNOWN if entry.word == word and fnmatchcase(name, entry.names) and re.search(entry.pattern, reason)), None)
