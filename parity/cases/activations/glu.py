"""GLU: the default axis, others, saturated gates."""

from parity.case import Case, array

SATURATED = (1.0, 2.0, 3.0, 4.0, 100.0, -100.0, 0.0, 40.0)

CASES = [
    Case("activations.glu:GLU", "default", inputs={"input": array(5, 8, edges=SATURATED)}),
    Case("activations.glu:GLU", "vector", inputs={"input": array(6)}),
    *(Case("activations.glu:GLU", f"dim{dim}", config={"dim": dim}, inputs={"input": array(4, 6, 3, 2)}) for dim in (0, 1, -3, -1)),
]
