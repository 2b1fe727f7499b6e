"""Softmax along each axis, guessed and given; ties, extreme logits, −inf (a masked class), axes of size one, numbers with none (whose LogSoftmax is 0)."""

from parity.case import Case, array, image, values

LOGITS = (100.0, -100.0, 40.0, -40.0, 0.0, 0.0, 1.0, 1.0)
INF = float("inf")

CASES = [
    Case("activations.softmax:Softmax", "notes", config={"dim": 0}, inputs={"input": values([2.0, 1.0, 0.1])}),
    *(Case(f"activations.softmax:{name}", f"dim{dim}", config={"dim": dim}, inputs={"input": array(3, 5, 7, edges=LOGITS)})
      for name in ("Softmax", "Softmin", "LogSoftmax") for dim in (0, 1, -1)),
    *(Case(f"activations.softmax:{name}", "guess", inputs={"input": array(4, 7, edges=LOGITS)}) for name in ("Softmax", "Softmin", "LogSoftmax")),
    Case("activations.softmax:Softmax", "guess-image", inputs={"input": image(2, 5, 4, 3)}),
    Case("activations.softmax:LogSoftmax", "guess-vector", inputs={"input": array(5)}),
    Case("activations.softmax:Softmax", "one-class", config={"dim": -1}, inputs={"input": array(4, 1)}),
    Case("activations.softmax:Softmax", "masked", config={"dim": -1}, inputs={"input": values([[1.0, -INF, 2.0, 0.5], [-INF, -INF, 3.0, -INF]])}),
    Case("activations.softmax:LogSoftmax", "masked", config={"dim": -1}, inputs={"input": values([[1.0, -INF, 2.0, 0.5], [-INF, -INF, 3.0, -INF]])}),
    Case("activations.softmax:Softmax", "all-masked", config={"dim": -1}, inputs={"input": values([[1.0, -2.0, 2.0], [-INF, -INF, -INF]])}),
    *(Case(f"activations.softmax:{name}", f"number-dim{dim}", config={"dim": dim}, inputs={"input": array()})
      for name in ("Softmax", "Softmin") for dim in (0, -1)),
    Case("activations.softmax:Softmax", "guess-number", inputs={"input": array()}),
    Case("activations.softmax:Softmax2d", "images", inputs={"input": image(2, 5, 4, 3, edges=LOGITS)}),
]  # fmt: skip
