"""Lesson 7.2: exercise 7-1, the net of lesson 7 under different activations.

    h1 = f(x A1^T + b1)    h2 = f(h1 A2^T + b2)    y_pred = sigmoid(h2 A3^T + b3)

Run:     python liuer/lesson7_2.py                  (--help lists the settings)
Prints:  lowest loss: leaky ReLU 0.0824, accuracy 96.8% | sigmoid 0.1427, accuracy 94.9%
Notes:   liuer/README.md, lecture 7
"""

import torch
import torch.nn.functional as F
from torch import nn

from files import read_table
from utils import DATA, finite, settings, show

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softsign": F.softsign,
    "softplus": F.softplus,
    "ReLU": torch.relu,
    "leaky ReLU": F.leaky_relu,
    "ELU": F.elu,
}


class Model(nn.Module):
    def __init__(self, features, activation, last=torch.sigmoid):
        super().__init__()
        self.linear1 = nn.Linear(features, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.activation = activation
        self.last = last

    def forward(self, x):                       # (N, F)
        x = self.activation(self.linear1(x))    # (N, 6)
        x = self.activation(self.linear2(x))    # (N, 4)
        x = self.last(self.linear3(x))          # (N, 1)
        return x


def scale(x, low, high):
    """Each feature from -1 (its low) to 1 (its high)."""
    width = high - low
    width[width == 0] = 1                       # a feature that never varies
    return 2 * (x - low) / width - 1


def share_right(y_pred, y):
    """Share of right answers: class 1 where y_pred > 0.5."""
    predicted = (y_pred > 0.5).float()
    assert predicted.shape == y.shape           # otherwise == would compare all with all
    return (predicted == y).float().mean().item()


def train_full(model, x_data, y_data, epochs, lr, momentum):
    """Train with all rows in each step; return the losses, and the accuracy of the last one."""
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum)
    losses = []
    for _ in range(epochs):
        y_pred = model(x_data)                  # forward
        loss = criterion(y_pred, y_data)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        losses.append(finite(loss.item()))
    return losses, share_right(y_pred, y_data)


def try_relu_last(x_data, y_data, seed, lr, momentum):
    """Ten nets that end in ReLU, not in a sigmoid: the errors, and how many only answer 0."""
    errors = []
    all_zero = 0
    for other_seed in range(seed, seed + 10):
        torch.manual_seed(other_seed)
        model = Model(x_data.shape[1], torch.relu, last=torch.relu)
        try:
            train_full(model, x_data, y_data, 50, lr, momentum)
            if model(x_data).max() == 0:
                all_zero += 1                   # no gradient comes through any more
        except RuntimeError as error:           # BCELoss: an output is no probability
            first_line = str(error).split("\n")[0]
            errors.append(f"largest output {model(x_data).max():.3f}: {first_line}")
    return errors, all_zero


def main(epochs=500, lr=0.1, momentum=0.9, seed=0, path=None):
    """Train one net for each activation; return their losses and accuracies, and how ReLU fails.

    epochs: steps, each over all rows
    lr: learning rate
    momentum: share of the last step that the next one keeps
    seed: of the initial weights, the same for every net
    path: another table, CSV or .csv.gz: numbers, and in the last column one of two labels
    """
    # 1. Prepare data
    xy = read_table(path or DATA / "breast_cancer.csv")
    x_data = torch.from_numpy(xy[:, :-1])                   # (N, F)
    y_data = torch.from_numpy(xy[:, [-1]])                  # (N, 1)
    x_data = scale(x_data, x_data.amin(dim=0), x_data.amax(dim=0))

    # 2. Define model: Model(features, activation), anew from the same seed
    # 3. Loss and optimizer: BCELoss and SGD, in train_full()
    # 4. Training cycle: forward, backward, update are the loop of train_full()
    curves, accuracies = {}, {}
    for name, activation in ACTIVATIONS.items():
        torch.manual_seed(seed)
        model = Model(x_data.shape[1], activation)
        losses, accuracy = train_full(model, x_data, y_data, epochs, lr, momentum)
        slow = 0
        for loss in losses:
            if loss > 0.3:
                slow += 1
        print(f"{name:10} | loss {losses[-1]:.4f} | accuracy {accuracy:.1%} | "
              f"above 0.3 for {slow} epochs")
        curves[name], accuracies[name] = losses, accuracy

    errors, all_zero = try_relu_last(x_data, y_data, seed, lr, momentum)
    print(f"ReLU last, 10 seeds | BCELoss raises: {len(errors)} | all outputs 0: {all_zero}")
    if errors:
        print(f"   {errors[0]}")

    best = "sigmoid"
    for name in curves:
        if curves[name][-1] < curves[best][-1]:
            best = name
    print(f"lowest loss: {best} {curves[best][-1]:.4f}, accuracy {accuracies[best]:.1%} | "
          f"sigmoid {curves['sigmoid'][-1]:.4f}, accuracy {accuracies['sigmoid']:.1%}")
    return {"curves": curves, "accuracies": accuracies, "errors": errors, "all_zero": all_zero}


def draw(result):
    """The loss of each net; every second curve is dashed, so that one on top hides none."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    styles = ["-", "--", "-", "--", "-", "--", ":"]
    for (name, losses), style in zip(result["curves"].items(), styles):
        epochs = range(1, len(losses) + 1)
        axes.plot(epochs, losses, style, label=name, marker="o", markevery=[0], markersize=4)
    axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson7_2")
