"""Pages that were written before: one is set anew only when what it is made from changed, or the code that sets it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from parity.trace import write_atomically

_CODE = ("report", "guide", "pitfalls")  # folders of `parity` that pages are made by


class Shelf:
    """The pages of a folder. What each was made from stands, as hashes, in `<out>/.cache/pages/<name>.json`."""

    def __init__(self, folder: Path, out: Path, name: str) -> None:
        self.folder, self.ledger = folder, out / ".cache" / "pages" / f"{name}.json"
        self.written: dict[str, list[str]] = {}
        self.before = _read(self.ledger)

    def put(self, name: str, made_from: Iterable[str], render: Callable[[], str]) -> None:
        """Writes a page, unless the one that lies there was made from the same and has not been touched since."""
        key = _hash(_code(), *made_from)
        path = self.folder / name
        known = self.before.get(name, ["", ""])
        if known[0] == key and path.is_file() and _hash(path.read_text(encoding="utf-8")) == known[1]:
            self.written[name] = known
            return
        content = render()
        write_atomically(path, content)
        self.written[name] = [key, _hash(content)]

    def close(self) -> list[Path]:
        """Removes pages of an earlier time that were not put again; the paths of those that were."""
        for name in self.before.keys() - self.written.keys():
            (self.folder / name).unlink(missing_ok=True)
        write_atomically(self.ledger, json.dumps(self.written, indent=0))
        return [self.folder / name for name in self.written]


def _read(ledger: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(ledger.read_text(encoding="utf-8"))
        return {str(name): [str(key), str(content)] for name, (key, content) in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):  # not there or not ours: all is set anew
        return {}


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


@cache
def _code() -> str:
    files = (path for name in _CODE for path in (Path(__file__).parents[1] / name).rglob("*") if path.suffix in {".py", ".jinja", ".css", ".js", ".toml"})
    return _hash(*(path.read_text(encoding="utf-8") for path in sorted(files)))
