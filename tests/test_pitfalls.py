"""The catalogue: complete, unique, and about concepts that exist or will."""

from fnmatch import fnmatchcase

import pytest

from parity.discovery import all_cases
from parity.errors import ParityUsageError
from parity.explaining import explain
from parity.pitfalls import TIERS, concerning, entries, entry

AREAS = ["layers", "activations", "losses", "optimizers", "schedules", "initializers", "tensors", "autograd", "datasets", "transforms", "training"]
AREAS += ["checkpoints", "distributed", "models", "layouts", "device"]


def test_the_catalogue_holds_every_measured_row():
    ids = [e.id for e in entries()]
    assert len(ids) >= 220 and len(set(ids)) == len(ids)
    assert len({e.slug for e in entries()}) == len(ids)
    counts = {tier: sum(i.startswith(tier) and i[1:].isdigit() for i in ids) for tier in "ABC"}
    assert counts == {"A": 43, "B": 116, "C": 61}


@pytest.mark.parametrize("e", entries(), ids=lambda e: e.id)
def test_an_entry_is_filled_and_concerns_known_areas(e):
    assert all((e.torch, e.keras, e.fix, e.symptom, e.source)) and (e.measured or e.unmeasured) and e.tier in TIERS
    assert e.concerns
    for pattern in e.concerns:
        assert any(fnmatchcase(area, pattern.partition(".")[0]) for area in AREAS), pattern


def test_the_entries_of_a_concept():
    assert {"A005", "A006", "B001"} <= {e.id for e in concerning("layers.batch_norm")}
    assert "A016" in {e.id for e in concerning("optimizers.adam")}
    assert concerning("layers.no_such") == tuple(e for e in entries() if e.concerns_concept("layers.anything"))


def test_explain_knows_pitfalls_and_cases_and_says_what_is_near():
    assert explain("A005") == explain("bn-eps") and entry("bn-eps").fix in explain("bn-eps")
    case = next(case for case in all_cases() if case.concept == "layers.linear")
    assert case.id in explain("layers.linear") and "in_features" in explain(case.id)
    with pytest.raises(ParityUsageError, match=r"neither a pitfall nor a case.*near it: bn-eps"):
        explain("bn-ep")
