"""Padded graphs as dense matrices of directed, weighted links: a GCN layer, two GAT layers that look at edges, classes of nodes and a number for each graph."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens, uniform
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

SIZES = (9, 6, 8, 4, 7)
NODES, FEATURES, EDGES, WIDTH, CLASSES = 9, 6, 3, 12, 5
DECAY = 5e-4


class GCNLayer(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.lin = nn.Linear(inside, outside, bias=False)
        self.bias = nn.Parameter(torch.zeros(outside))

    def forward(self, x, adjacency, mask):
        adjacency = adjacency + torch.eye(adjacency.shape[-1], dtype=x.dtype, device=x.device)
        root = adjacency.sum(-1).pow(-0.5)
        adjacency = root.unsqueeze(-1) * adjacency * root.unsqueeze(-2)
        return (adjacency @ self.lin(x) + self.bias) * mask.unsqueeze(-1)


class GATLayer(nn.Module):
    def __init__(self, inside, width, heads, concat=True):
        super().__init__()
        self.heads, self.width, self.concat = heads, width, concat
        self.lin = nn.Linear(inside, heads * width, bias=False)
        self.edge = nn.Linear(EDGES, heads, bias=False)
        self.att_src = nn.Parameter(torch.empty(heads, width))
        self.att_dst = nn.Parameter(torch.empty(heads, width))
        self.bias = nn.Parameter(torch.zeros(heads * width if concat else width))
        self.drop = nn.Dropout(0.2)
        for weight in (self.lin.weight, self.att_src, self.att_dst):
            nn.init.xavier_uniform_(weight, gain=nn.init.calculate_gain("relu"))

    def forward(self, x, adjacency, edges):
        batch, nodes, _ = x.shape
        h = self.lin(x).view(batch, nodes, self.heads, self.width)
        src, dst = (h * self.att_src).sum(-1), (h * self.att_dst).sum(-1)
        scores = F.leaky_relu(dst.unsqueeze(2) + src.unsqueeze(1) + self.edge(edges), 0.2)
        linked = (adjacency > 0) | torch.eye(nodes, dtype=torch.bool, device=x.device)
        weights = self.drop(scores.masked_fill(~linked.unsqueeze(-1), float("-inf")).softmax(dim=2))
        out = torch.einsum("bijh,bjhw->bihw", weights, h)
        return (out.flatten(2) if self.concat else out.mean(2)) + self.bias


class MaskedMean(nn.Module):
    def forward(self, x, mask):
        mask = mask.unsqueeze(-1).to(x.dtype)
        return (x * mask).sum(1) / mask.sum(1)


class GraphNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.gcn = GCNLayer(FEATURES, WIDTH)
        self.gat1 = GATLayer(WIDTH, WIDTH // 3, heads=3)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.gat2 = GATLayer(WIDTH, WIDTH, heads=2, concat=False)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.node_head = nn.Linear(WIDTH, CLASSES)
        self.readout = MaskedMean()
        self.graph_head = nn.Linear(WIDTH, 1)

    def forward(self, nodes, adjacency, edges, mask):
        x = F.relu(self.gcn(nodes, adjacency, mask))
        x = self.norm1(x + F.elu(self.gat1(x, adjacency, edges)))
        x = self.norm2(x + F.elu(self.gat2(x, adjacency, edges)))
        return {"nodes": self.node_head(x), "graph": self.graph_head(self.readout(x, mask)).squeeze(-1)}


def build_torch():
    return as_trained(GraphNet, seed=811)


class Convolve(layers.Layer):
    """Switches are the mistakes."""

    def __init__(self, units, *, loops=True, normal="both", bias="after"):
        super().__init__()
        self.mixing = layers.Dense(units, use_bias=False)
        self.offset = self.add_weight(shape=(units,), initializer="zeros", name="offset")
        self.loops, self.normal, self.bias = loops, normal, bias

    def call(self, x, adjacency, real):
        links = adjacency + ops.eye(adjacency.shape[-1], dtype=x.dtype) if self.loops else adjacency
        degree = ops.sum(links, axis=-1, keepdims=True)
        power = {"both": 0.5, "rows": 1.0}[self.normal]
        scale = ops.where(degree > 0, ops.power(ops.maximum(degree, 1e-12), -power), 0.0)
        links = scale * links * (ops.swapaxes(scale, 1, 2) if self.normal == "both" else 1.0)
        y = self.mixing(x)
        y = ops.matmul(links, y + self.offset) if self.bias == "before" else ops.matmul(links, y) + self.offset
        return y * ops.expand_dims(ops.cast(real, y.dtype), -1)


class Attend(layers.Layer):
    """Scores are (batch, heads, receiver, sender)."""

    def __init__(self, heads, width, *, joined, slope=0.2, axis=-1, swapped=False, masked="filled", loops=True, edges="inside", detach=False, drop="weights"):
        super().__init__()
        self.heads, self.width, self.joined, self.slope, self.axis, self.swapped = heads, width, joined, slope, axis, swapped
        self.masked, self.loops, self.edges, self.detach, self.drop = masked, loops, edges, detach, drop
        self.project = layers.Dense(heads * width, use_bias=False)
        self.of_edges = layers.Dense(heads, use_bias=False)
        self.speaks = self.add_weight(shape=(heads, width), name="speaks")
        self.listens = self.add_weight(shape=(heads, width), name="listens")
        self.offset = self.add_weight(shape=(width if joined in ("mean", "sum") else heads * width,), initializer="zeros", name="offset")
        self.thin = layers.Dropout(0.2)

    def scores(self, values, edges):
        sender = ops.einsum("bnhd,hd->bhn", values, self.speaks)
        receiver = ops.einsum("bnhd,hd->bhn", values, self.listens)
        if self.swapped:
            sender, receiver = receiver, sender
        scores = ops.expand_dims(receiver, 3) + ops.expand_dims(sender, 2)
        of_edges = ops.transpose(self.of_edges(edges), (0, 3, 1, 2))
        before, after = (0.0, of_edges) if self.edges == "after" else (of_edges, 0.0)
        return ops.maximum(scores + before, self.slope * (scores + before)) + after

    def call(self, x, adjacency, edges, training=None):
        count = x.shape[1]
        values = ops.reshape(self.project(x), (-1, count, self.heads, self.width))
        scores = self.scores(values, edges)
        linked = adjacency > 0
        linked = ops.expand_dims(ops.logical_or(linked, ops.eye(count, dtype="bool")) if self.loops else linked, 1)
        scores = scores * ops.cast(linked, scores.dtype) if self.masked == "multiplied" else ops.where(linked, scores, -1e9)
        weights = ops.softmax(scores, axis=self.axis)
        weights = ops.stop_gradient(weights) if self.detach else weights
        weights, values = (self.thin(weights, training=training), values) if self.drop == "weights" else (weights, self.thin(values, training=training))
        mixed = ops.einsum("bhij,bjhd->bihd", weights, values)
        if self.joined in ("mean", "sum"):
            return {"mean": ops.mean, "sum": ops.sum}[self.joined](mixed, axis=2) + self.offset
        if self.joined == "interleaved":
            mixed = ops.transpose(mixed, (0, 1, 3, 2))
        return ops.reshape(mixed, (-1, count, self.heads * self.width)) + self.offset


class GraphModel(keras.Model):
    def __init__(self, *, entry=(), first=(), second=(), epsilon=1e-5, elu="branch", divide_by="real"):
        super().__init__()
        self.elu, self.divide_by = elu, divide_by
        self.convolve = Convolve(WIDTH, **dict(entry))
        self.attentions = [Attend(3, WIDTH // 3, **{"joined": "side_by_side"} | dict(first)), Attend(2, WIDTH, **{"joined": "mean"} | dict(second))]
        self.norms = [layers.LayerNormalization(epsilon=epsilon), layers.LayerNormalization(epsilon=1e-5)]
        self.classes = layers.Dense(CLASSES)
        self.number = layers.Dense(1)

    def call(self, batch, training=None):
        real, adjacency = batch["mask"], batch["adjacency"]
        x = ops.relu(self.convolve(batch["nodes"], adjacency, real))
        for index, (attend, norm) in enumerate(zip(self.attentions, self.norms, strict=True)):
            y = attend(x, adjacency, batch["edges"], training=training)
            x = norm(ops.elu(x + y) if self.elu == "sum" and index == 1 else x + ops.elu(y))
        counted = ops.expand_dims(ops.cast(real, x.dtype), -1)
        number = ops.sum(counted, axis=1) if self.divide_by == "real" else x.shape[1]
        return {"nodes": self.classes(x), "graph": self.number(ops.sum(x * counted, axis=1) / number)[:, 0]}


build_keras = GraphModel


def inputs():
    """Some three links to a node; the last real node of each graph hears from nobody."""
    mask = np.arange(NODES) < np.array(SIZES)[:, None]
    random = np.random.default_rng(812)
    links = (random.random((len(SIZES), NODES, NODES)) < 0.4) & mask[:, None] & mask[:, :, None] & ~np.eye(NODES, dtype=bool)
    for row, size in enumerate(SIZES):
        links[row, size - 1] = False
    adjacency = links * (0.3 + uniform(len(SIZES), NODES, NODES, seed=813))
    nodes = normal(len(SIZES), NODES, FEATURES, seed=814) * mask[..., None]
    edges = normal(len(SIZES), NODES, NODES, EDGES, seed=815) * links[..., None]
    return {"nodes": nodes.astype("float32"), "adjacency": adjacency.astype("float32"), "edges": edges.astype("float32"), "mask": mask}


def keras_inputs(given):
    """Nothing moves: the edges' numbers are last on both sides."""
    return dict(given)


