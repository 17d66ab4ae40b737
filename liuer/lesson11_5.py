"""Lesson 11.5: the ladder. From the lecture's training of a residual net up, one change a row.

Most rows change how the net of lesson 11.2 is trained. The last two train another net: convolutions
with batch norm after each, and the mean of each channel in front of the last layer. What a row
changes was chosen on the last 5,000 training digits; the test digits are read once a net.

Run:     python liuer/lesson11_5.py                 (10,000 digits; --help lists the settings)
         python liuer/lesson11_5.py --full --epochs 30 --rows small,large --seeds 5
Prints:  test accuracy 95.70% lecture, 98.69% large
Notes:   liuer/README.md, lecture 11
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import BadInput, finite, load_mnist, pick_device, progress, settings, show

VALIDATION = 5_000      # of the 60,000 training digits, to choose settings on
SHORT = 10_000          # digits to train on where it is not --full
SHIFT, TURN = 1, 8      # moved digits: by up to so many pixels, so many degrees


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
    """The same, but each image is shifted and turned a little, anew at every use."""

    def __getitem__(self, index):
        return shift_and_turn(self.x[[index]], SHIFT, TURN)[0], self.y[index]

    def __getitems__(self, indices):
        return shift_and_turn(self.x[indices], SHIFT, TURN), self.y[indices]


def shift_and_turn(x, shift, turn):
    """Each image (N, 1, H, W) shifted by up to `shift` pixels, turned by up to `turn` degrees."""
    n, height, width = len(x), x.shape[2], x.shape[3]
    angle = math.radians(turn) * (2 * torch.rand(n, device=x.device) - 1)       # (N,)
    right = shift / (width / 2) * (2 * torch.rand(n, device=x.device) - 1)      # half an image: 1
    down = shift / (height / 2) * (2 * torch.rand(n, device=x.device) - 1)
    row1 = torch.stack([angle.cos(), -angle.sin(), right], dim=1)
    row2 = torch.stack([angle.sin(), angle.cos(), down], dim=1)                 # (N, 3)
    grid = F.affine_grid(torch.stack([row1, row2], dim=1).to(x.dtype), x.shape, align_corners=False)
    # Between pixels it interpolates; what comes in from outside is as the border: empty.
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


class NormBlock(nn.Module):
    """Lesson 11.2's ResidualBlock, with a layer `norm` after each convolution."""

    def __init__(self, channels, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.norm1 = norm(channels)
        self.norm2 = norm(channels)

    def forward(self, x):                       # (N, C, H, W)
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return F.relu(x + y)                    # (N, C, H, W)


def residual_net(norm=nn.Identity):
    """The net of lesson 11.2."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=5), norm(16), nn.ReLU(), nn.MaxPool2d(2),
        NormBlock(16, norm),                                                    # (N, 16, 12, 12)
        nn.Conv2d(16, 32, kernel_size=5), norm(32), nn.ReLU(), nn.MaxPool2d(2),
        NormBlock(32, norm),                                                    # (N, 32, 4, 4)
        nn.Flatten(), nn.Linear(512, 10))                                       # (N, 10)


def norm_net():
    return residual_net(nn.BatchNorm2d)


def conv(inputs, outputs):
    """A 3x3 convolution without a bias, for batch norm takes the mean out and has a bias."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False),
                         nn.BatchNorm2d(outputs), nn.ReLU())


def small_net():
    """Fewer than 10,000 parameters."""
    return nn.Sequential(
        conv(1, 8), conv(8, 12), nn.MaxPool2d(2),                               # (N, 12, 14, 14)
        conv(12, 16), conv(16, 16), nn.MaxPool2d(2),                            # (N, 16, 7, 7)
        conv(16, 16), conv(16, 16),                                             # (N, 16, 7, 7)
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))               # (N, 10)


def large_net():
    """Fewer than 100,000 parameters."""
    return nn.Sequential(
        conv(1, 16), nn.MaxPool2d(2),                                           # (N, 16, 14, 14)
        conv(16, 32), conv(32, 32), nn.MaxPool2d(2),                            # (N, 32, 7, 7)
        conv(32, 64), conv(64, 64),                                             # (N, 64, 7, 7)
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))               # (N, 10)


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


