"""Words and numbers as the reports show them: one sentence a verdict, one tone a verdict, one way to write a float."""

from __future__ import annotations

import math
from collections.abc import Iterable

from parity.comparison import Row
from parity.results import Result, Run
from parity.verdict import Verdict, worst

NOT_RUN, KNOWN = "not run", "known"

SENTENCES = {
    Verdict.IDENTICAL: "All bits are equal, in float64 and in float32.",
    Verdict.EQUIVALENT: "The same formula: in float64 the two sides differ by no more than rounding explains, and in float32 by rounding too.",
    Verdict.IMPRECISE: "The same formula, but Keras' float32 kernel loses clearly more digits than PyTorch's.",
    Verdict.INDISTINGUISHABLE: "Not the same formula, or judged in float32 only; the difference is below what float32 can see, and the note names the cause.",
    Verdict.VACUOUS: "All zero on both sides: nothing was compared, which is neither agreement nor failure.",
    Verdict.DTYPE: "The kind or the width of the numbers differs.",
    Verdict.ILL_CONDITIONED: "float32 has no digits here; the note says what float64 decides, and it never counts as agreement.",
    Verdict.DIFFERENT: "Another formula: the difference is larger than rounding explains and than float32 can hide.",
    Verdict.NONFINITE: "NaN or infinity stands in different places on the two sides.",
    Verdict.EXTRA: "Keras has a tensor that PyTorch does not have.",
    Verdict.MISSING: "PyTorch has a tensor that Keras does not have, or it was recorded in one precision only.",
    Verdict.SHAPE: "The shapes differ.",
    Verdict.COULD_NOT_RUN: "One side raised, hung or aborted; the message says which and why.",
}
LEGEND = (
    *((verdict.value, SENTENCES[verdict]) for verdict in reversed(Verdict)),
    (KNOWN, "Every row is a difference that the case declares, with its reason; the case fails as soon as one of them is gone."),
    (NOT_RUN, "Left out for a stated reason, such as an absent data set or a twin that does not exist on this backend."),
)
_TONES = {
    Verdict.IDENTICAL: "agree",
    Verdict.EQUIVALENT: "agree",
    Verdict.IMPRECISE: "note",
    Verdict.INDISTINGUISHABLE: "note",
    Verdict.VACUOUS: "idle",
    Verdict.COULD_NOT_RUN: "broken",
}


def tone(word: str) -> str:
    """The colour family of a verdict: agree, note, idle, differ or broken."""
    return {NOT_RUN: "idle", KNOWN: "note"}.get(word) or _TONES.get(Verdict(word), "differ")


def tone_of_row(row: Row) -> str:
    """A declared difference is a note, not a failure."""
    return "note" if row.known else tone(row.verdict.value)


def number(value: float) -> str:
    """Two digits are enough to compare sizes: "3.6e-07"; small whole numbers as they are."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return f"{value:.3g}" if 0.01 <= abs(value) < 1000 else f"{value:.1e}"


def duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shape_text(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape))


def numbers(row: Row | None) -> tuple[str, str, str, str]:
    """Difference, both float32 errors and scale; empty where nothing could be compared."""
    if row is None or row.verdict.severity < Verdict.NONFINITE.severity:
        return ("", "", "", "")
    return number(row.difference), number(row.torch_error), number(row.keras_error), number(row.scale)


def where(row: Row | None) -> str:
    """The worst tensor and slice in words: "grad weight, axis 0 [3]"."""
    if row is None or row.role == "case":
        return ""
    return " ".join(part for part in (row.role, row.name + ("," if row.worst_slice else ""), row.worst_slice) if part)


def word_of(results: Iterable[Result]) -> str:
    """The word for several cases: the worst. One vacuous case does not name the others, and cases that were not run count only when alone."""
    judged = [result for result in results if not result.skipped]
    failing = [result.verdict for result in judged if not result.ok]
    telling = failing or [result.verdict for result in judged if result.verdict is not Verdict.VACUOUS]
    if judged and not telling and all(result.word == KNOWN for result in judged):
        return KNOWN
    return worst(telling).value if judged else NOT_RUN


def headline(run: Run) -> str:
    """The answer in one sentence."""
    judged = [result for result in run.results if not result.skipped]
    failing = [result for result in judged if not result.ok]
    if not run.results:
        return "Nothing was run."
    if not judged:
        return f"None of {counted(len(run.results), 'case')} was run."
    broken = sum(result.verdict is Verdict.COULD_NOT_RUN for result in failing)
    told = [f"{len(judged) - len(failing)} of {counted(len(judged), 'case')} agree"]
    if len(failing) > broken:
        told.append(f"{len(failing) - broken} {'differs' if len(failing) - broken == 1 else 'differ'}")
    if broken:
        told.append(f"{broken} could not run")
    if len(judged) < len(run.results):
        told.append(f"{len(run.results) - len(judged)} {'was' if len(run.results) - len(judged) == 1 else 'were'} not run")
    return "; ".join(told) + "."
