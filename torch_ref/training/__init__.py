"""Training: the loop and what surrounds it."""

from torch_ref.training.early_stopping import EarlyStopping as EarlyStopping
from torch_ref.training.loop import test_loop as test_loop
from torch_ref.training.loop import train_loop as train_loop
from torch_ref.training.metrics import Running as Running
