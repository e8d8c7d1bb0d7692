"""Words read letter by letter by a network in which the state or the output goes round."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import nll_loss, one_hot

from book.style import BLUE, GRAY, ORANGE, figure
from solutions.ch02_recurrence import RNNCell


def as_numbers(words: list[str]) -> tuple[str, Tensor, Tensor]:
    """All letters and the full stop, V in all; the words one-hot (B, T, V); the letter after each letter (B, T).

    There is one row for each word, filled up with full stops.
    """
    letters, T = "".join(sorted(set("".join(words)))) + ".", max(map(len, words))
    ids = torch.tensor([[letters.index(letter) for letter in word.ljust(T + 1, ".")] for word in words])
    return letters, one_hot(ids[:, :-1], len(letters)).float(), ids[:, 1:]


class Reader(torch.nn.Module):
    """A network of H units, in which either the "state" or the "output" goes round."""

    def __init__(self, loop: str, V: int, H: int) -> None:
        super().__init__()
        self.loop, self.V, self.H = loop, V, H
        self.cell = RNNCell(2 * V, H)  # sees a letter and the last output
        self.output = torch.nn.Linear(H, V)

    def step(self, x: Tensor, h: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The next state (B, H), and the chances of the next letter (B, V)."""
        h, y = (h, 0 * y) if self.loop == "state" else (0 * h, y)  # the cut
        h = self.cell(torch.cat([x, y], dim=1), h)
        return h, self.output(h).softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, V) -> the chances after every step, (B, T, V)."""
        h, y, chances = torch.zeros(len(x), self.H), torch.zeros(len(x), self.V), []
        for t in range(x.shape[1]):
            h, y = self.step(x[:, t], h, y)
            chances.append(y)
        return torch.stack(chances, dim=1)


def train(loop: str, x: Tensor, target: Tensor, seed: int, H: int = 32, steps: int = 400) -> Reader:
    """A network that has learned to predict target (B, T) from x (B, T, V)."""
    torch.manual_seed(seed)
    net = Reader(loop, x.shape[2], H)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        nll_loss(net(x).log().flatten(0, 1), target.flatten()).backward()
        optimizer.step()
    return net


def read(net: Reader, text: str, letters: str, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The state (1, H) and the chances (1, V) after the text, read from the state h, or from zeros."""
    h, y = torch.zeros(1, net.H) if h is None else h, torch.zeros(1, net.V)
    for letter in text:
        h, y = net.step(one_hot(torch.tensor([letters.index(letter)]), net.V), h, y)
    return h, y


def draw_right(right: dict[str, Tensor], words: list[str]) -> None:
    """How probable the right letter was at one place in each word: (3, B), three seeds, for both kinds of loop."""
    picture, axes = figure(height=3.6)
    rows = torch.arange(len(words)).expand(3, -1)
    axes.scatter(right["state"], rows + 0.2, 24, BLUE, label="state")
    axes.scatter(right["output"], rows - 0.2, 24, ORANGE, marker="s", label="output")
    axes.axvline(0.1, color=GRAY, linestyle="--", label="no memory")
    axes.set(xlim=(0, 1.02), xlabel="P(right letter after r), three seeds")
    axes.set_yticks(range(len(words)), words)
    picture.legend(loc="outside upper center", ncols=3)
    axes.invert_yaxis()
