"""Optimizers: PyTorch's own, the reference."""

from torch_ref.optimizers.adadelta import Adadelta as Adadelta
from torch_ref.optimizers.adafactor import Adafactor as Adafactor
from torch_ref.optimizers.adagrad import Adagrad as Adagrad
from torch_ref.optimizers.adam import Adam as Adam
from torch_ref.optimizers.adamax import Adamax as Adamax
from torch_ref.optimizers.adamw import AdamW as AdamW
from torch_ref.optimizers.asgd import ASGD as ASGD
from torch_ref.optimizers.clipping import clip_grad_norm_ as clip_grad_norm_
from torch_ref.optimizers.clipping import clip_grad_value_ as clip_grad_value_
from torch_ref.optimizers.clipping import clip_grads_with_norm_ as clip_grads_with_norm_
from torch_ref.optimizers.clipping import get_total_norm as get_total_norm
from torch_ref.optimizers.lbfgs import LBFGS as LBFGS
from torch_ref.optimizers.muon import Muon as Muon
from torch_ref.optimizers.nadam import NAdam as NAdam
from torch_ref.optimizers.radam import RAdam as RAdam
from torch_ref.optimizers.rmsprop import RMSprop as RMSprop
from torch_ref.optimizers.rprop import Rprop as Rprop
from torch_ref.optimizers.sgd import SGD as SGD
from torch_ref.optimizers.sparse_adam import SparseAdam as SparseAdam
