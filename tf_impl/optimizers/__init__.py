"""Optimizers that step as PyTorch's do, in Keras; `_pytorch` says what all of them share and which of PyTorch's words are not mirrored."""

from tf_impl.optimizers.adagrad import Adagrad as Adagrad
from tf_impl.optimizers.adam import Adam as Adam
from tf_impl.optimizers.adamw import AdamW as AdamW
from tf_impl.optimizers.rmsprop import RMSprop as RMSprop
from tf_impl.optimizers.sgd import SGD as SGD
