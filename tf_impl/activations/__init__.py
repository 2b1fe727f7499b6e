"""Activations with PyTorch's names, arguments, kinks and constants."""

from tf_impl.activations.elu import CELU as CELU
from tf_impl.activations.elu import ELU as ELU
from tf_impl.activations.gelu import GELU as GELU
from tf_impl.activations.hard import Hardsigmoid as Hardsigmoid
from tf_impl.activations.hard import Hardswish as Hardswish
from tf_impl.activations.hard import Hardtanh as Hardtanh
from tf_impl.activations.leaky_relu import LeakyReLU as LeakyReLU
from tf_impl.activations.leaky_relu import RReLU as RReLU
from tf_impl.activations.mish import Mish as Mish
from tf_impl.activations.prelu import PReLU as PReLU
from tf_impl.activations.relu import ReLU as ReLU
from tf_impl.activations.relu import ReLU6 as ReLU6
from tf_impl.activations.selu import SELU as SELU
from tf_impl.activations.sigmoid import LogSigmoid as LogSigmoid
from tf_impl.activations.sigmoid import Sigmoid as Sigmoid
from tf_impl.activations.silu import SiLU as SiLU
from tf_impl.activations.softmax import LogSoftmax as LogSoftmax
from tf_impl.activations.softmax import Softmax as Softmax
from tf_impl.activations.softmax import Softmax2d as Softmax2d
from tf_impl.activations.softmax import Softmin as Softmin
from tf_impl.activations.softplus import Softplus as Softplus
from tf_impl.activations.softsign import Softsign as Softsign
from tf_impl.activations.tanh import Tanh as Tanh
from tf_impl.activations.tanh import Tanhshrink as Tanhshrink
