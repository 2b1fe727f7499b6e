"""Optimizers: PyTorch's own, the reference."""

from torch_ref.optimizers.adagrad import Adagrad as Adagrad
from torch_ref.optimizers.adam import Adam as Adam
from torch_ref.optimizers.adamw import AdamW as AdamW
from torch_ref.optimizers.rmsprop import RMSprop as RMSprop
from torch_ref.optimizers.sgd import SGD as SGD
