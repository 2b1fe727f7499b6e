"""Training: the loop and what surrounds it."""

from tf_impl.training.early_stopping import EarlyStopping as EarlyStopping
from tf_impl.training.loop import test_loop as test_loop
from tf_impl.training.loop import train_loop as train_loop
from tf_impl.training.metrics import Running as Running
