"""What PyTorch refuses, as data: a case that cannot run, and the word that the twin's message must have.

`test_bad_input.py` runs every row on both sides: PyTorch raises, and the twin raises a ValueError with the word, no later.
"""

from collections.abc import Mapping
from typing import Any

from parity.case import Build, Case, Draw, OptimizerCase, array, image, labels, mask, uniform, values

BAD: list[tuple[Case | OptimizerCase, str]] = []


def _refuses(target: str, says: str, name: str, config: Mapping[str, Any] | None = None, *inputs: Draw | tuple | None, training: bool = False) -> None:
    named = {f"input{i}": value for i, value in enumerate(inputs)}
    BAD.append((Case(target, name, config=config or {}, inputs=named, training=training), says))


def _optimizer(target: str, says: str, name: str, **config: Any) -> None:
    BAD.append((OptimizerCase(target, name, config=config, parameters={"weight": array(5, 3)}, steps=1), says))


CONV = {"in_channels": 4, "out_channels": 6, "kernel_size": 3}
IMAGE = image(2, 4, 7, 8)

# Convolutions
_refuses("layers.conv:Conv2d", "in_channels", "channels", CONV, image(2, 3, 7, 8))
_refuses("layers.conv:Conv1d", "in_channels", "channels", CONV, image(2, 3, 7))
_refuses("layers.conv:Conv3d", "in_channels", "channels", CONV, image(2, 3, 5, 6, 7))
_refuses("layers.conv:Conv2d", "axes", "rank", CONV, image(2, 4))
_refuses("layers.conv:Conv2d", "axes", "rank-5", CONV, image(2, 4, 5, 7, 8))
_refuses("layers.conv:Conv1d", "axes", "rank", CONV, image(2, 4, 7, 8))
_refuses("layers.conv:Conv2d", "kernel", "small-input", CONV, image(2, 4, 2, 8))
_refuses("layers.conv:Conv2d", "kernel", "small-for-dilation", {**CONV, "dilation": 4}, IMAGE)
_refuses("layers.conv:Conv2d", "groups", "groups-in", {**CONV, "groups": 3}, IMAGE)
_refuses("layers.conv:Conv2d", "groups", "groups-out", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "groups": 4}, IMAGE)
_refuses("layers.conv:Conv2d", "groups", "groups-zero", {**CONV, "groups": 0}, IMAGE)
_refuses("layers.conv:Conv2d", "padding", "padding-word", {**CONV, "padding": "full"}, IMAGE)
_refuses("layers.conv:Conv2d", "padding", "same-strided", {**CONV, "padding": "same", "stride": 2}, IMAGE)
_refuses("layers.conv:Conv2d", "padding_mode", "padding-mode", {**CONV, "padding_mode": "edge"}, IMAGE)
_refuses("layers.conv:Conv2d", "padding", "padding-negative", {**CONV, "padding": -1}, IMAGE)
_refuses("layers.conv:Conv2d", "stride", "stride-zero", {**CONV, "stride": 0}, IMAGE)
_refuses("layers.conv:Conv2d", "dilation", "dilation-zero", {**CONV, "dilation": 0}, IMAGE)
_refuses("layers.conv:Conv2d", "kernel_size", "kernel-zero", {**CONV, "kernel_size": 0}, IMAGE)
_refuses("layers.conv:Conv2d", "kernel_size", "kernel-three", {**CONV, "kernel_size": (3, 3, 3)}, IMAGE)
_refuses("layers.conv:Conv2d", "padding", "reflect-too-wide", {**CONV, "padding": 9, "padding_mode": "reflect"}, IMAGE)
_refuses("layers.conv:Conv2d", "padding", "circular-too-wide", {**CONV, "padding": 9, "padding_mode": "circular"}, IMAGE)
_refuses("layers.conv_transpose:ConvTranspose2d", "in_channels", "channels", CONV, image(2, 3, 7, 8))
_refuses("layers.conv_transpose:ConvTranspose2d", "axes", "rank", CONV, image(2, 4))
_refuses("layers.conv_transpose:ConvTranspose2d", "output_padding", "output-padding", {**CONV, "stride": 2, "output_padding": 2}, IMAGE)
_refuses("layers.conv_transpose:ConvTranspose2d", "groups", "groups", {**CONV, "groups": 3}, IMAGE)
_refuses("layers.conv_transpose:ConvTranspose2d", "padding_mode", "padding-mode", {**CONV, "padding_mode": "reflect"}, IMAGE)
_refuses("layers.conv_transpose:ConvTranspose1d", "in_channels", "channels", CONV, image(2, 3, 7))
_refuses("layers.conv_transpose:ConvTranspose3d", "in_channels", "channels", CONV, image(2, 3, 3, 4, 5))
_refuses("layers.separable:SeparableConv2d", "in_channels", "channels", CONV, image(2, 3, 7, 8))