def fit(x, y, epochs, name, device, net, dataset, lr, momentum, cycle):
    """A row: train a new net on images x with labels y; return it."""
    loader = DataLoader(dataset(x, y), batch_size=64, shuffle=True, collate_fn=tuple)
    model = net().to(device, memory_format=torch.channels_last)     # the same results, sooner
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum)
    scheduler = None
    if cycle:           # the rate climbs from lr / 25 to lr, then falls to 0; the momentum stays
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=lr, total_steps=epochs * len(loader), cycle_momentum=False)
    for epoch in range(1, epochs + 1):
        batches = progress(loader, f"{name} | epoch {epoch}/{epochs}")
        finite(train(model, batches, criterion, optimizer, scheduler))
    return model


ROWS = {        # name: what fit() takes; from row to row one thing changes
    "lecture":
        {"net": residual_net, "dataset": Digits, "lr": 0.01, "momentum": 0.5, "cycle": False},
    "momentum":     # 0.9: the last ten steps count, not the last two
        {"net": residual_net, "dataset": Digits, "lr": 0.01, "momentum": 0.9, "cycle": False},
    "norm":         # batch norm after each convolution ...
        {"net": norm_net, "dataset": Digits, "lr": 0.01, "momentum": 0.9, "cycle": False},
    "rate":         # ... bears a larger rate
        {"net": norm_net, "dataset": Digits, "lr": 0.1, "momentum": 0.9, "cycle": False},
    "cycle":        # the rate climbs, then falls to 0
        {"net": norm_net, "dataset": Digits, "lr": 0.1, "momentum": 0.9, "cycle": True},
    "moved":        # other images in each epoch
        {"net": norm_net, "dataset": ShiftedDigits, "lr": 0.1, "momentum": 0.9, "cycle": True},
    "small":
        {"net": small_net, "dataset": ShiftedDigits, "lr": 0.1, "momentum": 0.9, "cycle": True},
    "large":
        {"net": large_net, "dataset": ShiftedDigits, "lr": 0.1, "momentum": 0.9, "cycle": True},
}


def main(full=False, rows=None, epochs=3, seeds=1, seed=0):
    """Climb the ladder; return for each row its parameters and its nets' accuracies.

    full: train on 55,000 digits, not on 10,000
    rows: names of the rows to run, commas between (none: all)
    epochs: passes over the digits
    seeds: nets to train for each row
    seed: of the first net's weights and the order of the digits
    """
    device = pick_device()
    names = rows.split(",") if rows else list(ROWS)
    for name in names:
        if name not in ROWS:
            raise BadInput(f"--rows: expected names out of {','.join(ROWS)}, got {name!r}")

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    val_loader = DataLoader(Digits(x_train[-VALIDATION:], y_train[-VALIDATION:]), 500,
                            collate_fn=tuple)
    test_loader = DataLoader(Digits(x_test, y_test), 500, collate_fn=tuple)
    x_train, y_train = x_train[:-VALIDATION], y_train[:-VALIDATION]
    if not full:
        x_train, y_train = x_train[:SHORT], y_train[:SHORT]
    print(f"{len(x_train):,} digits to train on, {epochs} epochs a net\n"
          "row      | parameters | validation | test")

    # 2. Define model, # 3. Loss and optimizer, # 4. Training cycle: in fit(), by the row
    parameters, validation, accuracies = {}, {}, {}
    for name in names:
        validation[name], accuracies[name] = [], []
        for number in range(seed, seed + seeds):
            torch.manual_seed(number)
            model = fit(x_train, y_train, epochs, name, device, **ROWS[name])
            parameters[name] = sum(p.numel() for p in model.parameters())
            validation[name].append(test(model, val_loader))
            accuracies[name].append(test(model, test_loader))
            print(f"{name:8} | {parameters[name]:10,} | {validation[name][-1]:10.2%} | "
                  f"{accuracies[name][-1]:.2%}")
        if seeds > 1:
            print(f"{name:8} | mean of {seeds:2d} | {mean(validation[name]):10.3%} | "
                  f"{mean(accuracies[name]):.3%}")

    first, last = names[0], names[-1]
    print(f"test accuracy {mean(accuracies[first]):.2%} {first}, "
          f"{mean(accuracies[last]):.2%} {last}")
    return {"parameters": parameters, "validation": validation, "accuracies": accuracies}


def mean(values):
    return sum(values) / len(values)


def draw(result):
    """A bar a row, in the ladder's order: how many of the test digits are misread."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for name, values in result["accuracies"].items():
        bar = axes.barh(name, 100 * (1 - mean(values)), color="C0")
        axes.bar_label(bar, fmt="%.2f", padding=3)
    axes.invert_yaxis()                         # the first row on top
    axes.margins(x=0.1)
    axes.set(xlabel="misread test digits (%)")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson11_5")
