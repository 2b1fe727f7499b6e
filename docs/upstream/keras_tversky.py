"""`keras.losses.Tversky` weighs false negatives with alpha and false positives with beta; its documentation and the paper say the opposite."""

import sys

import keras
import numpy as np

target = np.array([[1.0, 0.0, 0.0, 0.0]])
output = np.array([[1.0, 1.0, 1.0, 1.0]])  # one true positive, three false positives: 1 - 1 / (1 + 3 alpha)
loss = float(keras.losses.Tversky(alpha=1.0, beta=0.0)(target, output))
print(f"three false positives, alpha=1, beta=0: {loss:.3f}, right is 0.750")
sys.exit(0 if abs(loss - 0.75) > 1e-3 else 1)
