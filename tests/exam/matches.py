"""Which twin computes what a function of `torch.nn.functional` computes, for the arguments of one call.

A function's tensors of weights become the twin's parameters, its options the constructor's arguments. Only arguments that are given are passed on, so
that defaults are compared too. What no twin computes is counted with its reason.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

import tf_impl.tensors

from .layouts import Rule, channels
from .values import NoTwinError, Recipe

Given = dict[str, Any]  # the arguments of one call by name, those that were given
RANDOM = "draws random numbers of its own: nothing to compare"


@dataclass(frozen=True)
class Match:
    """The twin for some arguments of a function: which of them it is called with, which are its parameters, the rest configures it."""

    twin: str
    inputs: tuple[str, ...] = ("input",)
    weights: Mapping[str, str] = field(default_factory=dict)  # the twin's parameter: the function's argument
    config: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, Any] = field(default_factory=dict)  # further arguments of the twin's call
    training: bool = True
    rule: Rule | None = None
    function: Callable[..., Any] | None = None  # a twin that is a function


def layer(twin: str, *inputs: str, rule: Rule | None = None) -> Callable[[Given], Match]:
    """A twin whose constructor takes what the call does not, under the same names."""
    inputs = inputs or ("input",)
    return lambda g: Match(twin, inputs, config=_rest(g, *inputs), rule=rule)


def _rest(g: Given, *used: str) -> dict[str, Any]:
    return {name: value for name, value in g.items() if name not in used and name != "inplace"}


def _space(g: Given) -> int:
    """Spatial axes of an input that has a batch."""
    axes = g["input"].ndim - 2
    if axes not in (1, 2, 3):
        raise NoTwinError(f"no class of torch.nn takes {g['input'].ndim} axes here")
    return axes


def _affine(g: Given) -> tuple[dict[str, str], dict[str, bool]]:
    """Which of weight and bias are there, as the norms' classes say it."""
    there = {name: name for name in ("weight", "bias") if g.get(name) is not None}
    if list(there) == ["bias"]:
        raise NoTwinError("no class of torch.nn has a bias without a weight")
    return there, {"bias": "bias" in there} if there else {}


def _conv(twin: str, transposed: bool = False) -> Callable[[Given], Match]:
    def match(g: Given) -> Match:
        ins, outs = g["weight"].shape[:2] if transposed else g["weight"].shape[1::-1]
        groups = g.get("groups", 1)
        sizes = {"in_channels": ins, "out_channels": outs * groups} if transposed else {"in_channels": ins * groups, "out_channels": outs}
        weights = {name: name for name in ("weight", "bias") if g.get(name) is not None}
        config = sizes | {"kernel_size": tuple(g["weight"].shape[2:]), "bias": "bias" in weights}
        return Match(twin, weights=weights, config=config | _rest(g, "input", "weight", "bias"))

    return match


def _linear(g: Given) -> Match:
    if g["weight"].ndim != 2:
        raise NoTwinError("no class of torch.nn has a weight that is a vector")
    weights = {name: name for name in ("weight", "bias") if g.get(name) is not None}
    return Match("Linear", weights=weights, config={"in_features": g["weight"].shape[1], "out_features": g["weight"].shape[0], "bias": "bias" in weights})


def _bilinear(g: Given) -> Match:
    outs, *ins = g["weight"].shape
    weights = {name: name for name in ("weight", "bias") if g.get(name) is not None}
    config = {"in1_features": ins[0], "in2_features": ins[1], "out_features": outs, "bias": "bias" in weights}
    return Match("Bilinear", ("input1", "input2"), weights, config)


