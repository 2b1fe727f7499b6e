"""Recurrent nets and transformers written in other ways."""

import keras
import numpy as np
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.ports import gru_bidirectional, language_model, lstm_text, rnn_rows, tcn, transformer_encoder, vit_handwritten
from benchmarks.faults.variant import as_is, pair, variant
from benchmarks.faults.weights import arrays, copy_weights

# LSTM and GRU


class CellText(lstm_text.TextModel):
    """The cell in an RNN layer."""

    def __init__(self):
        super().__init__()
        self.recurrent = layers.RNN(layers.LSTMCell(10), return_sequences=True, return_state=True)


class UnrolledText(lstm_text.TextModel):
    def __init__(self):
        super().__init__()
        self.recurrent = layers.LSTM(10, return_sequences=True, return_state=True, unroll=True)


class LoopText(keras.Model):
    """The recurrence as a loop, with torch's two biases in two Dense layers."""

    def __init__(self):
        super().__init__()
        self.embed = layers.Embedding(50, 12)
        self.from_input, self.from_state = layers.Dense(40), layers.Dense(40)
        self.classify = layers.Dense(3)

    def call(self, ids, training=False):
        keep = ops.not_equal(ids, 0)[..., None]
        words = self.embed(ids)
        words = ops.where(keep, words, ops.stop_gradient(words))
        hidden = cell = ops.zeros((ids.shape[0], 10), words.dtype)
        for step in range(ids.shape[1]):
            i, f, g, o = ops.split(self.from_input(words[:, step]) + self.from_state(hidden), 4, axis=-1)
            cell = ops.sigmoid(f) * cell + ops.sigmoid(i) * ops.tanh(g)
            hidden = ops.sigmoid(o) * ops.tanh(cell)
        keep = ops.cast(keep, words.dtype)
        return self.classify(ops.concatenate([hidden, ops.sum(words * keep, 1) / ops.sum(keep, 1)], -1))


def turned(state):
    return {name: array.T for name, array in state.items()}


LOOP = {"embedding": "embed", "fc": "classify"}
LOOP_LSTM = (("weight_ih", "from_input.kernel"), ("weight_hh", "from_state.kernel"), ("bias_ih", "from_input.bias"), ("bias_hh", "from_state.bias"))


def load_loop(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LOOP)
    for name, path in LOOP_LSTM:
        layer, variable = path.split(".")
        getattr(getattr(keras_model, layer), variable).assign(arrays(torch_model)[f"lstm.{name}_l0"].T)


class TwoDenseText(lstm_text.TextModel):
    """The Linear after a concatenation as two Denses whose results are added."""

    def __init__(self):
        super().__init__()
        self.of_state, self.of_mean = layers.Dense(3), layers.Dense(3, use_bias=False)
        self.classify = self.split

    def split(self, joined):
        return self.of_state(joined[:, :10]) + self.of_mean(joined[:, 10:])


def load_two_denses(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {"embedding": "embed", "lstm": "recurrent"})
    weight, bias = arrays(torch_model)["fc.weight"], arrays(torch_model)["fc.bias"]
    keras_model.of_state.set_weights([weight[:, :10].T, bias])
    keras_model.of_mean.set_weights([weight[:, 10:].T])


def by_flips():
    """No Bidirectional: a second GRU reads the flipped sequence, its outputs are flipped back."""
    x = inputs = keras.Input((8, 5))
    x = ops.silu(layers.Dense(6, name="enter")(x))
    for index in range(2):
        ahead = layers.GRU(7, return_sequences=True, name=f"ahead_{index}")(x)
        back = ops.flip(layers.GRU(7, return_sequences=True, name=f"back_{index}")(ops.flip(x, 1)), 1)
        x = ops.concatenate([ahead, back], -1)
    x = layers.Dense(4, name="label")(layers.LayerNormalization(epsilon=1e-5, name="level")(x))
    return keras.Model(inputs, ops.log(ops.softmax(x)))


