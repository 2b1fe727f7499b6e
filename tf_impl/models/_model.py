"""What every model twin shares."""

import keras

from tf_impl.layers._twin import Twin


class Model(Twin, keras.Model):
    """A keras.Model whose constructor arguments survive saving.

    Keras 3.15 loses them: `Model.__new__` passes none on, so that a model built with 7 classes is saved, and loaded, with the default 10.
    """
