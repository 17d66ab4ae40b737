"""Lesson 12.3: hello -> ohlol with an embedding, a 2-layer RNN and a linear layer: no floor.

    x_t = row of the embedding      h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), two layers
    logits_t = A h_t + b            loss = mean over the 5 steps of cross_entropy(logits_t, y_t)

The linear layer after the tanh can make the logits as large as it likes, so the loss can come as
close to 0 as we have patience for, where lesson12_2.py stops at 0.3408. With E = 10 and H = 8:
embedding 4·10 = 40, first layer 8·10 + 8·8 + 8 + 8 = 160, second 8·8 + 8·8 + 8 + 8 = 144, linear
8·4 + 4 = 36, together 380 parameters.

Exercises 12-1 and 12-2 of the course are `--cell lstm` and `--cell gru`.

Run:   python liuer/lesson12_3.py            (--help lists the settings)
See:   predicted ohlol | loss 0.0009 (no floor) | 380 parameters
Notes: liuer/README.md, lecture 12
"""

import math

import torch
from torch import nn

from utils import BadInput, finite, flags, plot_curve, show  # liuer/utils.py

LETTERS = "ehlo"                        # a letter's number is its place here: e 0, h 1, l 2, o 3
QUESTION, ANSWER = "hello", "ohlol"
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
TANH_FLOOR = math.log(1 + 3 * math.exp(-2))     # the loss of lesson12_2.py never passes it


class Model(nn.Module):
    def __init__(self, num_class=4, embedding_size=10, hidden_size=8, num_layers=2, rnn=nn.RNN):
        super().__init__()
        self.num_class = num_class
        self.embedding = nn.Embedding(num_class, embedding_size)
        self.rnn = rnn(embedding_size, hidden_size, num_layers, batch_first=True)
        self.linear = nn.Linear(hidden_size, num_class)

    def forward(self, x):                       # (N, T)  numbers of letters, no one-hot
        x = self.embedding(x)                   # (N, T, E)
        x, _ = self.rnn(x)                      # (N, T, H)  h0 left out: zeros (an LSTM's c0 too)
        x = self.linear(x)                      # (N, T, V)
        return x.view(-1, self.num_class)       # (N·T, V)


def main(epochs=30, lr=0.05, cell="rnn", seed=0):
    """Train; return the loss of each epoch, the string of each epoch and the accuracy.

    epochs: passes over the one word, >= 1
    lr: step size of Adam, > 0
    cell: rnn, lstm (exercise 12-1) or gru (exercise 12-2)
    seed: of the initial weights, >= 0
    """
    if cell not in CELLS:
        raise BadInput(f"--cell: expected one of {', '.join(CELLS)}, got {cell!r}")
    torch.manual_seed(seed)

    # 1. Prepare data
    x = torch.tensor([[LETTERS.index(letter) for letter in QUESTION]])  # (N, T)  1 0 2 2 3
    y = torch.tensor([LETTERS.index(letter) for letter in ANSWER])      # (N·T,)  3 1 2 3 2

    # 2. Define model
    model = Model(rnn=CELLS[cell])

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    # 4. Training cycle: forward, backward, update
    losses, strings = [], []
    for epoch in range(1, epochs + 1):
        logits = model(x)                                               # (N·T, V)
        loss = criterion(logits, y)                                     # forward
        optimizer.zero_grad()
        loss.backward()                                                 # backward
        optimizer.step()                                                # update
        losses.append(finite(loss))
        strings.append("".join(LETTERS[i] for i in logits.argmax(dim=1)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"predicted: {strings[-1]}, epoch [{epoch:2d}/{epochs}] loss={losses[-1]:.4f}")

    accuracy = sum(a == b for a, b in zip(strings[-1], ANSWER, strict=True)) / len(ANSWER)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"predicted {strings[-1]} | loss {losses[-1]:.4f} (no floor) | {parameters} parameters")
    return {"losses": losses, "strings": strings, "accuracy": accuracy, "parameters": parameters,
            "tanh_floor": TANH_FLOOR}


def draw(result):
    figure = plot_curve(result["losses"], ylabel="loss, mean over 5 steps")
    axes = figure.axes[0]
    axes.axhline(result["tanh_floor"], linestyle="--", color="gray",
                 label=f"floor of lesson12_2.py: {result['tanh_floor']:.4f}")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson12_3")
