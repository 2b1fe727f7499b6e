"""Random numbers: what a seed repeats, the same numbers fed to both, each side's samples against NumPy's."""

from parity.case import DemoCase

_OTHER = {"fact:first_numbers": "The same seed gives other numbers in another framework: draw with NumPy and feed both."}

CASES = [
    *[DemoCase("tensors.random:seeds", f"seed-{seed}", config={"seed": seed}, known=_OTHER) for seed in (0, 42)],
    DemoCase("tensors.random:fed", "unequal", config={"rows": 5, "columns": 3, "seed": 8}),
    DemoCase("tensors.random:two_samples", "many", config={"n": 20000, "seed": 1}),
]
