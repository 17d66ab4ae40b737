"""Lesson 11.3: exercise 11-1. Is the plain x the best shortcut? Two variants against it.

    lesson's block    z = relu(x + F(x))
    constant scaling  z = relu(x/2 + F(x)/2)
    1x1 convolution   z = relu(conv1x1(x) + F(x))

He et al. 2016, "Identity Mappings in Deep Residual Networks", figure 2 (a), (b), (e): on CIFAR-10
with 110 layers the plain shortcut wins, since any factor on x is multiplied from block to block.
With the two blocks of this net there is hardly a difference to see.

Run:   python liuer/lesson11_3.py           (--help lists the settings)
See:   held-out accuracy: lesson's block 97.70% | ... | 1x1 convolution 97.60% | 8.3 s    (2 cores)
Notes: liuer/README.md, lecture 11
"""

import time

import torch
import torch.nn.functional as F
from torch import nn

from lesson11_2 import Net, ResidualBlock, accuracy, shift, standardise
from utils import flags, load_mnist, plot_curve, show


class ScaledBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):               # (N, C, H, W)
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(0.5 * x + 0.5 * y)


class ConvShortcutBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.shortcut = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x):               # (N, C, H, W)
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(self.shortcut(x) + y)


BLOCKS = {"lesson's block": ResidualBlock, "constant scaling": ScaledBlock,
          "1x1 convolution": ConvShortcutBlock}


def make_net(block):
    """The net of lesson 11.2 with another block in both places."""
    model = Net()
    model.rblock1, model.rblock2 = block(16), block(32)
    return model


def main(epochs=3, batch_size=64, lr=0.05, seed=0, shipped=False):
    """Train the three nets; return losses, accuracies of each, and accuracy of the lesson's block.

    epochs: passes over the training set, >= 1
    batch_size: images a step, >= 1
    lr: highest learning rate, > 0 and <= 1
    seed: of the initial weights and the order of the images, >= 0
    shipped: take the 10,000 digits that ship, also where the full MNIST is there
    """
    started = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    # 1. Prepare data
    x_train, y_train, x_test, y_test, part = load_mnist(shipped)
    if part == "held-out":
        print("using the digits that ship; for the full MNIST: python data/download.py mnist")
    x_train, x_test = standardise(x_train).to(device), standardise(x_test).to(device)
    y_train, y_test = y_train.to(device), y_test.to(device)
    steps = epochs * -(-len(x_train) // batch_size)

    losses, accuracies = {}, {}
    for name, block in BLOCKS.items():
        # 2. Define model
        torch.manual_seed(seed)
        model = make_net(block).to(device, memory_format=torch.channels_last)
        parameters = sum(p.numel() for p in model.parameters())

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps,
                                                        div_factor=10, cycle_momentum=False)

        # 4. Training cycle: forward, backward, update
        torch.manual_seed(seed)     # the same batches for every net
        losses[name] = []
        for epoch in range(1, epochs + 1):
            model.train()
            total = 0.0
            for batch in torch.randperm(len(x_train), device=device).split(batch_size):
                loss = criterion(model(shift(x_train[batch], 1)), y_train[batch])   # forward
                optimizer.zero_grad()
                loss.backward()                                                     # backward
                optimizer.step()                                                    # update
                scheduler.step()
                total += loss.item() * len(batch)
            losses[name].append(total / len(x_train))
            print(f"{name:16} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        accuracies[name] = accuracy(model, x_test, y_test).item()
        print(f"{name:16} | {parameters:,} parameters | {part} accuracy {accuracies[name]:.2%}")

    figures = " | ".join(f"{name} {value:.2%}" for name, value in accuracies.items())
    print(f"{part} accuracy: {figures} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracies": accuracies, "accuracy": accuracies["lesson's block"]}


def draw(result):
    figure = plot_curve({f"{name}: accuracy {result['accuracies'][name]:.2%}": losses
                         for name, losses in result["losses"].items()}, ylabel="training loss")
    figure.axes[0].set_yscale("log")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11_3")
