"""The migration guide: every concept has its page, made from its sources, cases, results and pitfalls."""

import subprocess
import sys
from pathlib import Path

import pytest

from parity.comparison import Row
from parity.discovery import all_cases
from parity.guide import pages, write_guide
from parity.results import Result, Run
from parity.verdict import Verdict

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def guide(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("guide")
    row = Row("output", "output", Verdict.EQUIVALENT, 1.25e-16, 2e-7, 3e-7, 1.5, "", (2, 5))
    write_guide(Run(tuple(Result(case, (row,)) for case in all_cases()), folder, started="2026-11-21T00:00:00+00:00"), folder)
    return folder


def concepts() -> list[str]:
    found = {case.concept for case in all_cases()}
    for root in ("torch_ref", "tf_impl"):
        for path in (ROOT / root).rglob("*.py"):
            relative = path.relative_to(ROOT / root)
            if not path.name.startswith("_") and len(relative.parts) > 1:
                found.add(".".join(relative.with_suffix("").parts))
    return sorted(found)


def test_every_concept_has_its_page(guide):
    missing = [concept for concept in concepts() if not all((guide / name).is_file() for name in pages(concept))]
    assert not missing


def test_the_index_leads_to_every_page_and_knows_both_names(guide):
    index = (guide / "index.html").read_text()
    assert [concept for concept in concepts() if pages(concept)[0] not in index] == []
    for name in ("torch.nn.BatchNorm2d", "BatchNormalization", "torch.optim.Adam", "keras.optimizers.Adam"):
        assert name in index, name


def test_a_page_holds_equation_difference_sources_cases_result_and_pitfalls(guide):
    page = (guide / "layers.batch_norm.md").read_text()
    for text in ("Ioffe and Szegedy", "unbiased", "class _BatchNorm", "from torch.nn import BatchNorm2d", "momentum-none", "equivalent", "bn-eps"):
        assert text in page, text
    html = (guide / "layers.batch_norm.html").read_text()
    assert '<svg class="tex"' in html  # the equation is drawn


def test_no_page_refers_to_a_page_that_is_not_there(guide):
    import re

    for path in guide.glob("*.html"):
        for target in re.findall(r'href="([\w.]+\.html)', path.read_text()):
            assert (guide / target).is_file() or target == "index.html", f"{path.name} -> {target}"


def test_the_guide_imports_no_framework():
    code = "import parity.guide, parity.guide.page, sys; print([m for m in ('torch', 'tensorflow', 'keras', 'jax') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
