"""What the activation twins share: no weights, the input's shape and mask kept."""

import keras


class Elementwise(keras.layers.Layer):
    """A layer without weights whose output has its input's shape. Keras derives `get_config` from the subclass's constructor."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def compute_output_shape(self, input_shape):
        return input_shape
