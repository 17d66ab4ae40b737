"""Lesson 9: ten classes. Softmax turns ten scores into probabilities, cross-entropy trains them.

    p_k = exp(z_k) / sum_j exp(z_j)        loss = -log p_y = CrossEntropyLoss(z, y)

load_mnist standardises all images once, as one tensor; batches are picked out of it by index.

Run:   python liuer/lesson9.py              (--help lists the settings)
See:   test accuracy 98.46%
Notes: liuer/README.md, lecture 9
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from utils import MEAN, STD, finite, flags, load_mnist, pick_device, show  # liuer/utils.py


def compare(x):
    """Do ToTensor and Normalize, image by image as in the lecture, give the same x (1, 28, 28)?"""
    try:
        from torchvision import transforms
    except Exception:       # ImportError, or what a torchvision raises that fits another torch
        return "not compared, torchvision cannot be imported"
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    pixels = (x[0] * STD + MEAN).mul(255).round().byte().numpy()            # (28, 28)  0 to 255
    return "equal" if torch.allclose(transform(pixels), x) else "different"


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
    """The most probable digit of each image and its probability: (N, 1, 28, 28) -> (N,), (N,)."""
    was_training = model.training
    model.eval()
    scores = torch.cat([model(batch) for batch in x.split(1000)])       # (N, 10)
    model.train(was_training)
    probability, digit = scores.softmax(dim=1).max(dim=1)
    return digit, probability


def accuracy(model, x, y):
    digit, _ = predict(model, x)
    return (digit == y.view_as(digit)).float().mean().item()


def main(epochs=5, batch_size=64, lr=0.05, seed=0):
    """Train; return losses and validation accuracies, the test accuracy and the first 24 mistakes.

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
    print(f"load_mnist against ToTensor and Normalize: {compare(x_train[0].cpu())}")
    split = len(x_train) * 11 // 12     # 55,000 train, 5,000 validate: settings are chosen on these
    x_val, y_val = x_train[split:], y_train[split:]
    x_train, y_train = x_train[:split], y_train[:split]

    # 2. Define model
    model = Net().to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    # Large steps to get near the minimum, ever smaller ones to settle in it.
    steps = epochs * math.ceil(len(x_train) / batch_size)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

    # 4. Training cycle: forward, backward, update
    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in torch.randperm(len(x_train), device=device).split(batch_size):
            y_pred = model(x_train[batch])
            loss = criterion(y_pred, y_train[batch])                # forward
            optimizer.zero_grad()
            loss.backward()                                         # backward
            optimizer.step()                                        # update
            scheduler.step()
            total += finite(loss) * len(batch)
        losses.append(total / len(x_train))
        accuracies.append(accuracy(model, x_val, y_val))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation accuracy {accuracies[-1]:.2%}")

    y_pred, probability = predict(model, x_test)    # once, after every setting is chosen
    result = (y_pred == y_test).float().mean().item()
    wrong = (y_pred != y_test).nonzero()[:24, 0].tolist()
    mistakes = [(x_test[i, 0].cpu(), y_test[i].item(), y_pred[i].item(), probability[i].item())
                for i in wrong]
    print(f"test accuracy {result:.2%} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "accuracies": accuracies, "accuracy": result, "mistakes": mistakes}


def draw(result):
    """Test digits that were misread: the label, what was read, and the probability of that."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(4, 6, figsize=(9, 7), layout="constrained")
    for axes in grid.flat:
        axes.axis("off")
    for axes, mistake in zip(grid.flat, result["mistakes"], strict=False):
        image, y, y_pred, probability = mistake
        axes.imshow(image.numpy(), cmap="gray")
        axes.set_title(f"{y}, read as {y_pred}\np = {probability:.2f}", fontsize=10)
    figure.suptitle(f"first mistakes on the test digits, test accuracy {result['accuracy']:.2%}")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson9")
