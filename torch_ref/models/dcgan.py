r"""DCGAN: a generator that draws images from noise, and a discriminator that tells them from real ones.

$$ \max_D\; \mathrm{E}[\log D(x)] + \mathrm{E}[\log(1 - D(G(z)))], \qquad \max_G\; \mathrm{E}[\log D(G(z))] $$

G: transposed convolutions 4×4, batch normalisation, ReLU, tanh at the end. D: convolutions 4×4, batch normalisation (not after the first), leaky ReLU 0.2,
a sigmoid at the end. Weights start at N(0, 0.02²), those of the normalisations at N(1, 0.02²).

Shapes: z (N, nz, 1, 1) → images (N, nc, image_size, image_size) in [−1, 1] → (N,) probabilities of being real. `image_size` is a power of two from 8 on,
4·2^blocks, and no other size is legal. 3,576,704 and 2,765,568 numbers, 0.105 G and 0.104 G multiply-adds at 64 pixels.

`train_gan` alternates as the paper does: D learns from real images and from G's, which do not pass a gradient on; then G learns through the new D.

>>> import torch
>>> generator, discriminator = Generator(nz=5, ngf=4, image_size=16), Discriminator(ndf=4, image_size=16)
>>> images = generator(torch.randn(2, 5, 1, 1))
>>> images.shape, discriminator(images).shape, [sum(p.numel() for p in net().parameters()) for net in (Generator, Discriminator)]
(torch.Size([2, 3, 16, 16]), torch.Size([2]), [3576704, 2765568])

Source: Radford, Metz and Chintala 2016, arXiv:1511.06434; Goodfellow et al. 2014, arXiv:1406.2661; PyTorch's DCGAN tutorial; the notes, "GAN".
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn


def _doublings(image_size: int) -> int:
    if image_size < 8 or image_size & (image_size - 1):
        raise ValueError(f"image_size must be a power of two from 8 on, got {image_size}")
    return image_size.bit_length() - 3


def _start(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)


class Generator(nn.Module):
    """Noise to images: each block doubles the size and halves the channels."""

    def __init__(self, nz: int = 100, ngf: int = 64, nc: int = 3, image_size: int = 64) -> None:
        super().__init__()
        widths = [ngf * 2**i for i in reversed(range(_doublings(image_size)))]
        layers = [nn.ConvTranspose2d(nz, widths[0], 4, 1, 0, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for before, after in pairwise(widths):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh())
        _start(self)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.main(z)


class Discriminator(nn.Module):
    """Images to probabilities: each block halves the size and doubles the channels."""

    def __init__(self, ndf: int = 64, nc: int = 3, image_size: int = 64) -> None:
        super().__init__()
        self.image_size = image_size
        widths = [ndf * 2**i for i in range(_doublings(image_size))]
        layers = [nn.Conv2d(nc, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False), nn.Sigmoid())
        _start(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-2:] != (self.image_size, self.image_size):
            raise ValueError(f"Discriminator was built with image_size={self.image_size}, got an input of shape {tuple(x.shape)}")
        return self.main(x).flatten()


def train_gan(noise: torch.Tensor, real: torch.Tensor, steps: int = 3, nz: int = 5, ngf: int = 4, ndf: int = 4, image_size: int = 8,
              lr: float = 2.0**-12) -> dict[str, torch.Tensor]:  # fmt: skip
    """`steps` alternating steps of Adam (β₁ = 0.5) on successive parts of noise and real images: losses, probabilities, images and weights afterwards."""
    generator = _drawn(Generator(nz, ngf, real.shape[1], image_size))
    discriminator = _drawn(Discriminator(ndf, real.shape[1], image_size))
    of_g, of_d = (torch.optim.Adam(net.parameters(), lr, betas=(0.5, 0.999)) for net in (generator, discriminator))
    bce = nn.BCELoss()
    told = {"loss of D": [], "loss of G": [], "D of real": [], "D of drawn": []}
    for z, x in zip(noise.chunk(steps), real.chunk(steps), strict=True):
        drawn = generator(z)
        of_real, of_drawn = discriminator(x), discriminator(drawn.detach())  # two batches, so that each has its own statistics
        loss_d = bce(of_real, torch.ones_like(of_real)) + bce(of_drawn, torch.zeros_like(of_drawn))
        of_d.zero_grad()
        loss_d.backward()
        of_d.step()
        loss_g = bce(discriminator(drawn), torch.ones_like(of_drawn))
        of_g.zero_grad()
        loss_g.backward()
        of_g.step()
        for values, value in zip(told.values(), (loss_d, loss_g, of_real.mean(), of_drawn.mean()), strict=True):
            values.append(value.detach())
    found = {name: torch.stack(values) for name, values in told.items()}
    found["drawn afterwards"] = generator.eval()(noise).detach()
    weights = {f"{name}.{key}": value for name, net in (("G", generator), ("D", discriminator)) for key, value in net.state_dict().items()}
    return found | weights


def _drawn(net: nn.Module) -> nn.Module:
    """The same start in every framework: NumPy draws it."""
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for name, parameter in sorted(net.named_parameters()):
            draw = rng.normal(0.0, 0.02, parameter.shape).astype(np.float32)
            parameter.copy_(torch.from_numpy(draw if parameter.ndim > 1 else draw + name.endswith("weight")))
    return net
