"""Each mechanism that locates a fault, on a planted fault (or a right port) that needs it: the place, the cause, confirmed, and nobody else blamed."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from benchmarks.faults.cases import cases
from benchmarks.faults.rates import scored
from parity.check import check
from parity.diagnosis.diagnosing import forward

pytestmark = pytest.mark.filterwarnings(r"ignore:`build\(\)` was called on layer:UserWarning")


def beside(*names):
    return [pytest.param(name, marks=pytest.mark.faults) for name in names]


FAULTS = {
    "vit_handwritten:token_last": "concat-order",  # on a residual stream: told once
    "vit_handwritten:heads": "mha-heads",
    "mixer:tokens_detached": "stop-gradient",
    "squeeze_excite:zeros_for_reflection": "pad-modes",
    "tcn:same_for_causal": "causal-conv1d",
    "wave_net:dilation_halved": "conv-dilation",  # torch's code pads, Keras' layers by themselves
    "tf_ops:same_under_stride": "same-stride2",  # bare variables
    "rnn_rows:dropout_in_cell": "rnn-dropout-meaning",
    "language_model:no_positions": "layer-missing",
    "seq2seq:beta": "opt-betas",  # recurrences are replayed with the weights of the first step
    "seq2seq:not_scaled": "scale-missing",  # beside the -1e9 of a mask, numbers of ordinary size count
    "seq2seq:no_start": "rnn-initial-state",
    "seq2seq:masked_reading": "rnn-mask",  # Keras' masks go on where torch's values are handed on
    "seq2seq:memory_detached": "stop-gradient",  # of all that a module does with a value
    "language_model:tied_detached": "stop-gradient",  # of a parameter, where it is used again
    "wave_net:halves_swapped": "split-order",  # one change that explains all goes before one that explains a part
    "wave_net:last_skip_only": "residual-missing",
    "lstm_text:cell_for_hidden": "input-rewired",  # one part of a join
    "super_resolution:sum_scaled": "operations-exchanged",
    "super_resolution:leaky_for_prelu": "activation-other",  # variables without a call, one of them missing
    "vae:sampled_of_swapped": "operand-order",
    "vae:returned_swapped": "input-rewired",  # heads of one shape, told apart by their names
    "gpt:not_shifted": "slice-shifted",
    "video_gru:one_step_more": "comparison-other",
    "llama:heads_tiled": "copies-order",
    "diffusion_unet:time_from_one": "input-other",  # integers
    "diffusion_unet:frequencies_to_the_end": "scale-other",  # a constant that torch computes
    "detr:mask_at_centres": "resize-kind",  # told once, not at every attention that is masked by it
    "forecaster:first_day_left_out": "comparison-other",
    "llama:other_half_gated": "operand-order",  # a gate and what it gates
    "swin:index_stride": "index-other",
    "swin:mask_repeated": "copies-order",  # a buffer that is handed to a module
    "swin:norm_of_the_mean": "operations-exchanged",  # with a value of another shape
    "conformer:sines_then_cosines": "constant-other",
    "generator:elements_dropped": "dropout-singly",
    "siamese:two_towers": "layer-not-shared",  # one finding for the whole encoder
    "siamese:negatives_first": "calls-order",  # masks are told by what they are applied to
    "siamese:norm_last": "operations-exchanged",  # of a module that is called three times
    "squeeze_excite:block_twice": "layer-repeated",
    "nerf:background_black": "input-rewired",  # and no softmax that makes a constant
    "graph_attention:links_turned": "input-other",  # found in another order of axes
    "tagger:gates_moved": "lstm-gates",  # names that say nothing yield to weights given as they are
    "detection:layer_per_level": "layer-not-shared",  # of a module that is not copied whole
    "video3d:kernel_turned": "conv-layout",  # a seam told by the weights
    "convnext:stage_entry_again": "layer-missing",
    "cnn_sequential:columns_reordered_twice": "flatten-order",
    "transformer_encoder:pre_norm": "operations-exchanged",  # alike layers in their order, none skipped
    "clip:no_entry_norm": "norm-missing",  # the first of a row of alike norms, of which the next is fed the same
    "clip:gelu": "activation-other",  # one that torch's code writes out
    "super_resolution:last_block_left_out": "layer-missing",  # a whole block, told once
    "generator:output_padding_zeros": "pad-modes",  # before the activation, which makes zeros of zeros
    "nerf:times_pi": "scale-other",  # of what one module makes of the input
    "translator:mask_inverted": "mha-mask-polarity",  # in every block: told once; attention's own dropout inside torch's module
    "translator:matrices_only": "wd-on-bias-bn",  # by the shape of Keras' variables
    "resnet_bottleneck:block_missing": "layer-missing",  # behind many calls
    "resnet_bottleneck:stem_linear": "activation-missing",  # before a pool that pads with zeros
    "audio_transformer:scale_missing": "scale-missing",  # one of four bare variables, on a residual stream
    "actor_critic:value_column": "output-shape",
    "deep_fm:flattened_dims_first": "flatten-order",  # rows of embeddings: no seam
    "real_nvp:order_inverted": "index-other",  # of an operation whose parts go to several layers
    "real_nvp:scaled_before_shift": "operations-exchanged",  # left out at its place, done behind
    "resnet_ssd:alpha_of_background": "loss-terms",  # weights of values that are added
    "unet_segmenter:dice_of_the_batch": "loss-reduction",  # all sums over other axes
}
MORE = {
    "inception:projected_then_pooled": "operations-exchanged",
    "t5:encoder_not_normed": "input-rewired",  # what a layer makes is taken nowhere
    "encoder_decoder:one_step_ahead": "mask-causal",  # in every block: told once
    "resnet_ssd:huber": "loss-other",
    "vit_handwritten:heads_last": "axes-order",
    "mixer:norm_of_input": "input-rewired",
    "mixer:patches_turned": "flatten-order",
    "squeeze_excite:gamma_forgotten": "scale-missing",
    "tcn:up_cut_after": "convT-same",
    "rnn_rows:outputs_swapped": "input-rewired",
    "language_model:packed_by_heads": "split-order",
    "two_inputs:mean_pool": "reduction-other",
    "seq2seq:last_step_for_ends": "reduction-other",
    "seq2seq:asked_a_step_before": "shifted",
    "language_model:mean_per_row": "loss-reduction",
    "dense_net:relu_first": "operations-exchanged",
    "transformer_encoder:norm_before_add": "operations-exchanged",
    "unet:up_cropped_after": "convT-same",
    "vit_handwritten:token_without_position": "residual-missing",
    "vae:flattened_channels_last": "flatten-order",
    "gpt:packed_per_head": "weights-order",
    "gpt:decay_everywhere": "wd-on-bias-bn",
    "efficient_net:squeeze_of_expanded": "input-rewired",
    "video_gru:value_broadcast": "bce-shape",
    "llama:steps_of_heads": "rotary-angles",
    "diffusion_unet:packed_by_heads": "axes-order",
    "detr:positions_of_the_batch": "operation-other",
    "swin:norm_of_the_branch": "operations-exchanged",  # a norm behind what it stands before in torch: told once
    "generator:weights_exchanged": "loss-terms",
    "siamese:squared_distances": "loss-distance",
    "siamese:anchor_twice": "input-rewired",
    "clip:packed_by_head": "axes-order",
    "detr:last_norm_forgotten": "norm-missing",  # of two norms in a row
    "bert_classifier:heads_not_turned": "reshape-not-transpose",
    "tagger:mean_of_letters": "reduction-other",
    "translator:memory_first": "input-rewired",  # masks of the other attention follow
    "audio_transformer:in_parallel": "input-rewired",  # two norms fed the same on the Keras side alone
    "audio_transformer:frames_first": "flatten-order",  # in another module's forward
    "audio_transformer:teacher_first": "concat-order",  # of bare parameters
    "audio_transformer:places_of_patches_only": "constant-other",
    "audio_transformer:softmax_of_tags": "loss-kind",
    "inception:side_weight": "loss-terms",
    "actor_critic:better_surrogate": "reduction-other",
    "deep_fm:sign_of_number_lost": "scale-missing",
}
"""The same mechanisms on other models; `make faults` runs them."""
RIGHT = ("cnn_sequential/dense_as_convolution", "mixer/by_convolution", "vit_handwritten/dense_patches", "lstm_text/loop", "wave_net", "seq2seq")
"""Of these the whole report."""
NOTHING = (
    *("vae", "super_resolution", "fpn_detector", "char_cnn", "video_gru", "llama"),
    *("tcn/padded", "stacked_cells", "rnn_rows/loop", "clip", "graph_attention", "video3d", "tagger"),
    *("inception", "sentiment_attention"),
    *beside("translator", "style_generator", "gpt", "efficient_net", "bert_classifier", "shuffle_net", "detr"),
)
"""What is located in these if one looks for causes: nothing, so that nothing is blamed beside a fault elsewhere."""


def told(name):
    report = check(**cases()[name].arguments())
    findings = [{"layer": f.layer, "cause": f.cause, "confirmed": f.confirmed, "severity": f.severity} for f in report.findings]
    return report, {"case": name, "verdict": report.verdict, "ok": report.ok, "findings": findings}


@pytest.mark.parametrize("name", [*FAULTS, *beside(*MORE)])
def test_a_fault_is_named_where_it_is(name):
    report, result = told(name)
    (line,) = scored(result)
    assert line["detected"] and line["located"] and line["confirmed"], str(report)
    assert (FAULTS | MORE)[name] in line["causes"] and not line["blamed"], str(report)
    assert not any("not located" in note for note in report.notes)


def test_blocks_whose_layers_stand_in_another_order_are_matched_block_by_block():
    report, _ = told("conformer:convolution_first")
    pairs = {torch: keras for torch, keras, _ in report.pairs}
    assert pairs["blocks.0.attention.norm"] == "stage_a.attend_norm" and pairs["blocks.0.conv.norm"] == "stage_a.convolve_norm", report.pairs
    assert report.findings and all(f"{f.layer}.".startswith("blocks.0.") for f in report.findings), str(report)


def test_a_module_that_is_passed_by_is_named():
    report, _ = told("squeeze_excite:not_excited")
    assert any(f.layer == "block2.se" and f.cause == "layer-missing" and f.confirmed for f in report.findings), str(report)


def test_dropout_of_another_value_is_named_though_no_mask_fits():
    report, _ = told("efficient_net:map_dropped")
    (finding,) = [f for f in report.findings if f.severity == "difference"]
    assert (finding.layer, finding.cause) == ("dropout", "dropout-elsewhere"), str(report)


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_located_where_nothing_departs(name, monkeypatch):
    found = []

    def looked(session, rows):
        found.extend(f for training in session.modes for f in forward(session, training, differ=True) if f.severity == "difference")
        return []

    monkeypatch.setattr(sys.modules[check.__module__], "diagnose", looked)
    report = check(**cases()[name].arguments())
    assert report.ok and found == []


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_only_written_otherwise_agrees(name):
    report, _ = told(name)
    assert report.ok and not [f for f in report.findings if f.severity == "difference"], str(report)
