"""Layers that names, shapes and values leave open, such as two heads that are fed the same: the one of two ways after which less departs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, permutations
from typing import Any

import numpy as np

from parity.diagnosis.assigning import leads
from parity.diagnosis.binding import kinship
from parity.diagnosis.layouts import ROUNDED, close, matching
from parity.diagnosis.matching import Match, match_unique
from parity.diagnosis.structure import paired_leaves

MOST, THREES = 12, 4  # exchanges tried, one run each; groups of three, five runs each
CARRIED = 1e-6  # of a difference: the same one
GAP = 4  # layers of a row that one side lacks, one after the other: a block
Group = tuple[Match, ...]
CLEARLY, FAIRLY = 0.8, 0.3  # of the likeness of two pairs of names, each 0 to 1


def settle(session: Any, training: bool) -> None:
    """Matches what only one is left for, and exchanges matches that were made by order alone where that is better.

    Call after the first forced run, inside `keras_in("float64")`.
    """
    known = list(session.matching.matches)
    match_unique(session.matching)
    certain = [m for m in session.matching.matches if (m in known or m.keras.kind == "raw") and not _in_doubt(session.matching, m)]
    doubted = any(match not in certain for match in known)
    session.matching.matches[:] = known
    choices = [certain + found for found in _variables(session.matching, certain)]
    if choices and (doubted or len(choices[0]) > len(known)):  # variables that code uses by itself: no call has shown whose they are
        choices = choices + [known] * doubted
        counts = [rematched(session, training, choice) for choice in choices]
        if counts[-1] > min(counts):
            rematched(session, training, choices[counts.index(min(counts))])
    open_pairs = list(_open_pairs(session, training))
    others = [*_named_pairs(session, training), *_inverted_pairs(session)]
    lacking = list(_lacking(session, training))
    best = apart(session, training) if open_pairs or others or lacking or _unsure_variables(session) else 0
    for row in lacking if best else ():
        best = _spaced(session, training, row, best)
    open_pairs = list(_open_pairs(session, training)) if lacking else open_pairs
    threes = list(_threes(open_pairs)) if best else []
    for alike in _alike(threes):
        best = _ordered(session, training, alike, best) if best else 0
    for three in list(_threes(list(_open_pairs(session, training))))[:THREES] if best else ():
        best = _ordered(session, training, [three], best) if best else 0
    for alike in _alike(list(_open_pairs(session, training))) if open_pairs else ():
        if best or any(_named_otherwise(*pair) for pair in alike):
            best = _exchanged(session, training, alike, best)
    unsure = _unsure_variables(session) if best else []
    for alike in _alike(unsure):
        best = _exchanged(session, training, alike, best) if best else 0
    for pair in _unsure_variables(session)[:MOST] if best and unsure else ():
        best = _exchanged(session, training, [pair], best) if best else 0
    open_pairs = list(_open_pairs(session, training))[:MOST] if open_pairs else []
    for pair in [*open_pairs, *(others if best else ())]:
        for chain in _chains(session, training, pair) if best or _named_otherwise(*pair) else ():
            best = _exchanged(session, training, chain, best, by_name=len(chain) == 1)


def _chains(session: Any, training: bool, pair: Group) -> Iterator[list[Group]]:
    """A pair alone, then with what each hands on to, as far as that could be exchanged as well: of branches side by side, only the last layer may tell."""
    run, matches, chain = session.torch_runs[("float64", training)], list(session.matching.matches), [pair]

    def behind(match: Match) -> list[Match]:
        left = [n for call in run.calls.get(id(match.torch), ()) for n in call.left.values() if n is not None]
        entered = [(other, call.entered[0]) for other in matches for call in run.calls.get(id(other.torch), ()) if call.entered[:1] not in ((), (None,))]
        reached = [(other, goal) for other, goal in entered if any(leads(run.flow, number, goal) for number in left)]
        return list({id(other): other for other, goal in reached if goal == min(g for _, g in reached)}.values())  # the next, not those behind it

    while len(chain) <= GAP:
        yield chain
        nexts = [behind(match) for match in chain[-1]]
        if [len(found) for found in nexts] != [1, 1] or not _exchangeable(nexts[0][0], nexts[1][0]):
            return
        chain = [*chain, (nexts[0][0], nexts[1][0])]


def _exchangeable(one: Match, other: Match) -> bool:
    return kinship(one.torch, other.keras) >= 2 and kinship(other.torch, one.keras) >= 2


def _alike(groups: Sequence[Group]) -> list[list[Group]]:
    """Groups of matches that differ only in the block they are in: what is right of one is right of all, so that they are tried together."""
    found: dict[Any, list[Group]] = {}
    for group in groups:
        ends = tuple(_end(unit) for match in group for unit in (match.torch, match.keras))
        taken = {id(match) for other in found.get(ends, ()) for match in other}
        if not any(id(match) in taken for match in group):
            found.setdefault(ends, []).append(group)
    return [alike for alike in found.values() if len(alike) > 1]


def _end(unit: Any) -> str:
    """What a unit is called in its block; of variables that code uses by itself, the number of the block may be any part of the name."""
    return re.sub(r"\d+", "#", unit.name) if unit.kind == "raw" else str(unit.path.rpartition(".")[2])


def _exchanged(session: Any, training: bool, pairs: Sequence[Group], best: float, by_name: bool = True) -> float:
    """Pairs matched the other way round, if less departs then or the names are for it."""
    weight = 2 * by_name
    before = list(session.matching.matches)
    if any(match not in before for pair in pairs for match in pair):
        return best
    made, how = session.matching.made, "value" if len(pairs) == 1 else "order"  # of several, one may still be the other way round
    turned = [(made(other.torch, one.keras, how), made(one.torch, other.keras, how)) for one, other in pairs]
    swapped = {id(old): new for pair, news in zip(pairs, turned, strict=True) for old, new in zip(pair, news, strict=True)}
    count = rematched(session, training, [swapped.get(id(match), match) for match in before])
    if count + weight * sum(_named_otherwise(*pair) for pair in turned) < best + weight * sum(_named_otherwise(*pair) for pair in pairs):
        return count
    rematched(session, training, before)
    return best


def _variables(found: Any, matches: list[Match]) -> list[list[Match]]:
    """Of variables that code uses by itself, and torch's weights that they could be: all in their order; where one is missing, with the gap at each place."""
    taken = {id(match.torch) for match in matches} | {id(match.keras) for match in matches}
    mine = [unit for unit in found.torch_units if id(unit) not in taken]
    theirs = [unit for unit in found.keras_units if id(unit) not in taken and unit.kind == "raw"]
    for first in mine:
        alike = [unit for unit in mine if unit.kind == first.kind and unit.shapes == first.shapes]
        fitting = [unit for unit in theirs if _as_large(first, unit)] or [unit for unit in theirs if kinship(first, unit) >= 2]
        if len(fitting) > 1 and len(alike) - len(fitting) in (0, 1):
            return [[found.made(a, b, "order") for a, b in zip(chosen, fitting, strict=True)] for chosen in combinations(alike, len(fitting))][:MOST]
    return [[]]


