"""In which order samples are taken: PyTorch's samplers on NumPy's generator, and one whose order another framework can follow."""

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized

import numpy as np


class SequentialSampler:
    """One index after the other.

    Args:
        data_source: the set.

    Shapes:
        an order is a list of indices.

    Differs from PyTorch: not at all.

    Source: PyTorch's documentation, `torch.utils.data`.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler:
    """A permutation, as many as `num_samples` asks for, or indices drawn with replacement.

    Args:
        data_source: the set.
        replacement: draw each index anew.
        num_samples: how many; the set's length by default.
        generator: a `numpy.random.Generator`; NumPy's own entropy by default.

    Shapes:
        an order is a list of indices.

    Raises:
        ValueError: no samples asked for, or `replacement` is no bool.

    Differs from PyTorch:
        The generator is NumPy's, so the order is another for the same seed. `tf.data.Dataset.shuffle(b)` is no such permutation unless b is at least the
        set's length: with b = 10 nothing moves forward by more than 10 places.

    Source: PyTorch's documentation, `RandomSampler`.
    """

    def __init__(self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: np.random.Generator | None = None) -> None:
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement must be a bool, got {replacement!r}")
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        if not isinstance(self.num_samples, int) or self.num_samples < 0 or (num_samples is not None and num_samples == 0):
            raise ValueError(f"num_samples must be a positive integer, got {num_samples!r}")
        self.generator = _generator(generator)

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if self.replacement:
            return iter(self.generator.integers(0, n, self.num_samples).tolist())
        rounds = -(-self.num_samples // n) if n else 0
        order = [index for _ in range(rounds) for index in self.generator.permutation(n).tolist()]
        return iter(order[: self.num_samples])

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler:
    """A permutation of some indices.

    Args:
        indices: which.
        generator: a `numpy.random.Generator`.

    Shapes:
        an order is a list of indices.

    Differs from PyTorch: the generator is NumPy's.

    Source: PyTorch's documentation, `SubsetRandomSampler`.
    """

    def __init__(self, indices: Sequence[int], generator: np.random.Generator | None = None) -> None:
        self.indices = indices
        self.generator = _generator(generator)

    def __iter__(self) -> Iterator[int]:
        return iter([self.indices[place] for place in self.generator.permutation(len(self.indices))])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler:
    """Indices by weight, as for classes of unequal size.

    Args:
        weights: one for each index, not necessarily adding up to 1.
        num_samples: how many.
        replacement: whether an index may come again.
        generator: a `numpy.random.Generator`.

    Shapes:
        weights (n,).

    Raises:
        ValueError: weights that are no vector of numbers from 0 on, no samples asked for, or more than there are weights without replacement.

    Differs from PyTorch: the generator is NumPy's.

    Source: PyTorch's documentation, `WeightedRandomSampler`.
    """

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: np.random.Generator | None = None) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples must be a positive integer, got {num_samples!r}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement must be a bool, got {replacement!r}")
        self.weights = np.asarray(weights, np.float64)
        if self.weights.ndim != 1 or not (self.weights >= 0).all():
            raise ValueError(f"weights must be one vector of numbers from 0 on, got shape {self.weights.shape}")
        if not replacement and num_samples > np.count_nonzero(self.weights):
            raise ValueError(f"num_samples={num_samples} cannot be drawn without replacement from {np.count_nonzero(self.weights)} weights above 0")
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = _generator(generator)

    def __iter__(self) -> Iterator[int]:
        shares = self.weights / self.weights.sum()
        return iter(self.generator.choice(len(shares), self.num_samples, self.replacement, shares).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler:
    """Lists of `batch_size` indices.

    Args:
        sampler: gives the indices.
        batch_size: how many to a list.
        drop_last: leave out a last list that is not full.

    Shapes:
        an order is a list of lists.

    Raises:
        ValueError: `batch_size` is no positive integer, or `drop_last` is no bool.

    Differs from PyTorch: not at all.

    Source: PyTorch's documentation, `BatchSampler`.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n = len(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


class PermutationSampler:
    """Another permutation each epoch, from NumPy, of seed and epoch alone: whoever has both has the order.

    Args:
        data_source: the set.
        seed: of all permutations.

    Each iteration is the next epoch; `set_epoch` goes to one, as after a restart.

    Shapes:
        an order is a list of indices.

    Differs from PyTorch: not at all: the same orders, epoch after epoch.

    Source: PyTorch's documentation, `DistributedSampler.set_epoch`.
    """

    def __init__(self, data_source: Sized, seed: int = 0) -> None:
        self.data_source = data_source
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch that the next iteration is."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.data_source))
        self.epoch += 1
        return iter(order.tolist())

    def __len__(self) -> int:
        return len(self.data_source)


def orders(n: int, seed: int, epochs: int) -> dict[str, list]:
    """What can be said of an order without its generator, and the orders themselves where both frameworks have the generator."""
    sampler = PermutationSampler(range(n), seed)
    shared = [list(sampler) for _ in range(epochs)]
    sampler.set_epoch(0)
    random = [list(RandomSampler(range(n))) for _ in range(2)]
    weighted = list(WeightedRandomSampler([0.0, 1.0, 0.0, 3.0], 2, replacement=False))
    many = list(WeightedRandomSampler([0.0, 1.0, 0.0, 3.0], 4000))
    return {
        "sequential": list(SequentialSampler(range(n))),
        "permutations": shared,
        "first_again": [list(sampler) == shared[0]],
        "batches": list(BatchSampler(SequentialSampler(range(n)), 3, drop_last=False)),
        "whole_batches": list(BatchSampler(SequentialSampler(range(n)), 3, drop_last=True)),
        "batch_counts": [len(BatchSampler(range(n), 3, drop)) for drop in (False, True)],
        "random_is_a_permutation": [sorted(order) == list(range(n)) for order in random],
        "random_anew": [random[0] != random[1]],
        "random_drawn": [len(list(RandomSampler(range(n), num_samples=2 * n + 1))), len(list(RandomSampler(range(n), replacement=True, num_samples=3)))],
        "of_a_part": sorted(SubsetRandomSampler([1, 4, 2])),
        "weighted_without_replacement": sorted(weighted),
        "weighted_never_weightless": [set(many) == {1, 3}],
        "three_of_four_have_weight_three": [abs(many.count(3) / 4000 - 0.75) < 5 * (0.75 * 0.25 / 4000) ** 0.5],
    }


def _generator(generator: np.random.Generator | None) -> np.random.Generator:
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise ValueError(f"generator must be a numpy.random.Generator, got {type(generator).__name__}")
    return generator or np.random.default_rng()
