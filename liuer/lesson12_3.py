"""Lesson 12.3: hello -> ohlol with an embedding, a 2-layer RNN and a linear layer: no floor.

    x_t = row of the embedding      h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), two layers
    scores_t = A h_t + b            loss = mean over the 5 steps of cross_entropy(scores_t, y_t)

The linear layer after tanh can make the scores as large as it likes, so the loss can come as close
to 0 as our patience allows, where lesson12_2.py stops at 0.3408. Parameters: embedding
4·10 = 40, first layer 8·10 + 8·8 + 8 + 8 = 160, second 8·8 + 8·8 + 8 + 8 = 144, linear
8·4 + 4 = 36, together 380.

Run:     python liuer/lesson12_3.py                    (--help lists the settings)
         python liuer/lesson12_3.py --cell lstm     (exercise 12-1; --cell gru is 12-2)
Lecture: python liuer/lesson12_3.py --epochs 15     (its settings: ohlol, loss 0.0093)
Prints:  predicted ohlol | loss 0.0009 (no floor) | 380 parameters
Notes:   liuer/README.md, lecture 12
"""

import math

import torch
from torch import nn

from utils import BadInput, finite, plot_curve, settings, show

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Model(nn.Module):
    def __init__(self, num_class, embedding_size, hidden_size, num_layers, rnn=nn.RNN):
        super().__init__()
        self.num_class = num_class
        self.emb = nn.Embedding(num_class, embedding_size)
        self.rnn = rnn(embedding_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, num_class)

    def forward(self, x):                       # (batch_size, seq_len)  numbers of letters
        x = self.emb(x)                         # (batch_size, seq_len, embedding_size)
        x, _ = self.rnn(x)                      # (batch_size, seq_len, hidden_size)  ours: no h0
        x = self.fc(x)                          # (batch_size, seq_len, num_class)    means zeros
        return x.view(-1, self.num_class)       # (batch_size·seq_len, num_class)


def main(epochs=30, lr=0.05, cell="rnn", seed=0):
    """Train; return the losses, the floor that lesson12_2.py has, and the last string.

    epochs: passes over the one word
    lr: learning rate of Adam
    cell: rnn, lstm (exercise 12-1) or gru (exercise 12-2)
    seed: of the initial weights
    """
    if cell not in CELLS:
        raise BadInput(f"--cell: expected rnn, lstm or gru, got {cell!r}")
    torch.manual_seed(seed)

    # 1. Prepare data
    idx2char = ["e", "h", "l", "o"]
    x_data = [[1, 0, 2, 2, 3]]          # hello
    y_data = [3, 1, 2, 3, 2]            # ohlol
    inputs = torch.tensor(x_data)
    labels = torch.tensor(y_data)
    print(f"inputs  (batch_size, seq_len)             = {tuple(inputs.shape)}")
    print(f"labels  (batch_size·seq_len,)             = {tuple(labels.shape)}")

    # 2. Define model
    model = Model(num_class=4, embedding_size=10, hidden_size=8, num_layers=2, rnn=CELLS[cell])
    parameters = sum(p.numel() for p in model.parameters())

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr)

    # 4. Training cycle
    losses = []
    for epoch in range(1, epochs + 1):
        outputs = model(inputs)                         # forward
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()                                 # backward
        optimizer.step()                                # update
        losses.append(finite(loss.item()))
        predicted = ""
        for idx in outputs.argmax(dim=1):
            predicted += idx2char[idx]
        if epoch == 1:
            print(f"outputs (batch_size·seq_len, num_class)   = {tuple(outputs.shape)}")
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | predicted {predicted}")

    print(f"predicted {predicted} | loss {losses[-1]:.4f} (no floor) | {parameters} parameters")
    return {"losses": losses, "tanh_floor": math.log(1 + 3 * math.exp(-2)),
            "predicted": predicted}


def draw(result):
    figure = plot_curve(result["losses"], ylabel="loss, mean over 5 steps")
    axes = figure.axes[0]
    axes.axhline(result["tanh_floor"], linestyle="--", color="gray",
                 label=f"floor of lesson12_2.py: {result['tanh_floor']:.4f}")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson12_3")