def _in_doubt(found: Any, match: Match) -> bool:
    """Whether variables that code uses by itself were matched by names or order, where one more of the kind is left on either side."""
    if match.how not in {"order", "name"} or {match.torch.kind, match.keras.kind} != {"raw"}:
        return False
    return any(_as_large(unit, match.keras) for unit in found.open_torch) != any(_as_large(match.torch, unit) for unit in found.open_keras)


def _as_large(torch: Any, keras: Any) -> bool:
    """Whether two variables that code uses by itself could be one, axes of size 1 counted."""
    return torch.kind == keras.kind == "raw" and kinship(torch, keras) >= 2 and len(torch.shapes[torch.part]) == len(keras.held[0].variable.shape)


def _lacking(session: Any, training: bool) -> Iterator[tuple[list[Any], list[Any]]]:
    """Rows of alike layers of which one side has more: torch's and Keras', in the order of their calls. What is fed as a missing one may be the next."""
    forced, found = session.forced[("float64", training)], session.matching
    called = list(dict.fromkeys([*(id(point.match.keras) for point in forced.checkpoints), *map(id, forced.unmatched)]))
    calls = session.torch_runs[("float64", training)].calls
    first = {id(unit): min((c.call.ops[0] for c in calls.get(id(unit), ())), default=-1) for unit in found.torch_units}
    kinds = {(unit.kind, str(unit.shapes)): unit for unit in found.open_torch if first[id(unit)] >= 0}
    kinds |= {(unit.kind, str(unit.shapes)): unit for unit in forced.unmatched}
    for kind, shapes in kinds:
        mine = [unit for unit in found.torch_units if (unit.kind, str(unit.shapes)) == (kind, shapes) and first[id(unit)] >= 0]
        theirs = [unit for unit in found.keras_units if (unit.kind, str(unit.shapes)) == (kind, shapes) and id(unit) in called]
        within = all((m.torch in mine) == (m.keras in theirs) and (m.torch not in mine or m.how not in {"path", "map"}) for m in found.matches)
        if within and 0 < abs(len(mine) - len(theirs)) <= GAP and 1 < max(len(mine), len(theirs)) <= MOST:
            yield sorted(mine, key=lambda u: first[id(u)]), sorted(theirs, key=lambda u: called.index(id(u)))


