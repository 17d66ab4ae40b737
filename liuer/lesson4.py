"""Lesson 4: back-propagation. PyTorch records the forward pass and computes the gradient itself.

    loss = (w x - y)^2        loss.backward() fills w.grad with d loss/dw = 2 x (w x - y)

The same steps as lesson3_2.py, without a derivative written by hand.

Run:   python liuer/lesson4.py              (--help lists the settings)
See:   w = 1.9999996 | prediction y(4) = 7.9999986 (before training: 4.0)
Notes: liuer/README.md, lecture 4
"""

import torch

from utils import BadInput, flags, show  # liuer/utils.py


def forward(x, w):
    return w * x                    # x is a number, w a tensor: the result is a tensor


def loss_of(x, y, w):
    """Squared error of one sample, with the graph that leads back to w."""
    return (forward(x, w) - y) ** 2


def main(epochs=100, lr=0.01, w=1.0):
    """Descend sample by sample; return data, losses of the epochs, every w and gradient, and y(4).

    epochs: passes over the samples, >= 1
    lr: learning rate, > 0 and <= 100
    w: where to start, >= -100 and <= 100
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward(), with a weight that asks for its gradient
    w = torch.tensor(w, requires_grad=True)
    before = forward(4.0, w).item()

    # 3. Loss: loss_of(); the optimizer is one line of the loop

    # 4. Training cycle: forward, backward, update
    ws, grads, losses = [w.item()], [], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, y in zip(x_data, y_data, strict=True):
            loss = loss_of(x, y, w)                                  # forward
            loss.backward()                                          # backward
            grad = w.grad.item()
            with torch.no_grad():       # the update is no part of the next graph
                w -= lr * w.grad                                     # update
            w.grad.zero_()              # backward() adds to what is there
            total += loss.item()        # a number: adding tensors would keep every graph alive
            ws.append(w.item())
            grads.append(grad)
            if total > 1e6:
                raise BadInput(f"the loss has grown to {total:.2g} in epoch {epoch}: "
                               f"lr {lr} is too large, try --lr 0.01")
            if epoch == 1:
                print(f"x {x:.0f}, y {y:.0f} | loss {loss:.6f} | w.grad {grad:8.4f} | w {w:.6f}")
        losses.append(total / len(x_data))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.2e} | w {w:.7f}")

    prediction = forward(4.0, w).item()
    print(f"w = {w:.7f} | prediction y(4) = {prediction:.7f} (before training: {before:.1f})")
    return {"x_data": x_data, "y_data": y_data, "losses": losses, "ws": ws, "grads": grads,
            "w": w.item(), "prediction": prediction, "before": before}


def draw(result):
    """The gradient autograd found at each step, on the derivative written by hand; the loss."""
    import matplotlib.pyplot as plt
    import numpy as np

    ws, grads, losses = np.array(result["ws"]), result["grads"], result["losses"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for k, (x, y) in enumerate(zip(result["x_data"], result["y_data"], strict=True)):
        left.plot(ws, 2 * x * (ws * x - y), color=f"C{k}", alpha=0.5,
                  label=f"by hand, 2x(wx - y) at x = {x:.0f}")
        left.plot(ws[k:-1:3], grads[k::3], "o", color=f"C{k}", markersize=4)     # its own steps
    left.plot([], [], "o", color="gray", markersize=4, label="w.grad by autograd")
    left.set(xlabel="w", ylabel="d loss / dw", title="Autograd computes the same gradient")
    left.legend()
    right.plot(range(1, len(losses) + 1), losses, marker="." if len(losses) < 30 else "")
    right.set_yscale("log" if max(losses) > 0 else "linear")         # no 0 on a log axis
    right.set(xlabel="epoch", ylabel="loss", title="Loss, down to what float32 can tell from 0")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson4")
