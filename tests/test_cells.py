"""The equations of the three cells, as the notes give them, against PyTorch's own cells."""

import pytest
import torch
from torch import nn

from lesson12_4 import CELLS, gradient_by_distance

N, T, E, H = 5, 7, 3, 4


def run(step, cell, x):
    """All hidden states of `step` over x (T, N, E) from zeros, and the last state."""
    zeros = torch.zeros(N, H)
    state = (zeros, zeros) if cell == "LSTM" else zeros
    hidden = []
    for x_t in x:
        state = step(x_t, state)
        hidden.append(state[0] if cell == "LSTM" else state)
    return torch.stack(hidden), state


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_equals_pytorchs_in_value_and_gradient(cell):
    torch.manual_seed(0)
    module = getattr(nn, f"{cell}Cell")(E, H)
    weights = list(module.parameters())
    x = torch.randn(T, N, E, requires_grad=True)
    target = torch.randn(T, N, H)
    gradients, outputs = [], []
    for step in (module, lambda x_t, state: CELLS[cell](x_t, state, *weights)):
        hidden, state = run(step, cell, x)
        outputs.append(torch.cat([hidden, *(s[None] for s in state)] if cell == "LSTM"
                                 else [hidden]))
        gradients.append(torch.autograd.grad((hidden * target).sum(), [x, *weights]))
    assert (outputs[0] - outputs[1]).abs().max() < 1e-6
    for theirs, ours in zip(*gradients, strict=True):
        assert theirs.abs().max() > 1e-3
        assert torch.allclose(theirs, ours, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_equals_the_layer_that_loops_over_it(cell):
    torch.manual_seed(1)
    layer = getattr(nn, cell)(E, H)
    x = torch.randn(T, N, E)
    hidden, _ = run(lambda x_t, state: CELLS[cell](x_t, state, *layer.parameters()), cell, x)
    assert (hidden - layer(x)[0]).abs().max() < 1e-6


def test_the_reset_gate_stands_outside_the_product():
    """r * (W_hn h + b_hn), not W_hn (r * h) + b_hn as in the paper: the two differ."""
    torch.manual_seed(2)
    module = nn.GRUCell(E, H)
    x, h = torch.randn(N, E), torch.randn(N, H)
    w_ih, w_hh, b_ih, b_hh = module.parameters()
    r, z = (x @ w_ih[:2 * H].T + b_ih[:2 * H] + h @ w_hh[:2 * H].T
            + b_hh[:2 * H]).sigmoid().chunk(2, dim=1)
    n = (x @ w_ih[2 * H:].T + b_ih[2 * H:] + (r * h) @ w_hh[2 * H:].T + b_hh[2 * H:]).tanh()
    assert ((1 - z) * n + z * h - module(x, h)).abs().max() > 1e-2


@pytest.mark.parametrize("cell", CELLS)
def test_gradient_by_distance_equals_autograd_through_pytorchs_layer(cell):
    torch.manual_seed(3)
    measured = gradient_by_distance(cell, 12, gate=1.0 if cell != "RNN" else 0.0, factor=1.5,
                                    inputs=E, hidden=H, batch=N)
    torch.manual_seed(3)                                    # the same weights, the same input
    module = getattr(nn, f"{cell}Cell")(E, H).double()
    x = torch.randn(12, N, E, dtype=torch.float64, requires_grad=True)
    layer = getattr(nn, cell)(E, H).double()
    with torch.no_grad():
        module.weight_hh.mul_(1.5)
        if cell != "RNN":
            module.bias_ih[H:2 * H] += 1.0
        for theirs, ours in zip(layer.parameters(), module.parameters(), strict=True):
            theirs.copy_(ours)
    layer(x)[0][-1].sum().backward()
    norms = x.grad.norm(dim=(1, 2)).flip(0)
    assert torch.allclose(torch.tensor(measured, dtype=torch.float64), norms / norms[0], rtol=1e-9)
