"""Layers and optimizers of their own that careful people write where Keras' differ from PyTorch's."""

import keras


class UnbiasedNorm(keras.layers.BatchNormalization):
    """PyTorch normalises with the biased variance and keeps the unbiased one."""

    def call(self, inputs, training=None, mask=None):
        if not training or not self.trainable:
            return super().call(inputs, training=training, mask=mask)
        before = keras.ops.copy(self.moving_variance)
        outputs = super().call(inputs, training=training, mask=mask)
        after = keras.ops.convert_to_tensor(self.moving_variance)
        count = keras.ops.cast(keras.ops.size(inputs) // inputs.shape[-1], after.dtype)
        self.moving_variance.assign(after + (after - self.momentum * before) / (count - 1))
        return outputs
