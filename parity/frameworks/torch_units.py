"""What each weighted layer of a traced PyTorch model was given and gave, composites cut into their parts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from parity.frameworks.torch_tracing import Call, Flow, Ref, numbers
from parity.frameworks.torch_written import uses

Outputs = dict[str, torch.Tensor]


@dataclass(eq=False)
class UnitCall:
    """One call of a unit: tensors in, named tensors out. `entered` and `left` are the numbers of these values in the flow, where they have one."""

    given: tuple[torch.Tensor, ...]
    made: Outputs
    entered: tuple[int | None, ...]
    left: dict[str, int | None]
    call: Call
    lengths: tuple[int, ...] = ()  # of the sequences, where they were packed


def unit_calls(flow: Flow, path: str, kind: str, part: str) -> list[UnitCall]:
    """The calls of a unit in their order; none for weights that are no module's (a bare parameter) or that no module call used."""
    if kind == "raw":
        return []
    calls = flow.by_path(path)
    if not calls:
        return _written_out(flow, path, part)
    module = calls[0].module
    if isinstance(module, torch.nn.MultiheadAttention) and part:
        return [_projection(flow, call, part) for call in calls]
    if part in ("q", "k", "v") and isinstance(module, torch.nn.Linear):
        return [_third(flow, call, "qkv".index(part)) for call in calls]
    if isinstance(module, torch.nn.RNNBase):
        if kind == "linear":  # one of its products, which the Keras side has as a layer: no call's
            return []
        found = [_recurrence(flow, call, part) for call in calls]
        return [call for call in found if call is not None]
    return [_whole(flow, call) for call in calls if call.inputs]


def _written_out(flow: Flow, weight: str, bias: str) -> list[UnitCall]:
    """The uses of a bare weight as a layer."""
    path = weight.rpartition(".")[0]
    call = next(iter(flow.by_path(path) or flow.by_path("")), None)
    if call is None:
        return []
    return [UnitCall((flow.values[taken],), {"out": flow.values[made]}, (taken,), {"out": made}, call) for taken, made in uses(flow, weight, bias)]


def _whole(flow: Flow, call: Call) -> UnitCall:
    if isinstance(call.module, torch.nn.MultiheadAttention):
        names = ["query", "key", "value"]
        args = list(call.args[:3]) + [call.kwargs[n] for n in names[len(call.args[:3]) :] if n in call.kwargs]
        entered = tuple(a.value for a in args)
        return UnitCall(tuple(flow.values[i] for i in entered), {"out": flow.values[call.made[0]]}, entered, {"out": call.made[0]}, call)
    entered = tuple(dict.fromkeys(call.inputs))
    left: dict[str, Any] = dict(zip(_names(len(call.made)), call.made, strict=True))
    return UnitCall(tuple(flow.values[i] for i in entered), {n: flow.values[i] for n, i in left.items()}, entered, left, call)


def _third(flow: Flow, call: Call, i: int) -> UnitCall:
    """Queries, keys or values of a dense layer that gives all three side by side."""
    module, x = call.module, flow.values[call.inputs[0]]
    width = module.in_features
    rows = slice(i * width, (i + 1) * width)

    def run(tensor: torch.Tensor) -> Outputs:
        return {"out": F.linear(tensor, module.weight[rows], None if module.bias is None else module.bias[rows])}

    return UnitCall((x,), _plainly(run, x), (call.inputs[0],), {"out": None}, call)


def _names(count: int) -> list[str]:
    return ["out", "c"][:count] if count <= 2 else ["out", *[f"out.{i}" for i in range(1, count)]]


