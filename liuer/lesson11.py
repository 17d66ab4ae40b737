"""Lesson 11: GoogLeNet's Inception. Not sure which kernel size is right? Take all, side by side.

    InceptionA(x) = concat[ 1x1 | 1x1, 5x5 | 1x1, 3x3, 3x3 | pool, 1x1 ]    16 + 24 + 24 + 24 = 88
    (1,28,28) conv pool (10,12,12) A (88,12,12) conv pool (20,4,4) A (88,4,4) flat 1408 linear 10

A 1x1 convolution mixes the channels of one pixel. In front of a 5x5 it thins them out, so that the
large kernel has less to do. Padding keeps each branch at the size of its input. Training begins
with small steps: with `--climb 1`, at the full rate from the start, it diverges.

Run:   python liuer/lesson11.py             (--help lists the settings)
See:   test accuracy 99.07%
Notes: liuer/README.md, lecture 11
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import finite, flags, load_mnist, pick_device, show  # liuer/utils.py


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

    def forward(self, x):                                                   # (N, C, H, W)
        branch1x1 = self.branch1x1(x)                                       # (N, 16, H, W)
        branch5x5 = self.branch5x5_2(self.branch5x5_1(x))                   # (N, 24, H, W)
        branch3x3 = self.branch3x3_3(self.branch3x3_2(self.branch3x3_1(x)))
        branch_pool = self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        return torch.cat([branch1x1, branch5x5, branch3x3, branch_pool], dim=1)  # (N, 88, H, W)


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
        return self.fc(x.flatten(start_dim=1))  # (N, 1408), then (N, 10)


@torch.no_grad()
def accuracy(model, x, y):
    """Share of images whose highest score is the right digit, in big batches."""
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])     # (N,)
    model.train(was_training)
    return (y_pred == y.view_as(y_pred)).float().mean().item()


def main(epochs=2, batch_size=64, lr=0.08, climb=300, seed=0):
    """Train; return losses and validation accuracies, test accuracy, a digit and its feature maps.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate to climb to and to fall from, > 0 and <= 1
    climb: steps of the climb (1: none), >= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    torch.manual_seed(seed)
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    split = len(x_train) * 11 // 12     # 55,000 digits train, 5,000 validate
    x_val, y_val = x_train[split:], y_train[split:]
    x_train, y_train = x_train[:split], y_train[:split]

    # 2. Define model
    # A pixel's channels side by side in memory: the same results, on a CPU 1.4 times as fast.
    model = Net().to(device, memory_format=torch.channels_last)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    # The rate falls to 0, to settle; but first it climbs: from raw weights large steps end in nan.
    steps = epochs * math.ceil(len(x_train) / batch_size)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / climb, 1 - step / steps))      # share of lr

    # 4. Training cycle: forward, backward, update
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        total, batch_losses = 0.0, []
        order = torch.randperm(len(x_train), device=device)
        for i, batch in enumerate(order.split(batch_size), start=1):
            loss = criterion(model(x_train[batch]), y_train[batch])     # forward
            optimizer.zero_grad()
            loss.backward()                                             # backward
            optimizer.step()                                            # update
            scheduler.step()
            total += finite(loss) * len(batch)
            batch_losses.append(loss.item())
            if i % 300 == 0:
                print(f"[{epoch}, {i}] mean loss {sum(batch_losses[-300:]) / 300:.4f}")
        losses.append(total / len(x_train))
        accuracies.append(accuracy(model, x_val, y_val))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    result = accuracy(model, x_test, y_test)        # once, at the end
    print(f"test accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    maps = model.incep1(F.relu(model.mp(model.conv1(x_test[:1]))))[0].detach()   # (88, 12, 12)
    return {"losses": losses, "accuracies": accuracies, "accuracy": result,
            "digit": x_test[0, 0].cpu(), "maps": maps.cpu()}


def draw(result):
    """A test digit, and six of the maps that each branch of the first Inception makes of it."""
    import matplotlib.pyplot as plt

    firsts = {"1x1": 0, "1x1, 5x5": 16, "1x1, 3x3, 3x3": 40, "pool, 1x1": 64}   # of 88 channels
    figure, rows = plt.subplots(4, 7, figsize=(9, 5.5), layout="constrained")
    for row, (branch, first) in zip(rows, firsts.items(), strict=True):
        images = [result["digit"], *result["maps"][first:first + 6]]
        for axes, image in zip(row, images, strict=True):
            axes.imshow(image.numpy(), cmap="gray")
            axes.set(xticks=[], yticks=[])
        row[0].set_ylabel(branch)
    figure.suptitle("a test digit, and what each branch of incep1 makes of it (six channels)")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11")
