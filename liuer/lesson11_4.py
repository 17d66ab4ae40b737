"""Lesson 11.4: exercise 11-2. A small DenseNet: each layer reads all layers before it.

    x_l = H([x_0, x_1, ..., x_(l-1)])        H = batch norm, ReLU, 3x3 convolution
    (1,28,28) conv pool (16,12,12) dense block (52,12,12) 1x1 conv, pool (26,6,6)
    dense block (62,6,6) mean over the image 62 linear 10

A residual block adds its input to its output; a dense layer sets its output beside its input, so
a block of L layers that give k channels each turns C channels into C + L k (Huang et al. 2017).
Against it two plain nets, whose layers read only the one before: as wide, and as many parameters.

Run:   python liuer/lesson11_4.py           (--help lists the settings)
See:   test accuracy 96.47% DenseNet, 82.97% plain of width 6, 95.84% plain of width 15
Notes: liuer/README.md, lecture 11
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import finite, flags, load_mnist, pick_device, show  # liuer/utils.py


class Layer(nn.Sequential):
    def __init__(self, channels, width):    # (N, channels, H, W) to (N, width, H, W)
        super().__init__(nn.BatchNorm2d(channels), nn.ReLU(),
                         nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False))


class DenseBlock(nn.Module):
    def __init__(self, channels, width, layers=6):
        super().__init__()
        self.layers = nn.ModuleList(Layer(channels + i * width, width) for i in range(layers))
        self.channels = channels + layers * width

    def forward(self, x):                           # (N, C, H, W)
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)     # `width` channels more
        return x                                    # (N, C + layers * width, H, W)


class PlainBlock(nn.Sequential):
    def __init__(self, channels, width, layers=6):
        super().__init__(Layer(channels, width), *[Layer(width, width) for _ in range(layers - 1)])
        self.channels = width


class Net(nn.Module):
    def __init__(self, block, width):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.block1 = block(16, width)
        self.norm1 = nn.BatchNorm2d(self.block1.channels)
        self.transition = nn.Conv2d(self.block1.channels, 26, kernel_size=1, bias=False)
        self.block2 = block(26, width)
        self.norm2 = nn.BatchNorm2d(self.block2.channels)
        self.fc = nn.Linear(self.block2.channels, 10)

    def forward(self, x):                           # (N, 1, 28, 28)
        x = F.max_pool2d(self.conv1(x), 2)          # (N, 16, 12, 12)
        x = self.block1(x)                          # (N, 52, 12, 12) where dense
        x = self.transition(F.relu(self.norm1(x)))  # (N, 26, 12, 12)
        x = self.block2(F.avg_pool2d(x, 2))         # (N, 26, 6, 6), then (N, 62, 6, 6)
        x = F.relu(self.norm2(x)).mean(dim=(2, 3))  # (N, 62)
        return self.fc(x)                           # (N, 10)


@torch.no_grad()
def accuracy(model, x, y):
    """Share of images whose highest score is the right digit, in big batches."""
    was_training = model.training
    model.eval()        # batch norm: the statistics it has kept; in training those of the batch
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])     # (N,)
    model.train(was_training)
    return (y_pred == y.view_as(y_pred)).float().mean().item()


def main(epochs=1, batch_size=64, lr=0.1, seed=0):
    """Train the three nets; return for each losses, parameters and test accuracy.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    x_train, y_train = x_train[:10_000], y_train[:10_000]   # enough to compare, a sixth of the time

    losses, batch_losses, parameters, accuracies = {}, {}, {}, {}
    for name, block, width in (("DenseNet", DenseBlock, 6), ("plain of width 6", PlainBlock, 6),
                               ("plain of width 15", PlainBlock, 15)):
        # 2. Define model
        torch.manual_seed(seed)
        model = Net(block, width).to(device, memory_format=torch.channels_last)
        parameters[name] = sum(p.numel() for p in model.parameters())

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
        steps = epochs * math.ceil(len(x_train) / batch_size)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

        # 4. Training cycle: forward, backward, update
        torch.manual_seed(seed)     # the same batches for every net
        losses[name], batch_losses[name] = [], []
        for epoch in range(1, epochs + 1):
            total = 0.0
            for batch in torch.randperm(len(x_train), device=device).split(batch_size):
                loss = criterion(model(x_train[batch]), y_train[batch])     # forward
                optimizer.zero_grad()
                loss.backward()                                             # backward
                optimizer.step()                                            # update
                scheduler.step()
                total += finite(loss) * len(batch)
                batch_losses[name].append(loss.item())
            losses[name].append(total / len(x_train))
            print(f"{name:17} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        accuracies[name] = accuracy(model, x_test, y_test)
        print(f"{name:17} | {parameters[name]:,} parameters | test accuracy {accuracies[name]:.2%}")

    figures = ", ".join(f"{value:.2%} {name}" for name, value in accuracies.items())
    print(f"test accuracy {figures} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "batch_losses": batch_losses, "parameters": parameters,
            "accuracies": accuracies}


def draw(result):
    """Left the loss of every batch for each net, right its accuracy against its parameters."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, value in result["accuracies"].items():
        left.semilogy(result["batch_losses"][name], ".-", markersize=2, linewidth=0.7, label=name)
        right.plot(result["parameters"][name], value, "o", label=f"{name}: {value:.2%}")
    left.set(xlabel="batch", ylabel="loss")
    left.legend()
    right.legend(loc="lower right")
    right.set(xlabel="parameters", ylabel="test accuracy", xlim=(0, None))
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11_4")
