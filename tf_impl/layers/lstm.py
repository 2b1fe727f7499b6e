"""Long short-term memory, with PyTorch's arguments, axes, states and two biases."""

import keras
from keras import ops

from tf_impl.layers._recurrent import Loop, OneStep, Packed, Recurrent, TwoBiases, uniform
from tf_impl.layers._twin import one_more


class _Cell(TwoBiases, keras.layers.LSTMCell):
    """Keras' cell with two biases and, if asked, a projection of h."""

    gates = 4

    def __init__(self, hidden_size: int, bias: bool = True, proj_size: int = 0, **kwargs) -> None:
        super().__init__(hidden_size, use_bias=bias, **kwargs)
        self.proj_size = proj_size
        self.output_size = proj_size or hidden_size
        self.state_size = [self.output_size, hidden_size]

    def build(self, input_shape) -> None:
        super().build(input_shape)
        if self.proj_size:
            self.weight_hr = self.add_weight(shape=(self.proj_size, self.units), initializer=uniform(self.units), name="weight_hr")

    def call(self, inputs, states, training=False):
        if inputs.shape[0] == 0:  # Keras' addition of two arrays (0, n) fails on TensorFlow: see docs/upstream/keras_add.md
            _, states = _Cell.call(self, one_more(inputs), [one_more(state) for state in states], training)
            h, c = (state[:0] for state in states)
            return h, [h, c]
        h, (_, c) = super().call(inputs, states, training=training)
        if self.proj_size:
            h = ops.matmul(h, ops.transpose(self.weight_hr))
        return h, [h, c]


class _KerasLoop(Loop, keras.layers.LSTM):
    """Keras' LSTM, which takes cuDNN's kernel where there is one."""

    use_cudnn = "auto"


@keras.saving.register_keras_serializable(package="tf_impl")
class LSTM(Recurrent):
    r"""Carries a cell state c that gates write to, erase and read.

    $$ \begin{aligned} i, f, g, o &= \sigma, \sigma, \tanh, \sigma \,(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}) \\
       c_t &= f \odot c_{t-1} + i \odot g, \qquad h_t = W_{hr}\, (o \odot \tanh c_t) \end{aligned} $$

    (without W_hr if `proj_size` is 0.) Layer l > 0 reads the outputs of layer l − 1, the reverse direction reads time backwards.

    Args:
        input_size: features of x.
        hidden_size: H, features of c.
        num_layers: layers L, each on the outputs of the one before.
        bias: add b_ih and b_hh.
        batch_first: the input's first axis is the batch, not time.
        dropout: probability of dropping an output between layers, in training.
        bidirectional: a second direction, D = 2, whose outputs follow the first's.
        proj_size: P, features of h if not 0; else P is H.

    Shapes:
        input (T, N, input_size), (N, T, input_size) if `batch_first`, or (T, input_size); output the same with D·P features;
        hx: h₀ (L·D, N, P) and c₀ (L·D, N, H), zeros if not given; the call returns output, (h_n, c_n). mask, if given: as input without the features,
        True where there is a step. Of each layer and direction, in Keras' order of axes: kernel (features, 4H), recurrent_kernel (P, 4H),
        bias_ih and bias_hh (4H,), weight_hr (P, H); gates in the order i, f, g, o.

    Raises:
        ValueError: a size that is not positive, `proj_size` not below `hidden_size`, `dropout` outside [0, 1], an input or state of another shape.

    Differs from PyTorch:
        Keras' LSTM has one bias. With the two summed its outputs agree, but the two are both trained: after one step of SGD the sum has moved twice as far.
        It starts from Glorot kernels and a forget bias of 1; it is batch first and returns the last output only, of a reversed direction the outputs in
        reversed order (0.29 off); its `dropout` drops the same inputs at every step. It has no projection.
        Padding: this mask freezes the state, zeroes the output, and a reverse direction starts at the last step that is True, as with PyTorch's
        packed sequences.

    Source: Hochreiter and Schmidhuber 1997; projection: Sak et al. 2014, arXiv:1402.1128; the notes, "Recurrent networks".
    """

    states = 2

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
                 bidirectional: bool = False, proj_size: int = 0, **kwargs) -> None:  # fmt: skip
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"proj_size must be below hidden_size={hidden_size}, or 0 for none, got {proj_size}")
        self.proj_size = proj_size
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **kwargs)

    def cell(self, **kwargs) -> _Cell:
        return _Cell(self.hidden_size, self.bias, self.proj_size, **kwargs)

    def loop(self, cell: _Cell, **kwargs) -> Loop:
        return Loop(cell, **kwargs) if self.proj_size else _KerasLoop(cell, **kwargs)


@keras.saving.register_keras_serializable(package="tf_impl")
class PackedLSTM(Packed, LSTM):
    """An LSTM over sequences of unequal lengths, padded at their ends: padding neither enters the states nor leaves as output.

    Args:
        as `LSTM`.

    Shapes:
        input (T, N, input_size) or (N, T, input_size), lengths (N,) integers from 1 to T, hx as `LSTM`; output is zero from each sequence's end on, the final
        states are those after its last step, and a reverse direction begins there.

    Raises:
        ValueError: as `LSTM`; lengths that are not one number from 1 to T for each sequence (T, N and values as far as they are known).

    Differs from PyTorch:
        PyTorch packs the padded batch into a flat one and unpacks it again (`pack_padded_sequence`, `enforce_sorted=False`); Keras runs all steps under a mask.
        Without either the padded steps are processed: final state 0.165 off, a reverse direction, which reads the padding first, 0.109 at the valid steps.
        Keras' mask alone repeats the last output where PyTorch has zeros; this twin's loop has zeros.

    Source: PyTorch's documentation of `pack_padded_sequence`; the notes, "Recurrent networks".
    """


@keras.saving.register_keras_serializable(package="tf_impl")
class LSTMCell(OneStep, _Cell):
    r"""One step of an LSTM.

    $$ i, f, g, o = \sigma, \sigma, \tanh, \sigma \,(W_{ih} x + b_{ih} + W_{hh} h + b_{hh}), \qquad c' = f \odot c + i \odot g, \qquad h' = o \odot \tanh c' $$

    Args:
        input_size: features of x.
        hidden_size: H, features of h and c.
        bias: add b_ih and b_hh.

    Shapes:
        input (N, input_size) or (input_size,); hx: h and c (N, H) or (H,), zeros if not given; the call returns (h', c'). kernel (input_size, 4H),
        recurrent_kernel (H, 4H), bias_ih and bias_hh (4H,).

    Raises:
        ValueError: an input or state of another shape.

    Differs from PyTorch:
        As `LSTM`. Keras' cell returns (h', [h', c']).

    Source: Hochreiter and Schmidhuber 1997.
    """

    states = 2
    step = _Cell.call

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, **kwargs) -> None:
        super().__init__(hidden_size, bias, **kwargs)
        self.build_for(input_size, hidden_size)
