"""RNN shapes: every tensor of the recurrent layers on "hello", its shape and what each number is.

    RNNCell takes one step; RNN, LSTM and GRU take all of them. batch_first=True turns the input
    and the output. h_0 and h_n stay (num_layers·directions, batch, hidden_size).

Run:     python liuer/rnn_shapes.py
Prints:  cat(h_n[-2], h_n[-1])  (2, 12)         batch, directions·hidden_size: all read
Notes:   liuer/README.md, lecture 12
"""

import torch
from torch import nn

from utils import settings, show

LETTERS = "dehlorw"     # 7: input_size of one-hot letters, and the classes
EMBEDDING_SIZE = 3      # input_size of embedded letters
HIDDEN_SIZE = 6         # seq_len is 5, batch 2, layers·directions 4: no number has two meanings


def line(name, tensor, meaning):
    """One printed line; return it for the figure as well."""
    text = f"{name:22} {str(tuple(tensor.shape)):15} {meaning}"
    print(text)
    return text


def main():
    """Print a line for each tensor and return the lines."""
    lines = []
    x = torch.tensor([LETTERS.index(letter) for letter in "hello"])             # (5,)

    for batch in (1, 2):                # with batch 1, (1, 1, 6) does not tell which 1 is which
        inputs = nn.functional.one_hot(x, 7).float().view(5, 1, 7).repeat(1, batch, 1)
        hidden = nn.RNNCell(7, HIDDEN_SIZE)(inputs[0])
        output, h_n = nn.RNN(7, HIDDEN_SIZE)(inputs)
        lines.append(line("inputs", inputs, "seq_len, batch, input_size"))
        lines.append(line("RNNCell: inputs[0]", inputs[0], "batch, input_size: one step"))
        lines.append(line("RNNCell: hidden", hidden, "batch, hidden_size"))
        lines.append(line("RNN: output", output, "seq_len, batch, hidden_size: all steps"))
        lines.append(line("RNN: h_n", h_n, "num_layers·directions, batch, hidden_size: the last"))

    numbers = x.repeat(2, 1)
    embedded = nn.Embedding(7, EMBEDDING_SIZE)(numbers)
    output, h_n = nn.RNN(EMBEDDING_SIZE, HIDDEN_SIZE, batch_first=True)(embedded)
    scores = nn.Linear(HIDDEN_SIZE, 7)(output)
    loss = nn.CrossEntropyLoss()(scores.flatten(0, 1), numbers.flatten())
    lines.append(line("numbers", numbers, "batch, seq_len: with batch_first=True from here on"))
    lines.append(line("Embedding", embedded, "batch, seq_len, input_size"))
    lines.append(line("RNN: output", output, "batch, seq_len, hidden_size: turned"))
    lines.append(line("RNN: h_n", h_n, "num_layers·directions, batch, hidden_size: not turned"))
    lines.append(line("Linear: scores", scores, "batch, seq_len, classes"))
    lines.append(line("scores for the loss", scores.flatten(0, 1), "batch·seq_len, classes"))
    lines.append(line("target for the loss", numbers.flatten(), "batch·seq_len"))
    lines.append(line("loss", loss, "a number: the mean over all letters"))

    gru = nn.GRU(EMBEDDING_SIZE, HIDDEN_SIZE, num_layers=2, batch_first=True, bidirectional=True)
    h_0 = torch.zeros(4, 2, HIDDEN_SIZE)
    output, h_n = gru(embedded, h_0)
    last = torch.cat([h_n[-2], h_n[-1]], dim=1)
    lines.append(line("GRU: h_0", h_0, "num_layers·directions (2·2), batch, hidden_size"))
    lines.append(line("GRU: output", output, "batch, seq_len, directions·hidden_size"))
    lines.append(line("GRU: h_n", h_n, "layer 1 forward, backward, layer 2 forward, backward"))
    lines.append(line("h_n[-2]", h_n[-2], "forward, after the last letter: output[:, -1, :6]"))
    lines.append(line("h_n[-1]", h_n[-1], "backward, after the first letter: output[:, 0, 6:]"))
    lines.append(line("cat(h_n[-2], h_n[-1])", last, "batch, directions·hidden_size: all read"))
    return {"lines": lines}


def draw(result):
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(9, 5))
    figure.text(0.03, 0.5, "\n".join(result["lines"]), va="center", family="monospace", size=10)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "rnn_shapes")
