"""Attention over the neighbours in a graph."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, uniform


class GATConv(nn.Module):
    def __init__(self, in_dim, out_dim, heads, concat=True, dropout=0.6):
        super().__init__()
        self.heads, self.out_dim, self.concat = heads, out_dim, concat
        self.lin = nn.Linear(in_dim, heads * out_dim, bias=False)
        self.att_src = nn.Parameter(torch.empty(1, heads, out_dim))
        self.att_dst = nn.Parameter(torch.empty(1, heads, out_dim))
        self.bias = nn.Parameter(torch.zeros(heads * out_dim if concat else out_dim))
        self.dropout = dropout
        nn.init.xavier_uniform_(self.lin.weight)
        nn.init.xavier_uniform_(self.att_src)
        nn.init.xavier_uniform_(self.att_dst)

    def forward(self, x, adj):
        n = x.size(0)
        h = self.lin(x).view(n, self.heads, self.out_dim)
        a_src = (h * self.att_src).sum(-1)  # n, heads
        a_dst = (h * self.att_dst).sum(-1)
        e = F.leaky_relu(a_dst.unsqueeze(1) + a_src.unsqueeze(0), 0.2)  # target, source, heads
        e = e.masked_fill((adj == 0).unsqueeze(-1), float("-inf"))
        alpha = F.dropout(e.softmax(dim=1), self.dropout, self.training)
        out = torch.einsum("ijh,jhd->ihd", alpha, h)
        out = out.flatten(1) if self.concat else out.mean(dim=1)
        return out + self.bias


class GAT(nn.Module):
    def __init__(self, in_dim=6, hid=5, heads=3, n_classes=4):
        super().__init__()
        self.conv1 = GATConv(in_dim, hid, heads)
        self.conv2 = GATConv(hid * heads, n_classes, 2, concat=False)

    def forward(self, x, adj):
        adj = ((adj + torch.eye(adj.size(0), dtype=adj.dtype, device=adj.device)) > 0).int()
        x = F.elu(self.conv1(x, adj))
        return F.log_softmax(self.conv2(x, adj), dim=-1)


class GraphAttention(layers.Layer):
    def __init__(self, channels, attn_heads, concat_heads=True, dropout_rate=0.6, activation=None, **kw):
        super().__init__(**kw)
        self.channels, self.attn_heads, self.concat_heads = channels, attn_heads, concat_heads
        self.dropout = layers.Dropout(dropout_rate)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        f = input_shape[0][-1]
        self.kernel = self.add_weight(shape=(f, self.attn_heads, self.channels), name="kernel")
        self.attn_kernel_self = self.add_weight(shape=(self.channels, self.attn_heads, 1), name="attn_kernel_self")
        self.attn_kernel_neighs = self.add_weight(shape=(self.channels, self.attn_heads, 1), name="attn_kernel_neigh")
        out = self.attn_heads * self.channels if self.concat_heads else self.channels
        self.bias = self.add_weight(shape=(out,), initializer="zeros", name="bias")

    def call(self, inputs, training=None):
        x, a = inputs
        x = tf.einsum("...NI , IHO -> ...NHO", x, self.kernel)
        attn_self = tf.einsum("...NHI , IHO -> ...NHO", x, self.attn_kernel_self)
        attn_neigh = tf.einsum("...NHI , IHO -> ...NHO", x, self.attn_kernel_neighs)
        attn_neigh = tf.einsum("...ABC -> ...CBA", attn_neigh)
        coef = tf.nn.leaky_relu(attn_self + attn_neigh, alpha=0.2)  # N, H, N
        mask = tf.where(a == 0, -1e10, 0.0)
        coef = tf.nn.softmax(coef + mask[..., None, :], axis=-1)
        coef = self.dropout(coef, training=training)
        out = tf.einsum("...NHM , ...MHI -> ...NHI", coef, x)
        if self.concat_heads:
            out = tf.reshape(out, (-1, self.attn_heads * self.channels))
        else:
            out = tf.reduce_mean(out, axis=-2)
        return self.activation(out + self.bias)


class GATPort(keras.Model):
    def __init__(self):
        super().__init__()
        self.g1 = GraphAttention(5, 3, activation="elu")
        self.g2 = GraphAttention(4, 2, concat_heads=False, activation="log_softmax")

    def call(self, inputs, training=None):
        x, adj = inputs
        a = tf.linalg.set_diag(adj, tf.ones(tf.shape(adj)[0], adj.dtype))
        return self.g2([self.g1([x, a], training=training), a], training=training)


def gat():
    """Weights shaped as Spektral has them where torch's are as PyTorch Geometric has them; one graph without a batch axis."""
    nodes = normal(9, 6, seed=34)
    adjacency = np.triu(uniform(9, 9, seed=35) < 0.3, 1)
    adjacency = (adjacency | adjacency.T).astype("int32")
    adjacency[1, 7] = 1 - adjacency[1, 7]  # one directed edge, so that the orientation counts
    keras_model = GATPort()
    keras_model([tf.constant(nodes), tf.constant(adjacency)])
    return {"torch_model": GAT(), "keras_model": keras_model, "inputs": [nodes, adjacency]}


PAIRS = (gat,)