def _recurrence(flow: Flow, call: Call, part: str) -> UnitCall | None:
    """One layer and direction of a recurrence: `part` is "l0", "l1_reverse", or "" for the only one."""
    module = call.module
    given = call.inputs
    if hasattr(call.args[0] if call.args else None, "batch_sizes"):
        return _packed(flow, call, part)
    if not given or flow.values[given[0]].dim() not in (2, 3):
        return None
    x = flow.values[given[0]]
    layer, reverse = (int(part[1:].partition("_")[0]), part.endswith("_reverse")) if part else (0, False)
    masks = flow.masks[call.masks[0] : call.masks[1]] if module.training and module.dropout else []
    if module.training and module.dropout and len(masks) < layer:
        return None
    states = [flow.values[i] for i in given[1:]]
    inputs = x
    for below in range(layer):
        inputs = torch.cat([_run_one(module, below, end, inputs, states)["seq"] for end in ((False, True) if module.bidirectional else (False,))], dim=-1)
        inputs = inputs * masks[below].to(inputs.dtype) / (1 - module.dropout) if masks else inputs
    last = layer == module.num_layers - 1
    place = layer * (2 if module.bidirectional else 1) + reverse
    starts = tuple(s if s.shape[0] == 1 else s[place] for s in states)
    numbers = [n if s.shape[0] == 1 else None for n, s in zip(given[1:], states, strict=True)]

    with torch.no_grad():
        inputs = inputs.detach()
        made = _run_one(module, layer, reverse, inputs, states)
    left: dict[str, int | None] = dict.fromkeys(made)
    if last and not module.bidirectional:
        left["seq"] = call.made[0]
    return UnitCall((inputs, *starts), made, (given[0] if layer == 0 else None, *numbers), left, call)


def _packed(flow: Flow, call: Call, part: str) -> UnitCall | None:
    """A recurrence that is given a packed sequence, as one of the padded sequence: zeros where a sequence is at its end."""
    module, packed = call.module, call.args[0]
    source = flow.producers.get(packed.data.value) if isinstance(packed.data, Ref) else None
    if source is None or source.name != "_pack_padded_sequence":
        return None
    masks = flow.masks[call.masks[0] : call.masks[1]] if module.training and module.dropout else []
    entered = source.args[0].value
    lengths = flow.values[source.args[1].value] if isinstance(source.args[1], Ref) else source.args[1]
    sort = flow.producers.get(entered)
    if isinstance(packed.sorted_indices, Ref) and sort is not None and sort.name == "index_select":
        entered, order = sort.inputs[0], flow.values[packed.sorted_indices.value]
        lengths = torch.empty_like(lengths).scatter_(0, order, lengths)
    x = flow.values[entered]
    time = 1 if bool(source.args[2]) else 0
    states = [flow.values[i] for i in numbers(call.args[1:])]
    padded = next((op for op in flow.ops if op.name == "_pad_packed_sequence" and call.made[0] in op.inputs), None)
    total = flow.values[padded.outputs[0]].shape[time] if padded is not None else int(lengths.max())
    layer, reverse = (int(part[1:].partition("_")[0]), part.endswith("_reverse")) if part else (0, False)
    ends = (False, True) if module.bidirectional else (False,)

    def row(i: int) -> tuple[torch.Tensor, Outputs]:
        inputs, own = x.narrow(1 - time, i, 1).narrow(time, 0, int(lengths[i])), [s.narrow(1, i, 1) for s in states]
        inputs = inputs if bool(source.args[2]) == module.batch_first else inputs.transpose(0, 1)
        for below in range(layer):
            inputs = torch.cat([_run_one(module, below, end, inputs, own)["seq"] for end in ends], dim=-1)
            if masks:
                mask = masks[below][i : i + 1, : int(lengths[i])].to(inputs.dtype)
                inputs = inputs * (mask if module.batch_first else mask.transpose(0, 1)) / (1 - module.dropout)
        return inputs, _run_one(module, layer, reverse, inputs, own)

    def joined(rows: Sequence[torch.Tensor]) -> torch.Tensor:
        rows = [r if module.batch_first else r.transpose(0, 1) for r in rows]
        whole = torch.cat([F.pad(r, (0, 0, 0, total - r.shape[1])) for r in rows])
        return whole if time else whole.transpose(0, 1)

    with torch.no_grad():
        found = [row(i) for i in range(len(lengths))]
        made = {"seq": joined([r["seq"] for _, r in found])} | {n: torch.cat([r[n] for _, r in found]) for n in found[0][1] if n in {"h", "c"}}
        made["flipped"] = made["seq"].flip(time) if reverse else made["seq"]
        inputs = x if layer == 0 else joined([i for i, _ in found])
    left: dict[str, int | None] = dict.fromkeys(made)
    if padded is not None and layer == module.num_layers - 1 and not module.bidirectional:
        unsorted = next((op for op in flow.ops if op.name == "index_select" and padded.outputs[0] in op.inputs), None)
        left["seq"] = padded.outputs[0] if unsorted is None else unsorted.outputs[0]
    return UnitCall((inputs,), made, (entered if layer == 0 else None,), left, call, tuple(int(n) for n in lengths))


