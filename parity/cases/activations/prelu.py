"""PReLU: one slope, one a channel, zeros in the input (where Keras' own formula has gradient 0), a single number, trained for three steps."""

from parity.case import Case, array, image, values

EDGES = (0.0, -0.0, 1e-30, -1e-30, 100.0, -100.0)

CASES = [
    Case("activations.prelu:PReLU", "one", inputs={"input": image(3, 5, 7, 6, edges=EDGES)}),
    Case("activations.prelu:PReLU", "per-channel", config={"num_parameters": 5}, inputs={"input": image(3, 5, 7, 6, edges=EDGES)}, training=True, steps=3),
    Case("activations.prelu:PReLU", "features", config={"num_parameters": 11, "init": 0.1}, inputs={"input": array(7, 11, edges=EDGES)}),
    Case("activations.prelu:PReLU", "signal", config={"num_parameters": 3}, inputs={"input": image(2, 3, 17)}),
    Case("activations.prelu:PReLU", "vector", inputs={"input": array(9, edges=EDGES)}),
    Case("activations.prelu:PReLU", "number", inputs={"input": values(-1.5)}),
]
