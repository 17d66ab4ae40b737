"""Lesson 9: ten classes. Softmax turns ten scores into probabilities, cross-entropy trains them.

    p_k = exp(z_k) / sum_j exp(z_j)        loss = -log p_y = CrossEntropyLoss(z, y)

An image is standardised with the mean and deviation of all training pixels. Doing that once, for
all images as one tensor, and indexing batches from it leaves an epoch little else than training.

Run:   python liuer/lesson9.py              (--help lists the settings)
See:   held-out accuracy 97.70% | 4.3 s    (2 cores)
Notes: liuer/README.md, lecture 9
"""

import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from utils import flags, load_mnist, show

MEAN, STD = 0.1307, 0.3081      # of the training pixels in [0, 1]: image2tensor.py computes them


def standardise(images):
    """Bytes 0..255 (N, 28, 28) to floats of mean 0 and deviation 1 (N, 1, 28, 28)."""
    return images.float().div(255).sub(MEAN).div(STD).unsqueeze(1)


def shift(x, most):
    """The batch moved by up to `most` pixels along each side: the same digits, so free data."""
    down, right = torch.randint(-most, most + 1, (2,)).tolist()
    return x.roll((down, right), dims=(2, 3))   # what leaves on one side is margin, nearly always


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(784, 512)
        self.l2 = nn.Linear(512, 256)
        self.l3 = nn.Linear(256, 128)
        self.l4 = nn.Linear(128, 64)
        self.l5 = nn.Linear(64, 10)

    def forward(self, x):               # (N, 1, 28, 28)
        x = x.view(-1, 784)             # (N, 784)
        x = F.relu(self.l1(x))          # (N, 512)
        x = F.relu(self.l2(x))          # (N, 256)
        x = F.relu(self.l3(x))          # (N, 128)
        x = F.relu(self.l4(x))          # (N, 64)
        return self.l5(x)               # (N, 10)  raw scores: CrossEntropyLoss has the softmax


@torch.no_grad()
def predict(model, x):
    """The digit with the highest score for each image, in big batches: (N, 1, 28, 28) -> (N,)."""
    model.eval()
    return torch.cat([model(batch).argmax(dim=1) for batch in x.split(1000)])


def accuracy(model, x, y):
    return (predict(model, x) == y).float().mean().item()


def loader_and_index(x, y, batch_size):
    """The same batches from a DataLoader and by indexing: are they equal, and the seconds of each.

    The loader fetches the samples one by one and stacks them; an index gathers the whole batch in
    one call. A loader earns its keep where the data do not fit into memory.
    """
    order = torch.randperm(len(x))
    started = time.perf_counter()
    loader = DataLoader(TensorDataset(x, y), batch_size, sampler=order.tolist())
    loaded = [batch for batch, _ in loader]
    middle = time.perf_counter()
    indexed = [x[batch] for batch in order.split(batch_size)]
    seconds = middle - started, time.perf_counter() - middle
    return all(map(torch.equal, loaded, indexed)), *seconds


def main(epochs=0, batch_size=100, lr=0.1, shift_by=1, seed=0, shipped=False):
    """Train; return losses and validation accuracy of each epoch, accuracy and the mistakes.

    epochs: passes over the training set, 0: as many as the data need (full 8, shipped 20), >= 0
    batch_size: images a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
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
    epochs = epochs or (8 if part == "test" else 20)
    x_train, x_test = standardise(x_train).to(device), standardise(x_test).to(device)
    y_train, y_test = y_train.to(device), y_test.to(device)
    keep = len(x_train) * 11 // 12      # the rest validates: the test set is looked at once
    (x_train, x_val), (y_train, y_val) = x_train.tensor_split([keep]), y_train.tensor_split([keep])
    equal, loading, indexing = loader_and_index(x_train[:6000], y_train[:6000], batch_size)
    print(f"6,000 images in batches of {batch_size}: DataLoader {1000 * loading:.0f} ms, "
          f"indexing {1000 * indexing:.0f} ms, equal: {equal}")

    # 2. Define model
    model = Net().to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)

    # 4. Training cycle: forward, backward, update
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        # large steps to get near, then ever smaller ones to settle
        optimizer.param_groups[0]["lr"] = lr * (1 - (epoch - 1) / epochs)
        model.train()
        total = 0.0
        for batch in torch.randperm(len(x_train), device=device).split(batch_size):
            y_pred = model(shift(x_train[batch], shift_by))
            loss = criterion(y_pred, y_train[batch])                # forward
            optimizer.zero_grad()
            loss.backward()                                         # backward
            optimizer.step()                                        # update
            total += loss.item() * len(batch)
        losses.append(total / len(x_train))
        accuracies.append(accuracy(model, x_val, y_val))
        print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    y_pred = predict(model, x_test)
    result = (y_pred == y_test).float().mean().item()
    wrong = (y_pred != y_test).nonzero()[:24, 0]
    print(f"{part} accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracies": accuracies, "accuracy": result, "part": part,
            "mistakes": (x_test[wrong, 0].cpu(), y_test[wrong].tolist(), y_pred[wrong].tolist())}


def draw(result):
    """Loss and accuracy of each epoch, and the first 24 mistakes with true and predicted label."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(11, 5.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.4])
    upper, lower = left.subplots(2, sharex=True)
    epochs = range(1, len(result["losses"]) + 1)
    lower.xaxis.get_major_locator().set_params(integer=True)
    upper.plot(epochs, result["losses"], ".-")
    upper.set(ylabel="training loss", yscale="log")
    lower.plot(epochs, result["accuracies"], ".-", label="validation")
    lower.plot(epochs[-1], result["accuracy"], "s", label=result["part"])
    lower.set(xlabel="epoch", ylabel="accuracy")
    lower.legend()
    for axes in (upper, lower):
        axes.grid(alpha=0.3)

    grid = right.subplots(4, 6).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, image, y, y_pred in zip(grid, *result["mistakes"], strict=False):
        axes.imshow(image.numpy(), cmap="gray")
        axes.set_title(f"{y}, read as {y_pred}", fontsize=9)
    right.suptitle(f"mistakes on the {result['part']} digits")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson9")