def targets():
    """A class of each node, -1 for padding, and the graph's number at the end."""
    labels = np.where(np.arange(NODES) < np.array(SIZES)[:, None], tokens(len(SIZES), NODES, below=CLASSES, seed=816), -1)
    return np.concatenate([labels, normal(len(SIZES), 1, seed=817)], axis=1).astype("float32")


def torch_loss(output, target):
    of_nodes = F.cross_entropy(output["nodes"].flatten(0, 1), target[:, :-1].flatten().long(), ignore_index=-1)
    return of_nodes + 0.5 * F.mse_loss(output["graph"], target[:, -1])


def keras_loss(divide_by="real"):
    def loss(outputs, target):
        labels = ops.cast(target[:, :-1], "int32")
        real = ops.cast(labels >= 0, outputs["nodes"].dtype)
        each = -ops.take_along_axis(ops.log_softmax(outputs["nodes"], axis=-1), ops.expand_dims(ops.maximum(labels, 0), -1), axis=-1)[..., 0]
        of_nodes = ops.sum(each * real) / ops.sum(real) if divide_by == "real" else ops.mean(each * real)
        return of_nodes + 0.5 * ops.mean(ops.square(outputs["graph"] - target[:, -1]))

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=5e-3, weight_decay=DECAY), lambda: TorchAdam(5e-3, decay=DECAY))
OURS = {"att_src": "speaks", "att_dst": "listens", "bias": "offset"}
MAPPING = {"gcn.bias": "convolve.offset"}
LAYERS = {"gcn.lin": "convolve.mixing", "norm1": "norms.0", "norm2": "norms.1", "node_head": "classes", "graph_head": "number"}
for index in range(2):
    MAPPING |= {f"gat{index + 1}.{theirs}": f"attentions.{index}.{ours}" for theirs, ours in OURS.items()}
    LAYERS |= {f"gat{index + 1}.lin": f"attentions.{index}.project", f"gat{index + 1}.edge": f"attentions.{index}.of_edges"}