def _spaced(session: Any, training: bool, row: tuple[list[Any], list[Any]], best: float) -> float:
    """A row matched in its order, with the gap where least departs."""
    before = list(session.matching.matches)
    mine, theirs = row
    others = [match for match in before if match.torch not in mine]
    chosen, gap = before, abs(len(mine) - len(theirs))
    longer = mine if len(mine) > len(theirs) else theirs
    for start in range(len(longer) - gap + 1):
        cut = longer[:start] + longer[start + gap :]
        some, rest = (cut, theirs) if longer is mine else (mine, cut)
        count = rematched(session, training, others + [session.matching.made(a, b, "order") for a, b in zip(some, rest, strict=True)])
        scattered = _scattered(session.matching.matches)  # no gap is better that tears modules apart: of two norms in a row, either may be the missing one
        if scattered <= _scattered(before) and (count, scattered) < (best, _scattered(chosen)):
            best, chosen = count, list(session.matching.matches)
    rematched(session, training, chosen)
    return best


def _scattered(matches: Sequence[Match]) -> int:
    """How many pairs of modules hold matched layers: fewest where each module has one counterpart."""
    return len({(match.torch.path.rpartition(".")[0], match.keras.path.rpartition(".")[0]) for match in matches})


def _threes(pairs: list[tuple[Match, Match]]) -> Iterator[tuple[Match, Match, Match]]:
    """Three that any two of which may be exchanged: queries, keys and values, of which no single exchange may be the right one."""
    known = {frozenset((id(a), id(b))) for a, b in pairs}
    matches = list({id(m): m for pair in pairs for m in pair}.values())
    for three in combinations(matches, 3):
        if any(m.how == "order" for m in three) and all(frozenset((id(a), id(b))) in known for a, b in combinations(three, 2)):
            yield three


def _ordered(session: Any, training: bool, threes: Sequence[Group], best: float) -> float:
    """The order of three (of each of some alike) after which least departs."""
    before = list(session.matching.matches)
    if any(match not in before for three in threes for match in three):
        return best
    chosen, how = before, "value" if len(threes) == 1 else "order"
    for order in list(permutations(range(3)))[1:]:
        pairs = [(three[i], three[k]) for three in threes for i, k in enumerate(order)]
        made = {id(old): session.matching.made(new.torch, old.keras, how) for old, new in pairs}
        count = rematched(session, training, [made.get(id(match), match) for match in before])
        if count < best:
            best, chosen = count, list(session.matching.matches)
        if not best:
            return best
    rematched(session, training, chosen)
    return best


def _open_pairs(session: Any, training: bool) -> Iterator[tuple[Match, Match]]:
    calls = session.torch_runs[("float64", training)].calls

    def fed(match: Match) -> Any:
        return [call.entered[:1] for call in calls.get(id(match.torch), [])]

    def unsure(one: Match, other: Match) -> bool:
        by_name = "name" in (one.how, other.how) and (session.transfers or not _named_so(one, other))  # weights given under the wrong name are the fault
        return "order" in (one.how, other.how) or by_name

    matches = [m for m in session.matching.matches if m.torch.kind != "raw" and fed(m)]
    for i, one in enumerate(matches):
        for other in matches[i + 1 :]:
            if unsure(one, other) and fed(one) == fed(other) and _exchangeable(one, other):
                yield one, other


def _unsure_variables(session: Any) -> list[tuple[Match, Match]]:
    """Pairs of variables of one module that code uses by itself, for whose match no name speaks."""
    raw = [m for m in session.matching.matches if m.torch.kind == m.keras.kind == "raw" and m.how in {"order", "name"}] if session.transfers else []
    beside = [(a, b) for a, b in combinations(raw, 2) if a.torch.path.rpartition(".")[0] == b.torch.path.rpartition(".")[0] or a.torch.path == b.torch.path]
    return [(a, b) for a, b in beside if _exchangeable(a, b) and not _named_so(a, b)]


def _named_pairs(session: Any, training: bool) -> list[tuple[Match, Match]]:
    """Pairs of one kind and shape whose names speak for an exchange, though they are fed different values: blocks may stand in another order."""
    calls = session.torch_runs[("float64", training)].calls
    matches = [m for m in session.matching.matches if m.how in {"value", "order", "shape"} and m.torch.kind != "raw" and calls.get(id(m.torch))]
    pairs = [(a, b) for a, b in combinations(matches, 2) if _exchangeable(a, b) and _named_otherwise(a, b)]
    return pairs[:MOST] if session.transfers else []


