"""Lesson 12_4: vanishing and exploding gradients, and what helps: gates, and clipping.

    d loss / d h_(t-k) = d loss / d h_t · J_t J_(t-1) ... J_(t-k+1)      J = d h_t / d h_(t-1)
    k factors smaller than 1: nothing is left.    k factors larger than 1: no number can hold it.

Part 1 sends a gradient back through 100 steps of each cell. Gates alone do not save it: at
PyTorch's initial weights an LSTM's forget gate is half open, and 0.5^100 is nothing too. Open (a
bias of 3: sigmoid(3) = 0.95) it carries the gradient; training learns such gates, or we set them.

Part 2 counts the ones among 20 zeros and ones, with and without clip_grad_norm_. When a gradient
explodes PyTorch reports nothing: the loss turns into inf or nan in silence. Ask math.isfinite.

Run:   python liuer/lesson12_4.py           (--help lists the settings)
See:   held-out accuracy 100.0% with clipping (lost at step 2 without) | 1.8 s    (2 cores)
Notes: liuer/README.md, lectures 12 and 13 (the equations of the three cells)
"""

import math
import time

import torch
from torch import nn

from utils import flags, show

LENGTHS = (10, 25, 50, 100)
CURVES = {                              # label -> cell, bias on its gate, factor on W_hh
    "RNN": ("RNN", 0, 1),
    "LSTM": ("LSTM", 0, 1),
    "GRU": ("GRU", 0, 1),
    "LSTM, gate bias 3": ("LSTM", 3, 1),
    "GRU, gate bias 3": ("GRU", 3, 1),
    "RNN, W_hh times 5": ("RNN", 0, 5),
}


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


CELLS = {"RNN": rnn_cell, "LSTM": lstm_cell, "GRU": gru_cell}


def gradient_by_distance(cell, length, gate=0.0, factor=1.0, inputs=8, hidden=32, batch=16):
    """Norm of d sum(h_T) / d x_(T-k) for k = 0 ... length-1, as a share of that at k = 0.

    The weights are PyTorch's initial ones; gate is added to the bias of the gate that keeps the
    memory (LSTM: forget, GRU: update), factor multiplies W_hh. In float64: float32 ends at 1e-45.
    """
    step = CELLS[cell]
    module = getattr(nn, f"{cell}Cell")(inputs, hidden).double()
    with torch.no_grad():
        module.weight_hh.mul_(factor)
        if cell != "RNN":
            module.bias_ih[hidden:2 * hidden] += gate       # second of the stacked gates in both
    x = torch.randn(length, batch, inputs, dtype=torch.float64, requires_grad=True)  # (T, N, E)
    zeros = torch.zeros(batch, hidden, dtype=torch.float64)
    state = (zeros, zeros) if cell == "LSTM" else zeros
    for x_t in x:
        state = step(x_t, state, *module.parameters())
    h = state[0] if cell == "LSTM" else state               # (N, H)
    h.sum().backward()
    norms = x.grad.norm(dim=(1, 2)).flip(0)                 # (T,)  by distance
    return (norms / norms[0]).tolist()


class CountingRNN(nn.Module):
    """A ReLU RNN that starts by adding up: W_hh = I (Le, Jaitly and Hinton, 2015), and no weight
    negative, so that no unit starts dead. Unlike tanh, ReLU has no ceiling: with W_hh a little too
    large the last of 20 hidden states grows like its 20th power."""

    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.RNN(1, hidden, nonlinearity="relu", batch_first=True)
        self.linear = nn.Linear(hidden, 1)
        nn.init.eye_(self.rnn.weight_hh_l0)
        nn.init.zeros_(self.rnn.bias_ih_l0)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        with torch.no_grad():
            self.rnn.weight_ih_l0.abs_()
            self.linear.weight.abs_()

    def forward(self, x):               # (N, T, 1)
        output, _ = self.rnn(x)         # (N, T, H)
        return self.linear(output)      # (N, T, 1)  the count so far


@torch.no_grad()
def accuracy(model, x, y):
    """Share of sequences whose last count, rounded, is right (always saying 10: 17.6%)."""
    return (model(x)[:, -1].round() == y[:, -1]).float().mean().item()


