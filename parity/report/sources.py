"""Source files of the two trees, found and read without importing them, and their highlighting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One file: `shown` is its path below the project."""

    path: Path
    shown: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.shown)

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""


@cache
def root_folder(root: str) -> Path | None:
    """The folder of a package; nothing is imported for a top-level one."""
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):
        return None
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return Path(locations[0]) if locations else None


@cache
def source(root: str, module: str) -> Source | None:
    """The file of a module below a root: source("torch_ref", "layers.conv"); None when there is none."""
    folder = root_folder(root)
    if folder is None:
        return None
    relative = Path(*module.split("."))
    for candidate in (relative.with_suffix(".py"), relative / "__init__.py"):
        if (folder / candidate).is_file():
            return Source(folder / candidate, f"{root.replace('.', '/')}/{candidate.as_posix()}", (folder / candidate).read_text(encoding="utf-8"))
    return None


def modules(root: str) -> Iterator[str]:
    """The concepts of a tree: its public modules, "layers.conv", by name; packages and private files are left out."""
    folder = root_folder(root)
    for path in sorted(folder.rglob("*.py")) if folder else ():
        parts = path.relative_to(folder).with_suffix("").parts if folder else ()
        if len(parts) > 1 and not any(part.startswith("_") for part in parts):
            yield ".".join(parts)


@cache
def highlighted(text: str, language: str = "python") -> str:
    """Python source or a session as spans whose classes page.css colours; names and operators stay plain, which halves the size."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Generic, Name, Operator, Punctuation, Text, Token, Whitespace
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripall=False, ensurenl=False)
    except ClassNotFound:
        return escape(text)
    kept = (Name.Class, Name.Decorator, Name.Function)
    plain = (Name, Operator, Punctuation, Text, Whitespace)

    class Simplified(HtmlFormatter):  # type: ignore[type-arg]
        def format(self, tokensource, outfile):  # type: ignore[no-untyped-def]
            def simple():  # type: ignore[no-untyped-def]
                for kind, value in tokensource:
                    keyword = kind in Operator.Word
                    yield (Token if any(kind in k for k in plain) and not any(kind in k for k in kept) and not keyword and kind not in Generic else kind), value

            super().format(simple(), outfile)

    found: str = highlight(text, lexer, Simplified(nowrap=True))
    return found
