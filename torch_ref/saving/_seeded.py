"""The same start for a model on both sides, from its tensors' names and shapes alone."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from torch_ref.saving.state_dict import load_state_dict, state_dict


def seeded(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, np.ndarray]:
    """Numbers of the size that initialisers draw, exact in float32; variances are positive."""
    found = {}
    for name, shape in shapes.items():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        if name.endswith("num_batches_tracked"):
            found[name] = np.zeros(shape, np.int64)
        elif name.endswith("running_var"):
            found[name] = rng.uniform(0.5, 2.0, shape).astype(np.float32)
        else:
            found[name] = (rng.normal(0.0, 1.0, shape) / np.sqrt(max(np.prod(shape[1:]), 4))).astype(np.float32)
    return found


def fill(model: Any, seed: int = 0) -> dict[str, np.ndarray]:
    """Gives a model the seeded state and returns it."""
    state = seeded({name: array.shape for name, array in state_dict(model).items()}, seed)
    load_state_dict(model, state)
    return state
