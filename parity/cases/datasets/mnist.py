"""MNIST and Fashion-MNIST from the standard files: both parts, a part of a set, damaged files."""

from parity.case import DemoCase


def _contents(name: str, folder: str, target: str = "MNIST", train: bool = True) -> DemoCase:
    config = {"name": target, "folder": folder, "train": train}
    return DemoCase("datasets.mnist:contents", name, config=config, needs=folder, backends=("tensorflow",))


CASES = [
    _contents("mnist-train", "mnist"),
    _contents("mnist-test", "mnist", train=False),
    _contents("fashion-900", "fashion_mnist_900", "FashionMNIST"),
    DemoCase("datasets.mnist:damaged", config={"folder": "mnist"}, needs="mnist", backends=("tensorflow",)),
]
