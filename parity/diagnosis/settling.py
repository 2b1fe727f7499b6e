"""Layers that names, shapes and values leave open, such as two heads that are fed the same: the one of two ways after which less departs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations, permutations
from typing import Any

from parity.diagnosis.binding import kinship
from parity.diagnosis.layouts import ROUNDED, close, matching
from parity.diagnosis.matching import Match, match_unique
from parity.diagnosis.structure import paired_leaves

MOST, THREES = 12, 4  # exchanges tried, one run each; groups of three, five runs each
CLEARLY = 0.8  # of the likeness of two pairs of names, each 0 to 1


def settle(session: Any, training: bool) -> None:
    """Matches what only one is left for, and exchanges matches that were made by order alone where that is better.

    Call after the first forced run, inside `keras_in("float64")`.
    """
    known = list(session.matching.matches)
    match_unique(session.matching)
    more = [match for match in session.matching.matches if match in known or match.keras.kind == "raw"]
    session.matching.matches[:] = known
    choices = [more + found for found in _variables(session.matching, more)]
    if choices and len(choices[0]) > len(known):  # variables that code uses by itself: no call has shown whose they are
        counts = [_with(session, training, choice) for choice in choices]
        if counts[-1] > min(counts):
            _with(session, training, choices[counts.index(min(counts))])
    open_pairs = list(_open_pairs(session, training))[:MOST]
    best = apart(session, training) if open_pairs else 0
    for three in list(_threes(open_pairs))[:THREES] if best else ():
        best = _ordered(session, training, three, best)
    open_pairs = list(_open_pairs(session, training))[:MOST] if open_pairs else []
    for one, other in open_pairs:
        if not best and not _named_otherwise(one, other):
            continue
        before = list(session.matching.matches)
        if one not in before or other not in before:
            continue
        swapped = {id(one): session.matching.made(other.torch, one.keras, "value"), id(other): session.matching.made(one.torch, other.keras, "value")}
        count = _with(session, training, [swapped.get(id(match), match) for match in before])
        if count + 2 * _named_otherwise(*swapped.values()) < best + 2 * _named_otherwise(one, other):
            best = count
        else:
            _with(session, training, before)


def _variables(found: Any, matches: list[Match]) -> list[list[Match]]:
    """Of variables that code uses by itself, and torch's weights that they could be: all in their order; where one is missing, with the gap at each place."""
    taken = {id(match.torch) for match in matches} | {id(match.keras) for match in matches}
    mine = [unit for unit in found.torch_units if id(unit) not in taken]
    theirs = [unit for unit in found.keras_units if id(unit) not in taken and unit.kind == "raw"]
    for first in mine:
        alike = [unit for unit in mine if unit.kind == first.kind and unit.shapes == first.shapes]
        fitting = [unit for unit in theirs if kinship(first, unit) >= 2]
        if len(fitting) > 1 and len(alike) - len(fitting) in (0, 1):
            return [[found.made(a, b, "order") for a, b in zip(chosen, fitting, strict=True)] for chosen in combinations(alike, len(fitting))][:MOST]
    return [[]]


def _threes(pairs: list[tuple[Match, Match]]) -> Iterator[tuple[Match, Match, Match]]:
    """Three that any two of which may be exchanged: queries, keys and values, of which no single exchange may be the right one."""
    known = {frozenset((id(a), id(b))) for a, b in pairs}
    matches = list({id(m): m for pair in pairs for m in pair}.values())
    for three in combinations(matches, 3):
        if any(m.how == "order" for m in three) and all(frozenset((id(a), id(b))) in known for a, b in combinations(three, 2)):
            yield three


def _ordered(session: Any, training: bool, three: tuple[Match, ...], best: int) -> int:
    """The order of three after which least departs."""
    before = list(session.matching.matches)
    if any(match not in before for match in three):
        return best
    chosen = before
    for order in list(permutations(three))[1:]:
        made = {id(old): session.matching.made(new.torch, old.keras, "value") for old, new in zip(three, order, strict=True)}
        count = _with(session, training, [made.get(id(match), match) for match in before])
        if count < best:
            best, chosen = count, list(session.matching.matches)
        if not best:
            return best
    _with(session, training, chosen)
    return best


def _open_pairs(session: Any, training: bool) -> Iterator[tuple[Match, Match]]:
    calls = session.torch_runs[("float64", training)].calls

    def fed(match: Match) -> Any:
        return [call.entered[:1] for call in calls.get(id(match.torch), [])]

    told = {"order", "name"} if session.transfers else {"order"}  # weights that are given under the wrong name are the fault
    matches = [m for m in session.matching.matches if m.torch.kind != "raw" and fed(m)]
    for i, one in enumerate(matches):
        for other in matches[i + 1 :]:
            if told & {one.how, other.how} and fed(one) == fed(other) and kinship(one.torch, other.keras) >= 2 and kinship(other.torch, one.keras) >= 2:
                yield one, other


def _named_otherwise(one: Match, other: Match) -> bool:
    """Whether names speak clearly for the exchange of two matches: z_log_var is logvar and not mu."""

    def like(torch: Any, keras: Any) -> float:
        mine, theirs = ("".join(c for c in unit.name.rpartition(".")[2].lower() if c.isalnum()) for unit in (torch, keras))
        return SequenceMatcher(None, mine, theirs).ratio()

    now = like(one.torch, one.keras) + like(other.torch, other.keras)
    return like(one.torch, other.keras) + like(other.torch, one.keras) > now + CLEARLY


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


def _activated_otherwise(point: Any, flow: Any) -> bool:
    """A layer with an activation that torch's code does not apply to what its module gives."""
    name = getattr(getattr(point.match.keras.layer, "activation", None), "__name__", "linear")
    left = {number for number in point.final.left.values() if number is not None}
    behind = {op.name.strip("_") for op in flow.ops if left & set(op.inputs)}
    return point.match.keras.kind in {"linear", "conv"} and name not in {"linear", *behind} and bool(left)


def apart(session: Any, training: bool) -> int:
    """How many values of a forced run are not torch's: what layers are fed, what they give, and the outputs."""
    forced, run = session.forced[("float64", training)], session.torch_runs[("float64", training)]
    count = len(forced.unmatched)
    for point in forced.checkpoints:
        fed = zip(point.given, point.live, strict=False)
        count += sum(live is None or not close(live, given, ROUNDED) for given, live in fed if given.dtype.kind == "f")
        count += sum(not close(point.actual[name], expected, ROUNDED) for name, expected in point.expected.items())
        count += _activated_otherwise(point, run.flow)
    if forced.outputs is None:
        return count + 1
    leaves = session._leaves(forced.outputs, "Keras", session.keras)
    for _, expected, actual in paired_leaves(run.leaves, leaves, lambda t: tuple(int(n) for n in t.shape)):
        count += matching(session.torch.array(expected), session.keras.array(actual), ROUNDED) is None
    return count
