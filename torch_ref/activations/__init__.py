"""Activations: PyTorch's own layers, and the notes' and the literature's where PyTorch has none."""

from torch_ref.activations.elu import CELU as CELU
from torch_ref.activations.elu import ELU as ELU
from torch_ref.activations.gelu import GELU as GELU
from torch_ref.activations.hard import Hardsigmoid as Hardsigmoid
from torch_ref.activations.hard import Hardswish as Hardswish
from torch_ref.activations.hard import Hardtanh as Hardtanh
from torch_ref.activations.leaky_relu import LeakyReLU as LeakyReLU
from torch_ref.activations.leaky_relu import RReLU as RReLU
from torch_ref.activations.mish import Mish as Mish
from torch_ref.activations.prelu import PReLU as PReLU
from torch_ref.activations.relu import ReLU as ReLU
from torch_ref.activations.relu import ReLU6 as ReLU6
from torch_ref.activations.selu import SELU as SELU
from torch_ref.activations.sigmoid import LogSigmoid as LogSigmoid
from torch_ref.activations.sigmoid import Sigmoid as Sigmoid
from torch_ref.activations.silu import SiLU as SiLU
from torch_ref.activations.softmax import LogSoftmax as LogSoftmax
from torch_ref.activations.softmax import Softmax as Softmax
from torch_ref.activations.softmax import Softmax2d as Softmax2d
from torch_ref.activations.softmax import Softmin as Softmin
from torch_ref.activations.softplus import Softplus as Softplus
from torch_ref.activations.softsign import Softsign as Softsign
from torch_ref.activations.tanh import Tanh as Tanh
from torch_ref.activations.tanh import Tanhshrink as Tanhshrink
