"""Lesson 9.3: exercise 9-2, Otto products. 93 counts, nine classes; asked for are probabilities.

    log-loss = mean of -log p_y = CrossEntropyLoss(z, y)        p = softmax(z), once, to answer

Kaggle's files need a login, so by default the counts are simulated. How they are made is known, and
with it the exact probability of each class: no answer has a lower log-loss in the mean.

Run:    python liuer/lesson9_3.py           (--help lists the settings)
        python liuer/lesson9_3.py --train train.csv --test test.csv      (Kaggle's files)
Prints: test log-loss 0.5700 | class frequencies 1.9588 | best possible 0.4061
Notes:  liuer/README.md, lecture 9
"""

import torch
from torch import nn
from torch.distributions import Gamma, Poisson
from torch.utils.data import DataLoader, Dataset

from files import read_columns, write_answer
from utils import BadInput, finite, plot_curve, settings, show

CLASSES = [f"Class_{i}" for i in range(1, 10)]
FEATURES = [f"feat_{i}" for i in range(1, 94)]
SHARES = torch.tensor([3, 26, 13, 4, 4, 23, 5, 14, 8]) / 100    # about those of Kaggle's classes
KINDS = 3       # of product in a class, each with its own counts: a class is more than one cloud


def simulate(n):
    """Counts (n, 93), classes (n,), and each class's exact probability given the counts (n, 9)."""
    usual = Gamma(0.3, 0.6).sample((93,))               # mean of each count: most are rare
    means = usual * Gamma(4.0, 4.0).sample((9 * KINDS, 93)) + 0.01      # (K, 93)  of each kind
    shares = SHARES.repeat_interleave(KINDS) / KINDS                    # (K,)
    kind = torch.multinomial(shares, n, replacement=True)               # (n,)
    counts = torch.poisson(means[kind])                                 # (n, 93)

    # Bayes: P(kind | counts) = P(kind) P(counts | kind), divided by its sum over the kinds.
    log_p = torch.zeros(n, 9 * KINDS)                                   # (n, K)
    for k in range(9 * KINDS):
        log_p[:, k] = shares[k].log() + Poisson(means[k]).log_prob(counts).sum(dim=1)
    p_kind = log_p.softmax(dim=1)                                       # (n, K)
    p_class = p_kind.view(n, 9, KINDS).sum(dim=2)                       # (n, 9)
    return counts, kind // KINDS, p_class


def read_products(path, column, pattern, least=1):
    """Kaggle's file: the counts (N, 93), and one column of texts: target, or id."""
    patterns = {column: pattern}
    for name in FEATURES:
        patterns[name] = r"\d{1,9}"
    counts, fields = [], []
    for row in read_columns(path, patterns, least):
        counts.append([int(row[name]) for name in FEATURES])
        fields.append(row[column])
    return torch.tensor(counts).float().view(-1, 93), fields


class Products(Dataset):
    """Counts (N, 93) and classes (N,). The logarithm tells 0 from 1 as well as 10 from 20."""

    def __init__(self, counts, classes):
        self.x = counts.log1p()                         # log(1 + count)
        self.y = classes

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __getitems__(self, indices):                    # ours: a batch at once is faster
        return self.x[indices], self.y[indices]


@torch.no_grad()
def probabilities(model, counts):
    """The probabilities (N, 9) of products with these counts (N, 93), a thousand at a time."""
    model.eval()
    parts = []
    for batch in counts.split(1000):
        parts.append(model(batch.log1p()).softmax(dim=1))
    return torch.cat(parts)


def log_loss(p, y):
    """Mean of -log p_y over probabilities (N, 9) and classes (N,); a p of 0 counts as 1e-15."""
    p_true = p[torch.arange(len(y)), y]                 # (N,)
    return -p_true.clamp(min=1e-15).log().mean().item()


def main(epochs=10, batch_size=128, lr=0.1, momentum=0.9, weight_decay=1e-3, seed=0, rows=20_000,
         train=None, test=None):
    """Train on 70 % of the products, watch 15 %, test once on 15 %; return the log-losses.

    epochs: passes over the training products
    batch_size: products a step
    lr: learning rate (at the start; it falls to 0)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    seed: of the simulation, the split, the weights and the order of the products
    rows: products to simulate, 20 or more
    train: Kaggle's train.csv, in the place of the simulation
    test: Kaggle's test.csv: the answers go to submission.csv
    """
    if test and not train:
        raise BadInput("--test: expected --train as well: simulated counts say nothing about it")
    if rows < 20:
        raise BadInput(f"--rows: expected 20 or more, got {rows}")
    torch.manual_seed(seed)

    # 1. Prepare data
    if train:
        counts, targets = read_products(train, "target", "Class_[1-9]", 20)
        y = torch.tensor([CLASSES.index(target) for target in targets])
    else:
        counts, y, exact = simulate(rows)
        print(f"simulated counts, not Kaggle's: {rows:,} products, {KINDS} kinds in each class")
    if test:
        new_counts, ids = read_products(test, "id", r"\d{1,9}")
    order = torch.randperm(len(y))
    n_train, n_val = int(0.7 * len(y)), int(0.15 * len(y))
    train_part = order[:n_train]
    val_part = order[n_train:n_train + n_val]
    test_part = order[n_train + n_val:]
    train_loader = DataLoader(Products(counts[train_part], y[train_part]), batch_size,
                              shuffle=True, collate_fn=tuple)

    # 2. Define model
    model = nn.Sequential(nn.Linear(93, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(),
                          nn.Linear(64, 9))         # raw scores

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

    # 4. Training cycle
    losses, val_losses = [], []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0
        for inputs, target in train_loader:
            outputs = model(inputs)                 # forward
            loss = criterion(outputs, target)
            optimizer.zero_grad()
            loss.backward()                         # backward
            optimizer.step()                        # update
            scheduler.step()
            total += loss.item() * len(target)
        losses.append(finite(total / n_train))
        val_losses.append(log_loss(probabilities(model, counts[val_part]), y[val_part]))
        print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | "
              f"validation {val_losses[-1]:.4f}")

    if test:
        lines = [",".join(["id", *CLASSES])]
        for name, p in zip(ids, probabilities(model, new_counts).tolist()):
            lines.append(name + "".join(f",{share:.6f}" for share in p))
        path = write_answer("submission.csv", lines)
        print(f"{path}: nine probabilities for each of {len(ids):,} products")
    y_test = y[test_part]
    frequencies = torch.bincount(y[train_part], minlength=9) + 1    # + 1: none is 0
    frequencies = (frequencies / frequencies.sum()).expand(len(y_test), 9)
    levels = {"test log-loss": log_loss(probabilities(model, counts[test_part]), y_test),
              "class frequencies": log_loss(frequencies, y_test)}
    if not train:
        levels["best possible"] = log_loss(exact[test_part], y_test)
    print(" | ".join(f"{name} {value:.4f}" for name, value in levels.items()))
    return {"losses": losses, "val_losses": val_losses, "levels": levels}


def draw(result):
    """The log-losses of the epochs, and the levels of the test products.

    Training may fall below the best possible, because the net remembers products; others cannot.
    """
    figure = plot_curve({"training": result["losses"], "validation": result["val_losses"]},
                        ylabel="log-loss")
    axes = figure.axes[0]
    for (name, value), style in zip(result["levels"].items(), ("-", "--", ":")):
        axes.axhline(value, color="black", linestyle=style, label=f"{name} {value:.4f}")
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson9_3")
