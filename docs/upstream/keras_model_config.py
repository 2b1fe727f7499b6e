"""A `keras.Model` subclass loses its constructor's arguments: it is saved, and loaded, with the defaults."""

import sys
import warnings

import keras


@keras.saving.register_keras_serializable(package="upstream")
class Classifier(keras.Model):
    def __init__(self, classes=10, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    loaded = Classifier.from_config(Classifier(7).get_config())
print(f"a model built with classes=7 comes back with classes={loaded.classes}")
sys.exit(0 if loaded.classes != 7 else 1)
