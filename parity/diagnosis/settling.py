"""Layers that names, shapes and values leave open, such as two heads that are fed the same: the one of two ways after which less departs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity.diagnosis.binding import kinship
from parity.diagnosis.layouts import ROUNDED, close, matching
from parity.diagnosis.matching import Match, match_unique
from parity.diagnosis.structure import paired_leaves

MOST = 12  # runs


def settle(session: Any, training: bool) -> None:
    """Matches what only one is left for, and exchanges matches that were made by order alone where that is better.

    Call after the first forced run, inside `keras_in("float64")`.
    """
    known = list(session.matching.matches)
    match_unique(session.matching)
    more = [match for match in session.matching.matches if match in known or match.keras.kind == "raw"]
    session.matching.matches[:] = known
    if len(more) > len(known):  # variables that code uses by itself: no call has shown whose they are
        _with(session, training, more)
    open_pairs = list(_open_pairs(session, training))[:MOST]
    best = apart(session, training) if open_pairs else 0
    for one, other in open_pairs:
        if not best:
            return
        before = list(session.matching.matches)
        if one not in before or other not in before:
            continue
        swapped = {id(one): session.matching.made(other.torch, one.keras, "value"), id(other): session.matching.made(one.torch, other.keras, "value")}
        count = _with(session, training, [swapped.get(id(match), match) for match in before])
        if count < best:
            best = count
        else:
            _with(session, training, before)


def _open_pairs(session: Any, training: bool) -> Iterator[tuple[Match, Match]]:
    calls = session.torch_runs[("float64", training)].calls

    def fed(match: Match) -> Any:
        return [call.entered[:1] for call in calls.get(id(match.torch), [])]

    matches = [m for m in session.matching.matches if m.torch.kind != "raw" and fed(m)]
    for i, one in enumerate(matches):
        for other in matches[i + 1 :]:
            if "order" in (one.how, other.how) and fed(one) == fed(other) and kinship(one.torch, other.keras) >= 2 and kinship(other.torch, one.keras) >= 2:
                yield one, other


def _with(session: Any, training: bool, matches: list[Match]) -> int:
    """How much departs under other matches."""
    changed = {id(m.torch) for m in matches if m not in session.matching.matches}
    session.matching.matches[:] = matches
    views = session.forcing[training].views
    for key in [key for key in views if key[0] in changed]:
        del views[key]
    for match in matches if session.transfers else ():
        for binding in match.bindings if id(match.torch) in changed else ():
            if binding.filled:
                session.keras.assign(binding.held.variable, binding.fill(session.state))
    session.force("float64", training)
    return apart(session, training)


def apart(session: Any, training: bool) -> int:
    """How many values of a forced run are not torch's: what layers are fed, what they give, and the outputs."""
    forced, run = session.forced[("float64", training)], session.torch_runs[("float64", training)]
    count = len(forced.unmatched)
    for point in forced.checkpoints:
        fed = zip(point.given, point.live, strict=False)
        count += sum(live is None or not close(live, given, ROUNDED) for given, live in fed if given.dtype.kind == "f")
        count += sum(not close(point.actual[name], expected, ROUNDED) for name, expected in point.expected.items())
    if forced.outputs is None:
        return count + 1
    leaves = session._leaves(forced.outputs, "Keras", session.keras)
    for _, expected, actual in paired_leaves(run.leaves, leaves, lambda t: tuple(int(n) for n in t.shape)):
        count += matching(session.torch.array(expected), session.keras.array(actual), ROUNDED) is None
    return count