# Linear maps, look-ups, shapes
_refuses("layers.linear:Linear", "in_features", "features", {"in_features": 4, "out_features": 3}, array(2, 5))
_refuses("layers.linear:Linear", "in_features", "scalar", {"in_features": 4, "out_features": 3}, array())
_refuses("layers.bilinear:Bilinear", "in1_features", "first", {"in1_features": 4, "in2_features": 3, "out_features": 2}, array(2, 5), array(2, 3))
_refuses("layers.bilinear:Bilinear", "in2_features", "second", {"in1_features": 4, "in2_features": 3, "out_features": 2}, array(2, 4), array(2, 5))
_refuses("layers.bilinear:Bilinear", "in1_features", "none", {"in1_features": 0, "in2_features": 3, "out_features": 2}, array(2, 0), array(2, 3))
_refuses("layers.embedding:Embedding", "Embedding", "index", {"num_embeddings": 4, "embedding_dim": 3}, values([0, 4]))
_refuses("layers.embedding:Embedding", "Embedding", "negative", {"num_embeddings": 4, "embedding_dim": 3}, values([0, -1]))
_refuses("layers.embedding:Embedding", "integers", "floats", {"num_embeddings": 4, "embedding_dim": 3}, array(2))
_refuses("layers.embedding:Embedding", "padding_idx", "padding", {"num_embeddings": 4, "embedding_dim": 3, "padding_idx": 4}, values([0]))
BAG = {"num_embeddings": 4, "embedding_dim": 3}
_refuses("layers.embedding_bag:EmbeddingBag", "mode", "mode", {**BAG, "mode": "median"}, values([[0, 1]]))
_refuses("layers.embedding_bag:EmbeddingBag", "scale_grad_by_freq", "max-scaled", {**BAG, "mode": "max", "scale_grad_by_freq": True}, values([[0, 1]]))
_refuses("layers.embedding_bag:EmbeddingBag", "offsets", "no-offsets", BAG, values([0, 1]))
_refuses("layers.embedding_bag:EmbeddingBag", "offsets", "offsets-twice", BAG, values([[0, 1]]), values([0]))
_refuses("layers.embedding_bag:EmbeddingBag", "offsets", "offsets-start", BAG, values([0, 1, 2]), values([1, 2]))
_refuses("layers.embedding_bag:EmbeddingBag", "per_sample_weights", "weights-mean", BAG, values([[0, 1]]), None, array(1, 2))
ADAPTIVE = {"in_features": 8, "n_classes": 11, "cutoffs": [4, 7], "div_value": 2.0}
for name, says, change in (("order", "cutoffs", {"cutoffs": [7, 4]}), ("beyond", "cutoffs", {"cutoffs": [4, 12]}), ("twice", "cutoffs", {"cutoffs": [4, 4]})):
    _refuses("layers.adaptive_log_softmax:AdaptiveLogSoftmaxWithLoss", says, name, {**ADAPTIVE, **change}, array(2, 8), values([1, 2]))
_refuses("layers.adaptive_log_softmax:AdaptiveLogSoftmaxWithLoss", "target", "batch", ADAPTIVE, array(2, 8), values([1, 2, 3]))
_refuses("layers.adaptive_log_softmax:AdaptiveLogSoftmaxWithLoss", "target", "label", ADAPTIVE, array(2, 8), values([1, 11]))
_refuses("layers.adaptive_log_softmax:AdaptiveLogSoftmax", "in_features", "features", ADAPTIVE, array(2, 7))
_refuses("layers.flatten:Flatten", "start_dim", "start", {"start_dim": 4}, array(2, 3, 4))
_refuses("layers.flatten:Flatten", "start_dim", "order", {"start_dim": 2, "end_dim": 1}, array(2, 3, 4))
_refuses("layers.flatten:Unflatten", "unflattened_size", "product", {"dim": 1, "unflattened_size": (2, 2)}, array(2, 6))
_refuses("layers.flatten:Unflatten", "unflattened_size", "two-free", {"dim": 1, "unflattened_size": (-1, -1)}, array(2, 6))
_refuses("layers.fold:Fold", "input", "blocks", {"output_size": (4, 5), "kernel_size": 2}, array(2, 12, 11))
_refuses("layers.fold:Fold", "kernel_size", "channels", {"output_size": (4, 5), "kernel_size": 2}, array(2, 7, 12))
_refuses("layers.fold:Unfold", "kernel", "small", {"kernel_size": 5}, image(2, 3, 4, 4))
_refuses("layers.shuffle:PixelShuffle", "upscale_factor", "channels", {"upscale_factor": 2}, image(2, 6, 3, 4))
_refuses("layers.shuffle:PixelUnshuffle", "downscale_factor", "size", {"downscale_factor": 2}, image(2, 3, 5, 4))
_refuses("layers.shuffle:ChannelShuffle", "groups", "groups", {"groups": 4}, image(2, 6, 3, 4))
_refuses("layers.shuffle:ChannelShuffle", "groups", "groups-zero", {"groups": 0}, image(2, 6, 3, 4))

