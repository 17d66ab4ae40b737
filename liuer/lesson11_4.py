"""Lesson 11.4: exercise 11-2. A small DenseNet: each layer reads all layers before it.

    x_l = H([x_0, x_1, ..., x_(l-1)])        H = batch norm, ReLU, 3x3 convolution
    (1,28,28) conv pool (16,12,12) dense block (52,12,12) 1x1 conv, pool (26,6,6)
    dense block (62,6,6) mean over the image 62 linear 10

A residual block adds its input to its output; a dense layer sets its output beside its input, so
a block of L layers that give k channels each turns C channels into C + L k.
Huang et al. 2017, "Densely Connected Convolutional Networks".

Run:   python liuer/lesson11_4.py           (--help lists the settings)
See:   held-out accuracy 97.70% | 8.2 s    (2 cores)
Notes: liuer/README.md, lecture 11
"""

import time

import torch
import torch.nn.functional as F
from torch import nn

from lesson11_2 import accuracy, shift, standardise
from utils import flags, load_mnist, plot_curve, show


class DenseBlock(nn.Module):
    def __init__(self, channels, growth=12, layers=3):
        super().__init__()
        widths = [channels + i * growth for i in range(layers)]
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.convs = nn.ModuleList(nn.Conv2d(width, growth, kernel_size=3, padding=1, bias=False)
                                   for width in widths)

    def forward(self, x):                               # (N, C, H, W)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            new = conv(F.relu(norm(x)))                 # (N, growth, H, W)
            x = torch.cat([x, new], dim=1)              # growth channels more
        return x                                        # (N, C + layers * growth, H, W)


class DenseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.dense1 = DenseBlock(16)
        self.norm1 = nn.BatchNorm2d(52)
        self.transition = nn.Conv2d(52, 26, kernel_size=1, bias=False)
        self.dense2 = DenseBlock(26)
        self.norm2 = nn.BatchNorm2d(62)
        self.fc = nn.Linear(62, 10)

    def forward(self, x):                               # (N, 1, 28, 28)
        x = F.max_pool2d(self.conv1(x), 2)              # (N, 16, 12, 12)
        x = self.dense1(x)                              # (N, 52, 12, 12)
        x = self.transition(F.relu(self.norm1(x)))      # (N, 26, 12, 12)
        x = self.dense2(F.avg_pool2d(x, 2))             # (N, 26, 6, 6), then (N, 62, 6, 6)
        x = F.relu(self.norm2(x)).mean(dim=(2, 3))      # (N, 62)
        return self.fc(x)                               # (N, 10)


def main(epochs=4, batch_size=64, lr=0.1, seed=0, shipped=False):
    """Train; return the loss of each epoch and the accuracy.

    epochs: passes over the training set, >= 1
    batch_size: images a step, >= 2
    lr: highest learning rate, > 0 and <= 1
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
    x_train, x_test = standardise(x_train).to(device), standardise(x_test).to(device)
    y_train, y_test = y_train.to(device), y_test.to(device)

    # 2. Define model
    model = DenseNet().to(device, memory_format=torch.channels_last)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{parameters:,} parameters")

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, epochs=epochs, steps_per_epoch=-(-len(x_train) // batch_size),
        div_factor=10, cycle_momentum=False)

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()       # batch norm: the statistics of the batch; in eval those it has kept
        total = 0.0
        for batch in torch.randperm(len(x_train), device=device).split(batch_size):
            loss = criterion(model(shift(x_train[batch], 1)), y_train[batch])       # forward
            optimizer.zero_grad()
            loss.backward()                                                         # backward
            optimizer.step()                                                        # update
            scheduler.step()
            total += loss.item() * len(batch)
        losses.append(total / len(x_train))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f}")

    result = accuracy(model, x_test, y_test).item()
    print(f"{part} accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracy": result}


def draw(result):
    return plot_curve(result["losses"], ylabel="training loss")


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11_4")
