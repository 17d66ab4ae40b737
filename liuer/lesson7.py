"""Lesson 7: several features, several layers. 8 -> 6 -> 4 -> 1, all samples in every step.

    h1 = sigmoid(x A1^T + b1)    h2 = sigmoid(h1 A2^T + b2)    y_pred = sigmoid(h2 A3^T + b3)

The table is breast cancer (Wisconsin), label 1 is benign; --path takes the lecture's diabetes or
one of your own, with any number of features. To predict a number in place of a class (regression),
leave out the last sigmoid, take nn.MSELoss, and standardise y as well.

Run:     python liuer/lesson7.py                    (--help lists the settings)
         python liuer/lesson7.py --predict "13.5,20.1,0.09,0.1,0.06,0.04,0.18,0.06"
Lecture: python liuer/lesson7.py --epochs 100 --momentum 0      (accuracy 62.7%, the baseline)
Prints:  accuracy 94.4% on the rows it trained on (baseline 62.7%) | loss 0.1369 (baseline 0.6603)
Notes:   liuer/README.md, lecture 7
"""

import torch
from torch import nn

from files import read_row, read_table
from utils import DATA, finite, plot_curve, settings, show


class Model(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.linear1 = nn.Linear(features, 6)   # A1 (6, F), b1 (6,)
        self.linear2 = nn.Linear(6, 4)          # A2 (4, 6), b2 (4,)
        self.linear3 = nn.Linear(4, 1)          # A3 (1, 4), b3 (1,)
        self.sigmoid = nn.Sigmoid()             # no weights: one object serves all layers

    def forward(self, x):                       # (N, F)
        x = self.sigmoid(self.linear1(x))       # (N, 6)
        x = self.sigmoid(self.linear2(x))       # (N, 4)
        x = self.sigmoid(self.linear3(x))       # (N, 1)
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


def baseline(y):
    """Loss and accuracy of the best constant answer: the share of class 1."""
    y = y.float()
    share = y.mean()
    loss = torch.special.entr(share) + torch.special.entr(1 - share)    # -p log p, and 0 log 0 = 0
    return loss.item(), max(share.item(), 1 - share.item())


def main(epochs=1000, lr=0.1, momentum=0.9, seed=0, path=None, predict=None):
    """Train on all rows; return the losses, the accuracy on them, and the baseline's both.

    epochs: steps, each over all rows
    lr: learning rate
    momentum: share of the last step that the next one keeps
    seed: of the initial weights
    path: another table, CSV or .csv.gz: numbers, and in the last column one of two labels
    predict: a row without its label, "13.5,20.1,...", to be answered after the training
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    xy = read_table(path or DATA / "breast_cancer.csv")     # the lecture's np.loadtxt, float32
    x_data = torch.from_numpy(xy[:, :-1])                   # (N, F)  all columns but the last
    y_data = torch.from_numpy(xy[:, [-1]])                  # (N, 1)  [-1] keeps it a column
    low, high = x_data.amin(dim=0), x_data.amax(dim=0)      # (F,)
    x_data = scale(x_data, low, high)           # ours: the lecture's file is scaled already
    features = x_data.shape[1]
    row = torch.tensor(read_row(predict, features)) if predict else None    # (1, F)
    base_loss, base_accuracy = baseline(y_data)
    print(f"{len(x_data)} rows, {y_data.mean():.1%} of class 1 | "
          f"baseline: loss {base_loss:.4f}, accuracy {base_accuracy:.1%}")

    # 2. Define model
    model = Model(features)
    print(f"{sum(p.numel() for p in model.parameters())} parameters")

    # 3. Loss and optimizer
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum)       # ours: momentum

    # 4. Training cycle
    losses = []
    for epoch in range(1, epochs + 1):
        y_pred = model(x_data)                  # forward
        loss = criterion(y_pred, y_data)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        losses.append(finite(loss.item()))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:4d}/{epochs} | loss {losses[-1]:.4f} | "
                  f"accuracy {share_right(y_pred, y_data):.1%}")

    accuracy = share_right(y_pred, y_data)      # of the same weights as the last loss
    print(f"accuracy {accuracy:.1%} on the rows it trained on (baseline {base_accuracy:.1%}) | "
          f"loss {losses[-1]:.4f} (baseline {base_loss:.4f})")
    if predict:
        with torch.no_grad():
            p = model(scale(row, low, high)).item()
        print(f"{predict} | probability of class 1: {p:.1%}")
    return {"losses": losses, "accuracy": accuracy,
            "base_loss": base_loss, "base_accuracy": base_accuracy}


def draw(result):
    """The loss over the epochs, against the loss of a constant answer."""
    constant = [result["base_loss"]] * len(result["losses"])
    return plot_curve({"layers of 6, 4, 1, sigmoid": result["losses"], "constant answer": constant})


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson7")