# Normalisation
_refuses("layers.batch_norm:BatchNorm2d", "num_features", "channels", {"num_features": 3}, IMAGE)
_refuses("layers.batch_norm:BatchNorm2d", "axes", "rank", {"num_features": 4}, image(2, 4, 7))
_refuses("layers.batch_norm:BatchNorm1d", "axes", "rank", {"num_features": 4}, IMAGE)
_refuses("layers.batch_norm:BatchNorm3d", "axes", "rank", {"num_features": 4}, IMAGE)
_refuses("layers.sync_batch_norm:SyncBatchNorm", "num_features", "channels", {"num_features": 3}, IMAGE)
_refuses("layers.sync_batch_norm:SyncBatchNorm", "axes", "rank", {"num_features": 3}, array(3))
_refuses("layers.batch_norm:BatchNorm1d", "num_features", "features", {"num_features": 4}, array(5, 3))
_refuses("layers.batch_norm:BatchNorm2d", "more than one value", "one-value", {"num_features": 4}, image(1, 4, 1, 1), training=True)
_refuses("layers.instance_norm:InstanceNorm2d", "num_features", "channels", {"num_features": 3, "affine": True}, IMAGE)
_refuses("layers.instance_norm:InstanceNorm2d", "axes", "rank", {"num_features": 4}, image(2, 4))
_refuses("layers.instance_norm:InstanceNorm2d", "more than one", "one-pixel", {"num_features": 4}, image(2, 4, 1, 1), training=True)
_refuses("layers.group_norm:GroupNorm", "num_groups", "groups", {"num_groups": 3, "num_channels": 4}, IMAGE)
_refuses("layers.group_norm:GroupNorm", "num_channels", "channels", {"num_groups": 2, "num_channels": 6}, IMAGE)
_refuses("layers.layer_norm:LayerNorm", "normalized_shape", "shape", {"normalized_shape": (3, 5)}, array(2, 3, 4))
_refuses("layers.layer_norm:LayerNorm", "normalized_shape", "shape-empty", {"normalized_shape": ()}, array(2, 3))
_refuses("layers.rms_norm:RMSNorm", "normalized_shape", "shape", {"normalized_shape": (3, 5)}, array(2, 3, 4))
_refuses("layers.local_response_norm:LocalResponseNorm", "axes", "rank", {"size": 2}, array(2, 3))

# Pools, padding, resizing
_refuses("layers.pooling:MaxPool2d", "axes", "rank", {"kernel_size": 2}, image(2, 4))
_refuses("layers.pooling:MaxPool2d", "padding", "padding", {"kernel_size": 2, "padding": 2}, IMAGE)
_refuses("layers.pooling:AvgPool2d", "padding", "padding", {"kernel_size": 2, "padding": 2}, IMAGE)
_refuses("layers.pooling:MaxPool2d", "kernel", "small", {"kernel_size": 9}, IMAGE)
_refuses("layers.pooling:MaxPool2d", "stride", "stride-zero", {"kernel_size": 2, "stride": 0}, IMAGE)
_refuses("layers.pooling:MaxPool2d", "kernel_size", "kernel-zero", {"kernel_size": 0}, IMAGE)
_refuses("layers.pooling:AvgPool2d", "divisor_override", "divisor", {"kernel_size": 2, "divisor_override": 0}, IMAGE)
_refuses("layers.pooling:MaxPool1d", "axes", "rank", {"kernel_size": 2}, IMAGE)
_refuses("layers.pooling:AvgPool1d", "axes", "rank", {"kernel_size": 2}, IMAGE)
_refuses("layers.adaptive_pooling:AdaptiveAvgPool2d", "axes", "rank", {"output_size": 2}, image(2, 4))
_refuses("layers.adaptive_pooling:AdaptiveAvgPool2d", "output_size", "three-sizes", {"output_size": (2, 3, 4)}, IMAGE)
_refuses("layers.adaptive_pooling:AdaptiveMaxPool2d", "axes", "rank", {"output_size": 2}, image(2, 4))
_refuses("layers.unpooling:MaxUnpool2d", "indices", "shape", {"kernel_size": 2}, image(1, 1, 2, 2), values([[[[0, 3]]]], layout="channels_last"))
_refuses("layers.padding:ReflectionPad2d", "padding", "too-wide", {"padding": 8}, IMAGE)
_refuses("layers.padding:CircularPad2d", "padding", "too-wide", {"padding": 9}, IMAGE)
_refuses("layers.padding:ReflectionPad1d", "axes", "rank", {"padding": 1}, IMAGE)
_refuses("layers.padding:ZeroPad2d", "padding", "three-numbers", {"padding": (1, 2, 3)}, IMAGE)
_refuses("layers.padding:ZeroPad2d", "padding", "nothing-left", {"padding": -8}, IMAGE)
for axes, space in (("1d", (5,)), ("2d", (5, 4)), ("3d", (5, 4, 3))):
    one_more, one_less = image(2, 4, *space, 2, 2), image(2, 4, *space[2:])
    for kind in ("AdaptiveAvgPool", "AdaptiveMaxPool"):
        _refuses(f"layers.adaptive_pooling:{kind}{axes}", "axes", "rank-more", {"output_size": 2}, one_more)
    for kind in ("AvgPool", "MaxPool"):
        _refuses(f"layers.pooling:{kind}{axes}", "axes", "rank-more", {"kernel_size": 2}, one_more)
        _refuses(f"layers.pooling:{kind}{axes}", "kernel_size", "too-small", {"kernel_size": 6}, image(2, 4, *space))
    _refuses(f"layers.lp_pooling:LPPool{axes}", "kernel_size", "too-small", {"norm_type": 2, "kernel_size": 6}, image(2, 4, *space))
    _refuses(f"layers.lp_pooling:LPPool{axes}", "axes", "rank-more", {"norm_type": 2, "kernel_size": 2}, one_more)
    _refuses(f"layers.instance_norm:InstanceNorm{axes}", "axes", "rank-more", {"num_features": 4}, one_more)
    for kind in ("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"):
        config = {"value": 1.0} if kind == "ConstantPad" else {}
        _refuses(f"layers.padding:{kind}{axes}", "padding", "seven-numbers", {"padding": (1,) * 7, **config}, image(2, 4, *space))
    for kind, widest in (("ReflectionPad", 5), ("CircularPad", 6)):
        _refuses(f"layers.padding:{kind}{axes}", "padding", "wider-than-input", {"padding": widest}, image(2, 4, *space))
    _refuses(f"layers.unpooling:MaxUnpool{axes}", "indices", "other-shape", {"kernel_size": 2}, image(2, 1, *space), labels(2, 1, *space[1:], 1, classes=1))
