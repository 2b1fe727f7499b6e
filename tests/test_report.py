"""The report: whole, self-contained, the same for the same results, and read back without loss."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from parity.case import Case, DemoCase, Figure, TrainingCase, image, values
from parity.comparison import Row
from parity.errors import ParityUsageError
from parity.report import read_report, write_report
from parity.report.figures import figure_panels
from parity.report.terminal import MANY, results_table, totals_line
from parity.report.view import anchor
from parity.results import Result, Run
from parity.verdict import Verdict

MADE = {"torch": {"torch": "2.13.0", "device": "cpu", "threads": 1, "flags": {"tf32_matmul": False}, "seed": 0}, "keras": {"keras": "3.15.1", "device": "cpu"}}


def results() -> tuple[Result, ...]:
    agreeing = Row("output", "output", Verdict.EQUIVALENT, 1e-16, 2e-7, 3e-7, 1.5, "axis 1 [3]", (2, 5, 7, 7))
    differing = Row("running_var", "buffer", Verdict.DIFFERENT, 0.25, 1e-7, 1e-7, 1.0, "", (5,), "bn", "the <biased> variance")
    nonfinite = Row("loss", "loss", Verdict.NONFINITE, float("nan"), float("inf"), 0.0, 1.0)
    known = Row("raised", "fact", Verdict.DIFFERENT, known="TensorFlow raises here", note="torch: False; Keras: True")
    curves = {"loss": {"torch float32": [[2.0, 1.0], [2.1, 1.2]], "keras float32": [[2.0, 1.0], [2.1, 1.2]]}}
    return (
        Result(Case("layers.conv:Conv2d", "a", inputs={"x": image(2, 3, 7, 7)}), (agreeing,), seconds={"torch": 0.1}, made=MADE),
        Result(Case("layers.batch_norm:BatchNorm2d", "b"), (agreeing, differing), made=MADE),
        Result(Case("losses.mse:MSELoss", "c"), (nonfinite,), made=MADE),
        Result(DemoCase("tensors.dtype:promotion", "d", inputs={"x": values([1, 2])}), (known, replace(agreeing, worst_slice="")), made=MADE),
        Result(TrainingCase("models.lenet:LeNet", "digits"), (replace(agreeing, role="trajectory"),), made=MADE, curves=curves),
        Result(Case("models.lenet:LeNet", "mnist"), message="needs the data set 'mnist'", skipped=True),
        Result(Case("layers.linear:Linear", "raises"), (Row("case", "case", Verdict.COULD_NOT_RUN, note="boom"),), "boom"),
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    run = Run(results(), tmp_path_factory.mktemp("report"), started="2026-11-21T00:00:00+00:00", seconds=1.5)
    write_report(run)
    return run


def test_the_page_needs_nothing_from_outside(run):
    page = (run.out / "index.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?:https?:)?//(?!arxiv|www\.w3\.org|doi)[^"']+\.(?:js|css|woff2?|png|svg)""", page)
    assert "<link" not in page.lower().replace('<link rel="icon"', "")
    assert "@import" not in page


def test_the_index_leads_to_every_case_on_the_page_of_its_concept(run):
    index = (run.out / "index.html").read_text()
    for result in run:
        link = f"concepts/{result.case.concept}.html#{anchor(result.case.id)}"
        assert f'href="{link}"' in index
        assert f'id="{anchor(result.case.id)}"' in (run.out / link.partition("#")[0]).read_text()


def test_the_pages_show_rows_notes_and_sources(run):
    page = (run.out / "index.html").read_text() + "".join(path.read_text() for path in sorted((run.out / "concepts").glob("*.html")))
    assert "the &lt;biased&gt; variance" in page and "the <biased> variance" not in page
    for text in ("TensorFlow raises here", "needs the data set", "class BatchNorm2d", "tf32_matmul", "axis 1 [3]"):
        assert text in re.sub(r"<[^>]+>", "", page).replace("&#39;", "'"), text


def test_training_curves_are_drawn_for_both_sides(run):
    without = Run(tuple(replace(result, curves={}) for result in run.results), run.out / "without", started=run.started)
    write_report(without)
    drawn, bare = ((folder / "concepts" / "models.lenet.html").read_text().count("<svg") for folder in (run.out, without.out))
    assert drawn > bare


