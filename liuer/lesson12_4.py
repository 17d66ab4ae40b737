"""Lesson 12.4: vanishing and exploding gradients, and what helps: gates, and clipping.

    d loss / d h_(t-k) = d loss / d h_t · J_t J_(t-1) ... J_(t-k+1)      J = d h_t / d h_(t-1)
    k factors smaller than 1: nothing is left.    k factors larger than 1: no number can hold it.

Part 1 sends a gradient back through 100 steps of each cell. A fresh LSTM's forget gate is half
open, and 0.5^100 is nothing too; opened (a bias of 3: sigmoid(3) is 0.95) it keeps the gradient.

Part 2 counts the ones among 20 zeros and ones, with and without clip_grad_norm_. When a gradient
explodes PyTorch reports nothing: the loss turns into inf or nan in silence. Ask math.isfinite.

Run:   python liuer/lesson12_4.py           (--help lists the settings)
See:   test accuracy 100.0% with clipping (lost at step 4 without)
Notes: liuer/README.md, lectures 12 and 13 (the equations of the three cells)
"""

import math

import torch
from torch import nn

from utils import finite, flags, plot_curve, show  # liuer/utils.py


def rnn_cell(x, h, w_ih, w_hh, b_ih, b_hh):                 # x (N, E), h (N, H)
    return torch.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)


def lstm_cell(x, state, w_ih, w_hh, b_ih, b_hh):
    h, c = state                                            # (N, H), (N, H)
    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()            # forget gate, input gate
    return o.sigmoid() * c.tanh(), c                        # output gate


def gru_cell(x, h, w_ih, w_hh, b_ih, b_hh):
    r_x, z_x, n_x = (x @ w_ih.T + b_ih).chunk(3, dim=1)     # (N, H) each
    r_h, z_h, n_h = (h @ w_hh.T + b_hh).chunk(3, dim=1)
    r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()     # reset gate, update gate
    n = (n_x + r * n_h).tanh()          # r after the product with W_hn, unlike the 2014 paper
    return (1 - z) * n + z * h


def gradient_by_distance(cell, module, steps=100):
    """Norm of d sum(h_T) / d x_(T-k) for k = 1 ... steps-1, as a share of that at k = 0."""
    module = module.double()                                # float32 ends at 1e-45
    x = torch.randn(steps, 16, module.input_size).double().requires_grad_()     # (T, N, E)
    zeros = torch.zeros(16, module.hidden_size).double()                        # (N, H)
    state = (zeros, zeros) if cell is lstm_cell else zeros
    for x_t in x:
        state = cell(x_t, state, *module.parameters())
    h = state[0] if cell is lstm_cell else state            # (N, H)
    h.sum().backward()
    norms = x.grad.norm(dim=(1, 2)).flip(0)                 # (T,)  by distance, k = 0 first
    return (norms[1:] / norms[0]).tolist()


def compare_cells():
    """The curve of each cell with PyTorch's initial weights, then with changed ones."""
    rnn, lstm, gru = nn.RNNCell(8, 32), nn.LSTMCell(8, 32), nn.GRUCell(8, 32)
    curves = {"RNN": gradient_by_distance(rnn_cell, rnn),
              "LSTM": gradient_by_distance(lstm_cell, lstm),
              "GRU": gradient_by_distance(gru_cell, gru)}
    with torch.no_grad():
        lstm.bias_ih[32:64] += 3        # the forget gate is the second of i, f, g, o
        gru.bias_ih[32:64] += 3         # the update gate the second of r, z, n
        rnn.weight_hh *= 5
    curves["LSTM, gate bias 3"] = gradient_by_distance(lstm_cell, lstm)
    curves["GRU, gate bias 3"] = gradient_by_distance(gru_cell, gru)
    curves["RNN, W_hh times 5"] = gradient_by_distance(rnn_cell, rnn)
    return curves


class CountingRNN(nn.Module):
    def __init__(self, hidden):
        super().__init__()              # relu: unlike tanh it has no ceiling, a state can explode
        self.rnn = nn.RNN(1, hidden, nonlinearity="relu", batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, x):               # (N, T, 1)
        output, _ = self.rnn(x)         # (N, T, H)
        return self.linear(output)      # (N, T, 1)  how many ones so far


def main(steps=1500, clip=0.01, lr=0.5, batch_size=20, seed=0):
    """Measure gradients through time, then train the same RNN without and with clipping.

    steps: updates, each with new sequences, >= 1
    clip: largest norm of the gradient that clip_grad_norm_ lets through, > 0
    lr: step size of SGD, falling to a hundredth of it, > 0
    batch_size: sequences per update, >= 1
    seed: of the weights and the sequences, >= 0
    """
    torch.manual_seed(seed)
    curves = compare_cells()
    print(f"{'gradient at distance k':22}  k = 10    k = 25    k = 50    k = 99")
    for label, curve in curves.items():
        print(f"{label:20}" + "".join(f"{curve[k - 1]:10.1e}" for k in (10, 25, 50, 99)))

    # 1. Prepare data: to test on; training makes new sequences at every step
    x_test = torch.randint(2, (500, 20, 1)).float()                             # (N, T, 1)

    losses = {}
    for label, limit in (("without clipping", math.inf), ("with clipping", clip)):
        torch.manual_seed(seed)         # the same weights and the same sequences for both

        # 2. Define model
        model = CountingRNN(hidden=32)

        # 3. Loss and optimizer: lr and clip were chosen by the training loss
        criterion = nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, steps)

        # 4. Training cycle: forward, backward, update
        print(label)
        losses[label] = []
        for step in range(1, steps + 1):
            x = torch.randint(2, (batch_size, 20, 1)).float()                   # (N, T, 1)
            loss = criterion(model(x), x.cumsum(dim=1))                         # forward
            optimizer.zero_grad()
            loss.backward()                                                     # backward
            norm = nn.utils.clip_grad_norm_(model.parameters(), limit)  # shorter, same direction
            optimizer.step()                                                    # update
            scheduler.step()
            losses[label].append(loss.item() if limit == math.inf else finite(loss))
            if step <= 5 or step == steps or step % max(1, steps // 10) == 0:
                print(f"step {step:4d}/{steps} | loss {loss:8.2e} | gradient norm {norm:8.2e}")
            if not math.isfinite(loss.item()):
                break           # no later step can mend it

    with torch.no_grad():
        counts = model(x_test)[:, -1].round()                                   # (N, 1)
    accuracy = (counts == x_test.sum(dim=1)).float().mean().item()
    unclipped = losses["without clipping"]
    outcome = "survived" if math.isfinite(unclipped[-1]) else f"lost at step {len(unclipped)}"
    print(f"test accuracy {accuracy:.1%} with clipping ({outcome} without)")
    return {"losses": losses["with clipping"], "unclipped": unclipped, "accuracy": accuracy,
            "curves": curves}


def draw(result):
    figure = plot_curve(result["curves"], "distance in time k", "gradient, as a share of k = 0")
    figure.axes[0].set_yscale("log")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson12_4")
