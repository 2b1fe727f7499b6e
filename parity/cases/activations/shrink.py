"""Hardshrink and Softshrink: inputs exactly at ±λ, NaN, other λ (0, and for Hardshrink one that keeps everything)."""

from parity.case import Case, array, curve, image, values

EDGES = (0.5, -0.5, 0.0, -0.0, 0.50000006, -0.50000006)
SPECIAL = values([float("nan"), float("inf"), -float("inf"), 0.25, 1.0])

CASES = [
    *(Case(f"activations.shrink:{name}", "kinks", inputs={"input": image(3, 5, 7, 6, edges=EDGES)}) for name in ("Hardshrink", "Softshrink")),
    *(Case(f"activations.shrink:{name}", f"lambd{lambd}", config={"lambd": lambd}, inputs={"input": array(7, 13, edges=(lambd, -lambd, 0.0))})
      for name in ("Hardshrink", "Softshrink") for lambd in (0.0, 0.1, 1.5)),
    Case("activations.shrink:Hardshrink", "negative", config={"lambd": -0.5}, inputs={"input": array(7, 13, edges=EDGES)}),
    *(Case(f"activations.shrink:{name}", "nan", inputs={"input": SPECIAL}) for name in ("Hardshrink", "Softshrink")),
    curve("activations.shrink:Hardshrink", "Hardshrink", -2.0, 2.0),
    curve("activations.shrink:Softshrink", "Softshrink", -2.0, 2.0),
]  # fmt: skip
