"""Lesson 9.4: overfit on purpose. A net can know 500 digits by heart and misread many others.

    gap = accuracy on the digits it was trained on - accuracy on digits it has never seen

First nothing is done against it, then one measure a row, each from the same five seeds. Such a
difference counts where it is larger than chance makes differences of five seeds.

Run:     python liuer/lesson9_4.py                  (--help lists the settings)
Prints:  gap 14.5 points; test accuracy 85.3%, with ten times the digits 88.2%
Notes:   liuer/README.md, lecture 9
"""

import copy
import statistics

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import BadInput, finite, load_mnist, pick_device, settings, show

VALIDATION = 500        # of the 60,000 training digits: they tell early stopping when to stop
SEEDS = 5               # trainings a row
CHANCE = 2.78           # standard errors: 95 % of means of 5 lie within by chance (Student's t)
MEASURES = ["nothing", "weight decay", "dropout", "early stopping", "shifted digits", "more digits"]


class Digits(Dataset):
    """Images (N, 28, 28) in bytes and their labels (N,), as ToTensor and Normalize make them."""

    def __init__(self, images, labels):
        x = images.unsqueeze(1) / 255           # ToTensor(): (N, 1, 28, 28), 0 to 1
        self.x = (x - 0.1307) / 0.3081          # Normalize((0.1307,), (0.3081,)): mean 0, std 1
        self.y = labels

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __getitems__(self, indices):            # ours: a batch at once is faster than one by one
        return self.x[indices], self.y[indices]


class ShiftedDigits(Digits):
    """The same, and each time a digit is taken it has moved by up to a pixel each way."""

    def __getitem__(self, index):
        down, right = torch.randint(-1, 2, (2,)).tolist()
        return self.x[index].roll((down, right), dims=(1, 2)), self.y[index]

    def __getitems__(self, indices):
        images = [self[index][0] for index in indices]
        return torch.stack(images), self.y[indices]


def make_net(dropout):
    """Lesson 9's net; while it trains, dropout makes such a share of the hidden values 0."""
    return nn.Sequential(nn.Flatten(),
                         nn.Linear(784, 512), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(512, 256), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(256, 128), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(128, 64), nn.ReLU(),
                         nn.Linear(64, 10))


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
def test(model, loader):
    """Share of right answers."""
    model.eval()
    device = next(model.parameters()).device
    correct = total = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)
        predicted = outputs.argmax(dim=1)
        assert predicted.shape == target.shape  # otherwise == would compare all with all
        correct += (predicted == target).sum().item()
        total += len(target)
    return correct / total


def compare(accuracies, plain):
    """Mean and deviation of the differences, seed by seed; are they more than chance?"""
    differences = [one - other for one, other in zip(accuracies, plain)]
    mean, deviation = statistics.mean(differences), statistics.stdev(differences)
    return mean, deviation, abs(mean) > CHANCE * deviation / len(differences) ** 0.5


def main(epochs=12, digits=500, batch_size=50, lr=0.1, momentum=0.9, seed=0):
    """Train five nets a row; return losses, accuracies by epoch, and of each net in the end.

    epochs: passes over the training digits; over ten times the digits a tenth of them
    digits: to train on; at most 5,000
    batch_size: images a step
    lr: learning rate (at the start; it falls to 0)
    momentum: share of the last step that the next one keeps
    seed: the first of five, of the choice of digits, the initial weights, the order
    """
    if digits > 5_000:
        raise BadInput(f"--digits: expected at most 5,000, got {digits}")
    device = pick_device()
    print(f"training {len(MEASURES)} rows of {SEEDS} nets, about a minute")
    print("                 training       test      difference from nothing, in points")

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    val_dataset = Digits(x_train[-VALIDATION:], y_train[-VALIDATION:])
    val_loader = DataLoader(val_dataset, 1000, collate_fn=tuple)
    test_loader = DataLoader(Digits(x_test, y_test), 1000, collate_fn=tuple)

    losses, curves, results = {}, {}, {}
    for name in MEASURES:
        weight_decay = 2e-3 if name == "weight decay" else 0
        dropout = 0.2 if name == "dropout" else 0.0
        dataset = ShiftedDigits if name == "shifted digits" else Digits
        times = 10 if name == "more digits" else 1
        losses[name], curves[name], results[name], known = {}, {}, [], []
        for number in range(seed, seed + SEEDS):
            torch.manual_seed(number)
            chosen = torch.randperm(len(x_train) - VALIDATION)[:times * digits]
            train_dataset = dataset(x_train[chosen], y_train[chosen])
            train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)

            # 2. Define model
            model = make_net(dropout).to(device)

            # 3. Loss and optimizer
            criterion = nn.CrossEntropyLoss()
            optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
            passes = max(1, epochs // times)
            scheduler = torch.optim.lr_scheduler.LinearLR(
                optimizer, start_factor=1, end_factor=0, total_iters=passes * len(train_loader))

            # 4. Training cycle
            loss, training, validation = [], [], []
            for _ in range(passes):
                loss.append(finite(train(model, train_loader, criterion, optimizer, scheduler)))
                training.append(test(model, train_loader))
                validation.append(test(model, val_loader))
                if validation[-1] == max(validation):
                    best = copy.deepcopy(model.state_dict())
            if name == "early stopping":        # back to the epoch that validated best
                model.load_state_dict(best)
            losses[name][number] = loss
            curves[name][number] = training, validation
            known.append(test(model, train_loader))
            results[name].append(test(model, test_loader))

        right = statistics.mean(results[name])
        line = f"{name:15} {statistics.mean(known):9.1%} {right:10.1%}"
        line += f" ± {100 * statistics.stdev(results[name]):.1f}"
        if name == "nothing":
            gap = 100 * (statistics.mean(known) - right)
        else:
            mean, deviation, counts = compare(results[name], results["nothing"])
            line += f" {100 * mean:+14.1f} ± {100 * deviation:.1f}"
            line += "" if counts else ", within noise"
        print(line)
    print(f"gap {gap:.1f} points; test accuracy {statistics.mean(results['nothing']):.1%}, "
          f"with ten times the digits {right:.1%}")
    return {"losses": losses, "curves": curves, "results": results}


def draw(result):
    """The first seed's nets: accuracy on the digits trained on, and on others."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 3, figsize=(9, 5), sharex=True, sharey=True,
                                layout="constrained")
    for axes, name in zip(grid.flat, result["curves"]):
        training, validation = list(result["curves"][name].values())[0]
        epochs = range(1, len(training) + 1)
        axes.plot(epochs, training, marker=".", label="training")
        axes.plot(epochs, validation, marker=".", label="validation")
        axes.set_title(f"{name}: test {statistics.mean(result['results'][name]):.1%}", fontsize=10)
        axes.set(xlabel="epoch", ylabel="accuracy")
        axes.grid(alpha=0.3)
    grid[0, 0].legend()
    grid[0, 0].xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson9_4")
