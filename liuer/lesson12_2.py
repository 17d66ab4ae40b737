"""Lesson 12.2: hello -> ohlol again, all five steps in one call of nn.RNN.

    h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)      logits_t = h_t
    loss = mean over the 5 steps of cross_entropy(h_t, y_t)

The same equation and the same 40 parameters as in lesson12.py: nn.RNN holds the cell and the loop.
The logits still come out of tanh, so a step's loss stays above ln(1 + 3e^-2) = 0.3408; being a
mean and no longer a sum, that is also the floor of the loss. We stop at 0.50 for the reasons given
in lesson12.py: few epochs, and a weight decay that pulls the logits away from -1 and 1.

Run:   python liuer/lesson12_2.py            (--help lists the settings)
See:   predicted ohlol | loss 0.5022 (floor 0.3408)
Notes: liuer/README.md, lecture 12
"""

import math

import torch
from torch import nn

from utils import finite, flags, plot_curve, show  # liuer/utils.py

LETTERS = "ehlo"                        # a letter's number is its place here: e 0, h 1, l 2, o 3
QUESTION, ANSWER = "hello", "ohlol"
FLOOR = math.log(1 + 3 * math.exp(-2))


class Model(nn.Module):
    def __init__(self, input_size, hidden_size, batch_size, num_layers=1):
        super().__init__()
        self.num_layers = num_layers
        self.batch_size = batch_size
        self.hidden_size = hidden_size
        self.rnn = nn.RNN(input_size, hidden_size, num_layers=num_layers)

    def forward(self, x):                               # (T, N, V)
        hidden = torch.zeros(self.num_layers, self.batch_size, self.hidden_size)
        output, hidden = self.rnn(x, hidden)            # (T, N, H), (layers, N, H)
        return output.view(-1, self.hidden_size)        # (T·N, H)


def main(epochs=30, lr=0.1, weight_decay=0.04, seed=0):
    """Train; return the loss of each epoch, the string of each epoch and the accuracy.

    epochs: passes over the one word, >= 1
    lr: step size of Adam, > 0
    weight_decay: pull of Adam on the weights towards 0, >= 0
    seed: of the initial weights, >= 0
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    x = torch.tensor([LETTERS.index(letter) for letter in QUESTION])    # (T,)    1 0 2 2 3
    y = torch.tensor([LETTERS.index(letter) for letter in ANSWER])      # (T,)    3 1 2 3 2
    inputs = nn.functional.one_hot(x, len(LETTERS)).float()             # (T, V)
    inputs = inputs.view(len(QUESTION), 1, len(LETTERS))                # (T, N, V)

    # 2. Define model
    model = Model(input_size=4, hidden_size=4, batch_size=1)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    # The decay keeps tanh away from where it is flat, as in lesson12.py. A mean over 5 steps has a
    # fifth of the sum's gradient, so a fifth of the decay makes the two runs the same.
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay)

    # 4. Training cycle: forward, backward, update
    losses, strings = [], []
    for epoch in range(1, epochs + 1):
        logits = model(inputs)                                          # (T·N, V)
        loss = criterion(logits, y)                                     # forward
        optimizer.zero_grad()
        loss.backward()                                                 # backward
        optimizer.step()                                                # update
        losses.append(finite(loss))
        strings.append("".join(LETTERS[i] for i in logits.argmax(dim=1)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"predicted: {strings[-1]}, epoch [{epoch:2d}/{epochs}] loss={losses[-1]:.4f}")

    accuracy = sum(a == b for a, b in zip(strings[-1], ANSWER, strict=True)) / len(ANSWER)
    print(f"predicted {strings[-1]} | loss {losses[-1]:.4f} (floor {FLOOR:.4f})")
    return {"losses": losses, "strings": strings, "accuracy": accuracy, "floor": FLOOR}


def draw(result):
    figure = plot_curve(result["losses"], ylabel="loss, mean over 5 steps")
    axes = figure.axes[0]
    axes.axhline(result["floor"], linestyle="--", color="gray",
                 label=f"floor ln(1 + 3e$^{{-2}}$) = {result['floor']:.4f}")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson12_2")
