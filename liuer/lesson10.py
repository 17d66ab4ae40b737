"""Lesson 10: a convolutional net. One small filter looks at every place of the image.

    size after a convolution: H - K + 1        after pooling by 2: H / 2
    (1,28,28) conv 5 (10,24,24) pool (10,12,12) conv 5 (20,8,8) pool (20,4,4) flat 320 linear 10

A filter's few weights serve all places: 8,490 parameters where lesson 9 needs 575,050.

Run:   python liuer/lesson10.py             (--help lists the settings)
See:   held-out accuracy 98.70% | 5.6 s    (2 cores)
Notes: liuer/README.md, lecture 10
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
    """Share of images whose highest score is the right digit, in big batches."""
    model.eval()
    return torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)]).eq(y).float().mean()


def main(epochs=0, batch_size=64, lr=0.05, shift_by=1, seed=0, shipped=False):
    """Train; return losses and validation accuracy of each epoch, accuracy, filters and maps.

    epochs: passes over the training set, 0: as many as the data need (full 5, shipped 10), >= 0
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
    epochs = epochs or (5 if part == "test" else 10)
    x_train, x_test = standardise(x_train).to(device), standardise(x_test).to(device)
    y_train, y_test = y_train.to(device), y_test.to(device)
    keep = len(x_train) * 11 // 12      # the rest validates: the test set is looked at once
    (x_train, x_val), (y_train, y_val) = x_train.tensor_split([keep]), y_train.tensor_split([keep])

    # 2. Define model
    model = Net().to(device)

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
        total = 0.0
        for batch in torch.randperm(len(x_train), device=device).split(batch_size):
            y_pred = model(shift(x_train[batch], shift_by))
            loss = criterion(y_pred, y_train[batch])                # forward
            optimizer.zero_grad()
            loss.backward()                                         # backward
            optimizer.step()                                        # update
            scheduler.step()
            total += loss.item() * len(batch)
        losses.append(total / len(x_train))
        accuracies.append(accuracy(model, x_val, y_val).item())
        print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    result = accuracy(model, x_test, y_test).item()
    with torch.no_grad():
        maps = model.conv1(x_test[:1])[0].relu()                    # (10, 24, 24)
    print(f"{part} accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracies": accuracies, "accuracy": result, "part": part,
            "digit": x_test[0, 0].cpu(), "filters": model.conv1.weight.detach()[:, 0].cpu(),
            "maps": maps.cpu()}


def draw(result):
    """Loss and accuracy of each epoch; the first layer's filters and what they see in a digit."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(11, 6), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[1.2, 1])
    left, middle, right = top.subplots(1, 3, width_ratios=[1.3, 1.3, 0.9])
    epochs = range(1, len(result["losses"]) + 1)
    left.plot(epochs, result["losses"], ".-")
    left.set(xlabel="epoch", ylabel="training loss", yscale="log")
    middle.plot(epochs, result["accuracies"], ".-", label="validation")
    middle.plot(epochs[-1], result["accuracy"], "s", label=result["part"])
    middle.set(xlabel="epoch", ylabel="accuracy")
    middle.legend()
    for axes in (left, middle):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    right.imshow(result["digit"].numpy(), cmap="gray")
    right.set_title(f"a {result['part']} digit")
    right.axis("off")
    rows = bottom.subplots(2, len(result["filters"]))
    reach = result["filters"].abs().max()           # one colour scale: blue below 0, red above
    for column, (weight, seen) in enumerate(zip(result["filters"], result["maps"], strict=True)):
        rows[0, column].imshow(weight.numpy(), cmap="bwr", vmin=-reach, vmax=reach)
        rows[1, column].imshow(seen.numpy(), cmap="gray")
    for axes in rows.flat:
        axes.axis("off")
    bottom.suptitle("the ten 5x5 filters of conv1, and the digit as each of them sees it")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson10")
