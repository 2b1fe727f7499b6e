r"""Maximum pooling to any size by windows laid at random: PyTorch's own layers, the reference.

$$ y_{n,c,i,j} = \max_{u,v} x_{n,c,\; r_i + u,\; s_j + v}, \qquad
   r_i = \lfloor (i + \rho)\,\alpha \rfloor - \lfloor \rho\,\alpha \rfloor, \quad \alpha = \frac{H - k}{H_{out} - 1}, \quad r_{H_{out} - 1} = H - k $$

Shapes: input (N, C, H, W) or (N, C, D, H, W), or without N; output as many windows as `output_size` or `output_ratio` says. ρ is uniform in [0, 1), one for
each example, channel and axis: `_random_samples` (N, C, 2), width before height, or (N, C, 3), depth, height, width.

>>> import torch
>>> x = torch.arange(7.0).expand(1, 1, 7, 7)
>>> layer = FractionalMaxPool2d(2, output_size=4, _random_samples=torch.tensor([[[0.7, 0.0]]]))
>>> layer(x)[0, 0, 0]  # windows begin at 0, 1, 3, 5: ⌊(i + 0.7)·5/3⌋ − 1, then the end
tensor([1., 2., 4., 6.])

Source: Graham 2014, arXiv:1412.6071.
"""

from torch.nn import FractionalMaxPool2d as FractionalMaxPool2d
from torch.nn import FractionalMaxPool3d as FractionalMaxPool3d