def _batch_norm(g: Given) -> Match:
    if g["input"].ndim < 2:
        raise NoTwinError("no class of torch.nn normalises a vector over the batch")
    weights, affine = _affine(g)
    tracked = {name: name for name in ("running_mean", "running_var") if g.get(name) is not None}
    config = {"num_features": g["input"].shape[1], "affine": bool(weights), "track_running_stats": bool(tracked), **affine}
    config |= _rest(g, "input", "weight", "bias", "training", *("running_mean", "running_var"))
    return Match(f"BatchNorm{max(g['input'].ndim - 2, 1)}d", weights=weights | tracked, config=config, training=g.get("training", False))


def _instance_norm(g: Given) -> Match:
    weights, affine = _affine(g)
    tracked = {name: name for name in ("running_mean", "running_var") if g.get(name) is not None}
    config = {"num_features": g["input"].shape[1], "affine": bool(weights), "track_running_stats": bool(tracked), **affine}
    config |= _rest(g, "input", "weight", "bias", "use_input_stats", "running_mean", "running_var")
    return Match(f"InstanceNorm{_space(g)}d", weights=weights | tracked, config=config, training=g.get("use_input_stats", True))


def _group_norm(g: Given) -> Match:
    weights, affine = _affine(g)
    return Match("GroupNorm", weights=weights, config={"num_channels": g["input"].shape[1], "affine": bool(weights), **affine, **_rest(g, "input", *weights)})


def _layer_norm(g: Given) -> Match:
    weights, affine = _affine(g)
    return Match("LayerNorm", weights=weights, config={"elementwise_affine": bool(weights), **affine, **_rest(g, "input", "weight", "bias")})


def _rms_norm(g: Given) -> Match:
    weights = {"weight": "weight"} if g.get("weight") is not None else {}
    return Match("RMSNorm", weights=weights, config={"elementwise_affine": bool(weights), **_rest(g, "input", "weight")})


def _pad(g: Given) -> Match:
    axes = len(g["pad"]) // 2
    mode = {"constant": "Constant", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}[g.get("mode", "constant")]
    if axes not in (1, 2, 3) or g["input"].ndim not in (axes + 1, axes + 2):
        raise NoTwinError(f"no class of torch.nn pads {axes} of {g['input'].ndim} axes")
    value = {"value": g.get("value") or 0.0} if mode == "Constant" else {}
    return Match(f"{mode}Pad{axes}d", config={"padding": tuple(g["pad"]), **value})


def _interpolate(g: Given) -> Match:
    if g.get("antialias"):
        raise NoTwinError("no class of torch.nn has antialias")
    return Match("Upsample", config=_rest(g, "input", "antialias"), rule=Rule(channels))


def _upsample(mode: str, **config: Any) -> Callable[[Given], Match]:
    return lambda g: Match("Upsample", config={"mode": mode, **config, **_rest(g, "input")}, rule=Rule(channels))


def _unpool(twin: str) -> Callable[[Given], Match]:
    def match(g: Given) -> Match:
        size = g.get("output_size")
        named = {} if size is None else {"output_size": tuple(size)[-int(twin[-2]) :]}  # the twin counts spatial axes only
        return Match(twin, ("input", "indices"), config=_rest(g, "input", "indices", "output_size"), named=named)

    return match


def _fractional(twin: str) -> Callable[[Given], Match]:
    axes = int(twin[-2])

    def match(g: Given) -> Match:
        if g.get("_random_samples") is None:  # drawn here, for both sides
            g["_random_samples"] = torch.rand(*(g["input"].shape[:2] if g["input"].ndim == axes + 2 else (1, *g["input"].shape[:1])), axes)
        return Match(twin, config=_rest(g, "input"))

    return match


def _dropout(twin: str) -> Callable[[Given], Match]:
    def match(g: Given) -> Match:
        training = g.get("training", twin.startswith("Dropout"))
        if training and 0 < g.get("p", 0.5) < 1:
            raise NoTwinError(RANDOM)
        return Match(twin, config=_rest(g, "input", "training"), training=training)

    return match


def _rrelu(g: Given) -> Match:
    if g.get("training"):
        raise NoTwinError(RANDOM)
    return Match("RReLU", config=_rest(g, "input", "training"), training=False)


