"""LSTM: layers, directions, states given and not, batch or time first, unbatched, one step, one sequence, no biases, lengths, training."""

from parity.case import Case, array, values

LSTM = "layers.lstm:LSTM"
CELL = "layers.lstm:LSTMCell"
PACKED = "layers.lstm:PackedLSTM"
SIZES = {"input_size": 4, "hidden_size": 5}
DEEP = {**SIZES, "num_layers": 3, "bidirectional": True}
SEQUENCE = {"input": array(7, 3, 4)}
LENGTHS = values([4, 7, 1])

CASES = [
    Case(LSTM, "defaults", config=SIZES, inputs=SEQUENCE),
    Case(LSTM, "training", config=SIZES, inputs=SEQUENCE, training=True, steps=3),
    Case(LSTM, "states-given", config=SIZES, inputs={"input": array(7, 3, 4), "hx": (array(1, 3, 5), array(1, 3, 5))}),
    Case(LSTM, "deep", config=DEEP, inputs={"input": array(4, 3, 4), "hx": (array(6, 3, 5), array(6, 3, 5))}),
    Case(LSTM, "deep-training", config=DEEP, inputs={"input": array(4, 3, 4)}, training=True, steps=3),
    Case(
        LSTM,
        "bidirectional-batch-first",
        config={**SIZES, "bidirectional": True, "batch_first": True},
        inputs={"input": array(3, 7, 4), "hx": (array(2, 3, 5), array(2, 3, 5))},
    ),
    Case(LSTM, "no-bias", config={**DEEP, "bias": False}, inputs=SEQUENCE, steps=3),
    Case(LSTM, "dropout-in-evaluation", config={**DEEP, "dropout": 0.5}, inputs=SEQUENCE),
    Case(LSTM, "everything-dropped-between-layers", config={**DEEP, "dropout": 1.0}, inputs=SEQUENCE, training=True),
    Case(LSTM, "unbatched", config=DEEP, inputs={"input": array(7, 4), "hx": (array(6, 5), array(6, 5))}),
    Case(LSTM, "unbatched-batch-first", config={**SIZES, "batch_first": True}, inputs={"input": array(7, 4)}),
    Case(LSTM, "one-step", config=DEEP, inputs={"input": array(1, 3, 4), "hx": (array(6, 3, 5), array(6, 3, 5))}),
    Case(LSTM, "one-sequence", config=DEEP, inputs={"input": array(7, 1, 4)}),
    Case(LSTM, "as-many-steps-as-sequences", config=DEEP, inputs={"input": array(4, 4, 4)}),
    Case(LSTM, "one-feature", config={"input_size": 1, "hidden_size": 1}, inputs={"input": array(5, 2, 1)}, steps=3),
    Case(LSTM, "large-inputs", config=SIZES, inputs={"input": array(7, 3, 4, std=30.0)}),
    Case(LSTM, "projection", config={**SIZES, "proj_size": 2}, inputs={"input": array(7, 3, 4), "hx": (array(1, 3, 2), array(1, 3, 5))}, steps=3),
    Case(LSTM, "projection-deep", config={**DEEP, "proj_size": 3}, inputs={"input": array(7, 3, 4), "hx": (array(6, 3, 3), array(6, 3, 5))}),
    Case(LSTM, "projection-no-bias", config={**SIZES, "proj_size": 1, "bias": False}, inputs=SEQUENCE),
    Case(CELL, "defaults", config=SIZES, inputs={"input": array(3, 4)}, steps=3),
    Case(CELL, "state-given", config=SIZES, inputs={"input": array(3, 4), "hx": (array(3, 5), array(3, 5))}),
    Case(CELL, "unbatched", config=SIZES, inputs={"input": array(4), "hx": (array(5), array(5))}),
    Case(CELL, "no-bias", config={**SIZES, "bias": False}, inputs={"input": array(3, 4)}),
    Case(PACKED, "deep", config=DEEP, inputs={**SEQUENCE, "lengths": LENGTHS}, training=True, steps=3),
    Case(PACKED, "states-given", config=DEEP, inputs={**SEQUENCE, "lengths": LENGTHS, "hx": (array(6, 3, 5), array(6, 3, 5))}),
    Case(PACKED, "batch-first", config={**SIZES, "batch_first": True}, inputs={"input": array(3, 7, 4), "lengths": LENGTHS}, steps=3),
    Case(PACKED, "all-shorter", config=DEEP, inputs={**SEQUENCE, "lengths": values([2, 5, 5])}),
]