FRACTIONAL = "layers.fractional_max_pool:FractionalMaxPool2d"
_refuses(FRACTIONAL, "output_size", "neither", {"kernel_size": 2}, IMAGE)
_refuses(FRACTIONAL, "output_size", "both", {"kernel_size": 2, "output_size": 3, "output_ratio": 0.5}, IMAGE)
_refuses(FRACTIONAL, "output_ratio", "ratio", {"kernel_size": 2, "output_ratio": 1.5}, IMAGE)
_refuses(FRACTIONAL, "kernel_size", "too-large", {"kernel_size": 3, "output_size": 7}, IMAGE)
_refuses(FRACTIONAL, "axes", "rank", {"kernel_size": 2, "output_size": 3}, image(2, 4))
_refuses("layers.fractional_max_pool:FractionalMaxPool3d", "axes", "rank", {"kernel_size": 2, "output_size": 3}, image(2, 4, 5))
_refuses("layers.upsample:UpsamplingBilinear2d", "scale_factor", "both", {"size": 3, "scale_factor": 2}, IMAGE)
_refuses("layers.upsample:UpsamplingBilinear2d", "axes", "rank", {"size": 3}, image(2, 3, 4))
_refuses("layers.upsample:UpsamplingNearest2d", "scale_factor", "both", {"size": 3, "scale_factor": 2}, IMAGE)
_refuses("layers.upsample:UpsamplingNearest2d", "size", "neither", {}, IMAGE)
_refuses("layers.upsample:Upsample", "size", "neither", {}, IMAGE)
_refuses("layers.upsample:Upsample", "scale_factor", "both", {"size": 3, "scale_factor": 2}, IMAGE)
_refuses("layers.upsample:Upsample", "mode", "mode", {"size": 3, "mode": "cubic"}, IMAGE)
_refuses("layers.upsample:Upsample", "align_corners", "aligned-nearest", {"size": 3, "align_corners": True}, IMAGE)
_refuses("layers.upsample:Upsample", "mode", "linear-image", {"size": 3, "mode": "linear"}, IMAGE)
_refuses("layers.upsample:Upsample", "size", "three-sizes", {"size": (3, 4, 5)}, IMAGE)

# Dropout, similarity
_refuses("layers.stochastic_depth:StochasticDepth", "p must be", "no-probability", {"p": 1.5, "mode": "row"}, array(2, 3))
_refuses("layers.stochastic_depth:StochasticDepth", "mode", "mode", {"p": 0.5, "mode": "column"}, array(2, 3))
_refuses("layers.dropout:Dropout", "p", "p", {"p": 1.5}, array(2, 3))
_refuses("layers.dropout:Dropout2d", "p", "p-negative", {"p": -0.5}, IMAGE)
_refuses("layers.dropout:Dropout1d", "p", "p", {"p": 1.5}, image(2, 3, 4))
_refuses("layers.dropout:Dropout1d", "axes", "rank", {}, image(2, 3, 4, 5), training=True)
_refuses("layers.dropout:Dropout3d", "p", "p", {"p": 1.5}, image(2, 3, 4, 5, 6))
_refuses("layers.alpha_dropout:AlphaDropout", "p", "p", {"p": 1.5}, array(2, 3))
_refuses("layers.alpha_dropout:FeatureAlphaDropout", "p", "p", {"p": -0.5}, IMAGE)
_refuses("layers.similarity:CosineSimilarity", "dim", "dim", {"dim": 3}, array(2, 3), array(2, 3))
_refuses("layers.similarity:CosineSimilarity", "broadcast", "shapes", {}, array(2, 3), array(2, 4))
_refuses("layers.similarity:PairwiseDistance", "broadcast", "shapes", {}, array(2, 3), array(2, 4))

