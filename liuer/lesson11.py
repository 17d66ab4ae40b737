"""Lesson 11: GoogLeNet's Inception. Not sure which kernel size is right? Take all, side by side.

    InceptionA(x) = concat[ 1x1 | 1x1, 5x5 | 1x1, 3x3, 3x3 | pool, 1x1 ]    16 + 24 + 24 + 24 = 88

A 1x1 convolution mixes the channels of one pixel. In front of a 5x5 it thins them out, so that the
large kernel has less to do. Padding keeps each branch at the size of its input. Training begins
with small steps: large ones from raw weights diverge (--lr 0.3 --climb 1).

Run:     python liuer/lesson11.py                   (--help lists the settings)
Lecture: python liuer/lesson11.py --epochs 10 --batch_size 64 --lr 0.01 --momentum 0.5 \\
             --weight_decay 0 --no-falling          (its settings; the slides say 98 %)
Prints:  test accuracy 98.93%
Notes:   liuer/README.md, lecture 11
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import finite, load_mnist, pick_device, progress, settings, show

VALIDATION = 5_000      # ours: of the 60,000 training digits, to choose settings on


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


class InceptionA(nn.Module):    # as in the lecture, no ReLU inside: the branches stay linear
    def __init__(self, in_channels):
        super().__init__()
        self.branch1x1 = nn.Conv2d(in_channels, 16, kernel_size=1)

        self.branch5x5_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch5x5_2 = nn.Conv2d(16, 24, kernel_size=5, padding=2)

        self.branch3x3_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch3x3_2 = nn.Conv2d(16, 24, kernel_size=3, padding=1)
        self.branch3x3_3 = nn.Conv2d(24, 24, kernel_size=3, padding=1)

        self.branch_pool = nn.Conv2d(in_channels, 24, kernel_size=1)

    def forward(self, x):                               # (N, C, H, W)
        branch1x1 = self.branch1x1(x)                   # (N, 16, H, W)

        branch5x5 = self.branch5x5_1(x)                 # (N, 16, H, W)
        branch5x5 = self.branch5x5_2(branch5x5)         # (N, 24, H, W)

        branch3x3 = self.branch3x3_1(x)                 # (N, 16, H, W)
        branch3x3 = self.branch3x3_2(branch3x3)         # (N, 24, H, W)
        branch3x3 = self.branch3x3_3(branch3x3)         # (N, 24, H, W)

        branch_pool = F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
        branch_pool = self.branch_pool(branch_pool)     # (N, 24, H, W)

        outputs = [branch1x1, branch5x5, branch3x3, branch_pool]
        return torch.cat(outputs, dim=1)                # (N, 88, H, W)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(88, 20, kernel_size=5)
        self.incep1 = InceptionA(in_channels=10)
        self.incep2 = InceptionA(in_channels=20)
        self.mp = nn.MaxPool2d(2)
        self.fc = nn.Linear(1408, 10)

    def forward(self, x):                       # (N, 1, 28, 28)
        x = F.relu(self.mp(self.conv1(x)))      # (N, 10, 24, 24), then (N, 10, 12, 12)
        x = self.incep1(x)                      # (N, 88, 12, 12)
        x = F.relu(self.mp(self.conv2(x)))      # (N, 20, 8, 8), then (N, 20, 4, 4)
        x = self.incep2(x)                      # (N, 88, 4, 4)
        x = x.flatten(start_dim=1)              # (N, 1408)  ours: view refuses channels_last
        return self.fc(x)                       # (N, 10)  raw scores: the loss has the softmax


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


@torch.no_grad()
def feature_maps(model, image):
    """What incep1 makes of one image (1, 28, 28): (88, 12, 12)."""
    model.eval()
    device = next(model.parameters()).device
    x = image.unsqueeze(0).to(device)           # (1, 1, 28, 28)
    x = F.relu(model.mp(model.conv1(x)))        # (1, 10, 12, 12)
    return model.incep1(x)[0].cpu()             # (88, 12, 12)


def main(epochs=1, batch_size=32, lr=0.04, momentum=0.9, weight_decay=5e-4, falling=True,
         climb=300, seed=0):
    """Train; return the losses, both accuracies, a digit and its feature maps.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate (the highest)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    falling: let the learning rate climb, then fall to 0
    climb: steps of the climb (1: none)
    seed: of the initial weights and the order of the images
    """
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:-VALIDATION], y_train[:-VALIDATION])
    val_dataset = Digits(x_train[-VALIDATION:], y_train[-VALIDATION:])
    test_dataset = Digits(x_test, y_test)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    val_loader = DataLoader(val_dataset, 1000, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)

    # 2. Define model
    # ours: a pixel's channels side by side in memory; the same results, sooner on a CPU
    model = Net().to(device, memory_format=torch.channels_last)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
    steps = epochs * len(train_loader)

    def share(step):    # of lr: it climbs, since large steps from raw weights diverge, then falls
        up = (step + 1) / climb
        down = 1 - step / steps
        return max(0, min(up, down))

    scheduler = None
    if falling:         # ours: ever smaller steps, to settle in a minimum
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share)

    # 4. Training cycle
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        batches = progress(train_loader, f"epoch {epoch}/{epochs}")     # counts on a terminal
        losses.append(finite(train(model, batches, criterion, optimizer, scheduler)))
        accuracies.append(test(model, val_loader))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    accuracy = test(model, test_loader)     # once, after every setting is chosen
    print(f"test accuracy {accuracy:.2%}")
    digit = test_dataset[0][0]              # (1, 28, 28)
    return {"losses": losses, "accuracies": accuracies, "accuracy": accuracy,
            "digit": digit, "maps": feature_maps(model, digit)}


def draw(result):
    """A test digit, and six of the maps that each branch of the first Inception makes of it."""
    import matplotlib.pyplot as plt

    firsts = {"1x1": 0, "1x1, 5x5": 16, "1x1, 3x3, 3x3": 40, "pool, 1x1": 64}   # of 88 channels
    figure, rows = plt.subplots(4, 7, figsize=(9, 5.5), layout="constrained")
    for row, branch in zip(rows, firsts):
        first = firsts[branch]
        row[0].imshow(result["digit"][0].numpy(), cmap="gray")
        row[0].set_ylabel(branch)
        for i in range(6):
            row[i + 1].imshow(result["maps"][first + i].numpy(), cmap="gray")
        for axes in row:
            axes.set(xticks=[], yticks=[])
    figure.suptitle("a test digit, and what each branch of incep1 makes of it (six channels)")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson11")
