"""`fit` calls a PyDataset's `on_epoch_end` before its first epoch."""

import sys

import keras
import numpy as np

happened: list[str] = []


class Data(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32)

    def on_epoch_end(self) -> None:
        happened.append("end")


model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(Data(), epochs=2, shuffle=False, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_begin=lambda logs: happened.append("begin"))])
before = happened.index("begin")
print(f"fit for 2 epochs calls on_epoch_end {happened.count('end')} times, {before} of them before training begins")
sys.exit(0 if before else 1)
