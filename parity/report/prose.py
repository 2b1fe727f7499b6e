"""Docstrings as data, and as HTML or Markdown: paragraphs, equations, examples, and the sections Args, Shapes, Raises, Differs from PyTorch, Source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_TITLE = re.compile(r"(Args|Shapes?|Returns|Raises|Yields|Attributes|State|Differs from PyTorch|Notes?|Examples?|Sources?|References?|See also):(?:\s+(.*))?$")
_ITEM = re.compile(r"([\w*`][\w.*`, /()…]*?):\s+(.*)")
_ITEMISED = frozenset({"Args", "Raises", "Attributes"})
_TRACKERS = {
    "pytorch": "pytorch/pytorch",
    "tensorflow": "tensorflow/tensorflow",
    "keras": "keras-team/keras",
    "tf-keras": "keras-team/tf-keras",
    "vision": "pytorch/vision",
    "transformers": "huggingface/transformers",
    "optax": "google-deepmind/optax",
    "keras-hub": "keras-team/keras-hub",
}
_INLINE = re.compile(
    r"(?P<code>`+)(?P<coded>.+?)(?P=code)"
    r"|(?<![\\$\w])\$(?P<math>[^$\n]+)\$(?![\w$])"
    r"|(?P<url>https?://[^\s<>()]+[^\s<>().,;])"
    r"|arXiv:(?P<arxiv>\d{4}\.\d{4,5})"
    r"|(?<![\w/-])(?P<tracker>" + "|".join(map(re.escape, _TRACKERS)) + r")(?: PR)?#(?P<ticket>\d+)"
    r"|(?<![\w*])\*(?P<stress>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])"
)


@dataclass(frozen=True)
class Block:
    """One piece of a docstring. `kind` is paragraph, equation, code, list (of items) or section (with a title and blocks of its own)."""

    kind: str
    text: str = ""
    items: tuple[tuple[str, str], ...] = ()  # (name, text); the name is "" for bullets
    blocks: tuple[Block, ...] = ()


def parse(docstring: str) -> tuple[Block, ...]:
    """The blocks of a docstring in order."""
    return tuple(_parse(inspect.cleandoc(docstring).splitlines()))


def section(blocks: Sequence[Block], title: str) -> Block | None:
    """The section of that title."""
    return next((block for block in blocks if block.kind == "section" and block.text == title), None)


def without(blocks: Sequence[Block], *titles: str) -> tuple[Block, ...]:
    """All blocks but the sections of those titles."""
    return tuple(block for block in blocks if block.kind != "section" or block.text not in titles)


def summary(blocks: Sequence[Block]) -> str:
    """The first paragraph."""
    return next((block.text for block in blocks if block.kind == "paragraph"), "")


def _parse(lines: Sequence[str], title: str = "") -> Iterator[Block]:
    i = 0
    while i < len(lines):
        line = lines[i]
        stripped = line.strip()
        if not stripped:
            i += 1
        elif stripped.startswith("$$"):
            end = i if stripped.count("$$") >= 2 else next((j for j in range(i + 1, len(lines)) if "$$" in lines[j]), len(lines) - 1)
            yield Block("equation", " ".join(part.strip() for part in lines[i : end + 1]).replace("$$", " ").strip())
            i = end + 1
        elif stripped.startswith(">>>"):
            end = _until(lines, i, lambda text: not text.strip())
            yield Block("code", inspect.cleandoc("\n".join(lines[i:end])))
            i = end
        elif not line.startswith(" ") and (match := _TITLE.match(stripped)):
            end = _until(lines, i + 1, _ends_paragraph if match[2] else lambda text: bool(text.strip()) and not text.startswith(" "))
            body = inspect.cleandoc("\n".join([match[2] or "", *lines[i + 1 : end]])).splitlines()
            yield Block("section", match[1], blocks=tuple(_parse(body, match[1])))
            i = end
        elif stripped.startswith(("- ", "* ")) or (title in _ITEMISED and _ITEM.match(stripped)):
            end = _until(lines, i, lambda text: not text.strip())
            yield Block("list", items=tuple(_items(lines[i:end])))
            i = end
        else:
            end = _until(lines, i + 1, _ends_paragraph)
            yield Block("paragraph", " ".join(part.strip() for part in lines[i:end]))
            i = end


def _ends_paragraph(text: str) -> bool:
    return not text.strip() or text.strip().startswith(("$$", ">>>")) or bool(_TITLE.match(text))


def _until(lines: Sequence[str], start: int, stop: object) -> int:
    assert callable(stop)
    return next((j for j in range(start, len(lines)) if stop(lines[j])), len(lines))


def _items(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Bullets or "name: text"; deeper lines go on with the item before."""
    found: list[list[str]] = []
    depth = len(lines[0]) - len(lines[0].lstrip())
    for line in lines:
        stripped = line.strip()
        deeper = len(line) - len(line.lstrip()) > depth
        match = _ITEM.match(stripped)
        if stripped.startswith(("- ", "* ")) and not deeper:
            found.append(["", stripped[2:]])
        elif match and not deeper:
            found.append([match[1], match[2]])
        elif found:
            found[-1][1] += " " + stripped
        else:
            found.append(["", stripped])
    yield from ((name, text) for name, text in found)


