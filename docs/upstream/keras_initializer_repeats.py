"""A Keras initializer without a seed draws the same numbers every time that it is called, so that layers that share one start equal."""

import sys
import warnings

import keras
import numpy as np

warnings.simplefilter("ignore")
drawn = keras.initializers.RandomNormal()
first, second = (keras.layers.Dense(3, kernel_initializer=drawn) for _ in range(2))
first.build((None, 3))
second.build((None, 3))
named = [keras.layers.Dense(3, kernel_initializer="random_normal") for _ in range(2)]
for layer in named:
    layer.build((None, 3))
same, apart = (bool(np.array_equal(*(layer.kernel.numpy() for layer in pair))) for pair in ((first, second), named))
print(f"two kernels from one RandomNormal() are equal: {same}; from its name: {apart}")
sys.exit(0 if same else 1)