def main(epochs=40, hidden=16, clip=0.05, lr=0.2, batch_size=50, seed=0):
    """Measure gradients through time, then train the same RNN without and with clipping.

    epochs: passes over the training sequences, >= 1
    hidden: size of the counting RNN's hidden state, >= 1
    clip: largest norm of the gradient that clip_grad_norm_ lets through, > 0
    lr: step size of SGD, falling to a hundredth of it, > 0
    batch_size: sequences per update, >= 1
    seed: of the weights, the sequences and the batches, >= 0
    Returns the curves of part 1 and, of the run with clipping, the loss of each epoch and the
    held-out accuracy; `steps` holds both runs' loss at every step.
    """
    started = time.perf_counter()

    print("gradient that reaches the first of T steps, as a share of that at the last step")
    print(f"{'':20}" + "".join(f"{f'T = {length}':>10}" for length in LENGTHS))
    curves = {}
    for label, (cell, gate, factor) in CURVES.items():
        shares = []
        for length in LENGTHS:          # the same weights for every length
            torch.manual_seed(seed)
            curves[label] = gradient_by_distance(cell, length, gate, factor)
            shares.append(curves[label][-1])
        print(f"{label:20}" + "".join(f"{share:10.1e}" for share in shares))

    # 1. Prepare data
    torch.manual_seed(seed)
    x = torch.randint(2, (1500, 20, 1)).float()             # (N, T, 1)
    y = x.cumsum(dim=1)                                     # (N, T, 1)  ones so far
    x_train, y_train, x_test, y_test = x[:1000], y[:1000], x[1000:], y[1000:]

    steps = {}
    for label, max_norm in (("without clipping", None), ("with clipping", clip)):
        torch.manual_seed(seed)
        losses, steps[label] = [], []

        # 2. Define model
        model = CountingRNN(hidden)

        # 3. Loss and optimizer
        criterion = nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, epochs)

        # 4. Training cycle: forward, backward, update
        print(f"\n{label}")
        for epoch in range(1, epochs + 1):
            total = 0.0
            for batch in torch.randperm(len(x_train)).split(batch_size):
                loss = criterion(model(x_train[batch]), y_train[batch])                 # forward
                optimizer.zero_grad()
                loss.backward()                                                         # backward
                norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
                if max_norm is not None:        # shorten the gradient, keep its direction
                    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
                optimizer.step()                                                        # update
                total += loss.item() * len(batch)
                steps[label].append(loss.item())
                if len(steps[label]) <= 5:
                    print(f"step {len(steps[label])} | loss {loss.item():8.2e}"
                          f" | gradient norm {norm.item():8.2e}")
                if not math.isfinite(loss.item()):
                    break
            if not math.isfinite(loss.item()):
                weights = nn.utils.parameters_to_vector(model.parameters())
                print(f"the loss is {loss.item()}, {(~weights.isfinite()).sum()} of the"
                      f" {len(weights)} weights are not finite: stopped here, no step can mend it")
                break
            scheduler.step()
            losses.append(total / len(x_train))
            if epoch == 1 or epoch % max(1, epochs // 8) == 0:
                print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:8.4f}"
                      f" | held-out accuracy {accuracy(model, x_test, y_test):6.1%}")

    result = accuracy(model, x_test, y_test)
    unclipped = steps["without clipping"]
    outcome = "survived" if math.isfinite(unclipped[-1]) else f"lost at step {len(unclipped)}"
    print(f"held-out accuracy {result:.1%} with clipping ({outcome} without)"
          f" | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracy": result, "curves": curves, "steps": steps}


def draw(result):
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for label, curve in result["curves"].items():
        left.semilogy(range(len(curve)), curve, label=label)
    left.set(xlabel="distance in time k", ylabel="norm of gradient at step T-k / at step T",
             title="the gradient on its way back")
    left.legend(fontsize=8)
    for label, losses in result["steps"].items():
        finite = [loss for loss in losses if math.isfinite(loss)]
        right.semilogy(range(1, len(finite) + 1), finite, label=label,
                       marker="x" if len(finite) < len(losses) else "",
                       linewidth=1, zorder=3 if len(finite) < len(losses) else 2)
        if len(finite) < len(losses):
            right.axvline(len(losses), linestyle="--", color="gray",
                          label=f"without clipping: {losses[-1]} at step {len(losses)}")
    right.set(xlabel="step", ylabel="loss", title="counting ones")
    right.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson12_4")
