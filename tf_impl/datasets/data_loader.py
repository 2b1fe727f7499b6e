"""From samples to batches: PyTorch's DataLoader over tf.data."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Num

from tf_impl.datasets.dataset import Dataset, TensorDataset
from tf_impl.datasets.samplers import BatchSampler, PermutationSampler, RandomSampler, SequentialSampler
from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


class DataLoader:
    """Iterates over batches of a set; each iteration is an epoch.

    Args:
        dataset: has `__len__` and `__getitem__`; with `gather` its batches are made in a graph, else in Python.
        batch_size: samples to a batch; None gives samples as they are.
        shuffle: another permutation each epoch.
        sampler: gives the indices, in place of `shuffle`.
        batch_sampler: gives lists of indices, in place of `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: how many batches are fetched at a time, by tf.data or by threads; 0 fetches in the caller's thread.
        collate_fn: list of samples → batch; `default_collate` by default.
        pin_memory, pin_memory_device: accepted; TensorFlow stages its copies to a GPU itself.
        drop_last: leave out a last batch that is not full.
        timeout: seconds to wait for a worker; 0 waits for ever.
        worker_init_fn: called in each worker with its number.
        multiprocessing_context: None; workers are threads here.
        generator: a `numpy.random.Generator` for `shuffle`.
        prefetch_factor: batches ahead for each worker, 2 by default.
        persistent_workers: keep the threads from epoch to epoch.
        in_order: batches in the order of their indices, not in that of their arrival.

    Shapes:
        samples (...) become (batch_size, ...), the last batch shorter unless it is dropped: ⌈n / batch_size⌉ batches.

    Raises:
        ValueError: words that exclude each other, as in PyTorch.
        RuntimeError: a worker took longer than `timeout`.

    Differs from PyTorch:
        The order of `shuffle=True` is NumPy's; give both sides a `PermutationSampler` for the same batches (then they are equal bit for bit).
        Workers are threads: no pickling, no copies of the set, but a set written in Python runs in turns. One with `gather` runs in C++.
        `Model.fit` takes `loader.as_tf_data()`, and does not shuffle it: its `shuffle=True` is for arrays only.

    Source: PyTorch's documentation, `torch.utils.data.DataLoader`; TensorFlow's guide, "tf.data".
    """

    def __init__(self, dataset: Dataset, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Iterable[int] | None = None,
                 batch_sampler: Iterable[Sequence[int]] | None = None, num_workers: int = 0, collate_fn: Callable[[list], Any] | None = None,
                 pin_memory: bool = False, drop_last: bool = False, timeout: float = 0, worker_init_fn: Callable[[int], None] | None = None,
                 multiprocessing_context: Any = None, generator: np.random.Generator | None = None, *, prefetch_factor: int | None = None,
                 persistent_workers: bool = False, pin_memory_device: str = "", in_order: bool = True) -> None:  # fmt: skip
        if num_workers < 0:
            raise ValueError(f"num_workers must not be negative, got {num_workers}; use 0 to fetch in the caller's thread")
        if timeout < 0:
            raise ValueError(f"timeout must not be negative, got {timeout}")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(f"prefetch_factor={prefetch_factor} needs num_workers > 0")
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError(f"prefetch_factor must not be negative, got {prefetch_factor}")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers needs num_workers > 0")
        if multiprocessing_context is not None:
            raise ValueError(f"multiprocessing_context must be None, because workers are threads here, got {multiprocessing_context!r}")
        if sampler is not None and shuffle:
            raise ValueError("sampler excludes shuffle: the sampler is the order")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("batch_sampler excludes batch_size, shuffle, sampler and drop_last")
        if batch_size is None and drop_last:
            raise ValueError("batch_size=None gives samples, of which drop_last can drop none")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size if not batch_sampler or isinstance(batch_sampler, BatchSampler) else None
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.generator = generator
        self.prefetch_factor = 2 if prefetch_factor is None and num_workers else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._pool: ThreadPoolExecutor | None = None
        self._graph: tf.data.Dataset | None = None
        self._function: Callable[[Tensor], Any] | None = None

    def __len__(self) -> int:
        return len(self.batch_sampler if self.batch_sampler is not None else self.sampler)

    def __iter__(self) -> Iterator[Any]:
        if not self._gathers:
            return self._fetched()
        return iter(self.as_tf_data()) if self.num_workers else self._gathered_here()

    def as_tf_data(self) -> tf.data.Dataset:
        """The batches as a `tf.data.Dataset`, for `Model.fit`; each iteration of it is an epoch."""
        if self._graph is None:
            self._graph = self._gathered() if self._gathers else tf.data.Dataset.from_generator(self._fetched, output_signature=self._signature())
            self._graph = self._graph.apply(tf.data.experimental.assert_cardinality(len(self)))
        return self._graph

    @property
    def _gathers(self) -> bool:
        return self.collate_fn is None and getattr(self.dataset, "gather", None) is not None

    @property
    def _order(self) -> Iterable[Any]:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _gathered_here(self) -> Iterator[Any]:
        """In the caller's thread: handing batches from thread to thread costs more than gathering a small one."""
        if self._function is None:
            self._function = self.dataset.gather
            if getattr(self.dataset, "transforms_samples", False):  # a graph for a plain gather takes three times as long as the gather
                shape = () if self.batch_sampler is None else (None,)
                self._function = tf.function(self.dataset.gather, input_signature=[tf.TensorSpec(shape, tf.int64)])
        for indices in self._order:
            yield self._function(tf.constant(self._checked(indices)))

    def _checked(self, indices: Any) -> np.ndarray:
        """Indices from 0 on that are there: a graph would give zeros for others, or another sample."""
        found, n = np.asarray(indices, np.int64), len(self.dataset)
        if found.size and not -n <= found.min() <= found.max() < n:
            raise IndexError(f"index {found.max() if found.max() >= n else found.min()} is out of range for {n} samples")
        return np.where(found < 0, found + n, found)

    def _gathered(self) -> tf.data.Dataset:
        """The order of an epoch is drawn in Python at its beginning; all else is in the graph."""

        def order() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            groups = [[index] for index in self.sampler] if self.batch_sampler is None else [list(group) for group in self.batch_sampler]
            flat = self._checked([index for group in groups for index in group])
            yield flat, np.asarray([len(group) for group in groups], np.int64)

        vector = tf.TensorSpec((None,), tf.int64)
        epochs = tf.data.Dataset.from_generator(order, output_signature=(vector, vector))
        indices = epochs.flat_map(lambda flat, lengths: tf.data.Dataset.from_tensor_slices(tf.RaggedTensor.from_row_lengths(flat, lengths)))
        if self.batch_sampler is None:
            indices = indices.map(lambda group: group[0])
        batches = indices.map(self.dataset.gather, num_parallel_calls=self.num_workers or None, deterministic=self.in_order if self.num_workers else None)
        return batches.prefetch((self.prefetch_factor or 1) * max(self.num_workers, 1))

    def _fetch(self, indices: Any) -> Any:
        if self.batch_sampler is None:
            sample = self.dataset[indices]
            return sample if self.collate_fn is None else self.collate_fn(sample)
        return (self.collate_fn or default_collate)([self.dataset[index] for index in indices])

    def _fetched(self) -> Iterator[Any]:
        if not self.num_workers:
            yield from map(self._fetch, self._order)
            return
        numbers = itertools.count()
        pool = self._pool or ThreadPoolExecutor(self.num_workers, initializer=lambda: self.worker_init_fn and self.worker_init_fn(next(numbers)))
        self._pool = pool if self.persistent_workers else None
        order = iter(self._order)
        ahead = deque(pool.submit(self._fetch, indices) for indices in itertools.islice(order, self.num_workers * (self.prefetch_factor or 1)))
        try:
            while ahead:
                done = ahead[0] if self.in_order else next(iter(wait(ahead, self.timeout or None, FIRST_COMPLETED).done), ahead[0])
                batch = self._result(done)
                ahead.remove(done)
                ahead.extend(pool.submit(self._fetch, indices) for indices in itertools.islice(order, 1))
                yield batch
        finally:
            if not self.persistent_workers:
                pool.shutdown(wait=False, cancel_futures=True)

    def _result(self, future: Future) -> Any:
        try:
            return future.result(self.timeout or None)
        except TimeoutError as error:
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds") from error

    def _signature(self) -> Any:
        """Types and shapes, from one sample; batches may have any length, and sequences in them too."""
        batch = self._fetch(0 if self.batch_sampler is None else [0])
        axes = 0 if self.batch_sampler is None else 1
        return keras.tree.map_structure(lambda part: tf.TensorSpec((None,) * axes + tuple(np.shape(part))[axes:], tf.convert_to_tensor(part).dtype), batch)


def default_collate(batch: list) -> Any:
    """Tensors and arrays stacked, numbers made tensors (floats float64, integers int64), strings kept, containers part by part."""
    first = batch[0]
    if isinstance(first, (tf.Tensor, tf.Variable, np.ndarray, np.generic, keras.Variable)):
        shapes = {tuple(np.shape(sample)) for sample in batch}
        if len(shapes) > 1:
            raise RuntimeError(f"samples must have the same shape to be stacked, got {sorted(shapes)}; give the loader a collate_fn")
        return tf.stack([tf.convert_to_tensor(sample) for sample in batch])
    if isinstance(first, bool):
        return tf.constant(batch, tf.bool)
    if isinstance(first, (int, float)):
        return tf.constant(batch, tf.float64 if isinstance(first, float) else tf.int64)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, (tuple, list)):
        if len({len(sample) for sample in batch}) > 1:
            raise RuntimeError("each element in list of batch should be of equal size")
        parts = [default_collate(list(part)) for part in zip(*batch, strict=True)]
        return tuple(parts) if isinstance(first, tuple) and not hasattr(first, "_fields") else parts if isinstance(first, list) else type(first)(*parts)
    raise TypeError(f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}")


def batches(x: Float[Tensor, "n ..."], y: Num[Tensor, "n ..."], batch_size: int, epochs: int = 2, seed: int = 0, drop_last: bool = False,
            num_workers: int = 0) -> dict[str, Tensor | list]:  # fmt: skip
    """Every batch of several epochs, in order, from one seeded permutation an epoch."""
    data = TensorDataset(x, y)
    loader = DataLoader(data, batch_size, sampler=PermutationSampler(data, seed), num_workers=num_workers, drop_last=drop_last)
    found = [(epoch, *batch) for epoch in range(epochs) for batch in loader]
    return {f"x.{i}": xs for i, (_, xs, _) in enumerate(found)} | {f"y.{i}": ys for i, (_, _, ys) in enumerate(found)} | {"length": [len(loader)]}


def fetched(x: Float[Tensor, "n ..."], y: Num[Tensor, " n"], batch_size: int, num_workers: int = 0) -> dict[str, Tensor | list]:
    """A set that is Python: a dictionary a sample, a number, a string; batches of unequal length by a batch sampler; a collate function of its own."""
    data = _Words(x, y)
    first = next(iter(DataLoader(data, batch_size, num_workers=num_workers)))
    order = [[1], [0, 2], list(range(len(x)))]
    own = DataLoader(data, batch_sampler=order, num_workers=num_workers, collate_fn=_longest)
    unbatched = list(DataLoader(TensorDataset(x), batch_size=None))
    return {
        "image": first["image"],
        "label": first["label"],
        "number": first["number"],
        "word": first["word"],
        "own_lengths": [len(batch) for batch in own],
        "own_last": list(own)[-1],
        "own_count": [len(own)],
        "unbatched": unbatched[1][0],
        "grouped": [len(ys) for _, ys in DataLoader(TensorDataset(x, y), batch_sampler=BatchSampler(range(len(x)), 2, True))],
    }


def collated(x: Float[Tensor, "..."], y: Float[Tensor, "..."]) -> dict[str, Tensor | list]:
    """The default: tensors stacked, numbers made tensors, strings kept, containers part by part."""
    told = default_collate([{"a": x, "b": [1, 2.5, "one"], "c": (True, 7)}, {"a": y, "b": [3, 4.5, "two"], "c": (False, 8)}])
    return {
        "stacked": told["a"],
        "integers": told["b"][0],
        "floats": told["b"][1],
        "strings": list(told["b"][2]),
        "bools": told["c"][0],
        "tuple_of": told["c"][1],
        "kinds": [part.dtype.name for part in (told["b"][0], told["c"][0])],
    }


def defaults(x: Float[Tensor, "n ..."]) -> dict[str, Tensor | list | bool | str | None]:
    """What is not said: the order, the last batch; and words that exclude each other."""
    n = len(x)
    data = TensorDataset(x, tf.range(n))
    plain, shuffled = DataLoader(data), DataLoader(data, n, shuffle=True, generator=np.random.default_rng(0))
    orders = [next(iter(shuffled))[1].numpy().tolist() for _ in range(2)]
    words: dict[str, Callable[[], object]] = {
        "sampler_and_shuffle": lambda: DataLoader(data, sampler=range(n), shuffle=True),
        "batch_sampler_and_size": lambda: DataLoader(data, batch_size=2, batch_sampler=[[0]]),
        "no_batch_and_drop": lambda: DataLoader(data, batch_size=None, drop_last=True),
        "negative_workers": lambda: DataLoader(data, num_workers=-1),
        "negative_timeout": lambda: DataLoader(data, timeout=-1),
        "prefetch_without_workers": lambda: DataLoader(data, prefetch_factor=2),
        "persistent_without_workers": lambda: DataLoader(data, persistent_workers=True),
        "size_of_nothing": lambda: DataLoader(data, batch_size=0),
        "samples_that_do_not_stack": lambda: next(iter(DataLoader(_Ragged(), 2))),
        "index_behind_the_end": lambda: list(DataLoader(data, sampler=[n])),
    }
    refused = {name: value for name, action in words.items() for name, value in attempt(name, action).items()}
    return {
        "first_batch": next(iter(plain))[0],
        "sizes": [len(batch) for batch, _ in DataLoader(data, 3)],
        "sizes_dropped": [len(batch) for batch, _ in DataLoader(data, 3, drop_last=True)],
        "lengths": [len(DataLoader(data, 3)), len(DataLoader(data, 3, drop_last=True)), len(plain)],
        "shuffled_is_a_permutation": sorted(orders[0]) == list(range(n)),
        "shuffled_anew": orders[0] != orders[1],
        **refused,
    }


class _Words(Dataset):
    """Samples that are dictionaries."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> dict:
        return {"image": self.x[index], "label": self.y[index], "number": index / 2, "word": "abc"[: index % 3 + 1]}


class _Ragged(Dataset):
    """Samples of unequal length."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Tensor:
        return tf.zeros(index + 1)


def _longest(samples: list[dict]) -> Tensor:
    """Rows as long as there are samples, zeros behind: a collate function for sequences of unequal length."""
    rows = [tf.reshape(sample["image"], (-1,))[: i + 1] for i, sample in enumerate(samples)]
    return tf.stack([tf.pad(row, [(0, max(map(len, rows)) - len(row))]) for row in rows])