def _weights(module: Any, end: str) -> list[torch.Tensor]:
    roles = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    return [getattr(module, role + end) for role in roles if hasattr(module, role + end)]


def _kernel(module: Any) -> Any:
    return {"LSTM": torch._VF.lstm, "GRU": torch._VF.gru, "RNN_TANH": torch._VF.rnn_tanh, "RNN_RELU": torch._VF.rnn_relu}[module.mode]


def _run_one(module: Any, layer: int, reverse: bool, x: torch.Tensor, states: Sequence[torch.Tensor]) -> Outputs:
    end = f"_l{layer}" + ("_reverse" if reverse else "")
    weights = _weights(module, end)
    time = 1 if module.batch_first and x.dim() == 3 else 0
    batch = x.shape[1 - time] if x.dim() == 3 else 1
    place = layer * (2 if module.bidirectional else 1) + reverse
    if states:
        starts = [s[place : place + 1] if s.dim() == 3 else s[place : place + 1].unsqueeze(1) for s in states]
    else:
        sizes = getattr(module, "proj_size", 0) or module.hidden_size, module.hidden_size
        starts = [x.new_zeros(1, batch, size) for size in sizes[: 2 if module.mode == "LSTM" else 1]]
    seq = x if x.dim() == 3 else x.unsqueeze(1)
    seq = seq.flip(time) if reverse else seq
    words = (module.bias, 1, 0.0, False, False, bool(time))
    if module.mode == "LSTM":
        out, h, c = _kernel(module)(seq, tuple(starts), weights, *words)
    else:
        out, h = _kernel(module)(seq, starts[0], weights, *words)
        c = None
    ordered = out.flip(time) if reverse else out
    if x.dim() == 2:
        out, ordered = out.squeeze(1), ordered.squeeze(1)
    found = {"seq": ordered, "h": h[0], "flipped": out}
    return found | ({"c": c[0]} if c is not None else {})


def layered(module: Any, input: torch.Tensor, hx: Any = None) -> Any:
    """A stacked recurrence, layer by layer, with its dropout between them as a call of its own: in training, torch's kernel draws where nobody sees it."""
    states = [] if hx is None else list(hx) if isinstance(hx, tuple) else [hx]
    if hasattr(input, "batch_sizes"):
        return _layered_packed(module, input, states)
    ends: list[Outputs] = []
    for layer in range(module.num_layers):
        made = [_run_one(module, layer, reverse, input, states) for reverse in ((False, True) if module.bidirectional else (False,))]
        ends += made
        input = torch.cat([m["seq"] for m in made], dim=-1)
        if layer + 1 < module.num_layers:
            input = F.dropout(input, module.dropout, True)
    kept = [name for name in ("h", "c") if name in ends[0]]
    flat = input.dim() == 2  # without a batch
    last = [torch.stack([m[name].reshape(-1) if flat else m[name] for m in ends]) for name in kept]
    return input, (tuple(last) if len(last) > 1 else last[0])


