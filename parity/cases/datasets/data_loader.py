"""Loaders: the same batches in the same order over several epochs, ragged and dropped, with and without workers; collation; what is refused."""

from parity.case import DemoCase, array, labels

_WORDS = {"fact:*_error": "Each framework has its own exception and words; both refuse."}


def _batches(name: str, n: int, batch_size: int, *shape: int, **config) -> DemoCase:
    inputs = {"x": array(n, *shape), "y": labels(n, classes=10)}
    return DemoCase("datasets.data_loader:batches", name, inputs=inputs, config={"batch_size": batch_size, **config}, backends=("tensorflow",))


def _fetched(name: str, n: int, *shape: int, **config) -> DemoCase:
    inputs = {"x": array(n, *shape), "y": labels(n, classes=4)}
    return DemoCase("datasets.data_loader:fetched", name, inputs=inputs, config=config, backends=("tensorflow",))


CASES = [
    _batches("ragged", 23, 5, 3, epochs=3),
    _batches("dropped", 23, 5, 3, epochs=3, drop_last=True, seed=4),
    _batches("even", 12, 4, 2, 3),
    _batches("larger-than-the-set", 3, 8, 2),
    _batches("dropped-to-nothing", 3, 8, 2, drop_last=True),
    _batches("workers", 17, 4, 3, epochs=2, num_workers=2),
    _batches("images", 9, 4, 3, 6, 5, seed=9),
    _fetched("alone", 5, 2, 3, batch_size=3),
    _fetched("workers", 4, 6, batch_size=2, num_workers=2),
    DemoCase("datasets.data_loader:collated", "matrices", inputs={"x": array(2, 3), "y": array(2, 3)}, backends=("tensorflow",)),
    DemoCase("datasets.data_loader:defaults", "ten", inputs={"x": array(10, 2)}, known=_WORDS, backends=("tensorflow",)),
]