# Recurrent
SIZES = {"input_size": 4, "hidden_size": 5}
for kind, cell in (("rnn", "RNN"), ("lstm", "LSTM"), ("gru", "GRU")):
    _refuses(f"layers.{kind}:{cell}", "input_size", "features", SIZES, array(7, 3, 6))
    _refuses(f"layers.{kind}:{cell}", "axes", "rank", SIZES, array(7, 3, 2, 4))
    _refuses(f"layers.{kind}:{cell}", "num_layers", "layers", {**SIZES, "num_layers": 0}, array(7, 3, 4))
    _refuses(f"layers.{kind}:{cell}", "dropout", "dropout", {**SIZES, "dropout": 1.5, "num_layers": 2}, array(7, 3, 4))
    _refuses(f"layers.{kind}:{cell}Cell", "input_size", "features", SIZES, array(3, 6))
    _refuses(f"layers.{kind}:{cell}Cell", "axes", "rank", SIZES, array(7, 3, 4))
    _refuses(f"layers.{kind}:Packed{cell}", "input_size", "features", SIZES, array(7, 3, 6), values([4, 7, 1]))
    _refuses(f"layers.{kind}:Packed{cell}", "lengths", "length-zero", SIZES, array(7, 3, 4), values([4, 7, 0]))
    _refuses(f"layers.{kind}:Packed{cell}", "lengths", "length-long", SIZES, array(7, 3, 4), values([4, 8, 1]))
    _refuses(f"layers.{kind}:Packed{cell}", "lengths", "lengths", SIZES, array(7, 3, 4), values([4, 7, 1, 2]))
_refuses("layers.rnn:RNN", "nonlinearity", "nonlinearity", {**SIZES, "nonlinearity": "sigmoid"}, array(7, 3, 4))
_refuses("layers.rnn:RNN", "hx", "state", SIZES, array(7, 3, 4), array(1, 2, 5))
_refuses("layers.gru:GRU", "hx", "state-width", SIZES, array(7, 3, 4), array(1, 3, 6))
_refuses("layers.lstm:LSTM", "hx", "state", SIZES, array(7, 3, 4), (array(1, 2, 5), array(1, 2, 5)))
_refuses("layers.lstm:LSTM", "hx", "state-layers", {**SIZES, "num_layers": 2}, array(7, 3, 4), (array(1, 3, 5), array(1, 3, 5)))
_refuses("layers.lstm:LSTM", "proj_size", "projection", {**SIZES, "proj_size": 5}, array(7, 3, 4))
_refuses("layers.lstm:LSTM", "hidden_size", "hidden", {"input_size": 4, "hidden_size": 0}, array(7, 3, 4))

# Attention
HEADS = {"embed_dim": 6, "num_heads": 2}
ATTENTION = "layers.multihead_attention:MultiheadAttention"
_refuses(ATTENTION, "num_heads", "heads", {"embed_dim": 6, "num_heads": 4}, array(5, 3, 6), array(5, 3, 6), array(5, 3, 6))
_refuses(ATTENTION, "embed_dim", "width", HEADS, array(5, 3, 4), array(5, 3, 4), array(5, 3, 4))
_refuses(ATTENTION, "axes", "rank", HEADS, array(5, 3, 2, 6), array(5, 3, 2, 6), array(5, 3, 2, 6))
_refuses(ATTENTION, "key and value", "places", HEADS, array(5, 3, 6), array(4, 3, 6), array(7, 3, 6))
_refuses(ATTENTION, "key_padding_mask", "padding-mask", HEADS, array(5, 3, 6), array(4, 3, 6), array(4, 3, 6), mask(3, 5))
_refuses(ATTENTION, "attn_mask", "mask", HEADS, array(5, 3, 6), array(4, 3, 6), array(4, 3, 6), None, values(True), mask(5, 5))

