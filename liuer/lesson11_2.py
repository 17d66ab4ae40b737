"""Lesson 11.2: a residual net. A block adds its input to its output: z = F(x) + x.

    dz/dx = F'(x) + 1: even where F' is 0 the gradient passes on, and does not vanish with depth
    (1,28,28) conv pool (16,12,12) block conv pool (32,4,4) block flat 512 linear 10

x can only be added to F(x) where both have one shape: a block keeps it.

Run:   python liuer/lesson11_2.py           (--help lists the settings)
See:   held-out accuracy 99.30% | 9.9 s    (2 cores)
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


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):               # (N, C, H, W)
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(x + y)            # (N, C, H, W)  add first, then activate


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


def gradient_with_dead_blocks():
    """Gradient norm at the first layer when F of both blocks is constant, so F' = 0 everywhere."""
    model = Net()
    for block in (model.rblock1, model.rblock2):
        nn.init.zeros_(block.conv1.weight)
        nn.init.zeros_(block.conv2.weight)
    model(torch.randn(8, 1, 28, 28)).square().sum().backward()
    return model.conv1.weight.grad.norm().item()


@torch.no_grad()
def accuracy(model, x, y):
    """Share of images whose highest score is the right digit, in big batches."""
    model.eval()
    return torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)]).eq(y).float().mean()


def main(epochs=0, batch_size=64, lr=0.05, shift_by=2, seed=0, shipped=False):
    """Train; return the loss and the validation accuracy of each epoch, and accuracy.

    epochs: passes over the training set, 0: as many as the data need (full 8, shipped 12), >= 0
    batch_size: images a step, >= 1
    lr: highest learning rate, > 0 and <= 1
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
    epochs = epochs or (8 if part == "test" else 12)
    x_train, x_test = standardise(x_train).to(device), standardise(x_test).to(device)
    y_train, y_test = y_train.to(device), y_test.to(device)
    keep = len(x_train) * 11 // 12      # the rest validates: the test set is looked at once
    (x_train, x_val), (y_train, y_val) = x_train.tensor_split([keep]), y_train.tensor_split([keep])

    print(f"gradient at conv1 although F' = 0 in both blocks: {gradient_with_dead_blocks():.2f}")

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
    show(draw(result), "lesson11_2")
