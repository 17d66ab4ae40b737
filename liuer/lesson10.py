"""Lesson 10: a convolutional net. One small filter looks at every place of the image.

    size after a convolution: H - K + 1        after pooling by 2: H / 2

Run:     python liuer/lesson10.py                   (--help lists the settings)
Lecture: python liuer/lesson10.py --epochs 10 --batch_size 64 --lr 0.01 --momentum 0.5 \\
             --weight_decay 0 --no-falling          (98.74%; the slides say 98%)
Prints:  test accuracy 99.02%
Notes:   liuer/README.md, lecture 10
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import finite, load_mnist, pick_device, progress, settings, show

VALIDATION = 5_000      # ours: of the 60,000 training digits, to choose settings on


class Digits(Dataset):
    """Images (N, 28, 28) in bytes and their labels (N,), as ToTensor and Normalize make them."""

    def __init__(self, images, labels):
        x = images.unsqueeze(1) / 255           # ToTensor(): (N, 1, 28, 28), 0 to 1
        self.x = (x - 0.1307) / 0.3081          # Normalize((0.1307,), (0.3081,)): mean 0, std 1
        self.y = labels

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __getitems__(self, indices):            # ours: a batch at once is faster than one by one
        return self.x[indices], self.y[indices]


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
        x = x.flatten(start_dim=1)                  # (N, 320)  ours: view refuses channels_last
        return self.fc(x)                           # (N, 10)


def train(model, loader, criterion, optimizer, scheduler=None):
    """One epoch; return the mean loss of a sample."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)                 # forward
        loss = criterion(outputs, target)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        if scheduler:
            scheduler.step()                    # ours: the learning rate falls with every step
        total += loss.item() * len(target)      # the last batch is smaller
        count += len(target)
    return total / count


@torch.no_grad()
def test(model, loader):
    """Share of right answers."""
    model.eval()
    device = next(model.parameters()).device
    correct = total = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)
        predicted = outputs.argmax(dim=1)
        assert predicted.shape == target.shape  # otherwise == would compare all with all
        correct += (predicted == target).sum().item()
        total += len(target)
    return correct / total


@torch.no_grad()
def conv1_maps(model, image):
    """What the ten filters of conv1 make of one image (1, 28, 28): (10, 24, 24)."""
    model.eval()
    device = next(model.parameters()).device
    x = image.unsqueeze(0).to(device)               # (1, 1, 28, 28)
    return F.relu(model.conv1(x))[0].cpu()          # (10, 24, 24)


def main(epochs=5, batch_size=128, lr=0.15, momentum=0.9, weight_decay=5e-4, falling=True,
         climb=200, seed=0):
    """Train; return the losses, both accuracies, a digit and its feature maps.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate (the highest)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    falling: let the learning rate climb, then fall to 0
    climb: steps of the climb (1: none)
    seed: of the initial weights and the order of the images
    """
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:-VALIDATION], y_train[:-VALIDATION])
    val_dataset = Digits(x_train[-VALIDATION:], y_train[-VALIDATION:])
    test_dataset = Digits(x_test, y_test)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    val_loader = DataLoader(val_dataset, 1000, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)

    # 2. Define model
    model = Net().to(device, memory_format=torch.channels_last)     # ours: faster on a CPU

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
    steps = epochs * len(train_loader)

    def share(step):    # of lr: it climbs, since large steps from raw weights diverge, then falls
        up = (step + 1) / climb
        down = 1 - step / steps
        return max(0, min(up, down))

    scheduler = None
    if falling:         # ours: ever smaller steps, to settle in a minimum
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share)

    # 4. Training cycle
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        batches = progress(train_loader, f"epoch {epoch}/{epochs}")     # counts on a terminal
        losses.append(finite(train(model, batches, criterion, optimizer, scheduler)))
        accuracies.append(test(model, val_loader))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    accuracy = test(model, test_loader)     # once, after every setting is chosen
    print(f"test accuracy {accuracy:.2%}")
    digit = test_dataset.x[0]               # (1, 28, 28)
    return {"losses": losses, "accuracies": accuracies, "accuracy": accuracy,
            "digit": digit[0], "maps": conv1_maps(model, digit)}


def draw(result):
    """A test digit, and as each filter of conv1 sees it."""
    import matplotlib.pyplot as plt

    figure, row = plt.subplots(1, 11, figsize=(10, 1.4), layout="constrained")
    for axes in row:
        axes.axis("off")
    row[0].imshow(result["digit"].numpy(), cmap="gray")
    for axes, feature_map in zip(row[1:], result["maps"]):
        axes.imshow(feature_map.numpy(), cmap="gray")
    figure.suptitle("a test digit, and as each of the ten 5x5 filters of conv1 sees it")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson10")
