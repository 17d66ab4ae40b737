"""Lesson 10.2: exercise 10-1. Three convolutions and three linear layers, against the lesson's net.

    (1,28,28) conv 5 pool (10,12,12) conv 5 pool (20,4,4) conv 3 pool (40,2,2)
    flat 160 linear 80 linear 40 linear 10, ReLU after each pool and between the linear layers

Both train on the same 20,000 digits, in the same batches and order: what differs is the net.

Run:   python liuer/lesson10_2.py           (--help lists the settings)
See:   test accuracy 98.26%, lesson 10 98.18%
Notes: liuer/README.md, lecture 10
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import finite, flags, load_mnist, pick_device, show  # liuer/utils.py


class Net(nn.Module):       # lesson 10's
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x):                           # (N, 1, 28, 28)
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))     # (N, 20, 4, 4)
        return self.fc(x.flatten(start_dim=1))      # (N, 10)


class DeeperNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv3 = nn.Conv2d(20, 40, kernel_size=3, padding=1)
        self.pooling = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(160, 80)
        self.fc2 = nn.Linear(80, 40)
        self.fc3 = nn.Linear(40, 10)

    def forward(self, x):                           # (N, 1, 28, 28)
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))     # (N, 20, 4, 4)
        x = F.relu(self.pooling(self.conv3(x)))     # (N, 40, 2, 2)
        x = x.flatten(start_dim=1)                  # (N, 160)
        x = F.relu(self.fc1(x))                     # (N, 80)
        x = F.relu(self.fc2(x))                     # (N, 40)
        return self.fc3(x)                          # (N, 10)


@torch.no_grad()
def predict(model, x):
    """The digit with the highest score for each image, in big batches: (N, 1, 28, 28) -> (N,)."""
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])
    model.train(was_training)
    return y_pred


def main(epochs=2, batch_size=64, lr=0.05, seed=0):
    """Train both nets; return for each its losses, parameters, test accuracy and answers.

    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
    seed: of the initial weights and the order of the images, >= 0
    """
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist(device)
    x_train, y_train = x_train[:20_000], y_train[:20_000]   # enough to compare
    steps = epochs * math.ceil(len(x_train) / batch_size)

    losses, parameters, accuracies, y_pred = {}, {}, {}, {}
    for name, build in (("lesson 10", Net), ("deeper", DeeperNet)):
        # 2. Define model
        torch.manual_seed(seed)
        model = build().to(device, memory_format=torch.channels_last)       # faster, see lesson 10
        parameters[name] = sum(p.numel() for p in model.parameters())

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

        # 4. Training cycle: forward, backward, update
        torch.manual_seed(seed)     # the same batches for both nets
        losses[name] = []
        for epoch in range(1, epochs + 1):
            total = 0.0
            for batch in torch.randperm(len(x_train), device=device).split(batch_size):
                loss = criterion(model(x_train[batch]), y_train[batch])     # forward
                optimizer.zero_grad()
                loss.backward()                                             # backward
                optimizer.step()                                            # update
                scheduler.step()
                total += finite(loss) * len(batch)
            losses[name].append(total / len(x_train))
            print(f"{name:9} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        y_pred[name] = predict(model, x_test)
        accuracies[name] = (y_pred[name] == y_test).float().mean().item()
        print(f"{name:9} | {parameters[name]:,} parameters | test accuracy {accuracies[name]:.2%}")
    print(f"test accuracy {accuracies['deeper']:.2%}, lesson 10 {accuracies['lesson 10']:.2%}"
          f" | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "parameters": parameters, "accuracies": accuracies,
            "accuracy": accuracies["deeper"], "y_pred": y_pred, "x_test": x_test, "y_test": y_test}


def draw(result):
    """Test digits that one net reads right and the other wrong, with the wrong answer."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(10, 4.5), layout="constrained")
    halves = figure.subfigures(1, 2)
    y = result["y_test"]
    for half, name, other in zip(halves, ("lesson 10", "deeper"), ("deeper", "lesson 10"),
                                 strict=True):
        half.suptitle(f"{name}: {result['parameters'][name]:,} parameters, test accuracy "
                      f"{result['accuracies'][name]:.2%}\nit reads these right, the other net not")
        y_other = result["y_pred"][other]
        alone = (result["y_pred"][name] == y) & (y_other != y)      # (N,)
        grid = half.subplots(3, 6)
        for axes in grid.flat:
            axes.axis("off")
        for axes, i in zip(grid.flat, alone.nonzero()[:, 0], strict=False):
            axes.imshow(result["x_test"][i, 0].cpu().numpy(), cmap="gray")
            axes.set_title(f"{y[i]}, not {y_other[i]}", fontsize=10)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson10_2")
