"""Lesson 11.2: a residual net. A block adds its input to its output: z = relu(F(x) + x).

    d(F(x) + x)/dx = F'(x) + 1: where F' is nearly 0 the gradient still passes on
    (1,28,28) conv pool (16,12,12) block conv pool (32,4,4) block flat 512 linear 10

x can only be added to F(x) where both have one shape: a block keeps it. The ReLU still stops the
gradient where F(x) + x is negative. And a vanishing gradient need not be why depth hurts: He et al.
(2015) doubt it for their 56 layers, where batch normalisation kept the gradients healthy.

Run:   python liuer/lesson11_2.py           (--help lists the settings)
See:   test accuracy 99.28%
Notes: liuer/README.md, lecture 11
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import finite, flags, load_mnist, pick_device, plot_curve, show  # liuer/utils.py


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):               # (N, C, H, W)
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(x + y)            # (N, C, H, W)  add first, then activate


class PlainBlock(ResidualBlock):        # the same layers without the shortcut
    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.mp = nn.MaxPool2d(2)
        self.rblock1 = ResidualBlock(16)
        self.rblock2 = ResidualBlock(32)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):                       # (N, 1, 28, 28)
        x = self.mp(F.relu(self.conv1(x)))      # (N, 16, 24, 24), then (N, 16, 12, 12)
        x = self.rblock1(x)                     # (N, 16, 12, 12)
        x = self.mp(F.relu(self.conv2(x)))      # (N, 32, 8, 8), then (N, 32, 4, 4)
        x = self.rblock2(x)                     # (N, 32, 4, 4)
        return self.fc(x.flatten(start_dim=1))  # (N, 512), then (N, 10)


def first_gradient(block, depth, x, y, seed):
    """Norm of the loss's gradient at the first layer of an untrained net of `depth` blocks."""
    torch.manual_seed(seed)             # the same weights for both kinds of block
    model = nn.Sequential(nn.Conv2d(1, 16, kernel_size=5), nn.ReLU(), nn.MaxPool2d(2),
                          *[block(16) for _ in range(depth)], nn.Flatten(), nn.Linear(2304, 10))
    F.cross_entropy(model(x.cpu()), y.cpu()).backward()
    return model[0].weight.grad.norm().item()


@torch.no_grad()
def accuracy(model, x, y):
    """Share of images whose highest score is the right digit, in big batches."""
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])     # (N,)
    model.train(was_training)
    return (y_pred == y.view_as(y_pred)).float().mean().item()


def main(epochs=4, batch_size=32, lr=0.05, seed=0):
    """Return the gradients by depth, losses and validation accuracies, and the test accuracy.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    split = len(x_train) * 11 // 12     # 55,000 digits train, 5,000 validate
    x_val, y_val = x_train[split:], y_train[split:]
    x_train, y_train = x_train[:split], y_train[:split]

    x, y = x_train[:64], y_train[:64]
    shortcut = [first_gradient(ResidualBlock, n, x, y, seed) for n in range(1, 17)]
    plain = [first_gradient(PlainBlock, n, x, y, seed) for n in range(1, 17)]
    for n in (1, 2, 4, 8, 16):
        print(f"{n:2d} blocks | gradient at the first layer {shortcut[n - 1]:.2f}, "
              f"without shortcut {plain[n - 1]:.0e}")

    # 2. Define model
    torch.manual_seed(seed)
    model = Net().to(device, memory_format=torch.channels_last)     # faster, see lesson 11

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=2e-3)
    # Large steps to get near the minimum, ever smaller ones to settle in it.
    steps = epochs * math.ceil(len(x_train) / batch_size)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

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
    return {"losses": losses, "accuracies": accuracies, "accuracy": result,
            "gradients": {"with shortcut": shortcut, "without": plain}}


def draw(result):
    """The gradient at the first layer by number of blocks, with the shortcut and without."""
    figure = plot_curve(result["gradients"], xlabel="blocks",
                        ylabel="gradient norm at the first layer, before training")
    figure.axes[0].set_yscale("log")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11_2")
