"""Lesson 11.4: exercise 11-2. A small DenseNet: each layer reads all layers before it.

    x_l = H([x_0, x_1, ..., x_(l-1)])        H = batch norm, ReLU, 3x3 convolution

A residual block adds its input to its output; a dense layer sets its output beside its input, so
a block of L layers that give k channels each turns C channels into C + L k (Huang et al. 2017).
Against it two plain nets, whose layers read only the one before: as wide, and as many parameters.

Run:     python liuer/lesson11_4.py                 (--help lists the settings)
Prints:  test accuracy 96.66% DenseNet, 77.50% plain of width 6, 94.87% plain of width 15
Notes:   liuer/README.md, lecture 11
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import finite, load_mnist, pick_device, progress, settings, show

DIGITS = 10_000         # of the 60,000: enough to compare, a sixth of the time


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


def dense_layer(channels, width):
    """(N, channels, H, W) to (N, width, H, W)."""
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(),
                         nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False))


class DenseBlock(nn.Module):
    def __init__(self, channels, width, layers=6):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(layers):
            self.layers.append(dense_layer(channels, width))
            channels += width                       # what the next layer reads
        self.channels = channels

    def forward(self, x):                           # (N, C, H, W)
        for layer in self.layers:
            y = layer(x)                            # (N, width, H, W)
            x = torch.cat([x, y], dim=1)            # `width` channels more
        return x                                    # (N, C + layers * width, H, W)


class ChainBlock(nn.Module):            # the same layers, each reads only the one before it
    def __init__(self, channels, width, layers=6):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(layers):
            self.layers.append(dense_layer(channels, width))
            channels = width
        self.channels = channels

    def forward(self, x):                           # (N, C, H, W)
        for layer in self.layers:
            x = layer(x)                            # (N, width, H, W)
        return x


NETS = {"DenseNet": (DenseBlock, 6), "plain of width 6": (ChainBlock, 6),
        "plain of width 15": (ChainBlock, 15)}      # name: block, channels a layer gives


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
        x = F.avg_pool2d(x, 2)                      # (N, 26, 6, 6)
        x = self.block2(x)                          # (N, 62, 6, 6) where dense
        x = F.relu(self.norm2(x))
        x = x.mean(dim=(2, 3))                      # (N, 62)  of each channel
        return self.fc(x)                           # (N, 10)  raw scores: the loss has the softmax


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


def main(epochs=1, batch_size=64, lr=0.1, seed=0):
    """Train the three nets; return for each its losses, parameters and test accuracy.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate at the start
    seed: of the initial weights and the order of the images
    """
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:DIGITS], y_train[:DIGITS])
    test_dataset = Digits(x_test, y_test)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)

    losses, parameters, accuracies = {}, {}, {}
    for name, (block, width) in NETS.items():
        # 2. Define model
        torch.manual_seed(seed)
        model = Net(block, width).to(device, memory_format=torch.channels_last)
        parameters[name] = sum(p.numel() for p in model.parameters())

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9, weight_decay=5e-4)
        scheduler = torch.optim.lr_scheduler.LinearLR(
            optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

        # 4. Training cycle
        torch.manual_seed(seed)             # the same batches for every net
        losses[name] = []
        for epoch in range(1, epochs + 1):
            batches = progress(train_loader, f"{name:17} | epoch {epoch}/{epochs}")
            losses[name].append(finite(train(model, batches, criterion, optimizer, scheduler)))
            print(f"{name:17} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        accuracies[name] = test(model, test_loader)     # batch norm: by the statistics it has kept
        print(f"{name:17} | {parameters[name]:,} parameters | test accuracy {accuracies[name]:.2%}")

    texts = []
    for name in NETS:
        texts.append(f"{accuracies[name]:.2%} {name}")
    print("test accuracy " + ", ".join(texts))
    return {"losses": losses, "parameters": parameters, "accuracies": accuracies}


def draw(result):
    """The test accuracy of each net against its parameters."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, accuracy in result["accuracies"].items():
        axes.plot(result["parameters"][name], accuracy, "o", label=f"{name}: {accuracy:.2%}")
    axes.set(xlabel="parameters", ylabel="test accuracy", xlim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson11_4")
