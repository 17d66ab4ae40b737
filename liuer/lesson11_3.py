"""Lesson 11.3: exercise 11-1. Is the plain x the best shortcut? Two variants against it.

    identity          z = relu(x + F(x))            the block of lesson 11.2
    constant scaling  z = relu(x/2 + F(x)/2)
    1x1 convolution   z = relu(conv1x1(x) + F(x))

A factor on x is multiplied from block to block, in the gradient too: eight halves leave 1/256. So
with eight blocks only the plain x learns; with lesson 11.2's two (--depth 1) all three do.
He et al. (2016), figure 2 (a), (b), (e): with 110 layers 6.6, 12.4, 12.2 % errors on CIFAR-10.

Run:   python liuer/lesson11_3.py           (--help lists the settings)
See:   test accuracy 95.73% identity, 11.35% constant scaling, 11.35% 1x1 convolution
Notes: liuer/README.md, lecture 11
"""

import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import finite, flags, load_mnist, pick_device, show  # liuer/utils.py


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):               # (N, C, H, W)
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(x + y)            # (N, C, H, W)


class ScaledBlock(ResidualBlock):       # the same layers
    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(0.5 * x + 0.5 * y)


class ConvShortcutBlock(ResidualBlock):
    def __init__(self, channels):
        super().__init__(channels)
        self.shortcut = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(self.shortcut(x) + y)


class Net(nn.Module):                   # lesson 11.2's, with `depth` blocks in each of two places
    def __init__(self, block, depth):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.mp = nn.MaxPool2d(2)
        self.blocks1 = nn.Sequential(*[block(16) for _ in range(depth)])
        self.blocks2 = nn.Sequential(*[block(32) for _ in range(depth)])
        self.fc = nn.Linear(512, 10)

    def forward(self, x):                                   # (N, 1, 28, 28)
        x = self.blocks1(self.mp(F.relu(self.conv1(x))))    # (N, 16, 12, 12)
        x = self.blocks2(self.mp(F.relu(self.conv2(x))))    # (N, 32, 4, 4)
        return self.fc(x.flatten(start_dim=1))              # (N, 10)


def first_gradient(model, x, y):
    """Norm of the loss's gradient at the model's first layer."""
    F.cross_entropy(model(x), y).backward()
    return model.conv1.weight.grad.norm().item()


@torch.no_grad()
def accuracy(model, x, y):
    """Share of images whose highest score is the right digit, in big batches."""
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])     # (N,)
    model.train(was_training)
    return (y_pred == y.view_as(y_pred)).float().mean().item()


def main(epochs=1, batch_size=64, lr=0.05, depth=4, seed=0):
    """Train the three nets; return for each losses, gradients by blocks and test accuracy.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate, > 0 and <= 1
    depth: blocks in each of the net's two places, >= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    x_train, y_train = x_train[:10_000], y_train[:10_000]   # enough to compare, a sixth of the time

    losses, gradients, accuracies = {}, {}, {}
    for name, block in (("identity", ResidualBlock), ("constant scaling", ScaledBlock),
                        ("1x1 convolution", ConvShortcutBlock)):
        # 2. Define model
        torch.manual_seed(seed)     # untrained nets of 2, 4, ... 16 blocks, then the one to train
        gradients[name] = [first_gradient(Net(block, n).to(device), x_train[:64], y_train[:64])
                           for n in range(1, 9)]
        print(f"{name:16} | gradient at the first layer of 16 blocks {gradients[name][-1]:.0e}")
        model = Net(block, depth).to(device, memory_format=torch.channels_last)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)

        # 4. Training cycle: forward, backward, update
        torch.manual_seed(seed)     # the same batches for every net
        losses[name] = []
        for epoch in range(1, epochs + 1):
            total = 0.0
            for batch in torch.randperm(len(x_train), device=device).split(batch_size):
                loss = criterion(model(x_train[batch]), y_train[batch])     # forward
                optimizer.zero_grad()
                loss.backward()                                             # backward
                optimizer.step()                                            # update
                total += finite(loss) * len(batch)
            losses[name].append(total / len(x_train))
            print(f"{name:16} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        accuracies[name] = accuracy(model, x_test, y_test)

    figures = ", ".join(f"{value:.2%} {name}" for name, value in accuracies.items())
    print(f"test accuracy {figures} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "gradients": gradients, "accuracies": accuracies}


def draw(result):
    """For each shortcut the gradient at the first layer by number of blocks, and the accuracy."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, norms in result["gradients"].items():
        left.semilogy(range(2, 17, 2), norms, ".-", label=name)
        right.bar_label(right.bar(name, result["accuracies"][name]), fmt="{:.1%}")
    left.set(xlabel="blocks", ylabel="gradient norm at the first layer, before training")
    left.legend()
    right.set(ylabel="test accuracy after training", ylim=(0, 1.1))
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11_3")