def load_flips(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {"project": "enter", "norm": "level", "tag": "label"})
    state = arrays(torch_model)
    for index in range(2):
        for name, suffix in (("ahead", ""), ("back", "_reverse")):

            def gates(kind, end=f"_l{index}{suffix}"):
                r, z, n = np.split(state[f"gru.{kind}{end}"], 3)
                return np.concatenate([z, r, n])

            values = [gates("weight_ih").T, gates("weight_hh").T, np.stack([gates("bias_ih"), gates("bias_hh")])]
            keras_model.get_layer(f"{name}_{index}").set_weights(values)


class SeparateGrus(nn.Module):
    """Two modules of one layer each, where Keras stacks cells."""

    def __init__(self):
        super().__init__()
        self.first = nn.LSTM(5, 6, batch_first=True)
        self.second = nn.LSTM(6, 7, batch_first=True)
        self.out = nn.Linear(7, 2)

    def forward(self, x):
        return self.out(self.second(self.first(x)[0])[0])


class StackedTorch(nn.Module):
    """One module of three layers, where Keras has three layers."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(5, 6, num_layers=3, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0]


def stacked_cells():
    inputs = keras.Input((7, 5))
    x = layers.RNN([layers.LSTMCell(6), layers.LSTMCell(7)], return_sequences=True, name="both")(inputs)
    return keras.Model(inputs, layers.Dense(2, name="out")(x))


def three_layers():
    return keras.Sequential([keras.Input((7, 5)), *(layers.LSTM(6, return_sequences=True, name=f"level_{index}") for index in range(3))])


class RowLoop(keras.Model):
    """The Elman recurrence as a loop over one cell."""

    def __init__(self):
        super().__init__()
        self.cell = layers.SimpleRNNCell(14, activation="relu")
        self.cell.build((None, 10))
        self.hidden, self.digits = layers.Dense(9), layers.Dense(6)

    def call(self, image):
        rows = image[..., 0] * 0.5 - 0.25
        state = [ops.zeros((image.shape[0], 14), rows.dtype)]
        for step in range(12):
            output, state = self.cell(rows[:, step], state)
        return self.digits(ops.clip(self.hidden(output), -0.25, 0.25)), state[0]


# Attention


class WrittenOut(layers.Layer):
    """Attention by one packed Dense, where torch has MultiheadAttention."""

    def __init__(self, how="packed", **options):
        super().__init__(**options)
        self.packed, self.out = layers.Dense(48), layers.Dense(16)

    def call(self, x, mask):
        q, k, v = (ops.reshape(part, (-1, 9, 4, 4)) for part in ops.split(self.packed(x), 3, axis=-1))
        scores = ops.einsum("bthd,bshd->bhts", q, k) / 2.0
        scores = ops.where(ops.expand_dims(mask, 1), scores, -1e30)
        return self.out(ops.reshape(ops.einsum("bhts,bshd->bthd", ops.softmax(scores), v), (-1, 9, 16)))


def encoder(attend, wide=None):
    """The text encoder around a function that attends."""
    ids = keras.Input((transformer_encoder.LENGTH,), dtype="int64")
    words = layers.Embedding(40, 16, name="words")
    x = words(ids) * 4.0 + transformer_encoder.sinusoids(9, 16)
    there = ops.not_equal(ids, 0)
    for index in range(2):
        x = layers.LayerNormalization(epsilon=1e-5, name=f"norm_{index}_a")(x + attend(x, ops.expand_dims(there, 1), index))
        if wide == "einsum":
            y = layers.EinsumDense("btc,ch->bth", (None, 24), bias_axes="h", activation="relu", name=f"wide_{index}")(x)
            y = layers.EinsumDense("bth,hc->btc", (None, 16), bias_axes="c", name=f"narrow_{index}")(y)
        elif wide == "convolution":
            y = layers.Conv1D(16, 1, name=f"narrow_{index}")(layers.Conv1D(24, 1, activation="relu", name=f"wide_{index}")(x))
        else:
            y = layers.Dense(16, name=f"narrow_{index}")(layers.Dense(24, activation="relu", name=f"wide_{index}")(x))
        x = layers.LayerNormalization(epsilon=1e-5, name=f"norm_{index}_b")(x + y)
    keep = ops.expand_dims(ops.cast(there, x.dtype), -1)
    return keras.Model(ids, layers.Dense(4, name="classes")(ops.sum(x * keep, 1) / ops.sum(keep, 1)))


def keras_attention(x, mask, index):
    return layers.MultiHeadAttention(4, 4, name=f"attention_{index}")(x, x, attention_mask=mask)


def by_masks_of_arguments():
    """The masks of words as masks of queries and values: padded queries are masked too, which nobody reads."""

    def attend(x, mask, index):
        return layers.MultiHeadAttention(4, 4, name=f"attention_{index}")(x, x, query_mask=mask[:, 0], value_mask=mask[:, 0])

    return encoder(attend)


def packed(x, mask, index):
    return WrittenOut(name=f"attention_{index}")(x, mask)


ENCODER = {path: name for path, name in transformer_encoder.LAYERS.items() if "self_attn" not in path}
PACKED = dict(ENCODER)
for index in range(2):
    PACKED[f"layers.{index}.self_attn.in_proj_weight"] = (f"attention_{index}.packed.kernel", turned)
    PACKED[f"layers.{index}.self_attn.in_proj_bias"] = f"attention_{index}.packed.bias"
    PACKED[f"layers.{index}.self_attn.out_proj"] = f"attention_{index}.out"


class MhaViT(vit_handwritten.KerasViT):
    """Keras' MultiHeadAttention for the attention written out in torch; GELU by the error function."""

    def __init__(self):
        super().__init__()
        for block in self.stack:
            block.attention = layers.MultiHeadAttention(vit_handwritten.HEADS, 8)
            block.gelu = lambda x: x * (1 + ops.erf(x / np.sqrt(2.0))) / 2

    def call(self, images):
        x = ops.reshape(self.patches(images), (-1, 12, vit_handwritten.WIDTH))
        x = ops.concatenate([ops.broadcast_to(self.token, (images.shape[0], 1, vit_handwritten.WIDTH)), x], 1) + self.positions
        for block in self.stack:
            entered = block.ln1(x)
            x = x + block.attention(entered, entered)
            x = x + block.down(block.gelu(block.up(block.ln2(x))))
        return self.classify(self.final(x)[:, 0])


