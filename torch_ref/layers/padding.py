"""Padding of signals, images and volumes: PyTorch's own layers, the reference.

Numbers come as (left, right, top, bottom, front, back): the last spatial axis first. Negative ones cut off.
Shapes: input (N, C, *space) or (C, *space), output the same with longer axes.

>>> import torch
>>> x = torch.tensor([[1.0, 2.0, 3.0]])
>>> for layer in (ZeroPad1d(2), ReflectionPad1d(2), ReplicationPad1d(2), CircularPad1d(2)):
...     print(layer(x).int().tolist()[0])
[0, 0, 1, 2, 3, 0, 0]
[3, 2, 1, 2, 3, 2, 1]
[1, 1, 1, 2, 3, 3, 3]
[2, 3, 1, 2, 3, 1, 2]

Source: the notes, "Pad"; PyTorch's documentation.
"""

from torch.nn import CircularPad1d as CircularPad1d
from torch.nn import CircularPad2d as CircularPad2d
from torch.nn import CircularPad3d as CircularPad3d
from torch.nn import ConstantPad1d as ConstantPad1d
from torch.nn import ConstantPad2d as ConstantPad2d
from torch.nn import ConstantPad3d as ConstantPad3d
from torch.nn import ReflectionPad1d as ReflectionPad1d
from torch.nn import ReflectionPad2d as ReflectionPad2d
from torch.nn import ReflectionPad3d as ReflectionPad3d
from torch.nn import ReplicationPad1d as ReplicationPad1d
from torch.nn import ReplicationPad2d as ReplicationPad2d
from torch.nn import ReplicationPad3d as ReplicationPad3d
from torch.nn import ZeroPad1d as ZeroPad1d
from torch.nn import ZeroPad2d as ZeroPad2d
from torch.nn import ZeroPad3d as ZeroPad3d
