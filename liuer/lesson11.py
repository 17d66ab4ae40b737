"""Lesson 11: GoogLeNet's Inception. Not sure which kernel size is right? Take all, side by side.

    InceptionA(x) = concat[ 1x1 | 1x1, 5x5 | 1x1, 3x3, 3x3 | pool, 1x1 ]    16 + 24 + 24 + 24 = 88
    (1,28,28) conv pool (10,12,12) A (88,12,12) conv pool (20,4,4) A (88,4,4) flat 1408 linear 10

A 1x1 convolution mixes the channels of one pixel. In front of a 5x5 it thins the channels out, so
that the large kernel has less to do. Padding keeps each branch at the size of its input.

Run:   python liuer/lesson11.py             (--help lists the settings)
See:   held-out accuracy 98.60% | 17.6 s    (2 cores)
Notes: liuer/README.md, lecture 11
"""

import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import flags, load_mnist, show


def standardise(images):
    """Bytes 0..255 (N, 28, 28) to floats of mean 0 and deviation 1 (N, 1, 28, 28)."""
    return images.float().div(255).sub(0.1307).div(0.3081).unsqueeze(1)


def shift(x, most):
    """The batch moved by up to `most` pixels along each side: the same digits, so free data."""
    down, right = torch.randint(-most, most + 1, (2,)).tolist()
    return x.roll((down, right), dims=(2, 3))   # what leaves on one side is margin, nearly always


class InceptionA(nn.Module):
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
    model.eval()
    return torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)]).eq(y).float().mean()


def main(epochs=0, batch_size=64, lr=0.03, shift_by=1, seed=0, shipped=False):
    """Train; return the loss and the validation accuracy of each epoch, and accuracy.

    epochs: passes over the training set, 0: as many as the data need (full 4, shipped 8), >= 0
    batch_size: images a step, >= 1
    lr: highest learning rate (at 0.05 some runs end in nan), > 0 and <= 1
    shift_by: furthest a batch is moved, in pixels, >= 0 and <= 4
    seed: of the initial weights and the order of the images, >= 0
    shipped: take the 10,000 digits that ship, also where the full MNIST is there
    """
    torch.manual_seed(seed)
    started = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    # 1. Prepare data
    x_train, y_train, x_test, y_test, part = load_mnist(shipped)
    if part == "held-out":
        print("using the digits that ship; for the full MNIST: python data/download.py mnist")
    epochs = epochs or (4 if part == "test" else 8)
    x_train, x_test = standardise(x_train).to(device), standardise(x_test).to(device)
    y_train, y_test = y_train.to(device), y_test.to(device)
    keep = len(x_train) * 11 // 12      # the rest validates: the test set is looked at once
    (x_train, x_val), (y_train, y_val) = x_train.tensor_split([keep]), y_train.tensor_split([keep])

    # 2. Define model
    # channels_last keeps the channels of a pixel side by side in memory: the same results, faster
    model = Net().to(device, memory_format=torch.channels_last)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    # The learning rate climbs from lr / 10 to lr while the weights are still raw, then falls to
    # nearly 0: large steps to get near the minimum, small ones to settle in it.
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, epochs=epochs, steps_per_epoch=-(-len(x_train) // batch_size),
        div_factor=10, cycle_momentum=False)

    # 4. Training cycle: forward, backward, update
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        model.train()
        total, running = 0.0, 0.0
        order = torch.randperm(len(x_train), device=device)
        for i, batch in enumerate(order.split(batch_size), start=1):
            y_pred = model(shift(x_train[batch], shift_by))
            loss = criterion(y_pred, y_train[batch])                # forward
            optimizer.zero_grad()
            loss.backward()                                         # backward
            optimizer.step()                                        # update
            scheduler.step()
            total += loss.item() * len(batch)
            running += loss.item()
            if i % 300 == 0:
                print(f"[{epoch}, {i:3d}] mean loss of 300 batches: {running / 300:.4f}")
                running = 0.0
        losses.append(total / len(x_train))
        accuracies.append(accuracy(model, x_val, y_val).item())
        print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    result = accuracy(model, x_test, y_test).item()
    print(f"{part} accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracies": accuracies, "accuracy": result, "part": part}


def draw(result):
    """Loss and accuracy of each epoch."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    epochs = range(1, len(result["losses"]) + 1)
    left.plot(epochs, result["losses"], ".-")
    left.set(xlabel="epoch", ylabel="training loss", yscale="log")
    right.plot(epochs, result["accuracies"], ".-", label="validation")
    right.plot(epochs[-1], result["accuracy"], "s", label=result["part"])
    right.set(xlabel="epoch", ylabel="accuracy")
    right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11")
