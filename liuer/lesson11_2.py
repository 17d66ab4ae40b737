"""Lesson 11.2: a residual net. A block adds its input to its output: z = relu(F(x) + x).

    d(F(x) + x)/dx = F'(x) + 1: where F' is nearly 0 the gradient still passes on

x can only be added to F(x) where both have one shape: a block keeps it. The ReLU still stops the
gradient where F(x) + x is negative. And a vanishing gradient need not be why depth hurts: He et al.
(2015) doubt it for their 56 layers, where batch normalisation kept the gradients healthy.

Run:     python liuer/lesson11_2.py                 (--help lists the settings)
Lecture: python liuer/lesson11_2.py --epochs 10 --batch_size 64 --lr 0.01 --momentum 0.5 \\
             --weight_decay 0 --no-falling          (its settings; the slides say 99 %)
Prints:  test accuracy 99.31%
Notes:   liuer/README.md, lecture 11
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import finite, load_mnist, pick_device, plot_curve, progress, settings, show

VALIDATION = 5_000      # ours: of the 60,000 training digits, to choose settings on
DEPTHS = range(1, 17)   # ours: blocks of the untrained nets whose gradients are compared


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


class PlainBlock(ResidualBlock):        # ours: the same layers without the shortcut
    def forward(self, x):
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(y)


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
        x = x.flatten(start_dim=1)              # (N, 512)  ours: view refuses channels_last
        return self.fc(x)                       # (N, 10)  raw scores: the loss has the softmax


def deep_net(block, depth):
    """A convolution, `depth` blocks one behind the other, a linear layer."""
    model = nn.Sequential(nn.Conv2d(1, 16, kernel_size=5), nn.ReLU(), nn.MaxPool2d(2))
    for _ in range(depth):
        model.append(block(16))                 # (N, 16, 12, 12)
    model.append(nn.Flatten())
    model.append(nn.Linear(2304, 10))
    return model


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


def main(epochs=4, batch_size=64, lr=0.1, momentum=0.9, weight_decay=1e-3, falling=True,
         climb=300, seed=0):
    """Train; return the gradients by depth, the losses and both accuracies.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate (the highest)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    falling: let the learning rate climb, then fall to 0
    climb: steps of the climb (1: none)
    seed: of the initial weights and the order of the images
    """
    device = pick_device()

    # 1. Prepare data
    x_train, y_train, x_test, y_test = load_mnist()
    train_dataset = Digits(x_train[:-VALIDATION], y_train[:-VALIDATION])
    val_dataset = Digits(x_train[-VALIDATION:], y_train[-VALIDATION:])
    test_dataset = Digits(x_test, y_test)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    val_loader = DataLoader(val_dataset, 1000, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 1000, collate_fn=tuple)

    # ours: why a shortcut? The gradient at the first layer of untrained nets, with and without it
    x, y = train_dataset[:64]
    gradients = {"with shortcut": [], "without": []}
    for depth in DEPTHS:
        torch.manual_seed(seed)                 # the same weights for both
        with_shortcut = first_gradient(deep_net(ResidualBlock, depth).to(device), x, y)
        torch.manual_seed(seed)
        without = first_gradient(deep_net(PlainBlock, depth).to(device), x, y)
        gradients["with shortcut"].append(with_shortcut)
        gradients["without"].append(without)
        if depth in (1, 2, 4, 8, 16):
            print(f"{depth:2d} blocks | gradient at the first layer {with_shortcut:.2f}, "
                  f"without shortcut {without:.0e}")

    # 2. Define model
    torch.manual_seed(seed)
    # ours: a pixel's channels side by side in memory; the same results, sooner on a CPU
    model = Net().to(device, memory_format=torch.channels_last)

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
    return {"gradients": gradients, "losses": losses, "accuracies": accuracies,
            "accuracy": accuracy}


def draw(result):
    """The gradient at the first layer by number of blocks, with the shortcut and without."""
    figure = plot_curve(result["gradients"], xlabel="blocks",
                        ylabel="gradient norm at the first layer, before training")
    figure.axes[0].set_yscale("log")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson11_2")
