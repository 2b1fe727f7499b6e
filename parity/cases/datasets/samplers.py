"""Orders: a number that the batch size divides and one that it does not, several epochs."""

from parity.case import DemoCase

CASES = [
    DemoCase("datasets.samplers:orders", name, config={"n": n, "seed": seed, "epochs": 3}, backends=("tensorflow",))
    for name, n, seed in (("ragged", 20, 0), ("even", 30, 7))
]