LAYERS |= MAPPING


def load_heads_inside(torch_model, keras_model):
    """The rows of a projection taken for (width, heads) and turned to (heads, width)."""

    def change(state):
        weight = state["gat2.lin.weight"]
        return {**state, "gat2.lin.weight": weight.reshape(WIDTH, 2, WIDTH).swapaxes(0, 1).reshape(weight.shape)}

    copy_weights(torch_model, keras_model, LAYERS, change)


def turned(given):
    """A matrix filled by (source, target) where the model reads (target, source)."""
    return {**given, "adjacency": np.ascontiguousarray(given["adjacency"].swapaxes(1, 2))}


ENDS = ("gat1", "gat1.att_src", "gat1.att_dst")
FAULTS = [
    Fault("loops_forgotten", "gcn", "missing term", "no self-loops in the convolution", {"entry": {"loops": False}}),
    Fault("rows_normalised", "gcn", "norm", "divided by the receiver's degree for the root of both", {"entry": {"normal": "rows"}}),
    Fault("bias_spread", ("gcn", "gcn.lin", "gcn.bias"), "order", "the bias added before links are summed over", {"entry": {"bias": "before"}}),
    Fault("slope", "gat1", "constant", "the slope of Keras' LeakyReLU, 0.3", {"first": {"slope": 0.3}}),
    Fault("softmax_over_receivers", "gat1", "axis", "weights sum to one over those who hear", {"first": {"axis": -2}}),
    Fault("ends_swapped", ENDS, "wrong tensor", "the sender's vector for the receiver", {"first": {"swapped": True}}),
    Fault("heads_interleaved", "gat1", "reshape", "heads joined as the inner axis", {"first": {"joined": "interleaved"}}),
    Fault("scores_multiplied", "gat2", "mask", "scores times the matrix of links: no link is a score of zero", {"second": {"masked": "multiplied"}}),
    Fault("heads_summed", "gat2", "scale", "heads summed, not averaged", {"second": {"joined": "sum"}}),
    Fault("no_self_attention", "gat2", "mask", "nodes do not hear themselves", {"second": {"loops": False}}),
    Fault("edges_after", ("gat2", "gat2.edge"), "order", "edges added after the LeakyReLU", {"second": {"edges": "after"}}),
    Fault("norm_epsilon", "norm1", "epsilon", "Keras' default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("elu_of_the_sum", ("norm2", "gat2"), "residual", "ELU after the residual sum", {"elu": "sum"}),
    Fault("mean_over_padding", ("readout", "graph_head"), "mask", "the sum divided by all places", {"divide_by": "all"}),
    Fault("links_turned", ("input", "gcn"), "data", "the matrix has senders in rows", keras_inputs=turned),
    Fault("heads_inside", ("gat2.lin", "gat2.lin.weight"), "weights", "rows of heads loaded in another order", load=load_heads_inside),
    Fault("attention_detached", (*ENDS, "gat1.edge"), "gradient", "stop_gradient on attention's weights", {"first": {"detach": True}}, seen="grad"),
    Fault("values_dropped", ("gat2.drop", "gat2"), "dropout", "dropout on values, not on weights", {"second": {"drop": "values"}}, seen="dropout"),
    Fault("padding_in_loss", "loss", "reduction", "divided by all places", seen="loss", loss=lambda: keras_loss(divide_by="all")),
    Fault("decay", "optimizer", "optimizer", "Keras' decoupled decay", seen="step", optimizer=lambda: TorchAdam(5e-3, weight_decay=DECAY)),
]
