"""A small temporal fusion transformer: variables selected by gated residual networks, LSTMs from past to future, one attention over time, quantiles.

The port is subclassed, adds up variables by einsum and writes the attention's mask from positions; trained by the pinball loss and Adam.
"""

import math
from collections import defaultdict

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, PAST, AHEAD, SEEN, KNOWN, FACTS = 4, 9, 5, 4, 2, 6
WIDTH, HEADS, DIM, RATE = 8, 3, 6, 0.1
QUANTILES = (0.1, 0.5, 0.75)
CONTEXTS = ("select", "hidden", "cell", "enrich")


class GateAddNorm(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.drop = nn.Dropout(RATE)
        self.gate = nn.Linear(inside, 2 * outside)
        self.norm = nn.LayerNorm(outside)

    def forward(self, x, residual):
        return self.norm(residual + F.glu(self.gate(self.drop(x)), dim=-1))


class GatedResidual(nn.Module):
    def __init__(self, inside=WIDTH, outside=WIDTH, context=False):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(inside, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.context = nn.Linear(WIDTH, WIDTH, bias=False) if context else None
        self.skip = nn.Linear(inside, outside) if inside != outside else nn.Identity()
        self.out = GateAddNorm(WIDTH, outside)

    def forward(self, x, context=None):
        h = self.fc1(x)
        if context is not None:
            h = h + self.context(context).unsqueeze(1)
        return self.out(self.fc2(F.elu(h)), self.skip(x))


class VariableSelection(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeds = nn.ModuleList(nn.Linear(1, WIDTH) for _ in range(SEEN))
        self.weigh = GatedResidual(SEEN * WIDTH, SEEN, context=True)
        self.each = nn.ModuleList(GatedResidual() for _ in range(SEEN))

    def forward(self, x, context):
        embedded = [embed(part) for embed, part in zip(self.embeds, x.split(1, dim=-1), strict=True)]
        weights = self.weigh(torch.cat(embedded, dim=-1), context).softmax(-1)
        transformed = torch.stack([grn(part) for grn, part in zip(self.each, embedded, strict=True)], dim=-1)
        return (transformed * weights.unsqueeze(-2)).sum(-1)


class InterpretableAttention(nn.Module):
    """Heads of their own queries and keys; the values are shared, so the mean of the heads' weights tells what was looked at."""

    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, HEADS * DIM), nn.Linear(WIDTH, HEADS * DIM, bias=False)
        self.value, self.proj = nn.Linear(WIDTH, DIM), nn.Linear(DIM, WIDTH, bias=False)
        self.drop = nn.Dropout(RATE)

    def forward(self, x):
        q, k = (y.unflatten(-1, (HEADS, DIM)).transpose(1, 2) for y in (self.query(x[:, -AHEAD:]), self.key(x)))
        scores = q @ k.transpose(-2, -1) / math.sqrt(DIM)
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(PAST + 1)
        weights = self.drop(scores.masked_fill(later, float("-inf")).softmax(-1))
        return self.proj(weights.mean(1) @ self.value(x))


class TemporalFusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.facts = nn.Linear(FACTS, WIDTH)
        self.contexts = nn.ModuleDict({name: GatedResidual() for name in CONTEXTS})
        self.selection, self.known = VariableSelection(), nn.Linear(KNOWN, WIDTH)
        self.encoder, self.decoder = nn.LSTM(WIDTH, WIDTH, batch_first=True), nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.enrichment = GatedResidual(context=True)
        self.attention = InterpretableAttention()
        self.feed_forward = GatedResidual()
        self.lstm_gate, self.attention_gate, self.final_gate = (GateAddNorm(WIDTH, WIDTH) for _ in range(3))
        self.out = nn.Linear(WIDTH, len(QUANTILES))

    def forward(self, past, future, facts):
        static = self.facts(facts)
        context = {name: grn(static) for name, grn in self.contexts.items()}
        past, future = self.selection(past, context["select"]), self.known(future)
        encoded, state = self.encoder(past, (context["hidden"][None], context["cell"][None]))
        decoded, _ = self.decoder(future, state)
        temporal = self.lstm_gate(torch.cat([encoded, decoded], dim=1), torch.cat([past, future], dim=1))
        enriched = self.enrichment(temporal, context["enrich"])
        attended = self.attention_gate(self.attention(enriched), enriched[:, -AHEAD:])
        return self.out(self.final_gate(self.feed_forward(attended), temporal[:, -AHEAD:]))


def build_torch():
    return as_trained(TemporalFusion, seed=821)


class GatedSum(layers.Layer):
    """Switches are the mistakes, here and below."""

    def __init__(self, units, *, halves="sigmoid_second", order="add_norm"):
        super().__init__()
        self.thin, self.both = layers.Dropout(RATE), layers.Dense(2 * units)
        self.standard = layers.LayerNormalization(epsilon=1e-5)
        self.halves, self.order = halves, order

    def call(self, x, shortcut):
        value, gate = ops.split(self.both(self.thin(x)), 2, axis=-1)
        gated = value * ops.sigmoid(gate) if self.halves == "sigmoid_second" else ops.sigmoid(value) * gate
        return shortcut + self.standard(gated) if self.order == "norm_add" else self.standard(shortcut + gated)


class Grn(layers.Layer):
    def __init__(self, units=WIDTH, *, told=False, act="elu", context="before_act"):
        super().__init__()
        self.lift, self.settle, self.close = layers.Dense(WIDTH), layers.Dense(WIDTH), GatedSum(units)
        self.tell = layers.Dense(WIDTH, use_bias=False) if told else None
        self.shorten = layers.Dense(units) if units != WIDTH else layers.Identity()
        self.act, self.context = keras.activations.get(act), context

    def call(self, x, static=None):
        hidden = self.lift(x)
        told = 0.0 if static is None or self.context == "forgotten" else ops.expand_dims(self.tell(static), 1)
        hidden = self.act(hidden) + told if self.context == "after_act" else self.act(hidden + told)
        return self.close(self.settle(hidden), self.shorten(x))


class Chooser(layers.Layer):
    def __init__(self, *, softmax="variables", weighed="transformed", flat="by_variable", judge=None):
        super().__init__()
        self.enter = [layers.Dense(WIDTH) for _ in range(SEEN)]
        self.judge = Grn(SEEN, told=True, **(judge or {}))
        self.own = [Grn() for _ in range(SEEN)]
        self.softmax, self.weighed, self.flat = softmax, weighed, flat

    def call(self, x, static):
        entered = [enter(x[..., place : place + 1]) for place, enter in enumerate(self.enter)]
        flat = ops.reshape(ops.stack(entered, axis=-2 if self.flat == "by_variable" else -1), (*ops.shape(x)[:2], SEEN * WIDTH))
        weights = ops.softmax(self.judge(flat, static), axis=-1 if self.softmax == "variables" else 1)
        made = ops.stack([own(part) for own, part in zip(self.own, entered, strict=True)], axis=2)
        return ops.einsum("btv,btvw->btw", weights, ops.stack(entered, axis=2) if self.weighed == "entered" else made)


class LookBack(layers.Layer):
    def __init__(self, *, first=PAST, asked="ahead", rate=RATE):
        super().__init__()
        self.ask, self.offer, self.share = layers.Dense(HEADS * DIM), layers.Dense(HEADS * DIM, use_bias=False), layers.Dense(DIM)
        self.thin, self.merge = layers.Dropout(rate), layers.Dense(WIDTH, use_bias=False)
        self.first, self.asked = first, asked

    def call(self, x):
        asking = x[:, PAST:] if self.asked == "ahead" else x[:, PAST - 1 : -1]
        queries, keys = (ops.reshape(y, (*ops.shape(y)[:2], HEADS, DIM)) for y in (self.ask(asking), self.offer(x)))
        scores = ops.einsum("bqhd,bkhd->bhqk", queries, keys) / math.sqrt(DIM)
        seen = ops.arange(PAST + AHEAD)[None] <= self.first + ops.arange(AHEAD)[:, None]
        weights = self.thin(ops.softmax(ops.where(seen, scores, -1e9)))
        return self.merge(ops.matmul(ops.mean(weights, axis=1), self.share(x)))


class Fusion(keras.Model):
    def __init__(self, *, start="hidden_cell", handed="state", rest="chosen", final="temporal", **of_layers):
        super().__init__()
        own = defaultdict(dict, of_layers)
        self.statics = [Grn() for _ in CONTEXTS]
        self.choose, self.read_known, self.read_facts = Chooser(**own["past"]), layers.Dense(WIDTH), layers.Dense(WIDTH)
        self.reader, self.writer = layers.LSTM(WIDTH, return_sequences=True, return_state=True), layers.LSTM(WIDTH, return_sequences=True)
        self.around_lstm, self.around_look, self.around_all = GatedSum(WIDTH, **own["after_lstm"]), GatedSum(WIDTH, **own["after_look"]), GatedSum(WIDTH)
        self.enrich, self.look, self.feed = Grn(told=True, **own["enrich"]), LookBack(**own["look"]), Grn(**own["feed"])
        self.answer = layers.Dense(len(QUANTILES))
        self.start, self.handed, self.rest, self.final = start, handed, rest, final

    def call(self, given):
        facts = self.read_facts(given["facts"])
        selecting, hidden, cell, enriching = (grn(facts) for grn in self.statics)
        past, future = self.choose(given["past"], selecting), self.read_known(given["future"])
        begun = [hidden, cell] if self.start == "hidden_cell" else [cell, hidden]
        read, *state = self.reader(past, initial_state=begun)
        state = {"state": state, "begun": begun, "detached": [ops.stop_gradient(part) for part in state]}[self.handed]
        through = ops.concatenate([read, self.writer(future, initial_state=state)], axis=1)
        temporal = self.around_lstm(through, ops.concatenate([past, future], axis=1) if self.rest == "chosen" else through)
        enriched = self.enrich(temporal, enriching)
        x = self.feed(self.around_look(self.look(enriched), enriched[:, PAST:]))
        return self.answer(self.around_all(x, (temporal if self.final == "temporal" else enriched)[:, PAST:]))


build_keras = Fusion


def inputs():
    return {"past": normal(BATCH, PAST, SEEN, seed=822), "future": normal(BATCH, AHEAD, KNOWN, seed=823), "facts": normal(BATCH, FACTS, seed=824)}


def targets():
    return normal(BATCH, AHEAD, seed=825)


def pinball(output, target):
    error, quantiles = target.unsqueeze(-1) - output, output.new_tensor(QUANTILES)
    return torch.maximum(quantiles * error, (quantiles - 1) * error).sum(-1).mean()


def keras_loss(over=ops.sum):
    def loss(output, target):
        error, quantile = ops.expand_dims(target, -1) - output, ops.convert_to_tensor(QUANTILES, output.dtype)
        return ops.mean(over(ops.where(error > 0, quantile * error, (quantile - 1) * error), axis=-1))

    return loss


class Adam(TorchAdam):
    """Torch moves both biases of an LSTM, of which Keras has the sum: it goes twice as far."""

    def update_step(self, gradient, variable, learning_rate):
        path = self._trainable_variables[self._get_variable_index(variable)].path
        super().update_step(gradient, variable, 2 * learning_rate if path.endswith("lstm_cell/bias") else learning_rate)


LOSS = (pinball, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=2e-3, betas=(0.9, 0.99)), lambda: Adam(2e-3, beta_2=0.99))
LAYERS = {"facts": "read_facts", "known": "read_known", "encoder": "reader", "decoder": "writer", "out": "answer"}
LAYERS |= {"attention.query": "look.ask", "attention.key": "look.offer", "attention.value": "look.share", "attention.proj": "look.merge"}
LAYERS |= {"enrichment.context": "enrich.tell", "selection.weigh.context": "choose.judge.tell", "selection.weigh.skip": "choose.judge.shorten"}
GATES = {"lstm_gate": "around_lstm", "attention_gate": "around_look", "final_gate": "around_all"}
GRNS = {"enrichment": "enrich", "feed_forward": "feed", "selection.weigh": "choose.judge"}
GRNS |= {f"contexts.{name}": f"statics.{place}" for place, name in enumerate(CONTEXTS)}
for place in range(SEEN):
    LAYERS[f"selection.embeds.{place}"], GRNS[f"selection.each.{place}"] = f"choose.enter.{place}", f"choose.own.{place}"
IN_GATE, IN_GRN = {"gate": "both", "norm": "standard"}, {"fc1": "lift", "fc2": "settle", "out.gate": "close.both", "out.norm": "close.standard"}
for pairs, inner in ((GATES, IN_GATE), (GRNS, IN_GRN)):
    LAYERS |= {f"{theirs}.{part}": f"{ours}.{name}" for theirs, ours in pairs.items() for part, name in inner.items()}


def load_one_bias(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: 0 * a if n == "decoder.bias_hh_l0" else a for n, a in s.items()})


