"""Optimizers that step as PyTorch's do, in Keras; `_pytorch` says what all of them share and which of PyTorch's words are not mirrored."""

from tf_impl.optimizers.adadelta import Adadelta as Adadelta
from tf_impl.optimizers.adafactor import Adafactor as Adafactor
from tf_impl.optimizers.adagrad import Adagrad as Adagrad
from tf_impl.optimizers.adam import Adam as Adam
from tf_impl.optimizers.adamax import Adamax as Adamax
from tf_impl.optimizers.adamw import AdamW as AdamW
from tf_impl.optimizers.asgd import ASGD as ASGD
from tf_impl.optimizers.clipping import clip_grad_norm_ as clip_grad_norm_
from tf_impl.optimizers.clipping import clip_grad_value_ as clip_grad_value_
from tf_impl.optimizers.clipping import clip_grads_with_norm_ as clip_grads_with_norm_
from tf_impl.optimizers.clipping import get_total_norm as get_total_norm
from tf_impl.optimizers.lbfgs import LBFGS as LBFGS
from tf_impl.optimizers.muon import Muon as Muon
from tf_impl.optimizers.nadam import NAdam as NAdam
from tf_impl.optimizers.radam import RAdam as RAdam
from tf_impl.optimizers.rmsprop import RMSprop as RMSprop
from tf_impl.optimizers.rprop import Rprop as Rprop
from tf_impl.optimizers.sgd import SGD as SGD
from tf_impl.optimizers.sparse_adam import SparseAdam as SparseAdam
