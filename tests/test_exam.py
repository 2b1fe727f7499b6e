"""The independent exam: torch's own test database against the twins. `python -m tests.exam NAME` tries one name by hand; docs/exam.md says how it works."""

import re
import warnings
from types import SimpleNamespace

import pytest
from exam.reasons import KNOWN
from exam.summary import PROPERTY, line_from, line_to, pytest_terminal_summary
from exam.table import PARTS, lowered, recorded, to_json, to_markdown, to_record, totals
from exam.walk import names, walk, walked
from exam.words import Word

RECORD = recorded()
NAMES = [(part, name) for part in PARTS for name in RECORD[part]]
FAULTS = {Word.DIFFER, Word.UNSUPPORTED, Word.REFUSED}
CHANGED = "torch's database changed, or how the exam samples it: python -m tests.exam --update"


@pytest.mark.parametrize("part", PARTS)
def test_every_name_of_the_database_is_tried(part):
    assert list(RECORD[part]) == names(part), CHANGED


@pytest.mark.parametrize(("part", "name"), NAMES, ids=[f"{part}-{name}" for part, name in NAMES])
def test_no_fewer_inputs_agree_than_recorded(part, name, record_property):
    line, before = walked(part, name), RECORD[part][name]
    record_property(PROPERTY, line_to(line))
    told = "\n".join(reason.shown for reason in line.reasons)
    assert (line.inputs, line.tried) == (before["inputs"], before["tried"]), CHANGED
    assert line.zeros <= before["zeros"], f"{name}: {line.zeros} inputs agree in nothing but zeros, {before['zeros']} did"
    assert line.agree >= before["agree"], f"{name}: {line.agree} of {line.tried} inputs agree, {before['agree']} did; try `python -m tests.exam {name}`\n{told}"
    unexplained = [reason.shown for reason in line.reasons if reason.word in FAULTS and not reason.explanation]
    assert not unexplained, f"{name}: for no known reason; repair the twin, or explain it in tests/exam/reasons.py\n" + "\n".join(unexplained)
    if line.agree > before["agree"]:
        warnings.warn(f"{name}: {line.agree} inputs agree, the record has {before['agree']}: raise it with `python -m tests.exam --update`", stacklevel=2)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.names}: {known.pattern}")
def test_explanations_name_the_catalogue_and_expire(known):
    from parity.pitfalls import entry

    assert not known.pitfall or entry(known.pitfall)
    assert any(re.search(known.pattern, reason.text) for line in walk((known.names,)) for reason in line.reasons), "no longer needed: remove it"


# That the exam can fail


def test_a_wrong_value_differs(monkeypatch):
    from tf_impl.activations import Softplus

    right = Softplus.call
    monkeypatch.setattr(Softplus, "call", lambda self, inputs: 1.0001 * right(self, inputs))
    line = walked("modules", "nn.Softplus")
    assert line.counts == {"differ": line.inputs}
    assert "output" in line.reasons[0].text


def test_a_wrong_gradient_differs_though_the_value_is_right(monkeypatch):
    from keras import ops

    from tf_impl.activations import Softplus

    right = Softplus.call
    monkeypatch.setattr(Softplus, "call", lambda self, inputs: right(self, inputs) + 0.001 * (inputs - ops.stop_gradient(inputs)))
    line = walked("modules", "nn.Softplus")
    assert line.counts == {"differ": line.inputs}
    assert line.reasons[0].text.startswith("input_grad")


def test_a_wrong_buffer_differs(monkeypatch):
    from tf_impl.layers import BatchNorm2d

    right = BatchNorm2d._track
    monkeypatch.setattr(BatchNorm2d, "_track", lambda self, n, mean, variance: right(self, n, mean, 0.9 * variance))
    line = walked("modules", "nn.BatchNorm2d")
    assert line.counts["differ"] >= 4
    assert all("running_var" in reason.text for reason in line.reasons if reason.word == "differ")


def test_a_wrong_step_differs(monkeypatch):
    from tf_impl.optimizers import SGD

    right = SGD.update_step
    monkeypatch.setattr(SGD, "update_step", lambda self, gradient, variable, lr: right(self, gradient * 1.0001, variable, lr))
    assert walked("optimizers", "SGD").counts["differ"] >= 8


def test_what_a_twin_raises_and_what_is_missing_are_counted(monkeypatch):
    import tf_impl.activations

    def refuse(self, inputs):
        raise ValueError("not today")

    monkeypatch.setattr(tf_impl.activations.Softplus, "call", refuse)
    line = walked("modules", "nn.Softplus")
    assert line.counts == {"not supported": line.inputs}
    assert [reason.text for reason in line.reasons] == ["ValueError: not today"]
    monkeypatch.delattr(tf_impl.activations, "Softplus")
    assert walked("modules", "nn.Softplus").counts == {"no twin": line.inputs}


def test_the_record_is_never_lowered():
    line = walked("modules", "nn.Softplus")
    now = to_record([line])
    better = to_record([line])
    better["modules"]["nn.Softplus"] = {**better["modules"]["nn.Softplus"], "agree": line.agree + 1}
    assert lowered(now, better) == []
    assert lowered(better, now) == [f"nn.Softplus: {line.agree + 1} → {line.agree} agree, 0 → 0 of them in zeros"]
    emptier = to_record([line])
    emptier["modules"]["nn.Softplus"] = {**emptier["modules"]["nn.Softplus"], "zeros": 1}
    assert lowered(now, emptier) == [f"nn.Softplus: {line.agree} → {line.agree} agree, 0 → 1 of them in zeros"]


def test_lines_travel_from_the_workers_to_the_totals():
    line = walked("modules", "nn.Softplus")
    assert totals([line_from(line_to(line))]) == totals([line])
    shown = []
    report = SimpleNamespace(user_properties=[(PROPERTY, line_to(line))])
    pytest_terminal_summary(SimpleNamespace(stats={"passed": [report]}, section=shown.append, line=shown.append))
    assert shown == ["the independent exam", *totals([line])]


def test_the_report_has_every_name_and_reason():
    lines = [walked("modules", "nn.LayerNorm"), walked("functional", "nn.functional.normalize")]
    for text in (to_json(lines), to_markdown(lines)):
        assert "nn.LayerNorm" in text
        assert "torch.nn has no class for it" in text