def to_html(blocks: Sequence[Block], level: int = 4) -> str:
    """Blocks as HTML; section titles become headings of `level`."""
    return "\n".join(_block_html(block, level) for block in blocks)


def _block_html(block: Block, level: int) -> str:
    from parity.report.equations import equation
    from parity.report.sources import highlighted

    match block.kind:
        case "equation":
            return equation(block.text)
        case "code":
            return f'<pre class="code">{highlighted(block.text, "pycon")}</pre>'
        case "section":
            return f"<h{level}>{escape(block.text)}</h{level}>\n{to_html(block.blocks, level + 1)}"
        case "list":
            if not any(name for name, _ in block.items):
                return "<ul>" + "".join(f"<li>{inline_html(text)}</li>" for _, text in block.items) + "</ul>"
            rows = (f"<dt><code>{escape(name.strip('`'))}</code></dt><dd>{inline_html(text)}</dd>" for name, text in block.items)
            return f'<dl class="args">{"".join(rows)}</dl>'
        case _:
            return f"<p>{inline_html(block.text)}</p>"


def inline_html(text: str) -> str:
    """`code`, $mathematics$, *stress*, links, arXiv numbers and tickets of well-known trackers."""
    out, end = [], 0
    for match in _INLINE.finditer(text):
        out.append(escape(text[end : match.start()], quote=False))
        out.append(_inline(match))
        end = match.end()
    return "".join([*out, escape(text[end:], quote=False)])


def _inline(match: re.Match[str]) -> str:
    from parity.report.equations import inline_equation

    told = escape(match[0], quote=False)
    if match["coded"]:
        return f"<code>{escape(match['coded'].strip(), quote=False)}</code>"
    if match["math"]:
        return inline_equation(match["math"])
    if match["stress"]:
        return f"<em>{escape(match['stress'], quote=False)}</em>"
    if match["ticket"]:
        return f'<a href="https://github.com/{_TRACKERS[match["tracker"]]}/issues/{match["ticket"]}">{told}</a>'
    target = f"https://arxiv.org/abs/{match['arxiv']}" if match["arxiv"] else match["url"]
    return f'<a href="{escape(target)}">{told}</a>'


def to_markdown(blocks: Sequence[Block], level: int = 4) -> str:
    """Blocks as Markdown; equations stay TeX, which GitHub sets."""
    return "\n\n".join(_block_markdown(block, level) for block in blocks)


def _block_markdown(block: Block, level: int) -> str:
    match block.kind:
        case "equation":
            return f"$$ {block.text} $$"
        case "code":
            return f"```python\n{block.text}\n```"
        case "section":
            return f"{'#' * level} {block.text}\n\n{to_markdown(block.blocks, level + 1)}"
        case "list":
            return "\n".join(f"- `{name.strip('`')}`: {text}" if name else f"- {text}" for name, text in block.items)
        case _:
            return block.text
