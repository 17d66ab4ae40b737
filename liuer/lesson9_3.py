"""Lesson 9.3: exercise 9-2, Otto products. 93 counts, nine classes; asked for are probabilities.

    log-loss = mean of -log p_y = CrossEntropyLoss(z, y)        p = softmax(z), once, to answer

Kaggle's files need a login, so by default the counts are simulated. How they are made is known, and
with it the exact probability of each class: no answer has a lower log-loss in the mean.

Run:   python liuer/lesson9_3.py            (--help lists the settings)
       python liuer/lesson9_3.py --train train.csv --test test.csv      (Kaggle's files)
See:   test log-loss 0.5451 | class frequencies 1.9517 | best possible 0.4071
Notes: liuer/README.md, lecture 9
"""

import csv
import math
import re
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.distributions import Gamma

from utils import BadInput, finite, flags, plot_curve, read_text, show  # liuer/utils.py

CLASSES = [f"Class_{i}" for i in range(1, 10)]
FEATURES = [f"feat_{i}" for i in range(1, 94)]
SHARES = torch.tensor([3, 26, 13, 4, 4, 23, 5, 14, 8]) / 100    # about those of Kaggle's classes
KINDS = 3       # of product in a class, each with its own rates: a class is more than one cloud


def simulate(n):
    """x (n, 93) log(1 + count), classes y (n,), each class's exact probability given x (n, 9)."""
    usual = Gamma(0.3, 0.6).sample((93,))                               # most are rare
    rates = usual * Gamma(4.0, 4.0).sample((9 * KINDS, 93)) + 0.01      # (K, 93)
    y = torch.multinomial(SHARES, n, replacement=True)                  # (N,)
    x = torch.poisson(rates[KINDS * y + torch.randint(KINDS, (n,))])    # (N, 93)
    # Bayes: P(kind | x) = P(kind) P(x | kind) / P(x); Poisson: log P = x log rate - rate - log x!
    # What is the same for every kind, P(x) and x!, falls out in the softmax.
    log_p = x @ rates.log().T - rates.sum(dim=1) + SHARES.log().repeat_interleave(KINDS)    # (N, K)
    return x.log1p(), y, log_p.softmax(dim=1).view(n, 9, KINDS).sum(dim=2)


def read_kaggle(path, column, pattern, least=1):
    """x (N, 93) log(1 + count), and a column of fields that fit the pattern: target, or id."""
    csv.field_size_limit(10 ** 9)       # a quote that never closes shall end in the line below
    table = csv.DictReader(read_text(path).split("\n"), restval="no field")
    names = [column, *FEATURES]
    missing = [name for name in names if name not in (table.fieldnames or [])]
    if missing:
        raise BadInput(f"{path}, line 1: expected Kaggle's columns, missing: "
                       f"{', '.join(missing)[:80]}")
    rows, fields = [], []
    for row in table:
        values = [row[name] for name in names]
        if None in row or not re.fullmatch(pattern + r"(,\d{1,9}){93}", ",".join(values)):
            raise BadInput(f"{path}, line {table.line_num}: expected {column} as {pattern} and 93 "
                           f"counts, got {','.join(values)[:60]!r}")
        rows.append(np.array(values[1:], dtype=np.float32))
        fields.append(values[0])
    if len(rows) < least:
        raise BadInput(f"{path}: expected {least} products or more, got {len(rows)}")
    return torch.from_numpy(np.log1p(rows)), fields


def write_answer(ids, p):
    """submission.csv in the working directory, whole or not at all: write beside, then rename."""
    path, part = Path("submission.csv").absolute(), Path("submission.csv.part")
    lines = [",".join(["id", *CLASSES])]
    for product, row in zip(ids, p.tolist(), strict=True):
        lines.append(",".join([product, *(f"{share:.6f}" for share in row)]))
    try:
        part.write_text("\n".join([*lines, ""]), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"{path}: expected to write there, got: {error.strerror}") from None
    print(f"{path}: nine probabilities for each of {len(ids):,} products")


def log_loss(p, y):
    """Mean of -log p_y over probabilities (N, 9) and classes (N,); a p of 0 counts as 1e-15."""
    return -p[range(len(y)), y.flatten()].clamp(min=1e-15).log().mean().item()


def main(epochs=10, batch_size=128, lr=0.1, seed=0, rows=20_000, train=None, test=None):
    """Train on 70 % of the products, watch 15 %, test once on 15 %; return the log-losses.

    epochs: passes over the training products, >= 1
    batch_size: products a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
    seed: of the simulation, the split, the weights and the order of the products, >= 0
    rows: products to simulate, >= 20
    train: Kaggle's train.csv, in the place of the simulation
    test: Kaggle's test.csv: the answers go to submission.csv
    """
    if test and not train:
        raise BadInput("--test: expected --train as well: simulated counts say nothing about it")
    torch.manual_seed(seed)

    # 1. Prepare data
    if train:
        x, targets = read_kaggle(train, "target", "Class_[1-9]", 20)
        y = torch.tensor([CLASSES.index(target) for target in targets])
    else:
        x, y, exact = simulate(rows)
        print(f"simulated counts, not Kaggle's: {rows:,} products, {KINDS} kinds in each class")
    x_new, ids = read_kaggle(test, "id", r"\d{1,9}") if test else (x[:0], [])
    kept, val, held_out = torch.randperm(len(x)).tensor_split([len(x) * 7 // 10, len(x) * 17 // 20])

    # 2. Define model
    model = nn.Sequential(nn.Linear(93, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(),
                          nn.Linear(64, 9))         # raw scores

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=1e-3)
    steps = epochs * math.ceil(len(kept) / batch_size)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

    # 4. Training cycle: forward, backward, update
    losses, validated = [], []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in kept[torch.randperm(len(kept))].split(batch_size):
            loss = criterion(model(x[batch]), y[batch])                     # forward
            optimizer.zero_grad()
            loss.backward()                                                 # backward
            optimizer.step()                                                # update
            scheduler.step()
            total += finite(loss) * len(batch)
        p = model(x).softmax(dim=1).detach()                                # (N, 9)
        losses.append(total / len(kept))
        validated.append(log_loss(p[val], y[val]))
        print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | validation {validated[-1]:.4f}")
    if test:
        write_answer(ids, model(x_new).softmax(dim=1).detach())
    frequencies = (torch.bincount(y[kept], minlength=9) + 1) / (len(kept) + 9)      # never 0
    answers = {"test log-loss": p, "class frequencies": frequencies.expand(len(y), 9)}
    if not train:
        answers["best possible"] = exact
    result = {name: log_loss(answer[held_out], y[held_out]) for name, answer in answers.items()}
    print(" | ".join(f"{name} {value:.4f}" for name, value in result.items()))
    lines = {name: [value] * epochs for name, value in result.items()}      # level ones
    return {"result": result, "curves": {"training": losses, "validation": validated} | lines}


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["curves"], ylabel="log-loss"), "lesson9_3")
