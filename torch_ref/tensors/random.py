r"""Seeds, generators, and how two frameworks' random numbers are compared.

The same seed gives the same numbers again in one framework, and other numbers in another: PyTorch's CPU generator is a Mersenne Twister, TensorFlow's Philox.
To compare what is computed, draw once (NumPy) and feed both; to compare what is drawn, test the two samples.

Kolmogorov and Smirnov: D is the largest distance of the two empirical distribution functions; D √(nm/(n+m)) exceeds √(−ln(α/2)/2) with probability α.

Shapes: samples (n,).

>>> told = seeds(3)
>>> told["seed_repeats"], told["own_generator_repeats"], told["draws_differ"]
(True, True, True)

Source: the notes, "取随机矩阵"; PyTorch's documentation, "Reproducibility"; Kolmogorov 1933, Smirnov 1948.
"""

import math

import numpy as np
import torch
from torch import Tensor

_FALSE_ALARM = 1e-9


def seeds(seed: int) -> dict[str, bool | list[float]]:
    """What a seed promises: the same numbers again, and nothing about another framework's."""
    torch.manual_seed(seed)
    first, second = torch.rand(5), torch.rand(5)
    torch.manual_seed(seed)
    again = torch.rand(5)
    own = torch.Generator().manual_seed(seed)
    drawn = torch.rand(5, generator=own)
    torch.rand(3, generator=own)
    continued = torch.rand(5)  # the global generator, after `again`
    return {
        "seed_repeats": torch.equal(first, again),
        "draws_differ": not torch.equal(first, second),
        "own_generator_repeats": torch.equal(drawn, torch.rand(5, generator=torch.Generator().manual_seed(seed))),
        "own_generator_leaves_the_global_one": torch.equal(continued, second),
        "first_numbers": [round(number, 4) for number in first.tolist()],
    }


def fed(rows: int, columns: int, seed: int) -> dict[str, Tensor]:
    """The same numbers on both sides: drawn by NumPy, made into tensors."""
    rng = np.random.default_rng(seed)
    return {
        "normal": torch.as_tensor(rng.standard_normal((rows, columns)), dtype=torch.get_default_dtype()),
        "uniform": torch.as_tensor(rng.random((rows, columns)), dtype=torch.get_default_dtype()),
        "permutation": torch.as_tensor(rng.permutation(rows * columns)),
    }


def two_samples(n: int, seed: int) -> dict[str, bool]:
    """This framework's draws against NumPy's, and against those of a wrong distribution, which must be found out."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    normal, uniform = torch.randn(n).numpy(), torch.rand(n).numpy()
    integers = torch.randint(0, 10, (n,)).numpy() + torch.rand(n).numpy()  # ties are spread out
    first_places = np.array([torch.randperm(7)[0].item() for _ in range(n // 10)]) + rng.random(n // 10)
    return {
        "normal_alike": _alike(normal, rng.standard_normal(n)),
        "uniform_alike": _alike(uniform, rng.random(n)),
        "integers_alike": _alike(integers, rng.integers(0, 10, n) + rng.random(n)),
        "permutations_alike": _alike(first_places, rng.integers(0, 7, n // 10) + rng.random(n // 10)),
        "wider_by_a_third_alike": _alike(1.33 * normal, rng.standard_normal(n)),
        "uniform_and_normal_alike": _alike(uniform, rng.standard_normal(n)),
    }


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Kolmogorov and Smirnov's test; wrong about equal distributions once in 1 / _FALSE_ALARM."""
    places = np.concatenate([a, b])
    apart = np.abs(np.searchsorted(np.sort(a), places, "right") / len(a) - np.searchsorted(np.sort(b), places, "right") / len(b)).max()
    return bool(apart * math.sqrt(len(a) * len(b) / (len(a) + len(b))) < math.sqrt(-math.log(_FALSE_ALARM / 2) / 2))
