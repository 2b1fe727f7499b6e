"""Layer twins: PyTorch's names and arguments; images, signals and volumes are channels last."""

from tf_impl.layers.batch_norm import BatchNorm1d as BatchNorm1d
from tf_impl.layers.batch_norm import BatchNorm2d as BatchNorm2d
from tf_impl.layers.batch_norm import BatchNorm3d as BatchNorm3d
from tf_impl.layers.container import ModuleDict as ModuleDict
from tf_impl.layers.container import ModuleList as ModuleList
from tf_impl.layers.container import Sequential as Sequential
from tf_impl.layers.conv import Conv1d as Conv1d
from tf_impl.layers.conv import Conv2d as Conv2d
from tf_impl.layers.conv import Conv3d as Conv3d
from tf_impl.layers.dropout import Dropout as Dropout
from tf_impl.layers.embedding import Embedding as Embedding
from tf_impl.layers.flatten import Flatten as Flatten
from tf_impl.layers.flatten import Unflatten as Unflatten
from tf_impl.layers.identity import Identity as Identity
from tf_impl.layers.layer_norm import LayerNorm as LayerNorm
from tf_impl.layers.linear import Linear as Linear
from tf_impl.layers.pooling import AvgPool1d as AvgPool1d
from tf_impl.layers.pooling import AvgPool2d as AvgPool2d
from tf_impl.layers.pooling import AvgPool3d as AvgPool3d
from tf_impl.layers.pooling import MaxPool1d as MaxPool1d
from tf_impl.layers.pooling import MaxPool2d as MaxPool2d
from tf_impl.layers.pooling import MaxPool3d as MaxPool3d
