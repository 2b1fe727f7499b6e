r"""DQN learns to balance a pole on a cart: CartPole-v1's equations, many carts at once, transitions from given actions, learning from given draws of them.

$$ t = \frac{F + m l\, \dot\theta^2 \sin\theta}{M}, \qquad \ddot\theta = \frac{g \sin\theta - t \cos\theta}{l\,(4/3 - m \cos^2\theta / M)}, \qquad
   \ddot x = t - \frac{m l}{M}\, \ddot\theta \cos\theta $$

with g = 9.8, pole m = 0.1, half length l = 0.5, M = 1.1, F = ±10; Euler steps of 0.02 s; over when |x| > 2.4 or |θ| > 12°.

Shapes: states (N, 4): x, ẋ, θ, θ̇; actions (N,), 0 left, 1 right; `balance`: start (N, 4), actions (T, N), replay (steps, batch) of N·T transitions.

>>> import torch
>>> state, done = move(torch.zeros(1, 4, dtype=torch.float64), torch.tensor([1]))
>>> state.round(decimals=6).tolist(), done.tolist()
([[0.0, 0.195122, 0.0, -0.292683]], [False])

From 1,600 transitions of random play and 400 steps of learning the carts stand 54 to 60 of 60 steps, by chance 17 to 21 (three seeds).

Source: Barto, Sutton and Anderson 1983; gymnasium's `CartPole-v1` (`gymnasium.make` where the package is there: a test compares); the notes, "DQN".
"""

import math

import torch
from torch import Tensor

from torch_ref.models.dqn import DQN
from torch_ref.saving._seeded import fill


def move(state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
    """The next states, and which carts are over."""
    x, speed, angle, spin = state.unbind(1)
    force = action.to(state.dtype) * 20 - 10
    sine, cosine = torch.sin(angle), torch.cos(angle)
    push = (force + 0.05 * spin**2 * sine) / 1.1
    turn = (9.8 * sine - cosine * push) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
    pull = push - 0.05 * turn * cosine / 1.1
    state = torch.stack([x + 0.02 * speed, speed + 0.02 * pull, angle + 0.02 * spin, spin + 0.02 * turn], dim=1)
    return state, (state[:, 0].abs() > 2.4) | (state[:, 2].abs() > math.radians(12))


def balance(start: Tensor, actions: Tensor, replay: Tensor, every: int) -> dict[str, Tensor | bool]:
    """Drives all carts by the given actions (one that is over begins again), learns from what was seen, and then drives by what was learned."""
    state, seen = start, []
    for action in actions:
        after, done = move(state, action)
        seen.append((state, action, torch.ones_like(after[:, 0]), after, done))
        state = torch.where(done[:, None], start, after)
    memory = [torch.cat(part) for part in zip(*seen, strict=True)]
    net = DQN(hidden=32)
    fill(net.eval_net)
    optimizer, losses = torch.optim.Adam(net.eval_net.parameters(), lr=2.0**-6), []
    for step, chosen in enumerate(replay):
        if step % every == 0:
            net.sync()
        optimizer.zero_grad()
        loss = (net(*(part[chosen] for part in memory)) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    with torch.no_grad():
        told = {"states": memory[0], "falls": memory[4].sum(), "losses": torch.stack(losses), "values": net.eval_net(start)}
        state, standing, steps = start, torch.ones(len(start), dtype=torch.bool), 0
        for _ in range(60):
            state, done = move(state, net.eval_net(state).argmax(1))
            standing = standing & ~done
            steps += int(standing.sum())
    falls = max(int(told["falls"]), 1)
    return told | {"longer_than_by_chance": steps / len(start) > len(memory[0]) / falls}
