"""Lesson 10.2: exercise 10-1. Three convolutions and three linear layers, against the lesson's net.

    (1,28,28) conv 5 pool (10,12,12) conv 5 pool (20,4,4) conv 3 pool (40,2,2)
    flat 160 linear 80 linear 40 linear 10, ReLU after each pool and between the linear layers

Both train on the same 20,000 digits, in the same batches and order: what differs is the net.

Run:    python liuer/lesson10_2.py              (--help lists the settings)
Prints: test accuracy 98.11%, lesson 10 98.25%
Notes:  liuer/README.md, lecture 10
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import finite, load_mnist, pick_device, progress, settings, show

TRAIN = 20_000          # of the 60,000 training digits: enough to compare two nets


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


class Net(nn.Module):       # the net of lesson 10
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
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, 24, 24), then (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))     # (N, 20, 8, 8), then (N, 20, 4, 4)
        x = F.relu(self.pooling(self.conv3(x)))     # (N, 40, 4, 4), then (N, 40, 2, 2)
        x = x.flatten(start_dim=1)                  # (N, 160)
        x = F.relu(self.fc1(x))                     # (N, 80)
        x = F.relu(self.fc2(x))                     # (N, 40)
        return self.fc3(x)                          # (N, 10)


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
def read_digits(model, loader):
    """The digit that the model reads in each image: (N,)."""
    model.eval()
    device = next(model.parameters()).device
    parts = []
    for inputs, _ in loader:
        outputs = model(inputs.to(device))
        parts.append(outputs.argmax(dim=1).cpu())
    return torch.cat(parts)


def main(epochs=2, batch_size=64, lr=0.05, momentum=0.9, weight_decay=5e-4, seed=0):
    """Train both nets; return the losses, parameters, accuracies and readings of each.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate (at the start; it falls to 0)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    seed: of the initial weights and the order of the images
    """
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:TRAIN], y_train[:TRAIN])
    test_dataset = Digits(x_test, y_test)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)

    losses, parameters, accuracies, readings = {}, {}, {}, {}
    for name in ("lesson 10", "deeper"):
        # 2. Define model
        torch.manual_seed(seed)
        model = DeeperNet() if name == "deeper" else Net()
        model.to(device, memory_format=torch.channels_last)     # ours: faster on a CPU
        parameters[name] = sum(p.numel() for p in model.parameters())

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
        scheduler = torch.optim.lr_scheduler.LinearLR(
            optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

        # 4. Training cycle
        torch.manual_seed(seed)     # the same batches for both nets
        losses[name] = []
        for epoch in range(1, epochs + 1):
            batches = progress(train_loader, f"{name}, epoch {epoch}/{epochs}")
            losses[name].append(finite(train(model, batches, criterion, optimizer, scheduler)))
            print(f"{name:9} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        accuracies[name] = test(model, test_loader)
        readings[name] = read_digits(model, test_loader)
        print(f"{name:9} | {parameters[name]:,} parameters | test accuracy {accuracies[name]:.2%}")

    print(f"test accuracy {accuracies['deeper']:.2%}, lesson 10 {accuracies['lesson 10']:.2%}")
    return {"losses": losses, "parameters": parameters, "accuracies": accuracies,
            "readings": readings, "images": x_test, "labels": y_test}


def draw(result):
    """Test digits that one net reads right and the other wrong, with the wrong answer."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(10, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    for half, name, other in ((left, "lesson 10", "deeper"), (right, "deeper", "lesson 10")):
        half.suptitle(f"{name}: {result['parameters'][name]:,} parameters, test accuracy "
                      f"{result['accuracies'][name]:.2%}\nit reads these right, the other net not")
        this_right = result["readings"][name] == result["labels"]
        other_wrong = result["readings"][other] != result["labels"]
        alone = (this_right & other_wrong).nonzero().flatten()      # their numbers
        grid = half.subplots(3, 6)
        for axes in grid.flat:
            axes.axis("off")
        for axes, i in zip(grid.flat, alone):
            axes.imshow(result["images"][i].numpy(), cmap="gray")
            axes.set_title(f"{result['labels'][i]}, not {result['readings'][other][i]}",
                           fontsize=10)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson10_2")
