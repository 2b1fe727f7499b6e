"""Real data: right shapes and values, and one sentence for every file that is not what it should be."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from parity.datasets import DataError, digits, load, missing, read_idx


def idx(values: np.ndarray, kind: int = 8) -> bytes:
    """The idx format: two zeros, the type, the rank, sizes as big-endian int32, the values."""
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, kind, values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


@pytest.fixture
def mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small data set in the standard files."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28))
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(7))))
    monkeypatch.setenv("PARITY_DATA", str(tmp_path))
    return folder


def test_digits_are_always_there():
    assert missing("digits") == missing("") == ""
    images, labels = load("digits")
    assert images.shape == (1797, 1, 32, 32)
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert images.min() == 0
    assert images.max() == 1
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_repeat_each_pixel():
    from sklearn.datasets import load_digits

    small, large = digits(8)[0], digits(24)[0]
    assert np.array_equal(small[:, 0] * 16, load_digits().images)
    assert np.array_equal(large[:, :, 1::3, 2::3], small)


@pytest.mark.parametrize("size", [8, 16, 32])
def test_digits_of_any_multiple_of_eight(size):
    assert digits(size)[0].shape == (1797, 1, size, size)


def test_digits_of_another_size():
    with pytest.raises(DataError, match="digits: size 28 is not a multiple of 8"):
        digits(28)


def test_mnist_is_padded_with_zeros(mnist):
    images, labels = load("mnist")
    assert missing("mnist") == ""
    assert images.shape == (7, 1, 32, 32)
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert labels.tolist() == list(range(7))
    assert not images[:, :, :2].any()
    assert not images[:, :, :, -2:].any()
    raw = read_idx(mnist / "train-images-idx3-ubyte.gz")
    assert np.array_equal(images[:, 0, 2:-2, 2:-2], raw.astype(np.float32) / np.float32(255))


def test_mnist_unpadded_and_too_small(mnist):
    assert load("mnist", size=28)[0].shape == (7, 1, 28, 28)
    assert load("mnist", size=31)[0].shape == (7, 1, 31, 31)
    with pytest.raises(DataError, match="size 20 is smaller than the images' 28 pixels"):
        load("mnist", size=20)


def test_the_real_mnist():
    """When PARITY_DATA has it: the first labels are known to everyone."""
    if missing("mnist"):
        pytest.skip(missing("mnist"))
    images, labels = load("mnist")
    assert images.shape == (60000, 1, 32, 32)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_where_data_are_looked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("PARITY_DATA", raising=False)
    assert missing("mnist") == "needs the data set 'mnist': set PARITY_DATA to a directory that holds mnist/"
    with pytest.raises(DataError, match="set PARITY_DATA"):
        load("mnist")
    monkeypatch.setenv("PARITY_DATA", str(tmp_path))
    assert missing("mnist") == f"needs the data set 'mnist': {tmp_path / 'mnist'} does not exist"


def test_an_unknown_data_set():
    with pytest.raises(DataError, match="Unknown data set 'imagenet'; there are 'digits', 'photographs', 'mnist'"):
        load("imagenet")


def test_a_part_has_no_checksum_and_the_whole_has(mnist):
    for name, values in (("train-images-idx3-ubyte.gz", np.zeros((60_000, 2, 2))), ("train-labels-idx1-ubyte.gz", np.zeros(60_000))):
        (mnist / name).write_bytes(gzip.compress(idx(values), 1))
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte of mnist has the MD5 \w{32}, published is 6bbc9ace\w{24}; copy it again"):
        load("mnist", size=2)


def test_as_many_labels_as_images(mnist):
    (mnist / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(6))))
    with pytest.raises(DataError, match="holds 7 images and 6 labels"):
        load("mnist")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(os.environ.get("PARITY_DATA") or "/work/shared/data")
    if not folder.is_dir():
        pytest.skip("needs the real files: set PARITY_DATA")
    monkeypatch.setenv("PARITY_DATA", str(folder))
    return folder


def test_the_real_files(real):
    images, labels = load("fashion_mnist_900")
    assert images.shape == (900, 1, 32, 32)
    assert np.bincount(labels).tolist() == [90] * 10
    features, outcome = load("diabetes")
    assert (features.shape, outcome.shape, features.dtype, outcome.dtype) == ((759, 8), (759, 1), np.float32, np.float32)
    assert -1 < features.min() < -0.99
    assert features.max() == 1
    assert outcome.sum() == 496


def test_mnist_as_published(real):
    images, labels = load("mnist")
    assert images.shape == (60_000, 1, 32, 32)
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.parametrize("content", [b"1,2\n", b"a,b,c\n", b"1,2,3,4,5,6,7,8,9\n"], ids=["columns", "text", "label"])
def test_a_table_that_is_not_the_diabetes_set(tmp_path, monkeypatch, content):
    monkeypatch.setenv("PARITY_DATA", str(tmp_path))
    (tmp_path / "diabetes").mkdir()
    with pytest.raises(DataError, match=r"diabetes\.csv\.gz does not exist"):
        load("diabetes")
    (tmp_path / "diabetes" / "diabetes.csv.gz").write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match="copy it again"):
        load("diabetes")


def test_photographs_are_always_there():
    images, names = load("photographs", size=224)
    assert (images.shape, images.dtype, names.tolist()) == ((2, 3, 224, 224), np.float32, [0, 1])
    assert 0 <= images.min() < 0.05 < 0.95 < images.max() <= 1
    with pytest.raises(DataError, match="size 500 is not between 1 and the photographs' 427 rows"):
        load("photographs", size=500)


def test_an_idx_file_may_be_unpacked(tmp_path):
    values = np.arange(24).reshape(2, 3, 4)
    (tmp_path / "file").write_bytes(idx(values))
    assert np.array_equal(read_idx(tmp_path / "file"), values)


WHOLE = gzip.compress(idx(np.arange(200)))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.gz", None, "a.gz does not exist; put the standard idx file there"),
        ("a.gz", WHOLE[:-20], "a.gz is truncated, damaged or not gzip"),
        ("a.gz", b"<html>not found</html>", "a.gz is truncated, damaged or not gzip"),
        ("a.gz", b"", "no idx file of unsigned bytes"),
        ("a.gz", gzip.compress(b"hello"), "it starts with 68656c6c, expected 000008 and the rank"),
        ("a.gz", gzip.compress(idx(np.arange(3), kind=13)), "it starts with 00000d01, expected 000008 and the rank"),
        ("a", idx(np.arange(200))[:-3], "a is truncated or damaged: 197 values for 1 of 1 sizes (200,); copy it again"),
        ("a", idx(np.arange(200)) + b"x", "201 values for 1 of 1 sizes (200,)"),
        ("a", idx(np.zeros((2, 3)))[:9], "0 values for 1 of 2 sizes (2,)"),
        ("a.gz", WHOLE[:60] + bytes(9) + WHOLE[69:], "a.gz is truncated, damaged or not gzip"),
    ],
    ids=["missing", "cut", "html", "empty", "text", "other type", "too few", "too many", "cut in the sizes", "damaged"],
)
def test_a_file_that_is_not_what_it_should_be(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as error:
        read_idx(tmp_path / name)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 3


# The twins of loader and sets beyond their cases


def test_batches_for_fit_are_the_loaders():
    """`as_tf_data`: the same batches, another permutation each epoch, its length known; a model trains on it."""
    import keras
    import tensorflow as tf

    from tf_impl.datasets import DataLoader, PermutationSampler, TensorDataset

    data = TensorDataset(np.arange(22, dtype=np.float32).reshape(11, 2), np.arange(11))
    given, read = (DataLoader(data, 3, sampler=PermutationSampler(data, 4)) for _ in range(2))
    epochs = [[y.numpy().tolist() for _, y in loader] for loader in (given.as_tf_data(), read) for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert sorted(label for batch in epochs[0] for label in batch) == list(range(11))
    assert [len(given), int(given.as_tf_data().cardinality())] == [4, 4]
    given.sampler.set_epoch(0)
    assert [[y.numpy().tolist() for _, y in given.as_tf_data()] for _ in range(2)] == epochs[2:]
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(DataLoader(data, 4).as_tf_data(), epochs=1, verbose=0, shuffle=False)
    assert tf.is_tensor(next(iter(DataLoader(data, 4)))[0])


class Slow:
    """A set written in Python; one sample takes its time, one is broken."""

    gather = None

    def __init__(self, seconds: float = 0.0, broken: int = -1) -> None:
        self.seconds, self.broken, self.threads = seconds, broken, set()

    def __len__(self) -> int:
        return 9

    def __getitem__(self, index: int) -> dict:
        import threading
        import time

        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        if index == self.broken:
            raise ValueError(f"sample {index} is broken")
        return {"x": np.full(2, index, np.float32), "y": index}


def test_workers_are_threads_and_say_what_happened():
    from tf_impl.datasets import DataLoader

    data, numbers = Slow(0.01), []
    loader = DataLoader(data, 2, num_workers=2, worker_init_fn=numbers.append, persistent_workers=True)
    for _ in range(2):
        assert [batch["y"].numpy().tolist() for batch in loader] == [[0, 1], [2, 3], [4, 5], [6, 7], [8]]
    assert sorted(numbers) == [0, 1]
    assert len(data.threads) == 2
    assert sorted(int(y) for batch in DataLoader(data, 2, num_workers=2, in_order=False) for y in batch["y"]) == list(range(9))
    assert [batch["x"].shape for batch in DataLoader(data, 5).as_tf_data()] == [(5, 2), (4, 2)]
    with pytest.raises(ValueError, match="sample 3 is broken"):
        list(DataLoader(Slow(broken=3), 2, num_workers=2))
    with pytest.raises(RuntimeError, match=r"timed out after 0\.05 seconds"):
        list(DataLoader(Slow(0.4), 2, num_workers=1, timeout=0.05))


def test_a_graph_takes_no_index_that_is_not_there():
    from tf_impl.datasets import DataLoader, TensorDataset

    data = TensorDataset(np.arange(4))
    assert [y.numpy().tolist() for (y,) in DataLoader(data, batch_sampler=[[-1, 0], [3]])] == [[3, 0], [3]]
    for loader in (DataLoader(data, sampler=[4]), DataLoader(data, sampler=[-5])):
        with pytest.raises(IndexError, match="out of range for 4 samples"):
            list(loader)


def test_the_sets_find_their_files_and_check_them(mnist):
    """torchvision's folder, a directory above, a download by the frameworks' own modules, a file that is another."""
    import keras

    import tf_impl.datasets
    import torch_ref.datasets

    raw = mnist.parent / "MNIST" / "raw"
    for package in (torch_ref.datasets, tf_impl.datasets):
        assert len(package.MNIST(mnist)) == len(package.MNIST(mnist.parent)) == 7
        with pytest.raises(RuntimeError, match=r"t10k-images-idx3-ubyte\[\.gz\] is not in"):
            package.MNIST(mnist.parent, train=False)
        image, label = package.MNIST(mnist, transform=lambda picture: np.asarray(picture), target_transform=lambda target: target + 1)[6]
        assert (np.squeeze(image).shape, int(label)) == ((28, 28), 7)
    raw.mkdir(parents=True)
    for path in mnist.iterdir():
        path.rename(raw / path.name)
    mnist.rmdir()
    assert len(torch_ref.datasets.MNIST(mnist.parent)) == len(tf_impl.datasets.MNIST(mnist.parent)) == 7
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            keras.datasets.mnist, "load_data", lambda: ((np.zeros((3, 28, 28), np.uint8), np.arange(3)), (np.ones((2, 28, 28), np.uint8), np.arange(2)))
        )
        assert [len(tf_impl.datasets.MNIST(raw / "nowhere", train=train, download=True)) for train in (True, False)] == [3, 2]
    (raw / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros((60_000, 1, 1))), 1))
    for package in (torch_ref.datasets, tf_impl.datasets):
        with pytest.raises(RuntimeError, match="which is not the published file's; copy it again"):
            package.MNIST(raw)
