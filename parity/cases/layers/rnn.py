"""Plain recurrent net: layers, directions, states given and not, batch or time first, unbatched, one step, one sequence, no biases, lengths, training."""

from parity.case import Case, array, values

RNN = "layers.rnn:RNN"
CELL = "layers.rnn:RNNCell"
PACKED = "layers.rnn:PackedRNN"
SIZES = {"input_size": 4, "hidden_size": 5}
DEEP = {**SIZES, "num_layers": 3, "bidirectional": True}
SEQUENCE = {"input": array(7, 3, 4)}
LENGTHS = values([4, 7, 1])

CASES = [
    Case(RNN, "defaults", config=SIZES, inputs=SEQUENCE),
    Case(RNN, "training", config=SIZES, inputs=SEQUENCE, training=True, steps=3),
    Case(RNN, "states-given", config=SIZES, inputs={"input": array(7, 3, 4), "hx": array(1, 3, 5)}),
    Case(RNN, "deep", config=DEEP, inputs={"input": array(4, 3, 4), "hx": array(6, 3, 5)}),
    Case(RNN, "deep-training", config=DEEP, inputs={"input": array(4, 3, 4)}, training=True, steps=3),
    Case(
        RNN, "bidirectional-batch-first", config={**SIZES, "bidirectional": True, "batch_first": True}, inputs={"input": array(3, 7, 4), "hx": array(2, 3, 5)}
    ),
    Case(RNN, "no-bias", config={**DEEP, "bias": False}, inputs=SEQUENCE, steps=3),
    Case(RNN, "dropout-in-evaluation", config={**DEEP, "dropout": 0.5}, inputs=SEQUENCE),
    Case(RNN, "everything-dropped-between-layers", config={**DEEP, "dropout": 1.0}, inputs=SEQUENCE, training=True),
    Case(RNN, "unbatched", config=DEEP, inputs={"input": array(7, 4), "hx": array(6, 5)}),
    Case(RNN, "unbatched-batch-first", config={**SIZES, "batch_first": True}, inputs={"input": array(7, 4)}),
    Case(RNN, "one-step", config=DEEP, inputs={"input": array(1, 3, 4), "hx": array(6, 3, 5)}),
    Case(RNN, "one-sequence", config=DEEP, inputs={"input": array(7, 1, 4)}),
    Case(RNN, "as-many-steps-as-sequences", config=DEEP, inputs={"input": array(4, 4, 4)}),
    Case(RNN, "one-feature", config={"input_size": 1, "hidden_size": 1}, inputs={"input": array(5, 2, 1)}, steps=3),
    Case(RNN, "large-inputs", config=SIZES, inputs={"input": array(7, 3, 4, std=30.0)}),
    Case(RNN, "relu", config={**SIZES, "num_layers": 2, "nonlinearity": "relu"}, inputs=SEQUENCE, steps=3),
    Case(CELL, "defaults", config=SIZES, inputs={"input": array(3, 4)}, steps=3),
    Case(CELL, "state-given", config=SIZES, inputs={"input": array(3, 4), "hx": array(3, 5)}),
    Case(CELL, "unbatched", config=SIZES, inputs={"input": array(4), "hx": array(5)}),
    Case(CELL, "no-bias", config={**SIZES, "bias": False}, inputs={"input": array(3, 4)}),
    Case(CELL, "relu", config={**SIZES, "nonlinearity": "relu"}, inputs={"input": array(3, 4), "hx": array(3, 5)}, steps=3),
    Case(PACKED, "deep", config=DEEP, inputs={**SEQUENCE, "lengths": LENGTHS}, training=True, steps=3),
    Case(PACKED, "states-given", config=DEEP, inputs={**SEQUENCE, "lengths": LENGTHS, "hx": array(6, 3, 5)}),
    Case(PACKED, "batch-first", config={**SIZES, "batch_first": True}, inputs={"input": array(3, 7, 4), "lengths": LENGTHS}, steps=3),
    Case(PACKED, "all-shorter", config=DEEP, inputs={**SEQUENCE, "lengths": values([2, 5, 5])}),
]
