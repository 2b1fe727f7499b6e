"""Batches by their number: ragged, dropped, with workers; one batch an epoch."""

from parity.case import DemoCase, array

_ORDER = {
    "fact:same_order_unsaid": "`fit` shuffles a PyDataset's batches unless it is told shuffle=False; a DataLoader shuffles only when told.",
    "fact:same_order_by_on_epoch_end": "`fit` calls on_epoch_end before the first epoch too: tell the set which epoch begins, by a callback.",
}


def _trained(name: str, n: int, known=_ORDER, **config) -> DemoCase:
    inputs = {"x": array(n, 3), "y": array(n, 1)}
    return DemoCase("datasets.py_dataset:trained", name, inputs=inputs, config=config, known=known, backends=("tensorflow",))


CASES = [
    _trained("ragged", 23, batch_size=4, epochs=3),
    _trained("dropped", 23, batch_size=5, epochs=2, seed=4, drop_last=True),
    _trained("workers", 17, batch_size=4, epochs=3, seed=1, num_workers=2),
    _trained("one-batch", 3, known={}, batch_size=8, epochs=2),
]
