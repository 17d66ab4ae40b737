"""Lesson 11.3: exercise 11-1. Is the plain x the best shortcut? Two variants against it.

    identity          z = relu(x + F(x))            the block of lesson 11.2
    constant scaling  z = relu(x/2 + F(x)/2)
    1x1 convolution   z = relu(conv1x1(x) + F(x))

A factor on x is multiplied from block to block, in the gradient too: eight halves leave 1/256. So
with eight blocks only the plain x learns; with lesson 11.2's two (--depth 1) all three do.
He et al. (2016), figure 2 (a), (b), (e): with 110 layers 6.6, 12.4, 12.2 % errors on CIFAR-10.

Run:     python liuer/lesson11_3.py                 (--help lists the settings)
Prints:  test accuracy 97.29% identity, 10.28% constant scaling, 10.28% 1x1 convolution
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


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x):               # (N, C, H, W)
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(x + y)            # (N, C, H, W)  add first, then activate


class ScaledBlock(ResidualBlock):       # the same layers
    def forward(self, x):
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(0.5 * x + 0.5 * y)


class ConvShortcutBlock(ResidualBlock):
    def __init__(self, channels):
        super().__init__(channels)
        self.shortcut = nn.Conv2d(channels, channels, kernel_size=1)

    def forward(self, x):
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(self.shortcut(x) + y)


BLOCKS = {"identity": ResidualBlock, "constant scaling": ScaledBlock,
          "1x1 convolution": ConvShortcutBlock}


class Net(nn.Module):                   # lesson 11.2's, with `depth` blocks in each of two places
    def __init__(self, block, depth):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.mp = nn.MaxPool2d(2)
        self.blocks1 = nn.Sequential()
        self.blocks2 = nn.Sequential()
        for _ in range(depth):
            self.blocks1.append(block(16))
            self.blocks2.append(block(32))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):                       # (N, 1, 28, 28)
        x = self.mp(F.relu(self.conv1(x)))      # (N, 16, 24, 24), then (N, 16, 12, 12)
        x = self.blocks1(x)                     # (N, 16, 12, 12)
        x = self.mp(F.relu(self.conv2(x)))      # (N, 32, 8, 8), then (N, 32, 4, 4)
        x = self.blocks2(x)                     # (N, 32, 4, 4)
        x = x.flatten(start_dim=1)              # (N, 512)
        return self.fc(x)                       # (N, 10)  raw scores: the loss has the softmax


def first_gradient(model, x, y):
    """Norm of the loss's gradient at the model's first layer; the model stays as it is."""
    model.eval()
    weight = next(model.parameters())
    x, y = x.to(weight.device), y.to(weight.device)
    loss = F.cross_entropy(model(x), y)
    gradient = torch.autograd.grad(loss, weight)[0]     # adds nothing to weight.grad
    return gradient.norm().item()


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


def main(epochs=1, batch_size=64, lr=0.05, depth=4, seed=0):
    """Train the three nets; return for each its losses, gradients by blocks and test accuracy.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate
    depth: blocks in each of the net's two places
    seed: of the initial weights and the order of the images
    """
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:DIGITS], y_train[:DIGITS])
    test_dataset = Digits(x_test, y_test)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)
    x, y = train_dataset[:64]

    losses, gradients, accuracies = {}, {}, {}
    for name, block in BLOCKS.items():
        gradients[name] = []
        for n in range(1, 9):               # untrained nets of 2, 4, ... 16 blocks
            torch.manual_seed(seed)
            gradients[name].append(first_gradient(Net(block, n).to(device), x, y))
        print(f"{name:16} | gradient at the first layer of 16 blocks {gradients[name][-1]:.0e}")

        # 2. Define model
        torch.manual_seed(seed)
        model = Net(block, depth).to(device, memory_format=torch.channels_last)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9, weight_decay=5e-4)

        # 4. Training cycle
        torch.manual_seed(seed)             # the same batches for every net
        losses[name] = []
        for epoch in range(1, epochs + 1):
            batches = progress(train_loader, f"{name:16} | epoch {epoch}/{epochs}")
            losses[name].append(finite(train(model, batches, criterion, optimizer)))
            print(f"{name:16} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        accuracies[name] = test(model, test_loader)

    texts = []
    for name in BLOCKS:
        texts.append(f"{accuracies[name]:.2%} {name}")
    print("test accuracy " + ", ".join(texts))
    return {"losses": losses, "gradients": gradients, "accuracies": accuracies}


def draw(result):
    """For each shortcut the gradient at the first layer by number of blocks, and the accuracy."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, norms in result["gradients"].items():
        left.semilogy(range(2, 17, 2), norms, ".-", label=name)
        bar = right.bar(name, result["accuracies"][name])
        right.bar_label(bar, fmt="{:.1%}")
    left.set(xlabel="blocks", ylabel="gradient norm at the first layer, before training")
    left.legend()
    right.set(ylabel="test accuracy after training", ylim=(0, 1.1))
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson11_3")
