"""Lesson 10: a convolutional net. One small filter looks at every place of the image.

    size after a convolution: H - K + 1        after pooling by 2: H / 2

Run:   python liuer/lesson10.py             (--help lists the settings)
See:   test accuracy 99.06%
Notes: liuer/README.md, lecture 10
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import finite, flags, load_mnist, pick_device, show  # liuer/utils.py


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x):                           # (N, 1, 28, 28)
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, 24, 24), then (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))     # (N, 20, 8, 8), then (N, 20, 4, 4)
        return self.fc(x.flatten(start_dim=1))      # (N, 320), then (N, 10)


@torch.no_grad()
def accuracy(model, x, y):
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])     # (N,)
    model.train(was_training)
    return (y_pred == y.view_as(y_pred)).float().mean().item()


def main(epochs=4, batch_size=64, lr=0.05, seed=0):
    """Train; return losses and validation accuracies, test accuracy, a digit's feature maps.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    torch.manual_seed(seed)
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    split = len(x_train) * 11 // 12     # 55,000 train, 5,000 validate: settings are chosen on these
    x_val, y_val = x_train[split:], y_train[split:]
    x_train, y_train = x_train[:split], y_train[:split]

    # 2. Define model
    model = Net().to(device, memory_format=torch.channels_last)     # same results, faster on a CPU

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    steps = epochs * math.ceil(len(x_train) / batch_size)           # lr falls linearly to 0
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

    # 4. Training cycle: forward, backward, update
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in torch.randperm(len(x_train), device=device).split(batch_size):
            loss = criterion(model(x_train[batch]), y_train[batch])     # forward
            optimizer.zero_grad()
            loss.backward()                                             # backward
            optimizer.step()                                            # update
            scheduler.step()
            total += finite(loss) * len(batch)
        losses.append(total / len(x_train))
        accuracies.append(accuracy(model, x_val, y_val))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    result = accuracy(model, x_test, y_test)        # once, after every setting is chosen
    print(f"test accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    maps = model.conv1(x_test[:1])[0].relu().detach()               # (10, 24, 24)
    return {"losses": losses, "accuracies": accuracies, "accuracy": result,
            "digit": x_test[0, 0].cpu(), "maps": maps.cpu()}


def draw(result):
    import matplotlib.pyplot as plt
    figure, row = plt.subplots(1, 11, figsize=(10, 1.4), layout="constrained")
    for axes, image in zip(row, [result["digit"], *result["maps"]], strict=True):
        axes.imshow(image.numpy(), cmap="gray")
        axes.axis("off")
    figure.suptitle("a test digit, and as each of the ten 5x5 filters of conv1 sees it")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson10")
