"""The catalogue of known differences between PyTorch and Keras: what each does, how large the difference is, how to remove it.

One source for the diagnosis, the migration guide and the planted bugs. The entries are data, `entries/<area>.toml`.

>>> entry("bn-eps").keras
'`BatchNormalization` epsilon 1e-3'
>>> "A005" in [e.id for e in concerning("layers.batch_norm")]
True
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from parity.errors import ParityUsageError

TIERS = {
    "A": "met in almost every port",
    "B": "met often",
    "C": "met occasionally",
    "bug": "a bug of these versions",
    "oddity": "an oddity of these versions",
    "port": "a mistake of porting",
}


@dataclass(frozen=True)
class Entry:
    """One known difference; the texts are Markdown with `code` only."""

    id: str  # "A005", "BUG-1"
    slug: str  # "bn-eps"
    area: str  # the file it stands in
    tier: str  # a key of TIERS
    torch: str  # what PyTorch does
    keras: str  # what Keras or TensorFlow does
    fix: str  # how to make them equal
    symptom: str  # how it shows, with the typical size
    measured: tuple[str, ...]  # on torch 2.13.0, TensorFlow 2.21.0, Keras 3.15.1, CPU
    source: str
    concerns: tuple[str, ...]  # patterns of concepts: "layers.conv", "optimizers.*"
    unmeasured: str = ""  # the part of the difference that could not be measured here

    def concerns_concept(self, concept: str) -> bool:
        return any(fnmatchcase(concept, pattern) for pattern in self.concerns)


@cache
def entries() -> tuple[Entry, ...]:
    """All entries: tier A first, then by id."""
    found = [_entry(path.stem, fields) for path in (Path(__file__).parent / "entries").glob("*.toml") for fields in _read(path)]
    return tuple(sorted(found, key=lambda e: (list(TIERS).index(e.tier), len(e.id), e.id)))


def entry(id_or_slug: str) -> Entry:
    """The entry of an id ("A005") or a slug ("bn-eps").

    Raises:
        ParityUsageError: there is none of this name.
    """
    for candidate in entries():
        if id_or_slug in {candidate.id, candidate.slug}:
            return candidate
    from difflib import get_close_matches

    near = get_close_matches(id_or_slug, [name for e in entries() for name in (e.slug, e.id)])
    raise ParityUsageError(f"No pitfall {id_or_slug!r} in the catalogue; {'near it: ' + ', '.join(near) if near else 'see parity/pitfalls/entries/'}.")


def concerning(concept: str) -> tuple[Entry, ...]:
    """The entries that concern a concept ("layers.conv"): those that name it before those that name its whole area, then by tier."""
    hits = [e for e in entries() if e.concerns_concept(concept)]
    return tuple(sorted(hits, key=lambda e: not any(p.partition(".")[2] != "*" and fnmatchcase(concept, p) for p in e.concerns)))


def _read(path: Path) -> list[dict[str, Any]]:
    import tomllib

    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["entry"]
    return found


def _entry(area: str, fields: dict[str, Any]) -> Entry:
    lists = {key: tuple(fields[key]) for key in ("measured", "concerns")}
    return Entry(**{**fields, **lists, "area": area})