def _inverted_pairs(session: Any) -> list[tuple[Match, Match]]:
    """Pairs of one module, not both matched by value, that are defined the other way round: a norm may be called behind what it stands before in torch."""
    mine, theirs = ({id(unit): i for i, unit in enumerate(units)} for units in (session.matching.torch_units, session.matching.keras_units))
    found = []
    open_matches = [m for m in session.matching.matches if m.how in {"order", "value", "shape"} and m.torch.kind != "raw"]
    for one, other in combinations(open_matches, 2):
        if one.how == other.how == "value":
            continue
        beside = all(a.path.rpartition(".")[0] == b.path.rpartition(".")[0] for a, b in ((one.torch, other.torch), (one.keras, other.keras)))
        if beside and _exchangeable(one, other) and (mine[id(one.torch)] < mine[id(other.torch)]) != (theirs[id(one.keras)] < theirs[id(other.keras)]):
            found.append((one, other))
    return found[:MOST] if session.transfers else []


def _named_otherwise(one: Match, other: Match) -> bool:
    """Whether names speak clearly for the exchange of two matches: z_log_var is logvar and not mu."""
    return _spoken_for(one, other) < -CLEARLY


def _named_so(one: Match, other: Match) -> bool:
    """Whether names speak for two matches as they are; that the Keras names share a word with one of torch's says nothing."""
    return _spoken_for(one, other) > FAIRLY


def _spoken_for(one: Match, other: Match) -> float:
    """How much liker the names are as matched than exchanged; numbers alone, which Keras gives by itself, say nothing."""
    first, second = _distinct(one.torch.name, other.torch.name)
    third, fourth = _distinct(one.keras.name, other.keras.name)
    if f"{third}{fourth}".isdigit():
        return 0.0

    def like(torch: str, keras: str) -> float:
        return SequenceMatcher(None, torch, keras).ratio()

    return like(first, third) + like(second, fourth) - like(first, fourth) - like(second, third)


def _distinct(one: str, other: str) -> tuple[str, str]:
    """What tells two names apart: of blocks.0.conv.norm and blocks.0.attention.norm, conv and attention."""
    parts = [[word for word in re.split(r"[^a-z0-9]+", name.lower()) if word] for name in (one, other)]
    while all(parts) and parts[0][0] == parts[1][0]:
        parts = [words[1:] for words in parts]
    while all(parts) and parts[0][-1] == parts[1][-1]:
        parts = [words[:-1] for words in parts]
    return "".join(parts[0]), "".join(parts[1])


def rematched(session: Any, training: bool, matches: list[Match]) -> float:
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


def apart(session: Any, training: bool) -> float:
    """How many values of a forced run are not torch's: what layers are fed, what they give, and the outputs.

    Of as many, fewer are apart by something new: along a skip the same difference goes on from layer to layer (its part is behind the point).
    """
    forced, run = session.forced[("float64", training)], session.torch_runs[("float64", training)]
    count, by = len(forced.unmatched), list[np.ndarray]()
    for point in forced.checkpoints:
        fed = [(given, live) for given, live in zip(point.given, point.live, strict=False) if given.dtype.kind == "f"]
        wrong = [(given, live) for given, live in fed if live is None or not close(live, given, ROUNDED)]
        marks = [_mark(live - given) for given, live in wrong if live is not None]
        by += [mark for mark in marks if not any(mark.shape == known.shape and close(mark, known, CARRIED) for known in by)]
        count += len(wrong)
        count += sum(not close(point.actual[name], expected, ROUNDED) for name, expected in point.expected.items())
        count += _activated_otherwise(point, run.flow)
    fresh = len(by) / (1 + 2 * len(forced.checkpoints) + sum(len(point.given) for point in forced.checkpoints))
    if forced.outputs is None:
        return count + 1 + fresh
    leaves = session._leaves(forced.outputs, "Keras", session.keras)
    for _, expected, actual in paired_leaves(run.leaves, leaves, lambda t: tuple(int(n) for n in t.shape)):
        count += matching(session.torch.array(expected), session.keras.array(actual), ROUNDED) is None
    return count + fresh


def _mark(difference: np.ndarray) -> np.ndarray:
    """What tells two differences apart, in few numbers."""
    return np.array([*difference.reshape(-1)[:64], np.abs(difference).sum(), *difference.shape])
