"""What differs between the configurations of a Keras layer and the torch module it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.diagnosis.forcing import Checkpoint


@dataclass(frozen=True)
class Change:
    """What to change of a copy: attributes of its configuration, the padding of its input (torch's, both sides), a crop of its output, or how it is called."""

    cause: str
    says: str
    fix: str
    config: Mapping[str, Any] = field(default_factory=dict)
    pad: tuple[int, ...] = ()
    crop: tuple[tuple[int, int], ...] = ()
    call: Mapping[str, Any] = field(default_factory=dict)
    flip: bool = False  # reverse the time axis of the output
    unmasked: bool = False  # the input carries no Keras mask
    guessed: bool = False  # torch's side says nothing of it: only what makes the difference vanish is told


def proposals(session: Any, point: Checkpoint) -> Iterator[Change]:
    """Attributes of the Keras layer that are not what the torch module has, the likely causes first."""
    module, layer, kind = point.match.torch.layer, point.match.keras.layer, point.match.keras.kind
    if not hasattr(layer, "get_config"):
        return
    norms = {"batch_norm": "bn-eps", "layer_norm": "ln-eps", "group_norm": "gn-eps", "rms_norm": "rmsnorm"}
    if kind in norms:
        yield from _norm(module, layer, kind, norms[kind], point)
    if kind == "conv":
        yield from _conv(module, layer, point)
    if kind == "conv_transpose":
        yield from _conv_transpose(module, layer, point)
    if kind in {"rnn", "lstm", "gru"}:
        yield from _recurrence(session, module, layer, kind, point)
    if kind == "attention":
        yield from _attention(session, module, layer, point)
    yield from _bias(point, layer)


def _norm(module: Any, layer: Any, kind: str, slug: str, point: Checkpoint) -> Iterator[Change]:
    eps = next((value for name in ("eps", "epsilon", "variance_epsilon") if isinstance(value := getattr(module, name, None), float)), None)
    for guess in (1e-5, 1e-6, 1e-3, 1e-8, 1e-12, 1e-7) if eps is None and "batch" not in kind else ():
        told = f"epsilon={layer.epsilon:g} where torch's code has {guess:g}"
        yield Change(slug, told, f"{type(layer).__name__}(epsilon={guess:g})", {"epsilon": guess}, guessed=True)
    if eps is not None and getattr(layer, "epsilon", eps) != eps:
        yield Change(slug, f"epsilon={layer.epsilon:g} where torch has eps={eps:g}", f"{type(layer).__name__}(epsilon={eps:g})", {"epsilon": eps})
    if kind == "group_norm" and getattr(module, "num_groups", None) not in (None, layer.groups):
        yield Change(
            "gn-groups", f"groups={layer.groups} where torch has num_groups={module.num_groups}", f"groups={module.num_groups}", {"groups": module.num_groups}
        )
    if kind == "batch_norm":
        rank = point.given[0].ndim
        view = next((v for v in point.views if v is not None), None)
        right = -1 if view is None or rank == 2 or view.order.axes[-1] == 1 else 1
        if layer.axis % rank != right % rank:
            yield Change("bn-axis", f"axis={layer.axis}, which are not the channels", f"axis={right}", {"axis": right})
        if point.training and not layer.trainable:
            yield Change("bn-frozen", "trainable=False: the moving statistics are used in training too", "trainable=True", {"trainable": True})
        if point.training:
            yield Change("train-flag-default", "the layer is not told that it is in training", "pass training=training on", call={"training": True})
        else:
            yield Change("train-flag-default", "the layer runs in training mode though torch evaluates", "pass training=training on", call={"training": False})
    if kind == "layer_norm":
        axes = tuple(range(-len(module.normalized_shape), 0)) if hasattr(module, "normalized_shape") else (-1,)
        rank = point.given[0].ndim
        own = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
        if sorted(a % rank for a in own) != sorted(a % rank for a in axes):
            axis = axes[0] if len(axes) == 1 else list(axes)
            yield Change("ln-axes", f"axis={layer.axis} where torch normalises the last {len(axes)}", f"axis={axis}", {"axis": axis})
        if getattr(layer, "rms_scaling", False):
            yield Change("odd-rms-scaling", "rms_scaling=True", "rms_scaling=False", {"rms_scaling": False})
    for attribute, role in (("scale", "weight"), ("center", "bias")):
        if getattr(layer, attribute, True) is False and role in point.match.torch.pieces:
            yield Change("norm-affine", f"{attribute}=False where torch has a {role}", f"{attribute}=True", {attribute: True})


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """A setting of a layer as one number an axis of space."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _conv(module: Any, layer: Any, point: Checkpoint) -> Iterator[Change]:
    if not hasattr(module, "kernel_size") or not hasattr(layer, "kernel_size"):
        return
    rank = len(module.kernel_size)
    stride, dilation = per_axis(module.stride, rank), per_axis(module.dilation, rank)
    padding = module.padding
    name = type(layer).__name__
    if tuple(per_axis(layer.strides, rank)) != stride:
        yield Change("conv-stride", f"strides={layer.strides} where torch has stride={stride}", f"{name}(strides={stride})", {"strides": stride})
    if tuple(per_axis(layer.dilation_rate, rank)) != dilation:
        yield Change(
            "conv-dilation",
            f"dilation_rate={layer.dilation_rate} where torch has dilation={dilation}",
            f"{name}(dilation_rate={dilation})",
            {"dilation_rate": dilation},
        )
    if getattr(layer, "groups", module.groups) != module.groups and not _is_depthwise(layer):
        yield Change(
            "conv-groups", f"groups={layer.groups} where torch has groups={module.groups}", f"{name}(groups={module.groups})", {"groups": module.groups}
        )
    if isinstance(padding, str):
        if layer.padding != padding:
            yield Change("same-stride2", f"padding={layer.padding!r} where torch has padding={padding!r}", f"{name}(padding={padding!r})", {"padding": padding})
        return
    pads = per_axis(padding, rank)
    slug = "dilated-same" if max(dilation) > 1 else "causal-conv1d" if layer.padding == "causal" else "same-stride2" if max(stride) > 1 else "conv-padding"
    fix = f"ZeroPadding{rank}D({pads[0] if len(set(pads)) == 1 else pads}) before {name}(padding='valid')" if any(pads) else f"{name}(padding='valid')"
    told = f"padding={layer.padding!r} where torch pads {pads} on both sides"
    span = dilation[0] * (module.kernel_size[0] - 1)
    if point.outer:
        if rank == 1 and point.outer == (span, 0):
            yield Change("causal-conv1d", f"padding={layer.padding!r} where torch pads {point.outer}", "padding='causal'", {"padding": "causal"})
        elif len(set(point.outer)) == 1:
            around = f"ZeroPadding{rank}D({point.outer[0]}) before {name}(padding='valid')"
            yield Change(slug, f"padding={layer.padding!r} where torch pads {point.outer}", around, {"padding": "valid"}, (point.outer[0],) * rank)
        return
    if point.window is not None and rank == 1 and layer.padding != "causal":
        yield Change(
            "causal-conv1d", f"padding={layer.padding!r} where torch pads {pads[0]} before only (cuts the end)", "padding='causal'", {"padding": "causal"}
        )
    yield Change(slug, told, fix, {"padding": "valid"}, pads)
    if layer.padding == "valid" and any(pads):
        yield Change("conv-padding", f"no padding where torch pads {pads}", fix, {}, pads)


def _is_depthwise(layer: Any) -> bool:
    return any("Depthwise" in cls.__name__ or "Separable" in cls.__name__ for cls in type(layer).__mro__)


def _conv_transpose(module: Any, layer: Any, point: Checkpoint) -> Iterator[Change]:
    if not hasattr(module, "kernel_size") or not hasattr(layer, "kernel_size"):
        return
    rank = len(module.kernel_size)
    stride, pads, more = (per_axis(getattr(module, name), rank) for name in ("stride", "padding", "output_padding"))
    name = type(layer).__name__
    if tuple(per_axis(layer.strides, rank)) != stride:
        yield Change("conv-stride", f"strides={layer.strides} where torch has stride={stride}", f"{name}(strides={stride})", {"strides": stride})
    crop = tuple((p, p - m) for p, m in zip(pads, more, strict=True))
    # a valid transposed convolution of Keras has max(kernel, stride) at the end, torch's the kernel
    short = tuple(max(s - k, 0) for k, s in zip(per_axis(module.kernel_size, rank), stride, strict=True))
    crop = tuple((before, after + extra) for (before, after), extra in zip(crop, short, strict=True))
    fix = f"{name}(padding='valid'), then crop {crop}"
    told = f"padding={layer.padding!r} where torch crops padding={pads} on both sides and adds output_padding={more}"
    yield Change("convT-same", told, fix, {"padding": "valid", "output_padding": None}, crop=crop)
    if getattr(layer, "dilation_rate", 1) not in (1, (1,) * rank, list((1,) * rank)) or max(per_axis(module.dilation, rank)) > 1:
        yield Change(
            "conv-dilation", f"dilation_rate={layer.dilation_rate}", f"dilation_rate={module.dilation}", {"dilation_rate": per_axis(module.dilation, rank)}
        )


def _recurrence(session: Any, module: Any, layer: Any, kind: str, point: Checkpoint) -> Iterator[Change]:
    name = type(layer).__name__
    wanted = getattr(module, "nonlinearity", "tanh") if kind == "rnn" else "tanh"
    for attribute, right in (("activation", wanted), ("recurrent_activation", "sigmoid")):
        own = getattr(getattr(layer, "cell", layer), attribute, None)
        if own is not None and getattr(own, "__name__", str(own)) != right:
            slug = "lstm-gpu-relu" if attribute == "activation" else "hard-sigmoid"
            yield Change(slug, f"{attribute}={getattr(own, '__name__', own)!r} where torch has {right}", f"{name}({attribute}={right!r})", {attribute: right})
    if kind == "gru" and getattr(layer, "reset_after", True) is False:
        yield Change(
            "gru-reset-after", "reset_after=False: the reset gate is applied before the recurrent product", "GRU(reset_after=True)", {"reset_after": True}
        )
    reverse = point.match.torch.part.endswith("_reverse")
    if bool(getattr(layer, "go_backwards", False)) != reverse:
        told = f"go_backwards={layer.go_backwards} where torch reads {'backwards' if reverse else 'forwards'}"
        yield Change("rnn-go-backwards", told, f"{name}(go_backwards={reverse})", {"go_backwards": reverse}, flip=reverse)
    masked = point.call_args[1].get("mask") is not None or getattr(point.call_args[0][0], "_keras_mask", None) is not None
    if point.call.lengths:
        mask = np.arange(point.given[0].shape[1 if module.batch_first else 0]) < np.array(point.call.lengths)[:, None]
        told = f"{'another' if masked else 'no'} mask, where torch packs the sequences to their lengths"
        yield Change("rnn-mask", told, f"{name}(…)(x, mask=…)", {}, call={"mask": lambda s, m=mask: s.keras.engine.tensor(m)})
        if not getattr(layer, "zero_output_for_mask", True):
            told = "the last output is repeated over the padding, where torch has zeros"
            yield Change("rnn-mask", told, f"{name}(zero_output_for_mask=True)", {"zero_output_for_mask": True})
    elif masked:
        told = "a mask makes it skip padded steps, which torch reads"
        yield Change("rnn-mask", told, "mask_zero=False, or pack the sequence in torch", {}, call={"mask": None}, unmasked=True)
    if getattr(layer, "stateful", False):
        yield Change("rnn-stacked-state", "stateful=True carries the state over", "stateful=False", {"stateful": False})
    if getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0):
        yield Change(
            "rnn-dropout-meaning",
            f"dropout={layer.dropout}, recurrent_dropout={layer.recurrent_dropout} inside the cell",
            "dropout between the layers",
            {"dropout": 0.0, "recurrent_dropout": 0.0},
        )


def _attention(session: Any, module: Any, layer: Any, point: Checkpoint) -> Iterator[Change]:
    heads, width = module.num_heads, module.head_dim
    if layer.num_heads != heads:
        changes = {"num_heads": heads, "key_dim": width, "value_dim": width}
        yield Change("mha-heads", f"num_heads={layer.num_heads} where torch has {heads}", f"MultiHeadAttention({heads}, {width})", changes)
    rate, theirs = float(module.dropout) if point.training else 0.0, float(getattr(layer, "dropout", 0.0) if point.training else 0.0)
    if rate != theirs:
        slug = "dropout-rate" if rate and theirs else "dropout-missing" if rate else "dropout-elsewhere"
        yield Change(slug, f"dropout={theirs:g} of the attention weights where torch has {rate:g}", f"dropout={rate:g}", {"dropout": rate})
    words = torch_masks(point)
    own = point.call_args[1]
    if words:
        has = own.get("attention_mask") is not None or own.get("use_causal_mask")
        slug = "mha-mask-polarity" if has else "mask-missing"
        told = "another attention mask than torch's" if has else "no attention mask where torch has one"
        told += " (in torch True means masked, in Keras kept)" if has else ""
        yield Change(
            slug,
            told,
            "attention_mask = ~(torch's key_padding_mask and attn_mask)",
            {},
            call={"attention_mask": lambda s: keras_mask(s, point, words), "use_causal_mask": False},
        )
    elif own.get("attention_mask") is not None or own.get("use_causal_mask"):
        cause = "mask-causal" if own.get("use_causal_mask") else "mha-mask-polarity"
        yield Change(cause, "an attention mask that torch has not", "drop the mask", {}, call={"attention_mask": None, "use_causal_mask": False})


def torch_masks(point: Checkpoint) -> dict[str, Any]:
    call = point.call.call
    names = ("query", "key", "value", "key_padding_mask", "need_weights", "attn_mask")
    words = dict(zip(names, call.args, strict=False)) | call.kwargs
    return {n: words[n] for n in ("key_padding_mask", "attn_mask") if words.get(n) is not None}


def keras_mask(session: Any, point: Checkpoint, words: Mapping[str, Any], changed: Mapping[int, Any] | None = None) -> Any:
    """Torch's masks (or what they were changed to) as Keras takes them: True where a query may look."""
    flow = next(run.flow for run in session.torch_runs.values() if any(c is point.call.call for c in run.flow.calls))
    keep: Any = None
    for name, word in words.items():
        array = session.torch.array((changed or {}).get(word.value, flow.values[word.value]) if hasattr(word, "value") else word)
        array = ~array if array.dtype == bool else array > -1
        array = array[:, None, :] if name == "key_padding_mask" else array[None] if array.ndim == 2 else array[:: point.match.torch.layer.num_heads]
        keep = array if keep is None else keep & array
    return session.keras.engine.tensor(keep)


def _bias(point: Checkpoint, layer: Any) -> Iterator[Change]:
    roles = {role for b in point.match.bindings for role, p in zip(b.held.roles, b.pieces, strict=True) if p is not None}
    lacking = [role for role in point.match.torch.pieces if role not in roles and role.endswith(("bias", "bias_ih", "bias_hh"))]
    if lacking and hasattr(layer, "use_bias") and not layer.use_bias:
        yield Change("bias-missing", f"use_bias=False where torch has {' and '.join(lacking)}", f"{type(layer).__name__}(use_bias=True)", {"use_bias": True})
