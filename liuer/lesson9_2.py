"""Lesson 9.2: the losses of classification are one loss. Cross-entropy takes raw scores.

    CrossEntropyLoss(z, y) = NLLLoss(LogSoftmax(z), y) = -log softmax(z)_y
    BCELoss(sigmoid(z), y) = CrossEntropyLoss([0, z], y)        sigmoid(z) = softmax([0, z])_1

So no softmax before CrossEntropyLoss: it would be applied twice.

Run:    python liuer/lesson9_2.py
Prints: cross-entropy A 0.4966, B 1.2389 | BCE 0.5308, as cross-entropy 0.5308
Notes:  liuer/README.md, lecture 9
"""

import torch
from torch import nn

from utils import settings, show

LABELS = [2, 0, 1]
SCORES = {      # the lecture's two predictions: A puts the highest score on the label, B does not
    "A": [[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]],
    "B": [[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]],
}


def softmax(z):
    """Scores (N, C) -> probabilities (N, C): each row sums to 1."""
    powers = z.exp()
    return powers / powers.sum(dim=1, keepdim=True)


def cross_entropy_by_hand(z, y):
    """Mean of -log p_y over scores (N, C) and classes (N,)."""
    p = softmax(z)
    total = 0
    for i in range(len(y)):
        total += -p[i, y[i]].log()
    return total / len(y)


def main():
    """Compute each loss in every way; return the values."""
    cross_entropy = nn.CrossEntropyLoss()
    log_softmax, nll = nn.LogSoftmax(dim=1), nn.NLLLoss()
    y = torch.tensor(LABELS)                                            # (N,)
    result = {}
    print("three samples, three classes   CrossEntropy   LogSoftmax+NLL   -mean log p_y"
          "   softmax twice (wrong)")
    for name, scores in SCORES.items():
        z = torch.tensor(scores)                                        # (N, C)
        one_step = cross_entropy(z, y).item()
        two_steps = nll(log_softmax(z), y).item()
        by_hand = cross_entropy_by_hand(z, y).item()
        twice = cross_entropy(softmax(z), y).item()
        result[name] = [one_step, two_steps, by_hand, twice]
        print(f"prediction {name}{one_step:31.4f}{two_steps:17.4f}{by_hand:16.4f}{twice:24.4f}")

    z = torch.tensor([-2.0, -0.5, 0.3, 1.7])                            # (N,)  one score a sample
    y = torch.tensor([0, 1, 0, 1])
    two_scores = torch.stack([torch.zeros_like(z), z], dim=1)           # (N, 2)  [0, z]
    bce = nn.BCELoss()(torch.sigmoid(z), y.float()).item()
    with_logits = nn.BCEWithLogitsLoss()(z, y.float()).item()
    ce = cross_entropy(two_scores, y).item()
    result["binary"] = [bce, with_logits, ce]
    print("\ntwo classes              BCE(sigmoid(z))   BCEWithLogits(z)   CrossEntropy([0, z])")
    print(f"four samples {bce:27.4f}{with_logits:19.4f}{ce:23.4f}")

    a, b = result["A"][0], result["B"][0]
    print(f"\ncross-entropy A {a:.4f}, B {b:.4f} | BCE {bce:.4f}, as cross-entropy {ce:.4f}")
    return result


def draw(result):
    """The loss of a two-class sample over its score, and over the probability of its class."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    z = torch.linspace(-5, 5, 101)
    two_scores = torch.stack([torch.zeros_like(z), z], dim=1)
    for label in (0, 1):
        y = torch.full((101,), label)
        ce = nn.CrossEntropyLoss(reduction="none")(two_scores, y)
        bce = nn.BCELoss(reduction="none")(z.sigmoid(), y.float())
        left.plot(z, ce, label=f"CrossEntropy([0, z], {label})")
        left.plot(z[::10], bce[::10], "o", label=f"BCE(sigmoid(z), {label})")
    left.set(xlabel="score z", ylabel="loss")
    left.legend()

    p = torch.linspace(0.01, 1, 100)
    right.plot(p, -p.log())
    right.set(xlabel="probability of the true class", ylabel="loss = -log p")
    for name, marker in (("A", "o"), ("B", "s")):
        p = softmax(torch.tensor(SCORES[name]))                         # (3, 3)
        p_true = p[range(3), LABELS]                                    # (3,)  of the true classes
        right.plot(p_true, -p_true.log(), marker,
                   label=f"prediction {name}, mean {result[name][0]:.4f}")
    right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson9_2")