def _prelu(g: Given) -> Match:
    return Match("PReLU", weights={"weight": "weight"}, config={"num_parameters": g["weight"].numel()})


def _embedding(g: Given) -> Match:
    rows, width = g["weight"].shape
    return Match("Embedding", weights={"weight": "weight"}, config={"num_embeddings": rows, "embedding_dim": width, **_rest(g, "input", "weight")})


def _embedding_bag(g: Given) -> Match:
    rows, width = g["weight"].shape
    call = ("input", *(name for name in ("offsets", "per_sample_weights") if g.get(name) is not None))
    config = {"num_embeddings": rows, "embedding_dim": width, **_rest(g, "weight", "input", "offsets", "per_sample_weights")}
    return Match("EmbeddingBag", ("input",), {"weight": "weight"}, config, named={name: g[name] for name in call[1:]})


def _attention(g: Given) -> Match:
    if g.get("dropout_p"):
        raise NoTwinError(RANDOM)
    from tf_impl.layers.scaled_dot_product import scaled_dot_product_attention

    names = ("query", "key", "value")
    return Match("", names, named=_rest(g, *names), function=scaled_dot_product_attention)


def _one_hot(g: Given) -> Match:
    return Match("", ("tensor",), named=_rest(g, "tensor"), function=lambda labels, **named: tf_impl.tensors.one_hot(labels, **named)["one_hot"])


def _softmin(g: Given) -> Match:
    if g.get("dtype") is not None:
        raise NoTwinError("no class of torch.nn computes in another dtype than its input's")
    return Match("Softmin", config=_rest(g, "input", "dtype"))


def _loss(twin: str, *inputs: str, rule: Rule | None = None) -> Callable[[Given], Match]:
    inputs = inputs or ("input", "target")
    weighted = "weight" in inspect.signature(getattr(torch.nn, twin)).parameters

    def match(g: Given) -> Match:
        if g.get("weight") is not None and not weighted:
            raise NoTwinError("no class of torch.nn weighs the elements of this loss")
        return Match(twin, inputs, config=_rest(g, *inputs, *(() if weighted else ("weight",))), rule=rule)

    return match


def _with_distance(g: Given) -> Match:
    inputs = ("anchor", "positive", "negative")
    if not isinstance(g.get("distance_function"), torch.nn.PairwiseDistance | None):
        raise NoTwinError("a distance function of torch's tensors")
    config = _rest(g, *inputs)
    if config.get("distance_function") is not None:
        config["distance_function"] = Recipe("PairwiseDistance", (), {})
    return Match("TripletMarginWithDistanceLoss", inputs, config=config)


def _linear_cross_entropy(g: Given) -> Match:
    *outs, ins = g["linear_weight"].shape
    if g["input"].ndim > 2:
        raise NoTwinError("no class of torch.nn takes positions of the input: they are positions of the weight there")
    biased = g.get("linear_bias") is not None
    weights = {"linear.weight": "linear_weight"} | ({"linear.bias": "linear_bias"} if biased else {})
    config = {"in_features": ins, "num_classes": outs[0], "out_features": tuple(outs[1:]), "bias": biased}
    return Match("LinearCrossEntropyLoss", ("input", "target"), weights, config | _rest(g, "input", "target", "linear_weight", "linear_bias"))


def _none(reason: str) -> Callable[[Given], Match]:
    def match(g: Given) -> Match:
        raise NoTwinError(reason)

    return match


