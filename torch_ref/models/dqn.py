r"""Deep Q-learning: a network says what each action is worth, and learns from what it says of the next state.

$$ \delta = Q(s, a) - \bigl(r + \gamma\,(1 - \text{done})\, \max_{a'} Q^-(s', a')\bigr), \qquad \min \delta^2 $$

Q⁻, the target network, is an old copy of Q that no gradient reaches; `sync` renews it.

Shapes: `QNetwork` (N, n_states) → (N, n_actions), 352 numbers for 4 states and 2 actions. `AtariQNetwork` (N, 4, 84, 84), four frames with values in [0, 1],
→ (N, n_actions): 1,686,180 numbers and 9.35 M multiply-adds for 4 actions; smallest frames 36×36, and any size from there on, as it was built.
`DQN` (states, actions, rewards, next states, done) → δ (N,).

>>> import torch
>>> QNetwork()(torch.rand(3, 4)).shape, AtariQNetwork(4)(torch.rand(1, 4, 84, 84)).shape
(torch.Size([3, 2]), torch.Size([1, 4]))
>>> net = DQN(2, 3, hidden=5)
>>> error = net(torch.rand(4, 2), torch.tensor([0, 2, 1, 1]), torch.rand(4), torch.rand(4, 2), torch.tensor([False, True, False, False]))
>>> error.shape, [p.requires_grad for p in net.target_net.parameters()]
(torch.Size([4]), [False, False, False, False])

Source: Mnih et al. 2015, "Human-level control through deep reinforcement learning"; arXiv:1312.5602; the notes, "DQN".
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class QNetwork(nn.Module):
    """n_states – hidden – n_actions, a ReLU between; weights start at N(0, 0.1²)."""

    def __init__(self, n_states: int = 4, n_actions: int = 2, hidden: int = 50) -> None:
        super().__init__()
        self.fc1 = nn.Linear(n_states, hidden)
        self.out = nn.Linear(hidden, n_actions)
        for layer in (self.fc1, self.out):
            nn.init.normal_(layer.weight, 0.0, 0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(F.relu(self.fc1(x)))


class AtariQNetwork(nn.Module):
    """conv 8×8/4 – conv 4×4/2 – conv 3×3 – linear – linear, a ReLU after each but the last: the network of the paper."""

    def __init__(self, n_actions: int, in_channels: int = 4, image_size: tuple[int, int] = (84, 84), width: int = 32, hidden: int = 512) -> None:
        super().__init__()
        if min(image_size) < 36:
            raise ValueError(f"image_size must be at least 36 by 36, got {tuple(image_size)}")
        self.conv1 = nn.Conv2d(in_channels, width, 8, 4)
        self.conv2 = nn.Conv2d(width, 2 * width, 4, 2)
        self.conv3 = nn.Conv2d(2 * width, 2 * width, 3, 1)
        self.flatten = nn.Flatten()
        rows, columns = (((size - 8) // 4 + 1 - 4) // 2 + 1 - 2 for size in image_size)
        self.fc1 = nn.Linear(2 * width * rows * columns, hidden)
        self.out = nn.Linear(hidden, n_actions)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.conv3(x))
        x = F.relu(self.fc1(self.flatten(x)))
        return self.out(x)


class DQN(nn.Module):
    """The temporal difference of `eval_net`, which learns, against `target_net`, which does not."""

    def __init__(self, n_states: int = 4, n_actions: int = 2, hidden: int = 50, gamma: float = 0.9) -> None:
        super().__init__()
        self.gamma = gamma
        self.eval_net = QNetwork(n_states, n_actions, hidden)
        self.target_net = QNetwork(n_states, n_actions, hidden).requires_grad_(False)
        self.sync()

    def sync(self) -> None:
        """Copies what was learned into the target network."""
        self.target_net.load_state_dict(self.eval_net.state_dict())

    def forward(self, state: torch.Tensor, action: torch.Tensor, reward: torch.Tensor, next_state: torch.Tensor, done: torch.Tensor) -> torch.Tensor:
        said = self.eval_net(state).gather(1, action.unsqueeze(1)).squeeze(1)
        best = self.target_net(next_state).max(dim=1).values
        return said - (reward + self.gamma * best * (~done).to(best.dtype)).detach()


def learn(state: torch.Tensor, action: torch.Tensor, reward: torch.Tensor, next_state: torch.Tensor, done: torch.Tensor, replay: torch.Tensor,
          hidden: int = 6, lr: float = 2.0**-6, every: int = 2) -> dict[str, torch.Tensor]:  # fmt: skip
    """Learns from a memory of transitions, one row of `replay` (steps, batch) after another; the target network is renewed `every` so many steps."""
    net = DQN(state.shape[1], 3, hidden)
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for _, parameter in sorted(net.eval_net.named_parameters()):
            parameter.copy_(torch.from_numpy(rng.normal(0.0, 0.5, parameter.shape).astype(np.float32)))
    optimizer = torch.optim.Adam(net.eval_net.parameters(), lr)
    losses = []
    for step, chosen in enumerate(replay):
        if step % every == 0:
            net.sync()
        error = net(state[chosen], action[chosen], reward[chosen], next_state[chosen], done[chosen])
        loss = (error**2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    values = net.eval_net(state).detach()
    return {"losses": torch.stack(losses), "values": values, "best actions": values.argmax(dim=1), "old values": net.target_net(state)}