BLOCK = {"d_model": 6, "nhead": 2, "dim_feedforward": 7}
STACK = {"encoder_layer": Build("layers.transformer:TransformerEncoderLayer", BLOCK), "num_layers": 1, "enable_nested_tensor": False}
_refuses("layers.transformer:TransformerEncoderLayer", "num_heads", "heads", {**BLOCK, "nhead": 4}, array(5, 3, 6))
_refuses("layers.transformer:TransformerEncoderLayer", "activation", "activation", {**BLOCK, "activation": "tanh"}, array(5, 3, 6))
_refuses("layers.transformer:TransformerEncoderLayer", "embed_dim", "width", BLOCK, array(5, 3, 4))
_refuses("layers.transformer:TransformerDecoderLayer", "embed_dim", "width", BLOCK, array(4, 3, 4), array(5, 3, 6))
_refuses("layers.transformer:TransformerDecoderLayer", "kdim", "memory", BLOCK, array(4, 3, 6), array(5, 3, 4))
_refuses("layers.transformer:TransformerEncoder", "attn_mask", "mask", STACK, array(5, 3, 6), mask(4, 4))
DECODER = {"decoder_layer": Build("layers.transformer:TransformerDecoderLayer", BLOCK), "num_layers": 1}
_refuses("layers.transformer:TransformerDecoder", "embed_dim", "width", DECODER, array(4, 3, 4), array(5, 3, 6))
_refuses("layers.transformer:Transformer", "d_model", "width", {**BLOCK, "num_encoder_layers": 1, "num_decoder_layers": 1}, array(5, 3, 4), array(4, 3, 6))
_refuses("layers.transformer:Transformer", "batch", "batches", {**BLOCK, "num_encoder_layers": 1, "num_decoder_layers": 1}, array(5, 3, 6), array(4, 2, 6))

# Activations
_refuses("activations.glu:GLU", "even", "odd", {}, array(2, 5))
_refuses("activations.glu:GLU", "dim", "axis", {"dim": 2}, array(2, 4))
_refuses("activations.softmax:Softmax", "dim", "axis", {"dim": 2}, array(2, 4))
_refuses("activations.softmax:LogSoftmax", "dim", "axis", {"dim": -3}, array(2, 4))
_refuses("activations.softmax:Softmin", "dim", "axis", {"dim": 2}, array(2, 4))
_refuses("activations.softmax:Softmax2d", "(N, H, W, C)", "rank", {}, array(2, 4))
_refuses("activations.prelu:PReLU", "num_parameters", "channels", {"num_parameters": 3}, IMAGE)
_refuses("activations.hard:Hardtanh", "max_val", "order", {"min_val": 1.0, "max_val": -1.0}, array(2))
_refuses("activations.shrink:Softshrink", "lambd", "negative", {"lambd": -0.5}, array(2))
_refuses("activations.gelu:GELU", "approximate", "approximate", {"approximate": "fast"}, array(2))
_refuses("activations.leaky_relu:RReLU", "lower", "order", {"lower": 0.5, "upper": 0.25}, array(2), training=True)
_refuses("activations.maxout:Maxout", "num_pieces", "pieces", {"num_pieces": 5}, array(2, 12))
_refuses("activations.elu:CELU", "alpha", "alpha-zero", {"alpha": 0.0}, array(2))

# Losses
_PAIR = (array(7, 5), array(7, 5))
for target in ("mse:MSELoss", "l1:L1Loss", "smooth_l1:SmoothL1Loss", "smooth_l1:HuberLoss", "kl_div:KLDivLoss", "soft_margin:SoftMarginLoss"):
    _refuses(f"losses.{target}", "reduction", "reduction", {"reduction": "average"}, *_PAIR)
    _refuses(f"losses.{target}", "shape", "shapes", {}, array(7, 5), array(7, 4))