_PLAIN = {
    "relu": "ReLU", "relu6": "ReLU6", "hardswish": "Hardswish", "leaky_relu": "LeakyReLU", "glu": "GLU", "elu": "ELU", "celu": "CELU", "selu": "SELU",
    "silu": "SiLU", "hardsigmoid": "Hardsigmoid", "logsigmoid": "LogSigmoid", "mish": "Mish", "softsign": "Softsign", "tanhshrink": "Tanhshrink",
    "threshold": "Threshold", "softshrink": "Softshrink", "hardshrink": "Hardshrink", "hardtanh": "Hardtanh", "gelu": "GELU", "softplus": "Softplus",
    "local_response_norm": "LocalResponseNorm", "unfold": "Unfold", "pixel_shuffle": "PixelShuffle", "pixel_unshuffle": "PixelUnshuffle",
    "channel_shuffle": "ChannelShuffle",
    **{f"{kind}_pool{n}d": f"{kind.title().replace('_', '')}Pool{n}d" for kind in ("avg", "max", "adaptive_avg", "adaptive_max") for n in (1, 2, 3)},
}  # fmt: skip
_LOSSES = {
    "cross_entropy": "CrossEntropyLoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "binary_cross_entropy": "BCELoss",
    "soft_margin_loss": "SoftMarginLoss", "multi_margin_loss": "MultiMarginLoss", "multilabel_margin_loss": "MultiLabelMarginLoss",
    "multilabel_soft_margin_loss": "MultiLabelSoftMarginLoss", "smooth_l1_loss": "SmoothL1Loss", "l1_loss": "L1Loss", "mse_loss": "MSELoss",
    "nll_loss": "NLLLoss", "hinge_embedding_loss": "HingeEmbeddingLoss", "huber_loss": "HuberLoss", "poisson_nll_loss": "PoissonNLLLoss",
    "kl_div": "KLDivLoss",
}  # fmt: skip
TWINS: dict[str, Callable[[Given], Match]] = {
    **{name: layer(twin) for name, twin in _PLAIN.items()},
    **{name: _loss(twin) for name, twin in _LOSSES.items()},
    **{f"conv{n}d": _conv(f"Conv{n}d") for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv(f"ConvTranspose{n}d", transposed=True) for n in (1, 2, 3)},
    **{f"max_unpool{n}d": _unpool(f"MaxUnpool{n}d") for n in (1, 2, 3)},
    **{f"fractional_max_pool{n}d": _fractional(f"FractionalMaxPool{n}d") for n in (2, 3)},
    **{f"dropout{n}": _dropout(f"Dropout{n}") for n in ("", "2d", "3d")},
    "alpha_dropout": _dropout("AlphaDropout"),
    "feature_alpha_dropout": _dropout("FeatureAlphaDropout"),
    "softmin": _softmin,
    "linear": _linear,
    "bilinear": _bilinear,
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "pad": _pad,
    "interpolate": _interpolate,
    "upsample_bilinear": _upsample("bilinear", align_corners=True),
    "upsample_nearest": _upsample("nearest"),
    "rrelu": _rrelu,
    "prelu": _prelu,
    "embedding": _embedding,
    "embedding_bag": _embedding_bag,
    "one_hot": _one_hot,
    "scaled_dot_product_attention": _attention,
    "linear_cross_entropy": _linear_cross_entropy,
    "cosine_similarity": layer("CosineSimilarity", "x1", "x2"),
    "pairwise_distance": layer("PairwiseDistance", "x1", "x2"),
    "margin_ranking_loss": _loss("MarginRankingLoss", "input1", "input2", "target"),
    "cosine_embedding_loss": _loss("CosineEmbeddingLoss", "input1", "input2", "target"),
    "gaussian_nll_loss": _loss("GaussianNLLLoss", "input", "target", "var"),
    "triplet_margin_loss": _loss("TripletMarginLoss", "anchor", "positive", "negative"),
    "triplet_margin_with_distance_loss": _with_distance,
    "ctc_loss": _loss("CTCLoss", "log_probs", "targets", "input_lengths", "target_lengths"),
    "normalize": _none("torch.nn has no class for it"),
    "pdist": _none("torch.nn has no class for it"),
    "grid_sample": _none("torch.nn has no class for it"),
    "multi_head_attention_forward": _none(RANDOM),
}