def test_pages_whose_results_are_those_of_the_last_time_are_left_and_others_are_set_anew(run, tmp_path):
    def written() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (tmp_path / "concepts").glob("*.html")}

    write_report(replace(run, out=tmp_path))
    first = written()
    write_report(replace(run, out=tmp_path))
    assert written() == first
    (tmp_path / "concepts" / "losses.mse.html").write_text("touched by hand")
    changed = tuple(replace(result, message="other words") if result.case.concept == "layers.linear" else result for result in run.results)
    write_report(replace(run, out=tmp_path, results=changed))
    second = written()
    assert {name for name in first if first[name] != second[name]} == {"losses.mse.html", "layers.linear.html"}
    write_report(replace(run, out=tmp_path, results=run.results[:1]))
    assert set(written()) == {"layers.conv.html"}  # pages of an earlier run do not stay


def test_the_exam_is_shown_where_there_is_one(run, tmp_path):
    assert "tests.exam" in (run.out / "index.html").read_text() and not (run.out / "exam.html").exists()
    reason = {"word": "differ", "text": "output <1>", "inputs": [3], "pitfall": "A005", "explanation": "because"}
    line = {"part": "modules", "name": "nn.Conv2d", "inputs": 7, "tried": 6, "agree": 5, "zeros": 1, "counts": {"differ": 1}, "reasons": [reason]}
    exam = tmp_path / "exam.json"
    exam.write_text(json.dumps({"made": {"torch": "2"}, "totals": ["5 of 6 agree"], "parts": {"modules": "modules"}, "lines": [line]}))
    write_report(replace(run, out=tmp_path))
    page = (tmp_path / "exam.html").read_text()
    for text in ("concepts/layers.conv.html", "nn.Conv2d", "output &lt;1&gt;", "because", "A005"):
        assert text in page, text
    assert "5 of 6 agree" in (tmp_path / "index.html").read_text() and "5 of 6 agree" in (tmp_path / "report.md").read_text()
    exam.write_text("{}")
    with pytest.raises(ParityUsageError, match=r"exam\.json"):
        write_report(replace(run, out=tmp_path))


def test_csv_has_a_line_a_row(run):
    lines = list(csv.DictReader(StringIO((run.out / "report.csv").read_text())))
    assert len(lines) == sum(len(result.rows) for result in run)
    assert [line["verdict"] for line in lines if line["name"] == "running_var"] == ["different"]


def test_junit_counts_failures_and_skips(run):
    suite = ET.parse(run.out / "junit.xml").getroot()
    cases = list(suite.iter("testcase"))
    assert len(cases) == len(run.results)
    failing = [result for result in run if not result.ok]
    assert len(list(suite.iter("failure"))) + len(list(suite.iter("error"))) == len(failing) == 3
    assert len(list(suite.iter("skipped"))) == 1


def test_json_is_what_its_page_says(run):
    data = json.loads((run.out / "report.json").read_text())
    page = (Path(__file__).parents[1] / "docs" / "report-schema.md").read_text().split("\n# ")[0]
    tables = re.split(r"^## ", page, flags=re.M)
    documented = [re.findall(r"^\| `(\w+)` \|", table, flags=re.M) for table in tables]
    assert [set(data), set(data["cases"][0]), set(data["cases"][0]["rows"][0])] == [set(names) for names in documented]
    assert data["schema"] == 1 and data["exit_code"] == run.exit_code == 1


def test_json_reads_back_and_writes_the_same(run, tmp_path):
    again = replace(read_report(run.out / "report.json"), out=tmp_path)
    write_report(again)
    for name in ("report.json", "report.csv", "report.md", "junit.xml", "index.html"):
        assert (tmp_path / name).read_text().replace(str(tmp_path), "") == (run.out / name).read_text().replace(str(run.out), ""), name


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No report at"), ("{", "is not a report"), ('{"schema": 99}', "has report schema 99, this version reads 1"), ("[]", "is not a report")],
)
def test_a_bad_report_is_one_sentence(tmp_path, content, told):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(ParityUsageError, match=told):
        read_report(tmp_path / "report.json")


def test_the_planted_faults_are_shown_from_their_file(run, tmp_path):
    assert "make faults" in (run.out / "index.html").read_text()
    rates = {"detected": 1.0, "located": 0.987, "named": 0.5, "confirmed": 0.25, "innocents": 0.0}
    told = {"check": {"all": {"faults": 4, **rates}}, "usual": {"allclose": {"detected": 0.75, "false_alarms": 2}}, "goals": rates, "cases": 5, "of": 6}
    right = {"ports": 3, "false_alarms": [{"case": "odd/port"}], "vacuous": ["zeros"]}
    (tmp_path / "faults.json").write_text(json.dumps({**told, "right": right}))
    write_report(replace(run, out=tmp_path))
    page = (tmp_path / "index.html").read_text()
    assert all(word in page for word in ("98.7 %", "odd/port", "zeros", "75.0 %", "5 of 6 cases"))
    assert "| all | 4 | 100.0 % | 98.7 % | 50.0 % | 25.0 % | 0.0 % |" in (tmp_path / "report.md").read_text()
    (tmp_path / "faults.json").write_text('{"check": 3}')
    with pytest.raises(ParityUsageError, match="make faults"):
        write_report(replace(run, out=tmp_path))


