r"""In which order samples are taken: PyTorch's samplers, and one whose order another framework can follow.

Shapes: an order is a list of indices.

>>> sampler = PermutationSampler(range(5), seed=3)
>>> first, second = list(sampler), list(sampler)
>>> first == list(PermutationSampler(range(5), seed=3)), sorted(first) == sorted(second) == [0, 1, 2, 3, 4]
(True, True)

Source: PyTorch's documentation, `torch.utils.data`; the notes, "sampler：样本抽样".
"""

from collections.abc import Iterator, Sized

import numpy as np
from torch.utils.data import BatchSampler as BatchSampler
from torch.utils.data import RandomSampler as RandomSampler
from torch.utils.data import Sampler
from torch.utils.data import SequentialSampler as SequentialSampler
from torch.utils.data import SubsetRandomSampler as SubsetRandomSampler
from torch.utils.data import WeightedRandomSampler as WeightedRandomSampler


class PermutationSampler(Sampler[int]):
    """Another permutation each epoch, from NumPy, of seed and epoch alone: whoever has both has the order.

    Args:
        data_source: the set.
        seed: of all permutations.

    Each iteration is the next epoch; `set_epoch` goes to one, as after a restart.
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