_refuses("losses.smooth_l1:SmoothL1Loss", "beta", "beta", {"beta": -1.0}, *_PAIR)
_refuses("losses.smooth_l1:HuberLoss", "delta", "delta", {"delta": 0.0}, *_PAIR)
LOGITS = array(7, 5)
_refuses("losses.cross_entropy:CrossEntropyLoss", "reduction", "reduction", {"reduction": "average"}, LOGITS, labels(7, classes=5))
_refuses("losses.cross_entropy:CrossEntropyLoss", "label", "label", {}, LOGITS, values([0, 1, 2, 3, 4, 5, 0]))
_refuses("losses.cross_entropy:CrossEntropyLoss", "label", "negative", {}, LOGITS, values([0, 1, 2, 3, 4, -1, 0]))
_refuses("losses.cross_entropy:CrossEntropyLoss", "target", "batch", {}, LOGITS, labels(6, classes=5))
_refuses("losses.cross_entropy:CrossEntropyLoss", "integers", "float-labels", {}, LOGITS, array(7))
_refuses("losses.cross_entropy:CrossEntropyLoss", "label_smoothing", "smoothing", {"label_smoothing": 1.5}, LOGITS, labels(7, classes=5))
_refuses("losses.cross_entropy:CrossEntropyLoss", "weight", "weight", {"weight": array(4)}, LOGITS, labels(7, classes=5))
_refuses("losses.cross_entropy:CrossEntropyLoss", "target", "probabilities", {}, LOGITS, uniform(7, 4))
_refuses("losses.nll:NLLLoss", "weight", "weight", {"weight": array(4)}, LOGITS, labels(7, classes=5))
_refuses("losses.nll:NLLLoss", "target", "batch", {}, LOGITS, labels(6, classes=5))
_refuses("losses.nll:NLLLoss", "label", "label", {}, LOGITS, values([0, 1, 2, 3, 4, 5, 0]))
_refuses("losses.bce:BCELoss", "[0, 1]", "range", {}, values([0.5, 1.5]), values([0.0, 1.0]))
_refuses("losses.bce:BCELoss", "shape", "shapes", {}, uniform(7, 5), uniform(7))
_refuses("losses.bce:BCELoss", "weight", "weight", {"weight": array(4)}, uniform(7, 5), uniform(7, 5))
_refuses("losses.bce_with_logits:BCEWithLogitsLoss", "shape", "shapes", {}, array(7, 5), uniform(7))
_refuses("losses.bce_with_logits:BCEWithLogitsLoss", "pos_weight", "pos-weight", {"pos_weight": array(4)}, array(7, 5), uniform(7, 5))
_refuses("losses.multi_margin:MultiMarginLoss", "p", "p", {"p": 3}, LOGITS, labels(7, classes=5))
_refuses("losses.multi_margin:MultiMarginLoss", "label", "label", {}, LOGITS, values([0, 1, 2, 3, 4, 5, 0]))
_refuses("losses.multi_margin:MultiMarginLoss", "weight", "weight", {"weight": array(4)}, LOGITS, labels(7, classes=5))
_refuses("losses.multi_margin:MultiLabelMarginLoss", "shape", "shapes", {}, LOGITS, values([[0, 1, -1, 2]] * 7))
_refuses("losses.multi_margin:MultiLabelMarginLoss", "label", "label", {}, array(1, 3), values([[3, -1, -1]]))
_refuses("losses.soft_margin:MultiLabelSoftMarginLoss", "shape", "shapes", {}, array(7, 5), uniform(7, 4))
_refuses("losses.margin_ranking:MarginRankingLoss", "target", "shapes", {}, array(7), array(7), array(7, 5))
_refuses("losses.triplet_margin:TripletMarginLoss", "margin", "margin", {"margin": 0.0}, array(7, 5), array(7, 5), array(7, 5))
_refuses("losses.triplet_margin:TripletMarginLoss", "broadcast", "shapes", {}, array(7, 5), array(7, 4), array(7, 5))
_refuses("losses.triplet_margin:TripletMarginWithDistanceLoss", "margin", "margin", {"margin": -1.0}, array(7, 5), array(7, 5), array(7, 5))
_refuses("losses.cosine_embedding:CosineEmbeddingLoss", "target", "target", {}, array(7, 5), array(7, 5), array(6))
_refuses("losses.cosine_embedding:CosineEmbeddingLoss", "input", "rank", {}, array(7, 5, 2), array(7, 5, 2), array(7))
_refuses("losses.gaussian_nll:GaussianNLLLoss", "var", "negative", {}, array(3), array(3), values([1.0, -1.0, 1.0]))
_refuses("losses.gaussian_nll:GaussianNLLLoss", "var", "shape", {}, array(7, 5), array(7, 5), uniform(7, 4))
_refuses("losses.poisson_nll:PoissonNLLLoss", "reduction", "reduction", {"reduction": "average"}, *_PAIR)
_refuses("losses.hinge_embedding:HingeEmbeddingLoss", "broadcast", "shapes", {}, array(7, 5), array(7, 4))
_CTC = (array(9, 4, 5), values([[1, 2, 3]] * 4), values([9] * 4), values([3] * 4))
_refuses("losses.ctc:CTCLoss", "blank", "blank", {"blank": 5}, *_CTC)
_refuses("losses.ctc:CTCLoss", "input_lengths", "lengths", {}, *_CTC[:2], values([10, 9, 9, 9]), _CTC[3])
_refuses("losses.ctc:CTCLoss", "target_lengths", "target-lengths", {}, *_CTC[:3], values([3, 3, 3]))

_refuses("losses.focal:SigmoidFocalLoss", "reduction", "reduction", {"reduction": "average"}, array(7, 5), uniform(7, 5))
_refuses("losses.focal:SigmoidFocalLoss", "shape", "shapes", {}, array(7, 5), uniform(7, 4))
_refuses("losses.dice:DiceLoss", "shape", "shapes", {}, uniform(7, 5), uniform(7, 4))

# Optimizers
for name in ("adam:Adam", "adamw:AdamW", "nadam:NAdam", "radam:RAdam", "adamax:Adamax"):
    _optimizer(f"optimizers.{name}", "lr", "lr", lr=-0.1)
    _optimizer(f"optimizers.{name}", "eps", "eps", eps=-1e-8)
    _optimizer(f"optimizers.{name}", "betas[0]", "first-beta", betas=(1.0, 0.999))
    _optimizer(f"optimizers.{name}", "betas[1]", "second-beta", betas=(0.9, -0.5))
    _optimizer(f"optimizers.{name}", "weight_decay", "weight-decay", weight_decay=-0.1)