def _layered_packed(module: Any, packed: PackedSequence, states: Sequence[torch.Tensor]) -> Any:
    """The same for a packed sequence; dropout is drawn for the padded one."""
    ways = 2 if module.bidirectional else 1
    batch, last = int(packed.batch_sizes[0]), []
    for layer in range(module.num_layers):
        if layer:
            padded, lengths = pad_packed_sequence(packed, batch_first=True)
            packed = pack_padded_sequence(F.dropout(padded, module.dropout, True), lengths, True, packed.sorted_indices is None)
        own = [s[layer * ways : (layer + 1) * ways] for s in states] or [packed.data.new_zeros(ways, batch, module.hidden_size)] * (1 + (module.mode == "LSTM"))
        own = [s if packed.sorted_indices is None else s.index_select(1, packed.sorted_indices) for s in own]
        weights = [w for end in (f"_l{layer}", f"_l{layer}_reverse")[:ways] for w in _weights(module, end)]
        starts = tuple(own) if module.mode == "LSTM" else own[0]
        out, *ends = _kernel(module)(packed.data, packed.batch_sizes, starts, weights, module.bias, 1, 0.0, False, module.bidirectional)
        last.append([e if packed.unsorted_indices is None else e.index_select(1, packed.unsorted_indices) for e in ends])
        packed = PackedSequence(out, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
    joined = [torch.cat(parts) for parts in zip(*last, strict=True)]
    return packed, tuple(joined) if len(joined) > 1 else joined[0]


def show_dropout(model: torch.nn.Module) -> None:
    """Recurrences that drop out between their layers do it in sight of the trace."""
    for module in model.modules():
        if isinstance(module, torch.nn.RNNBase) and module.training and module.dropout and module.num_layers > 1 and not getattr(module, "proj_size", 0):
            module.forward = functools.partial(layered, module)


def _projection(flow: Flow, call: Call, part: str) -> UnitCall:
    """q, k, v, qkv or out of a MultiheadAttention."""
    module = call.module
    names = ("query", "key", "value")
    refs = [*call.args[:3], *[call.kwargs[n] for n in names[len(call.args[:3]) :]]]
    numbers = [ref.value for ref in refs]
    values = [flow.values[i] for i in numbers]
    width = module.embed_dim
    bias = module.in_proj_bias

    def weights(i: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        weight = module.in_proj_weight[i * width : (i + 1) * width] if module.in_proj_weight is not None else getattr(module, f"{'qkv'[i]}_proj_weight")
        return weight, None if bias is None else bias[i * width : (i + 1) * width]

    if part == "qkv":
        run = lambda x: {"out": F.linear(x, module.in_proj_weight, bias)}  # noqa: E731
        return UnitCall((values[0],), _plainly(run, values[0]), (numbers[0],), {"out": None}, call)
    if part in "qkv":
        i = "qkv".index(part)
        run = lambda x: {"out": F.linear(x, *weights(i))}  # noqa: E731
        return UnitCall((values[i],), _plainly(run, values[i]), (numbers[i],), {"out": None}, call)
    run = lambda x: {"out": module.out_proj(x)}  # noqa: E731
    with torch.no_grad():
        attended = _attended(module, flow, call, [F.linear(v, *weights(i)) for i, v in enumerate(values)])
    return UnitCall((attended,), _plainly(run, attended), (None,), {"out": call.made[0]}, call)


def _plainly(run: Callable[..., Outputs], x: torch.Tensor) -> Outputs:
    with torch.no_grad():
        return run(x)


def _attended(module: Any, flow: Flow, call: Call, projected: Sequence[torch.Tensor]) -> torch.Tensor:
    """What the output projection is given: softmax(q·kᵀ/√d + mask)·v of all heads."""
    words = _arguments(module, flow, call)
    q, k, v = (p if module.batch_first or p.dim() == 2 else p.transpose(0, 1) for p in projected)
    q, k, v = (p if p.dim() == 3 else p.unsqueeze(0) for p in (q, k, v))
    heads = module.num_heads
    q, k, v = (p.reshape(p.shape[0], p.shape[1], heads, -1).transpose(1, 2) for p in (q, k, v))
    mask = words.get("attn_mask")
    if mask is not None:
        mask = torch.zeros_like(mask, dtype=q.dtype).masked_fill(mask, float("-inf")) if mask.dtype is torch.bool else mask.to(q.dtype)
        mask = mask.reshape(-1, heads, *mask.shape[-2:]) if mask.dim() == 3 else mask
    padding = words.get("key_padding_mask")
    if padding is not None:
        padding = torch.zeros_like(padding, dtype=q.dtype).masked_fill(padding, float("-inf")) if padding.dtype is torch.bool else padding.to(q.dtype)
        padding = padding[:, None, None, :] if padding.dim() == 2 else padding[None, None, None]
        mask = padding if mask is None else mask + padding
    drawn = flow.masks[call.masks[0] : call.masks[1]] if module.training and module.dropout else []
    if drawn:
        kept = drawn[0].reshape(q.shape[0], heads, q.shape[2], k.shape[2]).to(q.dtype) / (1 - module.dropout)
        scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
        out = (((scores if mask is None else scores + mask).softmax(-1)) * kept @ v).transpose(1, 2).flatten(2)
    else:
        out = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).flatten(2)
    out = out if module.batch_first or projected[0].dim() == 2 else out.transpose(0, 1)
    return out[0] if projected[0].dim() == 2 else out


def _arguments(module: Any, flow: Flow, call: Call) -> Mapping[str, Any]:
    names = ("query", "key", "value", "key_padding_mask", "need_weights", "attn_mask", "average_attn_weights", "is_causal")
    words = dict(zip(names, call.args, strict=False)) | call.kwargs
    return {name: flow.values[v.value] if isinstance(v, Ref) else v for name, v in words.items()}
