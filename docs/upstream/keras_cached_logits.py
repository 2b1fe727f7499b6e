"""`keras.losses.categorical_crossentropy` of a softmax depends on whether Keras remembers the logits it came from."""

import sys

import keras
import numpy as np

logits = keras.ops.convert_to_tensor(np.array([[0.0, 40.0]], "float32"))
target = np.array([[1.0, 0.0]], "float32")
probabilities = keras.activations.softmax(logits)
remembered = float(keras.losses.categorical_crossentropy(target, probabilities)[0])
forgotten = float(keras.losses.categorical_crossentropy(target, keras.ops.copy(probabilities))[0])
print(f"the loss of a softmax: {remembered:.1f}; of a copy of it: {forgotten:.1f}")
sys.exit(0 if abs(remembered - forgotten) > 1 else 1)
