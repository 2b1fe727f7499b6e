r"""Maximum and average pooling of signals, images and volumes: PyTorch's own layers, the reference.

$$ y_{n,c,i,j} = \max_{u,v} x_{n,\; c,\; s\,i + d\,u - p,\; s\,j + d\,v - p} \qquad
   y_{n,c,i,j} = \frac{1}{m} \sum_{u,v} x_{n,\; c,\; s\,i + u - p,\; s\,j + v - p} $$

The maximum pads −∞, the average zeros; m counts the window's places, with `count_include_pad` also those in the padding.

Shapes: input (N, C, *space) or (C, *space), output (N, C, *space_out).

>>> import torch
>>> x = torch.arange(16.0).reshape(1, 1, 4, 4)
>>> MaxPool2d(2)(x).flatten().tolist(), AvgPool2d(2)(x).flatten().tolist()
([5.0, 7.0, 13.0, 15.0], [2.5, 4.5, 10.5, 12.5])

Source: LeCun et al. 1989; Ranzato et al. 2007; the notes, "MaxPool2d", "AvgPool2d".
"""

from torch.nn import AvgPool1d as AvgPool1d
from torch.nn import AvgPool2d as AvgPool2d
from torch.nn import AvgPool3d as AvgPool3d
from torch.nn import MaxPool1d as MaxPool1d
from torch.nn import MaxPool2d as MaxPool2d
from torch.nn import MaxPool3d as MaxPool3d
