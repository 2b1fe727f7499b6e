"""Each mechanism that locates a fault, on a planted fault (or a right port) that needs it: the place, the cause, confirmed, and nobody else blamed."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from benchmarks.faults.cases import cases
from benchmarks.faults.rates import scored
from parity.check import check

pytestmark = pytest.mark.filterwarnings(r"ignore:`build\(\)` was called on layer:UserWarning")
FAULTS = {
    "vit_handwritten:token_last": "concat-order",  # on a residual stream: told once
    "vit_handwritten:heads_last": "axes-order",
    "vit_handwritten:heads": "mha-heads",
    "mixer:norm_of_input": "input-rewired",
    "mixer:tokens_detached": "stop-gradient",
    "mixer:patches_turned": "flatten-order",
    "squeeze_excite:zeros_for_reflection": "pad-modes",
    "squeeze_excite:gamma_forgotten": "scale-missing",
    "tcn:same_for_causal": "causal-conv1d",
    "tcn:up_cut_after": "convT-same",
    "wave_net:dilation_halved": "conv-dilation",  # torch's code pads, Keras' layers by themselves
    "tf_ops:same_under_stride": "same-stride2",  # bare variables
    "rnn_rows:outputs_swapped": "input-rewired",
    "rnn_rows:dropout_in_cell": "rnn-dropout-meaning",
    "language_model:no_positions": "layer-missing",
    "language_model:packed_by_heads": "split-order",
    "two_inputs:mean_pool": "reduction-other",
    "seq2seq:beta": "opt-betas",  # recurrences are replayed with the weights of the first step
}
RIGHT = ("cnn_sequential/dense_as_convolution", "mixer/by_convolution", "vit_handwritten/dense_patches", "lstm_text/loop", "wave_net", "seq2seq")


def told(name):
    report = check(**cases()[name].arguments())
    findings = [{"layer": f.layer, "cause": f.cause, "confirmed": f.confirmed, "severity": f.severity} for f in report.findings]
    return report, {"case": name, "verdict": report.verdict, "ok": report.ok, "findings": findings}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_where_it_is(name):
    report, result = told(name)
    (line,) = scored(result)
    assert line["detected"] and line["located"] and line["confirmed"], str(report)
    assert FAULTS[name] in line["causes"] and not line["blamed"], str(report)
    assert not any("not located" in note for note in report.notes)


def test_a_module_that_is_passed_by_is_named():
    report, _ = told("squeeze_excite:not_excited")
    assert any(f.layer == "block2.se" and f.cause == "layer-missing" and f.confirmed for f in report.findings), str(report)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_only_written_otherwise_agrees(name):
    report, _ = told(name)
    assert report.ok and not [f for f in report.findings if f.severity == "difference"], str(report)
