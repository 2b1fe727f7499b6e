"""A tagger of tokens: two of four experts, a loss that balances them, grouped-query attention, ALiBi; the port is subclassed, its heads in einsums."""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdam, TorchAdamW
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

VOCAB, WIDTH, HEADS, SHARED, DIM, STEPS, TAGS = 23, 24, 6, 2, 4, 11, 5
EXPERTS, CHOSEN, HIDDEN = 4, 2, 14
EPSILON, THIN, BALANCE, PAD, IGNORED = 1e-5, 0.1, 0.02, 0, -100


def slopes():
    """ALiBi's for any number of heads: those of the power of two below, then every other one of the power of two above."""
    power = 2 ** math.floor(math.log2(HEADS))
    return [2.0 ** (-8 * (i + 1) / power) for i in range(power)] + [2.0 ** (-4 * (2 * i + 1) / power) for i in range(HEADS - power)]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(WIDTH, HEADS * DIM, bias=False)
        self.k_proj, self.v_proj = (nn.Linear(WIDTH, SHARED * DIM, bias=False) for _ in range(2))
        self.o_proj = nn.Linear(HEADS * DIM, WIDTH, bias=False)
        self.register_buffer("slopes", torch.tensor(slopes()), persistent=False)

    def forward(self, x, real):
        q, k, v = (project(x).unflatten(-1, (-1, DIM)).transpose(1, 2) for project in (self.q_proj, self.k_proj, self.v_proj))
        k, v = (y.repeat_interleave(HEADS // SHARED, dim=1) for y in (k, v))
        steps = torch.arange(x.shape[1], device=x.device)
        bias = -self.slopes[:, None, None] * (steps[:, None] - steps).abs()
        scores = q @ k.transpose(-1, -2) / math.sqrt(DIM) + bias
        weights = scores.masked_fill(~real[:, None, None], float("-inf")).softmax(-1)
        return self.o_proj((weights @ v).transpose(1, 2).flatten(2))


class MixtureOfExperts(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(WIDTH, EXPERTS, bias=False)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH)) for _ in range(EXPERTS))
        nn.init.normal_(self.router.weight, std=0.3)

    def forward(self, x, real):
        probabilities = self.router(x).softmax(-1)
        gates, chosen = probabilities.topk(CHOSEN, dim=-1)
        gates = gates / gates.sum(-1, keepdim=True)
        weights = torch.zeros_like(probabilities).scatter(-1, chosen, gates)
        y = (torch.stack([expert(x) for expert in self.experts], dim=-2) * weights[..., None]).sum(-2)
        load = F.one_hot(chosen, EXPERTS).sum(-2)[real].to(x.dtype).mean(0) / CHOSEN
        return y, EXPERTS * (load * probabilities[real].mean(0)).sum()


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attention = nn.RMSNorm(WIDTH, eps=EPSILON), Attention()
        self.norm2, self.moe = nn.RMSNorm(WIDTH, eps=EPSILON), MixtureOfExperts()
        self.drop = nn.Dropout(THIN)

    def forward(self, x, real):
        x = x + self.drop(self.attention(self.norm1(x), real))
        y, balance = self.moe(self.norm2(x), real)
        return x + self.drop(y), balance


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm, self.head = nn.RMSNorm(WIDTH, eps=EPSILON), nn.Linear(WIDTH, TAGS)

    def forward(self, ids):
        x, real, balance = self.embed(ids), ids != PAD, 0.0
        for block in self.blocks:
            x, own = block(x, real)
            balance = balance + own
        return {"logits": self.head(self.norm(x)), "balance": balance}


def build_torch():
    return as_trained(Tagger, seed=711)


GELUS = {"erf": lambda x: 0.5 * x * (1 + ops.erf(x / math.sqrt(2))), "keras": ops.gelu}
SHARED_OUT = {"renormalised": lambda gates: gates / ops.sum(gates, axis=-1, keepdims=True), "softmax": ops.softmax, "plain": lambda gates: gates}


