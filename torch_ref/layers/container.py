"""Containers of layers: PyTorch's own, the reference.

Shapes: `Sequential` from the first layer's input to the last one's output; `ModuleList` and `ModuleDict` are not called.

>>> from collections import OrderedDict
>>> from torch import nn
>>> [name for name, _ in Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)).named_parameters()]
['0.weight', '0.bias', '2.weight', '2.bias']
>>> [name for name, _ in Sequential(OrderedDict(fc=nn.Linear(3, 2), relu=nn.ReLU())).named_parameters()]
['fc.weight', 'fc.bias']

Source: the notes, "Sequential", "add_module", "OrderedDict".
"""

from torch.nn import ModuleDict as ModuleDict
from torch.nn import ModuleList as ModuleList
from torch.nn import Sequential as Sequential
