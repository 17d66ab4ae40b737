"""Lesson 3.2: stochastic gradient descent. Step after every sample, not once for all of them.

    loss = (w x - y)^2        d loss/dw = 2 x (w x - y)
    w <- w - lr d loss/dw

Each gradient needs the w the last step made: the samples of an epoch cannot run in parallel.

Run:     python liuer/lesson3_2.py                  (--help lists the settings)
Prints:  Predict (after training): y(4) = 8.0000000 | w = 2.0000000 | 2 - w = 7.6e-14
Notes:   liuer/README.md, lecture 3
"""

from utils import settings, show


def forward(x, w):
    return x * w


def loss(x, y, w):
    """Squared error of one sample."""
    y_pred = forward(x, w)
    return (y_pred - y) ** 2


def gradient(x, y, w):
    """d loss/dw of one sample, derived by hand."""
    return 2 * x * (x * w - y)


def main(epochs=100, lr=0.01, w=1.0):
    """Descend sample by sample; return every w, the mean loss of each epoch, and y(4).

    epochs: passes over the samples
    lr: learning rate
    w: where to start
    """
    # 1. Prepare data
    x_data = [1.0, 2.0, 3.0]
    y_data = [2.0, 4.0, 6.0]

    # 2. Define model: forward()
    print(f"Predict (before training): y(4) = {forward(4.0, w):.1f}")

    # 3. Loss: loss(); the optimizer is one line of the loop

    # 4. Training cycle
    w_list, loss_list = [w], []
    print_every = max(1, epochs // 10)
    for epoch in range(1, epochs + 1):
        l_sum = 0.0
        for x, y in zip(x_data, y_data):
            loss_val = loss(x, y, w)                # forward
            grad_val = gradient(x, y, w)            # backward
            w = w - lr * grad_val                   # update
            l_sum += loss_val
            w_list.append(w)
            if epoch == 1:
                print(f"x {x:.0f}, y {y:.0f} | loss {loss_val:.6f} | gradient {grad_val:8.4f} | "
                      f"w {w:.6f}")
        mean_loss = l_sum / len(x_data)
        loss_list.append(mean_loss)
        if epoch == 1 or epoch % print_every == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {mean_loss:.2e} | w {w:.14f}")
        if mean_loss > 1e6 and mean_loss > loss_list[0]:
            print(f"diverges: loss {mean_loss:.2g} in epoch {epoch}; lr {lr} is too large")
            break

    prediction = forward(4.0, w)
    print(f"Predict (after training): y(4) = {prediction:.7f} | w = {w:.7f} | 2 - w = {2 - w:.1e}")
    return {"w_list": w_list, "loss_list": loss_list, "prediction": prediction}


def draw(result):
    """The first steps of w, three an epoch, and the mean loss of each epoch."""
    import matplotlib.pyplot as plt

    w_list, loss_list = result["w_list"], result["loss_list"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    shown = min(24, len(w_list) - 1)        # steps
    left.plot(range(shown + 1), w_list[:shown + 1], color="lightgray")
    for k in range(3):
        steps, after = [], []
        for step in range(k + 1, shown + 1, 3):
            steps.append(step)
            after.append(w_list[step])
        left.plot(steps, after, "o", markersize=4, label=f"after a step with x = {k + 1}")
    left.axhline(2, color="gray", linestyle="--", linewidth=1)
    left.set(xlabel="steps taken", ylabel="w", title="Each sample moves w: three steps an epoch")
    left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    left.legend()
    right.plot(range(1, len(loss_list) + 1), loss_list, marker="." if len(loss_list) < 30 else "")
    right.set_yscale("log" if max(loss_list) > 0 else "linear")     # no 0 on a log axis
    right.set(xlabel="epoch", ylabel="loss", title="Mean loss of each epoch")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main, negative=["w"]))
    show(draw(result), "lesson3_2")
