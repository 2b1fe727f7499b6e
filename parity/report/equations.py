r"""TeX equations as inline SVG, drawn from glyph outlines: readable without network, in any colour and size, the same bytes every time.

matplotlib's mathtext sets the line; `cases` and line breaks, which it lacks, are laid out in HTML. What it cannot read is shown as it stands.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

UNITS = 256  # of an em
_SPELLED = {  # what authors write → what mathtext knows
    r"\lVert": r"\|",
    r"\rVert": r"\|",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\le": r"\leq",
    r"\ge": r"\geq",
    r"\tfrac": r"\frac",
    r"\operatorname*": r"\operatorname",
    r"\bigl": "",
    r"\bigr": "",
    r"\Bigl": "",
    r"\Bigr": "",
    r"\big": "",
    r"\mid": "|",
    r"\colon": ":",
    r"\lbrace": r"\{",
    r"\rbrace": r"\}",
    r"\limits": "",
    r"\displaystyle": "",
    r"\mathrel": "",
}
_CASES = re.compile(r"\\begin\{cases\}(.*?)\\end\{cases\}", re.DOTALL)
_WITH_ARGUMENTS = re.compile(r"\\(frac|dfrac|sqrt|mathbf|mathrm|mathbb|mathcal|boldsymbol)(?![a-zA-Z])(?:\[[^\]]*\])?")
_ALIGNED = re.compile(r"\\begin\{(aligned|align\*?|gathered|split)\}(.*?)\\end\{\1\}", re.DOTALL)


@cache
def equation(tex: str) -> str:
    """A display equation as HTML: pieces that wrap where the author put a wide space or a line break."""
    tex = _ALIGNED.sub(lambda m: m[2].replace("&", " "), " ".join(tex.split()))
    masked, kept = _mask_cases(tex)
    pieces = [piece.strip() for piece in re.split(r"\\qquad|\\\\(?![a-zA-Z])", masked) if piece.strip()]
    drawn = [_piece(piece, kept) for piece in pieces]
    if any(html is None for html in drawn):
        return f'<pre class="equation">{escape(tex)}</pre>'
    return f'<div class="equation">{" ".join(f"<span>{html}</span>" for html in drawn)}</div>'


@cache
def inline_equation(tex: str) -> str:
    return _svg(tex) or f"<code>{escape(tex)}</code>"


def _mask_cases(tex: str) -> tuple[str, list[str]]:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[1])
        return f"\x00{len(kept) - 1}\x00"

    return _CASES.sub(keep, tex), kept


def _piece(tex: str, kept: list[str]) -> str | None:
    """One stretch of an equation; a masked `cases` becomes a braced grid."""
    drawn: list[str] = []
    if "\x00" in tex:
        tex = re.sub(r"\\(?:left|right)(?![a-zA-Z])\.?", "", tex)  # a delimiter cannot grow around a grid that is not its text
    for i, part in enumerate(tex.split("\x00")):
        html = _grid(kept[int(part)]) if i % 2 else _svg(_displayed(part.strip())) if part.strip() else ""
        if html is None:
            return None
        drawn.append(html)
    return "".join(drawn)


def _grid(body: str) -> str | None:
    lines = []
    for line in re.split(r"\\\\(?:\[[^\]]*\])?", body):
        if line.strip():
            cells = [_svg(cell.strip()) if cell.strip() else "" for cell in line.split("&")]
            if any(cell is None for cell in cells):
                return None
            lines.append("".join(f"<span>{cell}</span>" for cell in cells))
    return f'<span class="cases">{"".join(f"<span>{line}</span>" for line in lines)}</span>'


@cache
def _svg(tex: str) -> str | None:
    """One line of mathtext as SVG on the text's baseline; None when mathtext cannot read it."""
    path = _outline(tex)
    if path is None:
        return None
    points, codes = [(round(x), -round(y)) for x, y in path.vertices], [int(code) for code in path.codes]
    if not points:
        return None
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(0, *(y for _, y in points))
    size = f'viewBox="{left} {top} {right - left} {bottom - top}" style="width:{(right - left) / UNITS:.3g}em;height:{(bottom - top) / UNITS:.3g}em'
    return f'<svg class="tex" role="img" aria-label="{escape(tex)}" {size};vertical-align:{-bottom / UNITS:.3g}em"><path d="{_commands(points, codes)}"/></svg>'


def _outline(tex: str) -> Any:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for written, known in _SPELLED.items():
        tex = re.sub(re.escape(written) + r"(?![a-zA-Z])", known.replace("\\", r"\\"), tex)
    tex = _braced(tex)
    try:
        return TextPath((0, 0), f"${tex}$", size=UNITS, prop=FontProperties(math_fontfamily="cm"))
    except (ValueError, RuntimeError):  # mathtext says what it cannot parse; the caller shows the source instead
        return None


def _displayed(tex: str) -> str:
    """Fractions at full size where TeX's display style has them: outside every group."""
    depth, out = 0, []
    for token in re.split(r"([{}]|\\frac(?![a-zA-Z]))", tex):
        depth += {"{": 1, "}": -1}.get(token, 0)
        out.append(r"\dfrac" if token == r"\frac" and depth == 0 else token)
    return "".join(out)


def _braced(tex: str) -> str:
    r"""Braces around one-token arguments, which TeX does not need and mathtext does: \frac12 → \frac{1}{2}."""
    out, end = [], 0
    for match in _WITH_ARGUMENTS.finditer(tex):
        if match.start() < end:  # inside an argument that was copied already
            continue
        out.append(tex[end : match.end()])
        end = match.end()
        for _ in range(2 if match[1].endswith("frac") else 1):
            while end < len(tex) and tex[end] == " ":
                end += 1
            start, end = end, _argument_end(tex, end)
            inner = tex[start + 1 : end - 1] if tex[start : start + 1] == "{" else tex[start:end]
            out.append(f"{{{_braced(inner)}}}")
    return "".join([*out, tex[end:]])


def _argument_end(tex: str, start: int) -> int:
    """Where the group or the token that starts here ends."""
    if tex[start : start + 1] != "{":
        token = re.match(r"\\(?:[a-zA-Z]+|.)|.", tex[start:])
        return start + (token.end() if token else 0)
    depth = 0
    for i in range(start, len(tex)):
        depth += {"{": 1, "}": -1}.get(tex[i], 0)
        if depth == 0:
            return i + 1
    return len(tex)


def _commands(points: list[tuple[int, int]], codes: list[int]) -> str:
    """Path data in relative whole units: a third of the size of absolute floats."""
    out, here, i = [], (0, 0), 0
    start = here
    while i < len(codes):
        code = codes[i]
        if code == 79:  # CLOSEPOLY
            out.append("z")
            here = start
            i += 1
            continue
        letter, count = {1: ("m", 1), 2: ("l", 1), 3: ("q", 2), 4: ("c", 3)}[code]
        numbers = [value for x, y in points[i : i + count] for value in (x - here[0], y - here[1])]
        out.append(letter + re.sub(r" (?=-)", "", " ".join(map(str, numbers))))
        here = points[i + count - 1]
        start = here if letter == "m" else start
        i += count
    return "".join(out)
