"""K folds and the three endings, an ensemble of random starts, on the digits."""

from parity.case import DemoCase

CASES = [
    DemoCase("datasets.cross_validation:endings", "five-folds", config={"k": 5, "seed": 0}, backends=("tensorflow",)),
    DemoCase("datasets.cross_validation:endings", "three-folds", config={"k": 3, "seed": 1}, backends=("tensorflow",)),
    DemoCase("datasets.cross_validation:ensemble", "five-starts", config={"starts": 5, "steps": 40, "seed": 2}, backends=("tensorflow",)),
]
