r"""Training, validation and folds: at random, by class, k times.

The order comes from NumPy's generator with a seed, so that both frameworks split alike.

Shapes: labels (n,); a split is a list of indices for each part.

>>> [len(part) for part in split_lengths(10, [0.7, 0.3])]
[7, 3]
>>> [sorted(held_out) for _, held_out in k_fold(5, 2, seed=None)]
[[0, 1, 2], [3, 4]]

Source: the notes, "模型选择" (K 折交叉验证; 类别极度不平衡); PyTorch's documentation, `random_split`; scikit-learn's documentation, `KFold`, `StratifiedKFold`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import random_split

from torch_ref.datasets.dataset import TensorDataset
from torch_ref.tensors._refusal import attempt


def split_lengths(n: int, lengths: Sequence[float], seed: int | None = 0) -> list[list[int]]:
    """Parts of given lengths, or of given shares, of which the first get the remainder. `seed=None` keeps the order.

    Raises:
        ValueError: lengths that do not add up to n, or shares that do not add up to 1.
    """
    if all(0 <= length <= 1 for length in lengths) and abs(sum(lengths) - 1) < 1e-9:
        sizes = [int(n * share) for share in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = list(lengths)
    if sum(sizes) != n:
        raise ValueError(f"lengths must add up to {n} samples, or shares to 1, got {list(lengths)}")
    order = _order(n, seed)
    ends = np.cumsum(sizes)
    return [order[end - size : end].tolist() for size, end in zip(sizes, ends, strict=True)]


def stratified_split(labels: Sequence[int], share: float, seed: int | None = 0) -> tuple[list[int], list[int]]:
    """Training and validation, the validation part holding `share` of each class, rounded to the nearest and at least one of each.

    Raises:
        ValueError: a share outside 0 … 1, or a class of a single sample.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, got {share}")
    labels = np.asarray(labels)
    held_out = []
    for i, name in enumerate(np.unique(labels)):
        members = np.flatnonzero(labels == name)
        if len(members) < 2:
            raise ValueError(f"labels must have two samples of each class to be split, class {name} has {len(members)}")
        count = min(max(round(share * len(members)), 1), len(members) - 1)
        held_out += members[_order(len(members), None if seed is None else (seed, i))[:count]].tolist()
    return sorted(set(range(len(labels))) - set(held_out)), sorted(held_out)


def k_fold(n: int, k: int, seed: int | None = 0, labels: Sequence[int] | None = None) -> Iterator[tuple[list[int], list[int]]]:
    """k times training and validation; each sample is held out once. With `labels` each fold has each class in proportion.

    Raises:
        ValueError: fewer than two folds, or fewer samples than folds.
    """
    if not 2 <= k <= n:
        raise ValueError(f"k must be from 2 to the number of samples, {n}, got {k}")
    order = _order(n, seed)
    if labels is None:
        folds = np.array_split(order, k)
    else:
        order = order[np.argsort(np.asarray(labels)[order], kind="stable")]  # class after class, dealt out like cards
        folds = [order[i::k] for i in range(k)]
    for held_out in folds:
        yield sorted(set(range(n)) - set(held_out.tolist())), sorted(held_out.tolist())


def splits(labels: Tensor, k: int, share: float, seed: int) -> dict[str, list]:
    """All three on one set of labels: the parts, and how many of each class they hold."""
    names, n = labels.tolist(), len(labels)
    parts = split_lengths(n, [1 - share, share], seed)
    stratified = stratified_split(names, share, seed)
    plain, by_class = list(k_fold(n, k, seed)), list(k_fold(n, k, seed, names))

    def counts(indices: Sequence[int]) -> list[int]:
        return torch.bincount(labels[list(indices)], minlength=int(labels.max()) + 1).tolist()

    return {
        "parts": parts,
        "stratified": list(stratified),
        "stratified_counts": [counts(part) for part in stratified],
        "folds": [held_out for _, held_out in plain],
        "fold_sizes": [[len(training), len(held_out)] for training, held_out in plain],
        "stratified_folds": [held_out for _, held_out in by_class],
        "stratified_fold_counts": [counts(held_out) for _, held_out in by_class],
        "every_sample_held_out_once": [sorted(i for _, held_out in folds for i in held_out) == list(range(n)) for folds in (plain, by_class)],
    }


def framework_split(x: Tensor, share: float) -> dict[str, list | bool | str | None]:
    """What the framework offers by itself: `random_split` shuffles; it cannot look at classes."""
    n = len(x)
    first, second = random_split(TensorDataset(x), [1 - share, share], torch.Generator().manual_seed(0))
    return {
        "sizes": [len(first), len(second)],
        "all_there": [sorted([*first.indices, *second.indices]) == list(range(n))],
        "last_rows_are_held_out": [sorted(second.indices) == list(range(len(first), n))],
        **attempt("too_many", lambda: random_split(TensorDataset(x), [n, 1])),
    }


def impossible_splits(n: int) -> dict[str, bool | str | None]:
    """Splits that cannot be."""
    return {
        **attempt("lengths", lambda: split_lengths(n, [n, 1])),
        **attempt("share", lambda: stratified_split([0, 0, 1, 1], 1.5)),
        **attempt("lonely_class", lambda: stratified_split([0, 0, 1], 0.5)),
        **attempt("one_fold", lambda: list(k_fold(n, 1))),
        **attempt("more_folds_than_samples", lambda: list(k_fold(n, n + 1))),
    }


def _order(n: int, seed: int | tuple[int, int] | None) -> np.ndarray:
    return np.arange(n) if seed is None else np.random.default_rng(seed).permutation(n)