LSTM_GATE, STARTS = ("lstm_gate", "lstm_gate.norm"), ("encoder", "contexts.hidden", "contexts.cell")
SELECT, WEIGH = "selection", "selection.weigh"
FLAT, OWN = (SELECT, WEIGH, f"{WEIGH}.fc1", f"{WEIGH}.skip"), (SELECT, *(f"selection.each.{place}" for place in range(SEEN)))
ENRICH, FEED = (("enrichment", *(f"enrichment.{part}" for part in ("context", "fc1", "fc2"))), ("feed_forward", "feed_forward.fc1", "feed_forward.fc2"))
FAULTS = [
    Fault("halves_swapped", ("attention_gate", "attention_gate.gate"), "order", "sigmoid of the first half", {"after_look": {"halves": "sigmoid_first"}}),
    Fault("norm_before_sum", LSTM_GATE, "order", "the residual is added after the norm", {"after_lstm": {"order": "norm_add"}}),
    Fault("relu_for_elu", FEED, "activation", "ReLU for ELU in the gated residual network", {"feed": {"act": "relu"}}),
    Fault("context_after_elu", ENRICH, "order", "the context is added after the ELU", {"enrich": {"context": "after_act"}}),
    Fault("context_forgotten", (WEIGH, f"{WEIGH}.context", SELECT), "missing", "weighed without context", {"past": {"judge": {"context": "forgotten"}}}),
    Fault("softmax_over_time", (SELECT, WEIGH), "axis", "softmax over steps, not over variables", {"past": {"softmax": "steps"}}),
    Fault("flat_by_width", FLAT, "reshape", "variables stacked last, then flattened", {"past": {"flat": "by_width"}}),
    Fault("embeddings_weighed", OWN, "wrong tensor", "weights times what was embedded, not what was transformed", {"past": {"weighed": "entered"}}),
    Fault("cell_before_hidden", STARTS, "state", "the encoder's starting states exchanged", {"start": "cell_hidden"}),
    Fault("state_not_handed_over", ("decoder", "encoder"), "initial state", "the decoder starts where the encoder did", {"handed": "begun"}),
    Fault("residual_of_the_lstm", LSTM_GATE, "wrong tensor", "the LSTM's own outputs for the residual", {"rest": "through"}),
    Fault("mask_from_zero", ("attention", "attention.drop"), "mask", "steps ahead counted from 0, not from the past's end", {"look": {"first": 0}}),
    Fault("asked_a_step_early", ("attention", "attention.query"), "off by one", "queries from the step before", {"look": {"asked": "before"}}),
    Fault("last_residual_enriched", ("final_gate", "final_gate.norm"), "wrong tensor", "the last residual from after enrichment", {"final": "enriched"}),
    Fault("one_bias", ("decoder", "decoder.bias_hh_l0"), "weights", "bias_hh not added to bias_ih", load=load_one_bias),
    Fault("state_detached", ("decoder", "encoder"), "gradient", "stop_gradient on the state handed over", {"handed": "detached"}, seen="grad"),
    Fault("weights_not_dropped", ("attention", "attention.drop"), "dropout", "attention without its dropout", {"look": {"rate": 0.0}}, seen="dropout"),
    Fault("mean_of_quantiles", "loss", "reduction", "mean over quantiles too", seen="loss", loss=lambda: keras_loss(over=ops.mean)),
    Fault("beta", "optimizer", "optimizer", "Adam's second beta left at 0.999", seen="step", optimizer=lambda: Adam(2e-3)),
]
