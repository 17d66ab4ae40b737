"""Lesson 4: back-propagation. PyTorch records the forward pass and computes the gradient itself.

    loss = (w x - y)^2        loss.backward() fills w.grad with d loss/dw = 2 x (w x - y)

The same steps as lesson3_2.py, without a derivative written by hand.

Run:     python liuer/lesson4.py                    (--help lists the settings)
Prints:  Predict (after training): y(4) = 7.9999986 | w = 1.9999996
Notes:   liuer/README.md, lecture 4
"""

import torch

from utils import settings, show


def forward(x, w):
    return x * w                    # x is a number, w a tensor: the result is a tensor


def loss(x, y, w):
    """Squared error of one sample, with the graph that leads back to w."""
    y_pred = forward(x, w)
    return (y_pred - y) ** 2


def main(epochs=100, lr=0.01, w=1.0):
    """Descend sample by sample; return data, every w and gradient, losses of the epochs, and y(4).

    epochs: passes over the samples
    lr: learning rate
    w: where to start
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward(), with a weight that asks for its gradient
    w = torch.tensor(w, requires_grad=True)
    print(f"Predict (before training): y(4) = {forward(4.0, w).item():.1f}")

    # 3. Loss: loss(); the optimizer is one line of the loop

    # 4. Training cycle
    w_list, grad_list, loss_list = [w.item()], [], []
    print_every = max(1, epochs // 10)
    for epoch in range(1, epochs + 1):
        l_sum = 0.0
        for x, y in zip(x_data, y_data):
            loss_val = loss(x, y, w)            # forward: builds the graph
            loss_val.backward()                 # backward: fills w.grad, the graph is gone
            grad_val = w.grad.item()
            with torch.no_grad():               # ours: the lecture does the same with w.data
                w -= lr * w.grad                # update: no part of the next graph
            w.grad.zero_()                      # backward() adds to what is there
            l_sum += loss_val.item()            # a number: tensors would keep every graph alive
            w_list.append(w.item())
            grad_list.append(grad_val)
            if epoch == 1:
                print(f"x {x:.0f}, y {y:.0f} | loss {loss_val.item():.6f} | "
                      f"w.grad {grad_val:8.4f} | w {w.item():.6f}")
        mean_loss = l_sum / len(x_data)
        loss_list.append(mean_loss)
        if epoch == 1 or epoch % print_every == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {mean_loss:.2e} | w {w.item():.7f}")
        if not mean_loss <= max(1e6, loss_list[0]):     # nan is not <= anything
            print(f"diverges: loss {mean_loss:.2g} in epoch {epoch}; lr {lr} is too large")
            break

    prediction = forward(4.0, w).item()
    print(f"Predict (after training): y(4) = {prediction:.7f} | w = {w.item():.7f}")
    return {"x_data": x_data, "y_data": y_data, "w_list": w_list, "grad_list": grad_list,
            "loss_list": loss_list, "prediction": prediction}


def draw(result):
    """The gradient autograd found at each step, on the derivative written by hand; the loss."""
    import matplotlib.pyplot as plt
    import numpy as np

    x_data, y_data = result["x_data"], result["y_data"]
    w_list, grad_list, loss_list = result["w_list"], result["grad_list"], result["loss_list"]
    reached = [w for w in w_list if np.isfinite(w)]     # a float32 beyond 3.4e38 is inf
    every_w = np.linspace(min(reached), max(reached), 50)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for k in range(len(x_data)):
        x, y = x_data[k], y_data[k]
        left.plot(every_w, 2 * x * (every_w * x - y), color=f"C{k}", alpha=0.5,
                  label=f"by hand, 2x(wx - y) at x = {x:.0f}")
        w_before, grads = [], []                # of the steps that this sample made
        for step in range(k, len(grad_list), len(x_data)):
            w_before.append(w_list[step])
            grads.append(grad_list[step])
        left.plot(w_before, grads, "o", color=f"C{k}", markersize=4)
    left.plot([], [], "o", color="gray", markersize=4, label="w.grad by autograd")
    left.set(xlabel="w", ylabel="d loss / dw", title="Autograd computes the same gradient")
    left.legend()
    right.plot(range(1, len(loss_list) + 1), loss_list, marker="." if len(loss_list) < 30 else "")
    right.set_yscale("log" if max(loss_list) > 0 else "linear")     # no 0 on a log axis
    right.set(xlabel="epoch", ylabel="loss", title="Mean loss of each epoch, in float32")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["w"]))
    show(draw(result), "lesson4")
