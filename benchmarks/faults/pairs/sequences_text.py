"""Text in and text out: two LSTMs that hand over their states, a step of an attending decoder, and convolutions over words."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class Encoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.rnn = nn.LSTM(emb, hid, batch_first=True)

    def forward(self, src):
        _, state = self.rnn(self.emb(src))
        return state


class Decoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.rnn = nn.LSTM(emb, hid, batch_first=True)
        self.out = nn.Linear(hid, vocab)

    def forward(self, tgt, state):
        y, state = self.rnn(self.emb(tgt), state)
        return self.out(y), state


class Seq2Seq(nn.Module):
    def __init__(self, src_vocab=31, tgt_vocab=37, emb=8, hid=13):
        super().__init__()
        self.encoder = Encoder(src_vocab, emb, hid)
        self.decoder = Decoder(tgt_vocab, emb, hid)

    def forward(self, src, tgt):
        state = self.encoder(src)
        logits, _ = self.decoder(tgt, state)
        return logits


def seq_loss_torch(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1), ignore_index=0)


def seq_loss_keras(y_true, y_pred):
    per_token = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
    keep = ops.cast(ops.not_equal(y_true, 0), per_token.dtype)
    return ops.sum(per_token * keep) / ops.sum(keep)


def build_seq2seq_keras(src_vocab=31, tgt_vocab=37, emb=8, latent_dim=13):
    encoder_inputs = keras.Input((None,), dtype="int64", name="encoder_inputs")
    decoder_inputs = keras.Input((None,), dtype="int64", name="decoder_inputs")
    # decoder's embedding is made first
    dec_emb = layers.Embedding(tgt_vocab, emb, name="tgt_embedding")(decoder_inputs)
    enc_emb = layers.Embedding(src_vocab, emb, name="src_embedding")(encoder_inputs)
    _, state_h, state_c = layers.LSTM(latent_dim, return_state=True, name="encoder_lstm")(enc_emb)
    dec_out, _, _ = layers.LSTM(latent_dim, return_sequences=True, return_state=True, name="decoder_lstm")(dec_emb, initial_state=[state_h, state_c])
    logits = layers.Dense(tgt_vocab, name="vocab_head")(dec_out)
    return keras.Model([encoder_inputs, decoder_inputs], logits)


def seq2seq_lstm():
    """Functional, the decoder's embedding made first; each side leaves padding out of the mean loss in its own way."""
    targets = tokens(3, 7, below=37, seed=16, lowest=1)
    targets[0, 5:] = 0
    targets[2, 2:] = 0
    return {
        "torch_model": Seq2Seq(),
        "keras_model": build_seq2seq_keras(),
        "inputs": (tokens(3, 10, below=31, seed=14, lowest=1), tokens(3, 7, below=37, seed=15, lowest=1)),
        "loss": (seq_loss_torch, seq_loss_keras),
        "targets": targets,
    }


class AdditiveAttention(nn.Module):
    def __init__(self, enc_dim, dec_dim, att_dim):
        super().__init__()
        self.W_enc = nn.Linear(enc_dim, att_dim)
        self.W_dec = nn.Linear(dec_dim, att_dim, bias=False)
        self.v = nn.Parameter(torch.rand(att_dim) - 0.5)

    def forward(self, enc, h, lengths):
        e = torch.tanh(self.W_enc(enc) + self.W_dec(h).unsqueeze(1))
        score = torch.einsum("bsa,a->bs", e, self.v)
        pad = torch.arange(enc.size(1), device=enc.device)[None, :] >= lengths[:, None]
        alpha = score.masked_fill(pad, float("-inf")).softmax(-1)
        return torch.bmm(alpha.unsqueeze(1), enc).squeeze(1), alpha


class AttnDecoderStep(nn.Module):
    def __init__(self, vocab=29, emb=5, enc_dim=10, hid=9, att=7):
        super().__init__()
        self.embed = nn.Embedding(vocab, emb)
        self.attn = AdditiveAttention(enc_dim, hid, att)
        self.gru = nn.GRUCell(emb + enc_dim, hid)
        self.out = nn.Linear(hid + enc_dim + emb, vocab)

    def forward(self, token, hidden, enc, lengths):
        e = self.embed(token)
        ctx, alpha = self.attn(enc, hidden, lengths)
        hidden = self.gru(torch.cat([e, ctx], dim=-1), hidden)
        logits = self.out(torch.cat([hidden, ctx, e], dim=-1))
        return {"logits": logits, "hidden": hidden, "alpha": alpha}


