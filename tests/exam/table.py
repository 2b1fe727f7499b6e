"""The table: a line a name, the totals, and the committed record that may only improve."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from parity.verdict import Verdict

from .reasons import known
from .words import Outcome, Word

FAULTS = (Word.NO_TWIN, Word.DIFFER, Word.UNSUPPORTED, Word.REFUSED)
HEADINGS = ("name", "inputs", "tried", "agree", "of which all zero", *FAULTS, "reasons")
RECORD = Path(__file__).parent / "record.json"
PARTS = {
    "modules": "modules of torch.nn",
    "optimizers": "optimizers of torch.optim",
    "functional": "functions of torch.nn.functional",
    "refusals": "names with bad input",
}
REQUIRED = {"modules": "nn.LinearCrossEntropyLoss"}  # named apart in the totals, because half of all inputs are its


@dataclass(frozen=True)
class Reason:
    """Why some inputs do not agree."""

    word: str
    text: str
    inputs: tuple[int, ...]
    pitfall: str = ""  # the catalogue's id
    explanation: str = ""

    @property
    def shown(self) -> str:
        which = f"{len(self.inputs)} inputs" if len(self.inputs) > 3 else "input " + ", ".join(map(str, self.inputs))
        why = f" — {self.explanation}" if self.explanation else ""
        return f"{which} {self.word}: {self.text}{why}" + (f" [{self.pitfall}]" if self.pitfall else "")


@dataclass(frozen=True)
class Line:
    """What came of one name of the database."""

    part: str
    name: str
    inputs: int  # that the database has
    counts: Mapping[str, int]  # of those tried, by word
    verdicts: Mapping[str, int]  # of the worst rows of those that were compared
    reasons: tuple[Reason, ...] = ()

    @property
    def tried(self) -> int:
        return sum(self.counts.values())

    @property
    def agree(self) -> int:
        """Forward and backward, those that agree in zeros included."""
        return self.counts.get(Word.AGREE, 0) + self.zeros

    @property
    def zeros(self) -> int:
        """Of those that agree, how many in nothing but zeros: a loss whose labels are all ignored, a batch of none."""
        return self.counts.get(Word.ZERO, 0)

    @property
    def whole(self) -> bool:
        """Everything that has a twin agrees, and something in more than zeros."""
        return self.zeros < self.agree == self.tried - self.counts.get(Word.NO_TWIN, 0)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"tried": self.tried, "agree": self.agree, "zeros": self.zeros}


def line(part: str, name: str, inputs: int, outcomes: Iterable[Outcome]) -> Line:
    found = list(outcomes)
    grouped: dict[tuple[str, str], list[int]] = {}
    for outcome in found:
        if outcome.word is not Word.AGREE:
            grouped.setdefault((outcome.word.value, outcome.reason), []).append(outcome.index)
    reasons = []
    for (word, text), indices in grouped.items():
        explained = known(name, word, text)
        reasons.append(Reason(word, text, tuple(indices), *((explained.pitfall, explained.text) if explained else ())))
    verdicts = Counter(outcome.verdict for outcome in found if outcome.verdict)
    return Line(part, name, inputs, dict(Counter(outcome.word.value for outcome in found)), dict(verdicts), tuple(reasons))


def totals(lines: Sequence[Line]) -> list[str]:
    """A sentence a part."""
    told = []
    for part, what in PARTS.items():
        own = [line for line in lines if line.part == part]
        if own:
            told.append(_total(what, own))
        apart = [line for line in own if line.name != REQUIRED.get(part)]
        if len(apart) < len(own):
            told.append("  " + _total(f"of them without {REQUIRED[part].removeprefix('nn.')}", apart))
    return told


def _total(what: str, lines: Sequence[Line]) -> str:
    counts = Counter[str]()
    for line in lines:
        counts.update(line.counts)
    agreed = f"{counts[Word.AGREE] + counts[Word.ZERO]} agree" + (f" ({counts[Word.ZERO]} of them in zeros)" if counts[Word.ZERO] else "")
    words = ", ".join([agreed, *(f"{counts[word]} {word.value}" for word in FAULTS if counts[word])])
    tried, inputs = sum(line.tried for line in lines), sum(line.inputs for line in lines)
    worst = Counter[str]()
    for line in lines:
        worst.update(line.verdicts)
    how = ", ".join(f"{worst[verdict]} {verdict}" for verdict in map(str, reversed(Verdict)) if worst[verdict] and not Verdict(verdict).failing)
    agree = f"{sum(line.whole for line in lines)} of {len(lines)} {what} agree in all that has a twin; {tried} of {inputs} inputs tried: {words}"
    return agree + (f" (worst rows: {how})" if how else "")


def made() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in ("torch", "tensorflow", "keras", "numpy")}
    return versions | {"python": platform.python_version(), "machine": platform.machine()}


def to_json(lines: Sequence[Line]) -> str:
    data = {"made": made(), "totals": totals(lines), "parts": PARTS, "lines": [line.to_json() for line in lines]}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def to_markdown(lines: Sequence[Line]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in made().items())
    told = [
        "# The independent exam",
        "",
        "torch's own test database against the twins; `docs/exam.md` says how. Written by `python -m tests.exam --report`.",
        "",
    ]
    told += [f"- {' ' * (len(total) - len(total.lstrip()))}{total.strip()}" for total in totals(lines)] + ["", f"Made with {versions}.", ""]
    for part, what in PARTS.items():
        own = [line for line in lines if line.part == part]
        told += [
            f"## {what[0].upper()}{what[1:]}",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---|" + "---:|" * (len(HEADINGS) - 2) + "---|",
        ]
        told += [_row(line) for line in own] + [""]
    return "\n".join(told)


def _row(line: Line) -> str:
    numbers = [line.inputs, line.tried, line.agree, line.zeros, *(line.counts.get(word, 0) for word in FAULTS)]
    reasons = "<br>".join(reason.shown.replace("|", "\\|").replace("<", "&lt;") for reason in line.reasons)
    return f"| `{line.name}` | {' | '.join(str(number or '') for number in numbers)} | {reasons} |"


def recorded() -> dict[str, Any]:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def to_record(lines: Sequence[Line]) -> dict[str, Any]:
    """What the tests hold the twins to: agreements of the inputs that CI tries."""
    return {
        "torch": made()["torch"],
        **{part: {x.name: {"inputs": x.inputs, "tried": x.tried, "agree": x.agree, "zeros": x.zeros} for x in lines if x.part == part} for part in PARTS},
    }


def lowered(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a new record would give up."""
    lost = []
    for part in PARTS:
        for name, before in old.get(part, {}).items():
            now = new[part].get(name, {"agree": 0, "zeros": 0})
            if now["agree"] < before["agree"] or now["zeros"] > before["zeros"]:
                lost.append(f"{name}: {before['agree']} → {now['agree']} agree, {before['zeros']} → {now['zeros']} of them in zeros")
    return lost
