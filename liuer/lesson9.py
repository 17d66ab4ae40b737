"""Lesson 9: ten classes. Softmax turns ten scores into probabilities, cross-entropy trains them.

    p_k = exp(z_k) / sum_j exp(z_j)        loss = -log p_y = CrossEntropyLoss(z, y)

Run:     python liuer/lesson9.py                    (--help lists the settings)
Lecture: python liuer/lesson9.py --epochs 10 --batch_size 64 --lr 0.01 --momentum 0.5 \\
             --weight_decay 0 --no-falling          (97.47%; the slides say 97%)
Prints:  test accuracy 98.43%
Notes:   liuer/README.md, lecture 9
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
        self.l1 = nn.Linear(784, 512)
        self.l2 = nn.Linear(512, 256)
        self.l3 = nn.Linear(256, 128)
        self.l4 = nn.Linear(128, 64)
        self.l5 = nn.Linear(64, 10)

    def forward(self, x):                       # (N, 1, 28, 28)
        x = x.view(len(x), 784)                 # (N, 784)  ours: view(-1, 784) may change N
        x = F.relu(self.l1(x))                  # (N, 512)
        x = F.relu(self.l2(x))                  # (N, 256)
        x = F.relu(self.l3(x))                  # (N, 128)
        x = F.relu(self.l4(x))                  # (N, 64)
        return self.l5(x)                       # (N, 10)  raw scores: the loss has the softmax


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
def find_mistakes(model, dataset, most=24):
    """The first images that are misread: (image, label, digit that was read, its probability)."""
    model.eval()
    device = next(model.parameters()).device
    mistakes = []
    for x, y in dataset:
        p = model(x.unsqueeze(0).to(device)).softmax(dim=1)[0]      # (1, 1, 28, 28) -> (10,)
        predicted = p.argmax().item()
        if predicted != y:
            mistakes.append((x[0], int(y), predicted, p[predicted].item()))
        if len(mistakes) == most:
            break
    return mistakes


def main(epochs=5, batch_size=96, lr=0.08, momentum=0.9, weight_decay=5e-4, falling=True, seed=0):
    """Train; return the losses, both accuracies and the first mistakes.

    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate (at the start)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    falling: let the learning rate fall to 0
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
    model = Net().to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
    scheduler = None
    if falling:     # ours: large steps to get near the minimum, ever smaller ones to settle in it
        scheduler = torch.optim.lr_scheduler.LinearLR(
            optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

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
    return {"losses": losses, "accuracies": accuracies, "accuracy": accuracy,
            "mistakes": find_mistakes(model, test_dataset)}


def draw(result):
    """Test digits that were misread: the label, what was read, and the probability of that."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(4, 6, figsize=(9, 7), layout="constrained")
    for axes in grid.flat:
        axes.axis("off")
    for axes, mistake in zip(grid.flat, result["mistakes"]):
        image, label, predicted, probability = mistake
        axes.imshow(image.numpy(), cmap="gray")
        axes.set_title(f"{label}, read as {predicted}\np = {probability:.2f}", fontsize=10)
    figure.suptitle(f"first mistakes on the test digits, test accuracy {result['accuracy']:.2%}")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson9")