MHA = dict(vit_handwritten.LAYERS)
for index in range(2):
    for name in ("query", "key", "value"):
        MHA[f"blocks.{index}.attn.{name}"] = f"stack.{index}.attention._{name}_dense"
    MHA[f"blocks.{index}.attn.out"] = f"stack.{index}.attention._output_dense"


class DensePatches(vit_handwritten.KerasViT):
    """The patches cut by reshaping, their convolution as a Dense."""

    def __init__(self):
        super().__init__()
        dense = layers.Dense(vit_handwritten.WIDTH)
        dense.build((None, 12, 48))
        self.dense = dense
        self.patches = self.cut

    def cut(self, images):
        x = ops.transpose(ops.reshape(images, (-1, 3, 4, 4, 4, 3)), (0, 1, 3, 2, 4, 5))
        return self.dense(ops.reshape(x, (-1, 12, 48)))


class MhaBlock(language_model.GptBlock):
    """Keras' attention with its causal mask for the packed projection."""

    def __init__(self):
        super().__init__()
        attention = layers.MultiHeadAttention(language_model.HEADS, 4)
        self.attend = lambda x: attention(x, x, use_causal_mask=True)
        self.attention = attention


class MhaGPT(language_model.KerasGPT):
    def __init__(self):
        super().__init__()
        self.stack = [MhaBlock(), MhaBlock()]


def load_gpt(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {path: name for path, name in language_model.LAYERS.items() if "attn" not in path})
    state = arrays(torch_model)
    for index, block in enumerate(keras_model.stack):
        weight, bias = (np.split(state[f"h.{index}.attn.c_attn.{name}"], 3) for name in ("weight", "bias"))
        values = [value for w, b in zip(weight, bias, strict=True) for value in (w.T.reshape(16, 4, 4), b.reshape(4, 4))]
        out = [state[f"h.{index}.attn.c_proj.weight"].T.reshape(4, 4, 16), state[f"h.{index}.attn.c_proj.bias"]]
        attention = block.attention
        for dense, part in zip((attention._query_dense, attention._key_dense, attention._value_dense), (values[:2], values[2:4], values[4:]), strict=True):
            dense.set_weights(part)
        attention._output_dense.set_weights(out)