_optimizer("optimizers.nadam:NAdam", "momentum_decay", "momentum-decay", momentum_decay=-0.1)
_optimizer("optimizers.sgd:SGD", "lr", "lr", lr=-0.1)
_optimizer("optimizers.sgd:SGD", "momentum", "momentum", momentum=-0.1)
_optimizer("optimizers.sgd:SGD", "weight_decay", "weight-decay", weight_decay=-0.1)
_optimizer("optimizers.sgd:SGD", "nesterov", "nesterov", nesterov=True)
_optimizer("optimizers.sgd:SGD", "dampening", "nesterov-dampened", nesterov=True, momentum=0.9, dampening=0.5)
_optimizer("optimizers.rmsprop:RMSprop", "alpha", "alpha", alpha=-0.1)
_optimizer("optimizers.rmsprop:RMSprop", "momentum", "momentum", momentum=-0.1)
_optimizer("optimizers.rmsprop:RMSprop", "eps", "eps", eps=-0.1)
_optimizer("optimizers.adagrad:Adagrad", "lr_decay", "lr-decay", lr_decay=-0.1)
_optimizer("optimizers.adagrad:Adagrad", "initial_accumulator_value", "start", initial_accumulator_value=-0.1)
_optimizer("optimizers.adadelta:Adadelta", "rho", "rho", rho=1.5)
_optimizer("optimizers.adadelta:Adadelta", "eps", "eps", eps=-1.0)
_optimizer("optimizers.adafactor:Adafactor", "beta2_decay", "beta2-decay", beta2_decay=0.5)
_optimizer("optimizers.adafactor:Adafactor", "eps", "eps", eps=(-1.0, 1e-3))
_optimizer("optimizers.adafactor:Adafactor", "d", "threshold", d=0.5)
_optimizer("optimizers.rprop:Rprop", "etas", "etas", etas=(1.5, 1.2))
_optimizer("optimizers.rprop:Rprop", "lr", "lr", lr=-0.1)
_optimizer("optimizers.asgd:ASGD", "lr", "lr", lr=-0.1)
_optimizer("optimizers.asgd:ASGD", "weight_decay", "weight-decay", weight_decay=-0.1)
_optimizer("optimizers.muon:Muon", "lr", "lr", lr=-0.1)
_optimizer("optimizers.muon:Muon", "momentum", "momentum", momentum=-0.1)
_optimizer("optimizers.muon:Muon", "adjust_lr_fn", "scaling", adjust_lr_fn="other")
_optimizer("optimizers.sparse_adam:SparseAdam", "lr", "lr", lr=0.0)
_optimizer("optimizers.sparse_adam:SparseAdam", "betas[0]", "beta", betas=(1.0, 0.999))
_optimizer("optimizers.lbfgs:LBFGS", "lr", "lr", lr=-0.1)

NEVER = {  # target: why there is nothing that both sides refuse
    **dict.fromkeys(("layers.container:Sequential", "layers.container:ModuleList", "layers.container:ModuleDict"), "hold layers, which refuse for themselves"),
    "layers.identity:Identity": "takes anything, also as arguments",
    **dict.fromkeys(
        (
            "activations.elu:ELU",
            "activations.hard:Hardsigmoid",
            "activations.hard:Hardswish",
            "activations.leaky_relu:LeakyReLU",
            "activations.mish:Mish",
            "activations.relu:ReLU",
            "activations.relu:ReLU6",
            "activations.selu:SELU",
            "activations.shrink:Hardshrink",
            "activations.sigmoid:LogSigmoid",
            "activations.sigmoid:Sigmoid",
            "activations.silu:SiLU",
            "activations.softplus:Softplus",
            "activations.softsign:Softsign",
            "activations.tanh:Tanh",
            "activations.tanh:Tanhshrink",
            "activations.threshold:Threshold",
        ),
        "of every float by itself, with any numbers as arguments",
    ),
}

# Lazy layers: known at the first input
_refuses("layers.lazy:LazyLinear", "in_features", "scalar", {"out_features": 3}, array())
for _axes, _space in {1: (5,), 2: (5, 6), 3: (5, 6, 7)}.items():
    for _name in (f"LazyConv{_axes}d", f"LazyConvTranspose{_axes}d"):
        _refuses(f"layers.lazy:{_name}", "groups", "groups", {"out_channels": 4, "kernel_size": 2, "groups": 2}, image(1, 3, *_space))
    for _name in (f"LazyBatchNorm{_axes}d", f"LazyInstanceNorm{_axes}d"):
        _refuses(f"layers.lazy:{_name}", "axes", "rank", {}, array(2, 3, 4, 5, 6, 7))
