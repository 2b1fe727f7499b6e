"""`keras.ops.depth_to_space` with channels first is not the pixel shuffle that its documentation calls it on TensorFlow; on the torch backend it is."""

import sys

import keras
import numpy as np
import torch

x = np.random.default_rng(0).normal(0, 1, (1, 8, 3, 4)).astype("float32")
actual = np.asarray(keras.ops.depth_to_space(keras.ops.convert_to_tensor(x), 2, data_format="channels_first"))
expected = torch.nn.functional.pixel_shuffle(torch.tensor(x), 2).numpy()
difference = float(np.abs(actual - expected).max())
print(f"depth_to_space(channels_first) against pixel_shuffle: {difference:.2f} apart")
sys.exit(0 if difference > 0.01 else 1)