def padded_tcn():
    """Pads before and convolves 'valid', as torch's code means it."""
    signal = keras.Input((14, 4))

    def causal(x, dilation, name):
        return layers.Conv1D(6, 3, dilation_rate=dilation, name=name)(layers.ZeroPadding1D((2 * dilation, 0))(x))

    def block(x, dilation, name, side):
        y = ops.celu(causal(ops.relu(causal(x, dilation, f"{name}_a")), dilation, f"{name}_b"), 0.5)
        return ops.relu(y + side)

    x = block(signal, 1, "block0", layers.Conv1D(6, 1, name="block0_side")(signal))
    x = layers.MaxPooling1D(2)(block(x, 2, "block1", x))
    x = layers.BatchNormalization(epsilon=1e-5, name="norm")(layers.Conv1DTranspose(5, 4, strides=2, padding="same", name="rise")(x))
    return keras.Model(signal, layers.Conv1D(2, 5, name="decode")(layers.ZeroPadding1D(2)(ops.softsign(x))))


def flat_tcn():
    """Dense layers for the convolution of size 1; time steps in front for everything else."""
    model = tcn.build_keras()
    side = layers.Dense(6, name="block0_side")(model.input)
    first = model.get_layer("block0_b").output
    x = ops.relu(ops.celu(first, 0.5) + side)
    y = model.get_layer("block1_b")(model.get_layer("block1_a")(x))
    x = layers.MaxPooling1D(2)(ops.relu(ops.celu(y, 0.5) + x))
    x = ops.softsign(model.get_layer("norm")(model.get_layer("rise")(x)))
    return keras.Model(model.input, model.get_layer("decode")(x))


def signal():
    return normal(3, 7, 5, seed=61)


LEVELS = {"rnn": ["level_0", "level_1", "level_2"]}
CELLS = {"first": ["both.cell.cells.0"], "second": ["both.cell.cells.1"], "out": "out"}
RIGHT = (
    variant(lstm_text, "cell", "LSTMCell in an RNN layer", CellText, layers={**lstm_text.LAYERS, "lstm": ["recurrent"]}),
    variant(lstm_text, "unrolled", "unroll=True", UnrolledText),
    variant(lstm_text, "loop", "the recurrence as a loop, two biases in two layers", LoopText, layers={}, load=load_loop),
    as_is(lstm_text, "two_denses", "a Linear after a concatenation as two; biases added in float32", TwoDenseText, load_two_denses, tolerance=1e-6),
    variant(gru_bidirectional, "by_flips", "two GRUs and flips for Bidirectional; log of softmax", by_flips, layers={}, load=load_flips),
    pair("stacked_cells", "cells stacked in Keras, two modules in torch", lambda: as_trained(SeparateGrus, seed=60), stacked_cells, signal, CELLS),
    pair("stacked_layers", "one module in torch, three layers in Keras", lambda: as_trained(StackedTorch, seed=62), three_layers, signal, LEVELS),
    variant(rnn_rows, "loop", "a loop over one cell", RowLoop, layers={"rnn": ["cell"], "hidden": "hidden", "out": "digits"}),
    variant(transformer_encoder, "packed", "MultiheadAttention as one packed Dense", lambda: encoder(packed), layers=PACKED),
    variant(transformer_encoder, "masks_of_arguments", "the mask by query_mask and value_mask", by_masks_of_arguments),
    variant(transformer_encoder, "einsum", "feed-forward by EinsumDense", lambda: encoder(keras_attention, wide="einsum")),
    variant(transformer_encoder, "convolution", "feed-forward by convolutions of size 1", lambda: encoder(keras_attention, wide="convolution")),
    variant(vit_handwritten, "multi_head", "Keras' attention for attention written out", MhaViT, layers=MHA),
    variant(vit_handwritten, "dense_patches", "patches by a Dense", DensePatches, layers={**vit_handwritten.LAYERS, "patch": "dense"}),
    variant(language_model, "multi_head", "Keras' attention for a packed projection", MhaGPT, layers={}, load=load_gpt),
    variant(tcn, "padded", "ZeroPadding1D and valid for causal", padded_tcn),
    variant(tcn, "flat", "a convolution of size 1 as Dense", flat_tcn),
)