def test_the_margin_is_drawn_from_its_file_and_asked_for_where_absent(run, tmp_path):
    assert "make margin" in (run.out / "index.html").read_text()
    margin = tmp_path / "measured.json"
    margin.write_text(json.dumps({"rounding": [0.001, 0.02, 0.3], "faults": [{"name": "forgotten decay", "ratio": 2e5}], "made": {}}))
    write_report(replace(run, out=tmp_path), margin=margin)
    assert "forgotten decay" in (tmp_path / "index.html").read_text()
    margin.write_text('{"rounding": "many"}')
    with pytest.raises(ParityUsageError, match=r"measured\.json"):
        write_report(replace(run, out=tmp_path), margin=margin)


def test_the_terminal_has_a_line_a_case_or_above_many_a_concept(run):
    assert results_table(run).row_count == len(run.results)
    many = Run(tuple(Result(Case("layers.conv:Conv2d", str(i)), run.results[0].rows) for i in range(MANY + 1)) + run.results[1:2], run.out)
    assert results_table(many).row_count == 2  # one for layers.conv, one for the case that fails
    line = totals_line(run)
    for word, count in run.totals.items():
        assert f"{count} {word}" in line


def _drawn(figure: Figure, curves: dict) -> str:
    (panel,) = figure_panels((figure,), curves)
    return panel.svg


def test_a_figure_draws_both_sides_over_each_other():
    curves = {"x": {"given": [[0.0, 1.0, 2.0]]}, "output:y": {"torch": [[1.0, 2.0, 4.0]], "keras": [[1.0, 2.0, 3.0]]}}
    svg = _drawn(Figure("line", {"output:y": "y"}, x="x"), curves)
    torch, keras = re.findall(r'class="(?:torch|keras) bed" points="([^"]+)"', svg)
    assert torch.split()[:2] == keras.split()[:2] and torch.split()[2] != keras.split()[2]  # so that a difference shows


def test_paths_lie_on_their_ground_and_surfaces_have_contours_of_both_sides():
    axis = {"torch": [[-1.0, 0.0, 1.0]], "keras": [[-1.0, 0.0, 1.0]]}
    bowl = [[2.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 2.0]]
    curves = {"a": axis, "b": axis, "bowl": {"torch": bowl, "keras": bowl}, "path": {"torch": [[-1.0, 1.0], [0.0, 0.0]], "keras": [[-1.0, 1.0], [0.0, 0.0]]}}
    path = _drawn(Figure("path", {"path": "path"}, kind="path", ground=("a", "b", "bowl")), curves)
    assert path.count('class="ground bed"') >= 5 and path.count("<circle") == 2
    surface = _drawn(Figure("surface", {"bowl": "height"}, kind="surface", ground=("a", "b")), curves)
    assert surface.count('class="torch bed"') == surface.count('class="keras bed"') >= 5


def test_a_figure_of_something_that_was_not_recorded_is_left_out():
    assert figure_panels((Figure("line", {"output:y": "y"}),), {"output:z": {"torch": [[1.0]], "keras": [[1.0]]}}) == []


def test_numbers_that_json_has_no_word_for_are_not_drawn():
    svg = _drawn(Figure("line", {"output:y": "y"}), {"output:y": {"torch": [[1.0, "NaN", 3.0]], "keras": [[1.0, "Infinity", 3.0]]}})
    assert "nan" not in svg.lower() and "inf" not in svg.lower()


def test_a_case_of_declared_differences_alone_is_known_not_vacuous(tmp_path):
    row = Row("raised", "fact", Verdict.DIFFERENT, known="TensorFlow raises here")
    run = Run((Result(DemoCase("tensors.dtype:promotion", "d"), (row,), made=MADE),), tmp_path)
    assert (run.results[0].word, run.totals, run.ok) == ("known", {"known": 1}, True)
    write_report(run)
    assert "vacuous" not in (tmp_path / "concepts" / "tensors.dtype.html").read_text()
