"""Source files of the two trees, found and read without importing them, and their highlighting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any


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
    """Python source or a session ("pycon") as spans with the few classes that page.css colours; plain names stay plain, which halves the size."""
    found = []
    for kind, value in _lexer(language).get_tokens(text):
        name = _colour(kind)
        told = escape(value, quote=False)
        found.append(f'<span class="{name}">{told}</span>' if name and not value.isspace() else told)
    return "".join(found)


@cache
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(language, stripall=False, ensurenl=False)


@cache
def _colour(kind: Any) -> str:
    """The class of a kind of token: comment, keyword, string, number, definition, or "" for what stays plain."""
    from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String

    families = {
        "c": (Comment, Generic.Prompt, Generic.Output),
        "k": (Keyword, Operator.Word),
        "s": (String,),
        "m": (Number,),
        "d": (Name.Class, Name.Function, Name.Decorator),
    }
    return next((name for name, family in families.items() if any(kind in member for member in family)), "")