class GroupedAttention(layers.Layer):
    """Switches, here and below, are the mistakes."""

    def __init__(self, *, epsilon=EPSILON, steep="of_both_powers", far="both_ways", biased="after", groups="outer"):
        super().__init__()
        self.norm = layers.RMSNormalization(epsilon=epsilon)
        self.ask = layers.EinsumDense("btd,dhk->bthk", (None, HEADS, DIM))
        self.offer, self.carry = (layers.EinsumDense("btd,dhk->bthk", (None, SHARED, DIM)) for _ in range(2))
        self.merge = layers.EinsumDense("bthk,hkd->btd", (None, WIDTH))
        self.biased, self.groups, apart = biased, groups, np.arange(STEPS) - np.arange(STEPS)[:, None]
        steep = [2.0 ** (-8 * (i + 1) / HEADS) for i in range(HEADS)] if steep == "of_heads" else slopes()
        self.lean = np.multiply.outer(steep, -np.abs(apart) if far == "both_ways" else apart)

    def call(self, x, real):
        x = self.norm(x)
        folds, letters = ((SHARED, HEADS // SHARED), "gr") if self.groups == "outer" else ((HEADS // SHARED, SHARED), "rg")
        asked = ops.reshape(self.ask(x), (-1, STEPS, *folds, DIM))
        scores = ops.reshape(ops.einsum(f"bt{letters}k,bsgk->b{letters}ts", asked, self.offer(x)), (-1, HEADS, STEPS, STEPS))
        bias = ops.convert_to_tensor(self.lean, scores.dtype)
        scores = (scores + bias) / math.sqrt(DIM) if self.biased == "before" else scores / math.sqrt(DIM) + bias
        seen = ops.softmax(ops.where(real[:, None, None], scores, -np.inf))
        mixed = ops.einsum(f"b{letters}ts,bsgk->bt{letters}k", ops.reshape(seen, (-1, *folds, STEPS, STEPS)), self.carry(x))
        return self.merge(ops.reshape(mixed, (-1, STEPS, HEADS, DIM)))


class SparseFeed(layers.Layer):
    def __init__(self, *, read="normed", over=-1, gate="renormalised", order="as_chosen", gelu="erf", detach=False, load="chosen", of="real"):
        super().__init__()
        self.norm, self.route = layers.RMSNormalization(epsilon=EPSILON), layers.Dense(EXPERTS, use_bias=False)
        self.widen, self.narrow = ([layers.Dense(width) for _ in range(EXPERTS)] for width in (HIDDEN, WIDTH))
        self.read, self.over, self.gate, self.order, self.gelu, self.detach = read, over, gate, order, gelu, detach
        self.load, self.of = load, of

    def call(self, x, real):
        normed = self.norm(x)
        shares = ops.softmax(self.route(x if self.read == "stream" else normed), axis=self.over)
        gates, chosen = ops.top_k(shares, CHOSEN)
        gates = SHARED_OUT[self.gate](ops.stop_gradient(gates) if self.detach else gates)
        hot = ops.one_hot(ops.sort(chosen, axis=-1) if self.order == "sorted" else chosen, EXPERTS, dtype=shares.dtype)
        used = ops.sum(hot * gates[..., None], axis=-2)
        answers = [narrow(GELUS[self.gelu](widen(normed))) for widen, narrow in zip(self.widen, self.narrow, strict=True)]
        counted = ops.cast(real if self.of == "real" else ops.ones_like(real), shares.dtype)[..., None]
        parts = (ops.sum(hot, axis=-2) / CHOSEN, used if self.load == "with_gates" else shares)
        load, wanted = (ops.sum(part * counted, axis=(0, 1)) / ops.sum(counted) for part in parts)
        return ops.sum(ops.stack(answers, axis=-2) * used[..., None], axis=-2), EXPERTS * ops.sum(load * wanted)


class TagModel(keras.Model):
    def __init__(self, *, first=None, second=None, dropped="branch", balances="all"):
        super().__init__()
        self.table = layers.Embedding(VOCAB, WIDTH)
        self.attends = [GroupedAttention(**(own or {}).get("attend", {})) for own in (first, second)]
        self.feeds = [SparseFeed(**(own or {}).get("feed", {})) for own in (first, second)]
        self.final, self.tags, self.thin = layers.RMSNormalization(epsilon=EPSILON), layers.Dense(TAGS), layers.Dropout(THIN)
        self.dropped, self.balances = dropped, balances

    def call(self, ids):
        real, x, balances = ops.not_equal(ids, PAD), self.table(ids), []
        for attend, feed in zip(self.attends, self.feeds, strict=True):
            x = self.thin(x + attend(x, real)) if self.dropped == "stream" else x + self.thin(attend(x, real))
            y, balance = feed(x, real)
            x, balances = self.thin(x + y) if self.dropped == "stream" else x + self.thin(y), [*balances, balance]
        return {"logits": self.tags(self.final(x)), "balance": balances[-1] if self.balances == "last" else sum(balances)}


build_keras = TagModel


def inputs():
    ids = tokens(4, STEPS, below=VOCAB, lowest=1, seed=712)
    ids[np.arange(STEPS) >= [[11], [8], [6], [9]]] = PAD
    return ids


def targets():
    return np.where(inputs() == PAD, IGNORED, tokens(4, STEPS, below=TAGS, seed=713))


def torch_loss(output, wanted):
    return F.cross_entropy(output["logits"].flatten(0, 1), wanted.flatten(), ignore_index=IGNORED) + BALANCE * output["balance"]


def keras_loss(balance=BALANCE, over="real"):
    def loss(output, wanted):
        counted = ops.not_equal(wanted, IGNORED)
        each = ops.sparse_categorical_crossentropy(ops.where(counted, wanted, 0), output["logits"], from_logits=True)
        real = ops.cast(counted, each.dtype)
        return ops.sum(each * real) / ops.sum(real if over == "real" else ops.ones_like(real)) + balance * output["balance"]

    return loss


class AdamW(TorchAdamW):
    """Only matrices decay; an embedding's slices are added up before they are squared."""

    def update_step(self, gradient, variable, learning_rate):
        kind = TorchAdamW if len(variable.shape) > self.spared else TorchAdam
        kind.update_step(self, tf.convert_to_tensor(gradient), variable, learning_rate)


def adamw(spared=1):
    optimizer = AdamW(3e-3, beta_2=0.98, shrink=0.2)
    optimizer.spared = spared
    return optimizer


def torch_optimizer(parameters):
    parameters = list(parameters)
    matrices, vectors = ([p for p in parameters if (p.ndim > 1) is wide] for wide in (True, False))
    return torch.optim.AdamW([{"params": matrices, "weight_decay": 0.2}, {"params": vectors, "weight_decay": 0.0}], lr=3e-3, betas=(0.9, 0.98))


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (torch_optimizer, adamw)
LAYERS = {"embed": "table", "norm.weight": "final.scale", "head": "tags"}
for index in range(2):
    theirs, attends, feeds = f"blocks.{index}", f"attends.{index}", f"feeds.{index}"
    LAYERS |= {f"{theirs}.attention.{name[0]}_proj": f"{attends}.{name[1:]}" for name in ("qask", "koffer", "vcarry", "omerge")}
    LAYERS |= {f"{theirs}.norm1.weight": f"{attends}.norm.scale", f"{theirs}.norm2.weight": f"{feeds}.norm.scale"}
    LAYERS |= {f"{theirs}.moe.router": f"{feeds}.route"}
    for number in range(EXPERTS):
        LAYERS |= {f"{theirs}.moe.experts.{number}.{place}": f"{feeds}.{ours}.{number}" for place, ours in ((0, "widen"), (2, "narrow"))}


MIXED_UP = tuple(f"blocks.0.moe.experts.{number}.{place}" for number in (1, 2) for place in (0, 2))


def load_experts_mixed_up(torch_model, keras_model):
    """The second and the third expert of a block take each other's places."""
    others = zip(MIXED_UP, MIXED_UP[2:] + MIXED_UP[:2], strict=True)
    copy_weights(torch_model, keras_model, LAYERS | {path: LAYERS[other] for path, other in others})


MAPPING = {path: target for path, target in LAYERS.items() if target.endswith(".scale")}
SCORES = [tuple(f"blocks.{index}.attention{end}" for end in ("", ".q_proj", ".k_proj", ".o_proj")) for index in range(2)]
EXCHANGED = ("blocks.0.moe.experts.1", "blocks.0.moe.experts.2", *MIXED_UP, *(f"{path}.weight" for path in MIXED_UP), "blocks.0.moe.experts")
GATES = [tuple(f"blocks.{index}.moe{end}" for end in ("", ".router")) for index in range(2)]
INSIDE = ("blocks.1.moe.experts", *(f"blocks.1.moe.experts.{number}{end}" for number in range(EXPERTS) for end in ("", ".0", ".1", ".2")))

FAULTS = [
    Fault("slopes_of_heads", SCORES[1], "constant", "slopes 2^(-8h/6): six is no power of two", {"second": {"attend": {"steep": "of_heads"}}}),
    Fault("one_way_distances", SCORES[0], "position", "signed distances: what comes later is favoured", {"first": {"attend": {"far": "signed"}}}),
    Fault("biased_before_scale", SCORES[1], "order", "biases divided by the root of the width too", {"second": {"attend": {"biased": "before"}}}),
    Fault("groups_inside", (*SCORES[1], "blocks.1.attention.v_proj"), "reshape", "heads 0 2 4 share, not 0 1 2", {"second": {"attend": {"groups": "inner"}}}),
    Fault("epsilon_of_keras", "blocks.0.norm1", "epsilon", "RMSNormalization's 1e-6", {"first": {"attend": {"epsilon": 1e-6}}}),
    Fault("not_renormalised", GATES[0], "scale", "the two gates do not add up to one", {"first": {"feed": {"gate": "plain"}}}),
    Fault("softmax_twice", GATES[1], "activation", "a softmax over the chosen probabilities", {"second": {"feed": {"gate": "softmax"}}}),
    Fault("sorted_without_gates", GATES[0], "order", "the chosen sorted by number, their gates not", {"first": {"feed": {"order": "sorted"}}}),
    Fault("softmax_over_tokens", GATES[1], "axis", "the router's softmax over steps", {"second": {"feed": {"over": 1}}}),
    Fault("stream_routed", (*GATES[0], "blocks.0.norm2"), "wrong tensor", "the router reads what is not normed", {"first": {"feed": {"read": "stream"}}}),
    Fault("tanh_gelu", INSIDE, "activation", "GELU by tanh, the default of keras.ops", {"second": {"feed": {"gelu": "keras"}}}),
    Fault("padding_balanced", (*GATES[0], "output"), "mask", "padding counts in the load", {"first": {"feed": {"of": "all"}}}),
    Fault("gates_balanced", (*GATES[1], "output"), "wrong tensor", "gates for probabilities in the load", {"second": {"feed": {"load": "with_gates"}}}),
    Fault("last_balance", ("output", "blocks.0", "blocks.0.moe"), "missing op", "the last block's balance for the sum", {"balances": "last"}),
    Fault("experts_mixed_up", EXCHANGED, "weights", "two experts loaded into each other", load=load_experts_mixed_up),
    Fault("gates_detached", GATES[0], "gradient", "no gradient through the gates", {"first": {"feed": {"detach": True}}}, seen="grad"),
    Fault("stream_dropped", ("blocks.0.drop", "blocks.1.drop"), "dropout", "dropout after the sum", {"dropped": "stream"}, seen="dropout"),
    Fault("balance_forgotten", "loss", "loss", "the task's loss only", seen="loss", loss=lambda: keras_loss(balance=0.0)),
    Fault("padding_in_mean", "loss", "reduction", "masked, but divided by all places", seen="loss", loss=lambda: keras_loss(over="all")),
    Fault("everything_decays", "optimizer", "decay", "norms and biases decay too", seen="step", optimizer=lambda: adamw(spared=0)),
]
