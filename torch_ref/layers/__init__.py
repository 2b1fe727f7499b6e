"""Layers in PyTorch, the reference."""

from torch_ref.layers.batch_norm import BatchNorm1d as BatchNorm1d
from torch_ref.layers.batch_norm import BatchNorm2d as BatchNorm2d
from torch_ref.layers.batch_norm import BatchNorm3d as BatchNorm3d
from torch_ref.layers.container import ModuleDict as ModuleDict
from torch_ref.layers.container import ModuleList as ModuleList
from torch_ref.layers.container import Sequential as Sequential
from torch_ref.layers.conv import Conv1d as Conv1d
from torch_ref.layers.conv import Conv2d as Conv2d
from torch_ref.layers.conv import Conv3d as Conv3d
from torch_ref.layers.dropout import Dropout as Dropout
from torch_ref.layers.embedding import Embedding as Embedding
from torch_ref.layers.flatten import Flatten as Flatten
from torch_ref.layers.flatten import Unflatten as Unflatten
from torch_ref.layers.identity import Identity as Identity
from torch_ref.layers.layer_norm import LayerNorm as LayerNorm
from torch_ref.layers.linear import Linear as Linear
from torch_ref.layers.pooling import AvgPool1d as AvgPool1d
from torch_ref.layers.pooling import AvgPool2d as AvgPool2d
from torch_ref.layers.pooling import AvgPool3d as AvgPool3d
from torch_ref.layers.pooling import MaxPool1d as MaxPool1d
from torch_ref.layers.pooling import MaxPool2d as MaxPool2d
from torch_ref.layers.pooling import MaxPool3d as MaxPool3d
