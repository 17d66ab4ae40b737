"""Solutions of lecture 12, and changes to them that readers make: each must be seen."""

import math

import torch
from torch import nn


def lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    gates = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh           # (N, 4H)
    i, f, g, o = gates.chunk(4, dim=1)                      # (N, H) each
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, c


def gru_cell(x, h, w_ih, w_hh, b_ih, b_hh):
    r_x, z_x, n_x = (x @ w_ih.T + b_ih).chunk(3, dim=1)     # (N, H) each
    r_h, z_h, n_h = (h @ w_hh.T + b_hh).chunk(3, dim=1)
    r = (r_x + r_h).sigmoid()
    z = (z_x + z_h).sigmoid()
    n = (n_x + r * n_h).tanh()
    return (1 - z) * n + z * h


class Model(nn.Module):
    def __init__(self, letters=4, embedding_size=5, hidden_size=6):
        super().__init__()
        self.embedding = nn.Embedding(letters, embedding_size)
        self.rnn = nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, letters)

    def forward(self, x):                       # (N, T)
        output, _ = self.rnn(self.embedding(x)) # (N, T, H)
        return self.linear(output)              # (N, T, V)


def shapes(n, t, hidden, layers, directions, batch_first):
    first = (n, t) if batch_first else (t, n)
    return (*first, directions * hidden), (layers * directions, n, hidden)


def one_hot(x, letters):
    return torch.eye(letters)[x]


def clip(gradients, limit):
    total = 0.0
    for gradient in gradients:
        total += gradient.pow(2).sum().item()
    factor = min(1.0, limit / math.sqrt(total))
    return [factor * gradient for gradient in gradients]


def floor(letters, steps):
    return steps * math.log(1 + (letters - 1) * math.exp(-2))


MISTAKES = {
    "12-1": [("    gates",
              "    return torch.lstm_cell(x, (h, c), w_ih, w_hh, b_ih, b_hh)\n    gates"),
             ("i, f, g, o", "f, i, g, o"), ("g.tanh()", "g.sigmoid()"),
             ("o.sigmoid() * c.tanh()", "o.sigmoid() * c"), (" + b_hh", ""),
             ("f.sigmoid() * c +", "c +"), ("return h, c", "return c, h"),
             ("o.sigmoid() * c.tanh()", "o.sigmoid().tanh() * c")],
    "12-2": [("n_x + r * n_h", "n_x + (r * h) @ w_hh[-h.shape[1]:].T + b_hh[-h.shape[1]:]"),
             ("(1 - z) * n + z * h", "z * n + (1 - z) * h"), ("r_x, z_x, n_x", "z_x, r_x, n_x"),
             ("r * n_h", "n_h"), (".tanh()", ".sigmoid()")],
    "12-3": [("batch_first=True", "batch_first=True, num_layers=2"),
             (", batch_first=True", ""), ("output, _ =", "output ="), ("nn.LSTM", "nn.RNN"),
             ("output, _ = self.rnn(self.embedding(x))",
              "_, (output, _) = self.rnn(self.embedding(x))"),
             ("self.linear(output)", "self.linear(output).softmax(dim=2)")],
    "12-4": [("(layers * directions, n, hidden)", "(n, layers * directions, hidden)"),
             ("(*first, directions * hidden)", "(*first, hidden)"),
             ("layers * directions", "layers"), (" if batch_first else (t, n)", ""),
             ("directions * hidden)", "layers * hidden)")],
    "12-5": [("torch.eye(letters)[x]", "nn.functional.one_hot(x, letters).float()"),
             ("torch.eye(letters)", "torch.eye(letters).long()"),
             ("torch.eye(letters)", "torch.eye(letters).flip(0)"),
             ("torch.eye(letters)", "torch.eye(x.max() + 1)"),
             ("torch.eye(letters)[x]", "torch.eye(letters)[x].flatten(0, 1)")],
    "12-6": [("min(1.0, limit / math.sqrt(total))", "limit / math.sqrt(total)"),
             ("[factor * gradient for", "[gradient.clamp(-limit, limit) for"),
             ("[factor * gradient for", "[gradient * min(1.0, limit / gradient.norm()) for"),
             ("math.sqrt(total)", "total"), ("factor * gradient", "gradient.mul_(factor)")],
    "12-7": [("(letters - 1)", "letters"), ("exp(-2)", "exp(-1)"), ("steps * ", ""),
             ("math.log(1 + (letters - 1) * math.exp(-2))", "0.3408"), ("exp(-2)", "exp(2)")],
}
ALSO_RIGHT = {
    "12-1": [("x @ w_ih.T + b_ih + h @ w_hh.T + b_hh",
              "torch.cat([x, h], dim=1) @ torch.cat([w_ih, w_hh], dim=1).T + b_ih + b_hh")],
    "12-2": [("(1 - z) * n + z * h", "n + z * (h - n)")],
    "12-5": [("return torch.eye(letters)[x]",
              "return (x.unsqueeze(-1) == torch.arange(letters)).float()")],
    "12-6": [("math.sqrt(total)", "(math.sqrt(total) + 1e-6)")],
    "12-7": [("math.log(1 + (letters - 1) * math.exp(-2))",
              "-math.log(math.e / (math.e + (letters - 1) / math.e))")],
}
