"""Lesson 8: Dataset and DataLoader. The net of lesson 7 on mini-batches, tested on unseen rows.

    epoch: every training sample once    batch size: samples a step    iteration: one step
    456 samples in batches of 32: 14 full ones and one of 8 = 15 iterations an epoch

Dataset is abstract: you write __getitem__ and __len__. DataLoader asks it for samples in random
order and stacks them. With --workers 2 two processes fetch them. On Windows and macOS, and on Linux
from Python 3.14 on, such a process starts by importing this file anew, so whatever starts one must
stand below `if __name__ == "__main__":`.

Run:     python liuer/lesson8.py                    (--help lists the settings)
Lecture: python liuer/lesson8.py --momentum 0 --workers 2       (97.3%, measured with 0 workers)
Prints:  test accuracy 97.3% | training accuracy 93.9% | baseline 61.1%
Notes:   liuer/README.md, lecture 8
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

from files import read_row, read_table
from utils import DATA, BadInput, finite, plot_curve, settings, show


class DiabetesDataset(Dataset):
    """The features and the label of each line of a CSV file, as they stand there."""

    def __init__(self, filepath):
        xy = read_table(filepath)                       # the lecture's np.loadtxt, float32
        self.len = xy.shape[0]
        self.x_data = torch.from_numpy(xy[:, :-1])      # (N, F)
        self.y_data = torch.from_numpy(xy[:, [-1]])     # (N, 1)

    def __getitem__(self, index):
        return self.x_data[index], self.y_data[index]   # (F,), (1,)

    def __len__(self):
        return self.len


class Model(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.linear1 = nn.Linear(features, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.sigmoid = nn.Sigmoid()

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


def train(model, loader, criterion, optimizer, scheduler=None):
    """One epoch; return the mean loss of a sample."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)                 # forward
        loss = criterion(outputs, target)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        if scheduler:
            scheduler.step()                    # ours: the learning rate falls with every step
        total += loss.item() * len(target)      # the last batch is smaller
        count += len(target)
    return total / count


@torch.no_grad()
def test_binary(model, loader):
    """Share of right answers: class 1 where the one output is above 0.5."""
    model.eval()
    device = next(model.parameters()).device
    correct = total = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)
        predicted = (outputs > 0.5).float()
        assert predicted.shape == target.shape  # otherwise == would compare all with all
        correct += (predicted == target).sum().item()
        total += len(target)
    return correct / total


def main(epochs=100, batch_size=32, lr=0.1, momentum=0.9, workers=0, seed=0, path=None,
         predict=None):
    """Train on four fifths of the rows, test on the rest; return losses and both accuracies.

    epochs: passes over the training rows
    batch_size: samples a step
    lr: learning rate
    momentum: share of the last step that the next one keeps
    workers: processes that fetch samples, 0 for none but this one
    seed: of the split, the weights and the order of the samples
    path: another table, CSV or .csv.gz: numbers, and in the last column one of two labels
    predict: a row without its label, "13.5,20.1,...", to be answered after the training
    """
    torch.manual_seed(seed)

    # 1. Prepare data
    dataset = DiabetesDataset(path or DATA / "breast_cancer.csv")
    if len(dataset) < 5:
        raise BadInput(f"{path}: expected at least 5 rows to split, got {len(dataset)}")
    train_set, test_set = random_split(dataset, [0.8, 0.2])             # ours: a part to test on
    x_train = dataset.x_data[train_set.indices]
    low, high = x_train.amin(dim=0), x_train.amax(dim=0)                # after the split
    dataset.x_data = scale(dataset.x_data, low, high)       # all rows, by the training rows alone
    features = dataset.x_data.shape[1]
    row = torch.tensor(read_row(predict, features)) if predict else None    # (1, F)
    train_loader = DataLoader(train_set, batch_size, shuffle=True, num_workers=workers,
                              persistent_workers=workers > 0)   # ours: they start once, not anew
    test_loader = DataLoader(test_set, batch_size)
    print(f"{len(train_set)} training rows in {len(train_loader)} batches, {len(test_set)} to test")

    # 2. Define model
    model = Model(features)

    # 3. Loss and optimizer
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum)       # ours: momentum

    # 4. Training cycle
    losses = []
    for epoch in range(1, epochs + 1):
        losses.append(finite(train(model, train_loader, criterion, optimizer)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    if predict:
        model.eval()
        with torch.no_grad():
            p = model(scale(row, low, high)).item()
        print(f"{predict} | probability of class 1: {p:.1%}")
    accuracy = test_binary(model, test_loader)
    train_accuracy = test_binary(model, DataLoader(train_set, batch_size))
    # a constant answer: the label that most training rows have, scored on the test rows
    answer = dataset.y_data[train_set.indices].mean().round()
    base = (dataset.y_data[test_set.indices] == answer).float().mean().item()
    print(f"test accuracy {accuracy:.1%} | training accuracy {train_accuracy:.1%} | "
          f"baseline {base:.1%}")
    return {"losses": losses, "accuracy": accuracy, "train_accuracy": train_accuracy,
            "baseline": base}


def draw(result):
    return plot_curve(result["losses"], ylabel="mean loss of the epoch")


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson8")
