"""The gated recurrent unit, with PyTorch's arguments, axes and states."""

import keras

from tf_impl.layers._recurrent import Loop, OneStep, Packed, Recurrent, uniform


class _Cell(keras.layers.GRUCell):
    """Keras' cell, which with `reset_after` has both biases, from PyTorch's start."""

    def __init__(self, hidden_size: int, bias: bool = True, **kwargs) -> None:
        starts = {f"{name}_initializer": uniform(hidden_size) for name in ("kernel", "recurrent", "bias")}
        super().__init__(hidden_size, use_bias=bias, reset_after=True, **starts, **kwargs)


class _KerasLoop(Loop, keras.layers.GRU):
    """Keras' GRU, which takes cuDNN's kernel where there is one."""

    use_cudnn = "auto"


@keras.saving.register_keras_serializable(package="tf_impl")
class GRU(Recurrent):
    r"""Moves its state towards a candidate, as far as an update gate allows; a reset gate decides what the candidate sees of the old state.

    $$ \begin{aligned} r, z &= \sigma(W_{i\cdot} x_t + b_{i\cdot} + W_{h\cdot} h_{t-1} + b_{h\cdot}) \\
       n &= \tanh(W_{in} x_t + b_{in} + r \odot (W_{hn} h_{t-1} + b_{hn})), \qquad h_t = z \odot h_{t-1} + (1 - z) \odot n \end{aligned} $$

    Layer l > 0 reads the outputs of layer l − 1, the reverse direction reads time backwards.

    Args:
        input_size: features of x.
        hidden_size: H, features of h.
        num_layers: layers L, each on the outputs of the one before.
        bias: add b_i and b_h.
        batch_first: the input's first axis is the batch, not time.
        dropout: probability of dropping an output between layers, in training.
        bidirectional: a second direction, D = 2, whose outputs follow the first's.

    Shapes:
        input (T, N, input_size), (N, T, input_size) if `batch_first`, or (T, input_size); output the same with D·H features; hx: h₀ (L·D, N, H), zeros if
        not given; the call returns output, h_n. mask, if given: as input without the features, True where there is a step. Of each layer and direction, in
        Keras' order of axes and gates z, r, n (PyTorch: r, z, n): kernel (features, 3H), recurrent_kernel (H, 3H), bias (2, 3H): b_i and b_h.

    Raises:
        ValueError: a size that is not positive, `dropout` outside [0, 1], an input or state of another shape.

    Differs from PyTorch:
        Only the gates' order in Keras' GRU, r and z exchanged (0.51 off if forgotten), what it returns, and its start from Glorot and orthogonal kernels:
        with `reset_after=True`, its default, it has the same two biases and the same formula. Without (Keras 1 and 2) no PyTorch module matches it: 0.07.
        It is batch first and returns the last output only; its `dropout` drops the same inputs at every step.
        Padding: this mask freezes the state, zeroes the output, and a reverse direction starts at the last step that is True, as with PyTorch's
        packed sequences.

    Source: Cho et al. 2014, arXiv:1406.1078; the notes, "Recurrent networks".
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
                 bidirectional: bool = False, **kwargs) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **kwargs)

    def cell(self, **kwargs) -> _Cell:
        return _Cell(self.hidden_size, self.bias, **kwargs)

    def loop(self, cell: _Cell, **kwargs) -> _KerasLoop:
        return _KerasLoop(cell, **kwargs)


@keras.saving.register_keras_serializable(package="tf_impl")
class PackedGRU(Packed, GRU):
    """A GRU over sequences of unequal lengths, padded at their ends: padding neither enters the states nor leaves as output.

    Args:
        as `GRU`.

    Shapes:
        input (T, N, input_size) or (N, T, input_size), lengths (N,) integers from 1 to T, hx as `GRU`; output is zero from each sequence's end on, the final
        states are those after its last step, and a reverse direction begins there.

    Raises:
        ValueError: as `GRU`; lengths that are not one number from 1 to T for each sequence (T, N and values as far as they are known).

    Differs from PyTorch:
        PyTorch packs the padded batch into a flat one and unpacks it again (`pack_padded_sequence`, `enforce_sorted=False`); Keras runs all steps under a mask.
        Without either the padded steps are processed: final state 0.165 off, a reverse direction, which reads the padding first, 0.109 at the valid steps.
        Keras' mask alone repeats the last output where PyTorch has zeros; this twin's loop has zeros.

    Source: PyTorch's documentation of `pack_padded_sequence`; the notes, "Recurrent networks".
    """


@keras.saving.register_keras_serializable(package="tf_impl")
class GRUCell(OneStep, _Cell):
    r"""One step of a GRU.

    $$ r, z = \sigma(W_{i\cdot} x + b_{i\cdot} + W_{h\cdot} h + b_{h\cdot}), \quad n = \tanh(W_{in} x + b_{in} + r \odot (W_{hn} h + b_{hn})), \quad
       h' = z \odot h + (1 - z) \odot n $$

    Args:
        input_size: features of x.
        hidden_size: H, features of h.
        bias: add b_i and b_h.

    Shapes:
        input (N, input_size) or (input_size,); hx: h (N, H) or (H,), zeros if not given; the call returns h'. kernel (input_size, 3H),
        recurrent_kernel (H, 3H), bias (2, 3H); gates z, r, n.

    Raises:
        ValueError: an input or state of another shape.

    Differs from PyTorch:
        As `GRU`. Keras' cell returns (h', [h']).

    Source: Cho et al. 2014, arXiv:1406.1078.
    """

    step = _Cell.call

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, **kwargs) -> None:
        super().__init__(hidden_size, bias, **kwargs)
        self.build_for(input_size, hidden_size)
