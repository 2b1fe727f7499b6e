"""What came of one input: it agrees, differs or is not supported, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from parity.comparison import Comparison, Row
from parity.verdict import Verdict

from .values import NoTwinError, TorchRefusesError, UnsupportedError
from .words import Outcome, Word

Questions = Iterable[Callable[[], Comparison]]  # of one input: one a mode
SEEDS = 4  # tried until something can be compared
_EXCHANGED = frozenset({"output", "input_grad", "grad", "loss", "step"})  # what a twin computes, as opposed to what it keeps


def judged(index: int, desc: str, questions: Callable[[int], Questions]) -> Outcome:
    """Asks all questions of one input; the worst answer counts. Where it says nothing (a ReLU of one negative number) the input is drawn from another seed."""
    for seed in range(SEEDS):
        found = max((_judged(index, desc, question) for question in questions(seed)), key=lambda outcome: list(Word).index(outcome.word))
        if found.word is not Word.ZERO or "empty" in found.reason:
            break
    return found


def _judged(index: int, desc: str, question: Callable[[], Comparison]) -> Outcome:
    try:
        found = question()
    except NoTwinError as error:
        return Outcome(index, desc, Word.NO_TWIN, str(error))
    except UnsupportedError as error:
        return Outcome(index, desc, Word.UNSUPPORTED, str(error))
    except TorchRefusesError as error:
        return Outcome(index, desc, Word.REFUSED, str(error))
    if any(row.failing for row in found.rows):
        return Outcome(index, desc, Word.DIFFER, _told(found), found.verdict.value)
    if all(row.verdict is Verdict.VACUOUS for row in found.rows if row.role in _EXCHANGED):
        return Outcome(index, desc, Word.ZERO, _told(found), found.verdict.value)
    return Outcome(index, desc, Word.AGREE, verdict=found.verdict.value)


def spread(size: int, limit: int | None) -> list[int]:
    """All indices, or `limit` of them evenly spread."""
    return list(range(size)) if limit is None or limit >= size else [i * size // limit for i in range(limit)]


def _told(found: Comparison) -> str:
    """The rows that decided, in words."""
    rows = sorted((row for row in found.rows if row.failing or row.verdict is Verdict.VACUOUS), key=lambda row: row.verdict.severity)
    rows = [row for row in rows if row.failing == rows[0].failing]
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return "; ".join(map(_row, rows[:3])) + more


def _row(row: Row) -> str:
    size = f" by {row.difference:.2g} of {row.scale:.2g}" if row.difference else ""
    return f"{row.role} {row.name} {row.verdict.value}{size}" + (f" ({row.note})" if row.note else "")