class BahdanauAttention(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.W1 = layers.Dense(units, use_bias=False)  # query
        self.W2 = layers.Dense(units)  # values
        self.V = layers.Dense(1, use_bias=False)

    def call(self, query, values, lengths):
        hidden_with_time_axis = tf.expand_dims(query, 1)
        score = self.V(tf.nn.tanh(self.W1(hidden_with_time_axis) + self.W2(values)))
        score = tf.squeeze(score, -1)
        mask = tf.sequence_mask(lengths, maxlen=tf.shape(values)[1])
        score = tf.where(mask, score, tf.fill(tf.shape(score), -1e9))
        weights = tf.nn.softmax(score, axis=1)
        context = tf.reduce_sum(weights[:, :, None] * values, axis=1)
        return context, weights


class DecoderStep(keras.Model):
    def __init__(self, vocab=29, emb=5, units=9, att=7):
        super().__init__()
        self.attention = BahdanauAttention(att)
        self.embedding = layers.Embedding(vocab, emb)
        self.cell = layers.GRUCell(units, reset_after=True)
        self.fc = layers.Dense(vocab)

    def call(self, inputs):
        token, hidden, enc, lengths = inputs
        context, weights = self.attention(hidden, enc, lengths)
        e = self.embedding(token)
        h, _ = self.cell(tf.concat([e, context], axis=-1), [hidden])
        logits = self.fc(tf.concat([h, context, e], axis=-1))
        return {"logits": logits, "hidden": h, "alpha": weights}


def bahdanau_step():
    """TensorFlow's functions in a subclassed model: a Dense(1) for torch's bare vector, and -1e9 for its -inf."""
    inputs = [
        tokens(4, below=29, seed=15).astype("int32"),
        normal(4, 9, seed=16),
        normal(4, 6, 10, seed=17),
        np.array([6, 2, 1, 4], "int32"),
    ]
    keras_model = DecoderStep()
    keras_model([tf.constant(array) for array in inputs])
    return {"torch_model": AttnDecoderStep(), "keras_model": keras_model, "inputs": inputs}


class TextCNN(nn.Module):
    def __init__(self, vocab=61, emb=12, n_filters=10, widths=(3, 4, 5), n_classes=6, p=0.5):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.convs = nn.ModuleList([nn.Conv1d(emb, n_filters, w) for w in widths])
        self.drop = nn.Dropout(p)
        self.fc = nn.Linear(n_filters * len(widths), n_classes)

    def forward(self, ids):
        x = self.emb(ids).permute(0, 2, 1)
        feats = [F.relu(c(x)) for c in self.convs]
        feats = [F.max_pool1d(f, f.size(2)).squeeze(2) for f in feats]
        return self.fc(self.drop(torch.cat(feats, 1)))


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        ce = F.cross_entropy(logits, target, reduction="none")
        pt = torch.exp(-ce)
        return ((1 - pt) ** self.gamma * ce).mean()


class SparseFocalLoss(keras.losses.Loss):
    def __init__(self, gamma=2.0, name="sparse_focal", **kw):
        super().__init__(name=name, **kw)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        # y_true comes through Loss.__call__, which may have cast it to float
        idx = tf.cast(tf.reshape(y_true, [-1]), tf.int32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=idx, logits=y_pred)
        return tf.pow(1.0 - tf.exp(-ce), self.gamma) * ce


class KimCNN(keras.Model):
    WIDTHS = (3, 4, 5)

    def __init__(self):
        super().__init__(name="kim_cnn")
        self.classifier = layers.Dense(6)
        # built widest first, looked up by width in call
        self.branches = {f"w{w}": layers.Conv1D(10, w, activation="relu") for w in reversed(self.WIDTHS)}
        self.pool = layers.GlobalMaxPooling1D()
        self.embedding = layers.Embedding(61, 12)
        self.dropout = layers.Dropout(0.5)

    def call(self, ids, training=None):
        x = self.embedding(ids)
        pooled = [self.pool(self.branches[f"w{w}"](x)) for w in self.WIDTHS]
        return self.classifier(self.dropout(layers.concatenate(pooled), training=training))


def textcnn():
    """A dict of branches built widest first, global pooling layers, and a focal loss as a class."""
    ids = tokens(7, 13, below=61, seed=16)
    keras_model = KimCNN()
    keras_model(ids)
    return {
        "torch_model": TextCNN(),
        "keras_model": keras_model,
        "inputs": ids,
        "loss": (FocalLoss(), SparseFocalLoss()),
        "targets": tokens(7, below=6, seed=17),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9), lambda: keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)),
    }


PAIRS = (seq2seq_lstm, bahdanau_step, textcnn)
