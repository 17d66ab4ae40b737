"""Lesson 12.4: vanishing gradients. How much of a gradient is left k steps back, by cell.

    d loss / d h_(t-k) = d loss / d h_t · J_t J_(t-1) ... J_(t-k+1)      J = d h_t / d h_(t-1)
    k factors below 1: nothing is left.       k factors above 1: it explodes (lesson12_6.py)

Gates alone do not help: a fresh LSTM's forget gate is half open, and 0.5^100 is nothing, too. They
help because they can open: with a bias of 3 the gate is at sigmoid(3) = 0.95.

Run:     python liuer/lesson12_4.py                 (--help lists the settings)
Prints:  left after 99 steps: RNN 7.4e-31 | LSTM 2.8e-21 | LSTM with an open gate 0.9
Notes:   liuer/README.md, lectures 12 and 13 (the equations of the three cells)
"""

import copy

import torch
from torch import nn

from utils import settings, show


def rnn_cell(x, h, w_ih, w_hh, b_ih, b_hh):                 # x (N, E), h (N, H)
    return torch.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)


def lstm_cell(x, state, w_ih, w_hh, b_ih, b_hh):
    h, c = state                                            # (N, H), (N, H)
    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()            # forget gate, input gate
    h = o.sigmoid() * c.tanh()                              # output gate
    return h, c


def gru_cell(x, h, w_ih, w_hh, b_ih, b_hh):
    r_x, z_x, n_x = (x @ w_ih.T + b_ih).chunk(3, dim=1)     # (N, H) each
    r_h, z_h, n_h = (h @ w_hh.T + b_hh).chunk(3, dim=1)
    r = (r_x + r_h).sigmoid()                               # reset gate
    z = (z_x + z_h).sigmoid()                               # update gate
    n = (n_x + r * n_h).tanh()          # r after the product with W_hn, unlike the 2014 paper
    return (1 - z) * n + z * h


def gradient_by_distance(cell, module, x):
    """Norms of d sum(h_T) / d x_(T-k) for k = 0, 1, ..., as shares of that at k = 0.

    cell is a function above, module PyTorch's cell with its weights, x (T, N, E) the input.
    """
    module = copy.deepcopy(module).double()     # a copy: float32 ends at 1e-45
    w_ih, w_hh, b_ih, b_hh = module.parameters()
    x = x.detach().double().requires_grad_()
    state = x.new_zeros(x.shape[1], module.hidden_size)     # (N, H)
    if cell is lstm_cell:
        state = (state, state)                              # h and c
    for x_t in x:
        state = cell(x_t, state, w_ih, w_hh, b_ih, b_hh)
    h = state[0] if cell is lstm_cell else state
    gradient = torch.autograd.grad(h.sum(), x)[0]           # (T, N, E)
    norms = gradient.norm(dim=(1, 2)).flip(0)               # (T,)  by distance, k = 0 first
    return (norms / norms[0]).tolist()


def main(steps=100, hidden=32, bias=3.0, factor=5.0, seed=0):
    """Send a gradient back through each cell; return a curve for each: what is left, by distance.

    steps: length of the sequences
    hidden: size of the hidden state
    bias: added to that of the gate that keeps the state
    factor: on the RNN's weights W_hh, so that its gradient explodes
    seed: of the sequences and the weights
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    x = torch.randn(steps, 16, 8)                           # (T, N, E)

    # 2. Define model: three cells as PyTorch makes them, and the same three changed
    rnn = nn.RNNCell(8, hidden)
    lstm = nn.LSTMCell(8, hidden)
    gru = nn.GRUCell(8, hidden)
    large_rnn = copy.deepcopy(rnn)
    open_lstm = copy.deepcopy(lstm)
    open_gru = copy.deepcopy(gru)
    with torch.no_grad():
        large_rnn.weight_hh *= factor
        open_lstm.bias_ih[hidden:2 * hidden] += bias        # forget gate: second of i, f, g, o
        open_gru.bias_ih[hidden:2 * hidden] += bias         # update gate: second of r, z, n

    # 3. Loss: the sum of the last hidden state. No optimizer: nothing is trained here
    # 4. Training cycle: one backward pass a cell stands in for it
    curves = {
        "RNN": gradient_by_distance(rnn_cell, rnn, x),
        "LSTM": gradient_by_distance(lstm_cell, lstm, x),
        "GRU": gradient_by_distance(gru_cell, gru, x),
        f"LSTM, gate bias {bias:g}": gradient_by_distance(lstm_cell, open_lstm, x),
        f"GRU, gate bias {bias:g}": gradient_by_distance(gru_cell, open_gru, x),
        f"RNN, W_hh times {factor:g}": gradient_by_distance(rnn_cell, large_rnn, x),
    }

    distances = [steps // 10, steps // 4, steps // 2, steps - 1]
    header = "gradient at distance k"
    for k in distances:
        header += f"{f'k = {k}':>10}"
    print(header)
    for label, curve in curves.items():
        row = f"{label:22}"
        for k in distances:
            row += f"{curve[k]:10.1e}"
        print(row)
    opened = curves[f"LSTM, gate bias {bias:g}"]
    print(f"left after {steps - 1} steps: RNN {curves['RNN'][-1]:.1e} | "
          f"LSTM {curves['LSTM'][-1]:.1e} | LSTM with an open gate {opened[-1]:.1f}")
    return {"curves": curves}


def draw(result):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for label, curve in result["curves"].items():
        axes.plot(curve, label=label)
    axes.axhline(1, linestyle="--", color="gray", label="nothing lost")
    axes.set(xlabel="distance in time k", ylabel="gradient, as a share of k = 0", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson12_4")
