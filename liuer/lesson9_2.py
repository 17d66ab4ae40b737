"""Lesson 9.2: the losses of classification are one loss. Cross-entropy takes raw scores.

    CrossEntropyLoss(z, y) = NLLLoss(LogSoftmax(z), y) = -log softmax(z)_y
    BCELoss(sigmoid(z), y) = CrossEntropyLoss([0, z], y)        sigmoid(z) = softmax([0, z])_1

So no softmax before CrossEntropyLoss: it would be applied twice.

Run:   python liuer/lesson9_2.py
See:   cross-entropy A 0.4966, B 1.2389 | BCE 0.5308 = CE([0, z], y)
Notes: liuer/README.md, lecture 9
"""

import torch
from torch import nn

from utils import flags, show  # liuer/utils.py

LABELS = [2, 0, 1]
SCORES = {      # the lecture's two predictions: A puts the highest score on the label, B does not
    "A": [[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]],
    "B": [[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]],
}


def main():
    """Compute each loss in every way; return the values."""
    y = torch.tensor(LABELS)                                            # (N,)
    cross_entropy, nll = nn.CrossEntropyLoss(), nn.NLLLoss()
    result = {}
    print("three samples, three classes   CrossEntropy   LogSoftmax+NLL   -mean log p_y"
          "   softmax twice (wrong)")
    for name, scores in SCORES.items():
        z = torch.tensor(scores)                                        # (N, C)
        log_p = nn.LogSoftmax(dim=1)(z)                                 # (N, C)
        p = z.exp() / z.exp().sum(dim=1, keepdim=True)                  # (N, C)  rows sum to 1
        by_hand = -p[range(len(y)), y].log().mean()
        values = cross_entropy(z, y), nll(log_p, y), by_hand, cross_entropy(p, y)
        result[name] = [value.item() for value in values]
        print("prediction {:20}{:12.4f}{:17.4f}{:16.4f}{:24.4f}".format(name, *result[name]))

    z = torch.tensor([-2.0, -0.5, 0.3, 1.7])                            # (N,)  one score a sample
    y = torch.tensor([0, 1, 0, 1])
    two_scores = torch.stack([torch.zeros_like(z), z], dim=1)           # (N, 2)  [0, z]
    values = (nn.BCELoss()(torch.sigmoid(z), y.float()), nn.BCEWithLogitsLoss()(z, y.float()),
              cross_entropy(two_scores, y))
    result["binary"] = [value.item() for value in values]
    print("\ntwo classes              BCE(sigmoid(z))   BCEWithLogits(z)   CrossEntropy([0, z])")
    print("four samples {:27.4f}{:19.4f}{:23.4f}".format(*result["binary"]))

    a, b = result["A"][0], result["B"][0]
    print(f"\ncross-entropy A {a:.4f}, B {b:.4f} | BCE {result['binary'][0]:.4f} = CE([0, z], y)")
    return result


def draw(result):
    """The loss of a two-class sample over its score, and over the probability of its class."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    z = torch.linspace(-5, 5, 101)
    two_scores = torch.stack([torch.zeros_like(z), z], dim=1)
    for label in (0, 1):
        y = torch.full((len(z),), label)
        left.plot(z, nn.CrossEntropyLoss(reduction="none")(two_scores, y),
                  label=f"CrossEntropy([0, z], {label})")
        left.plot(z[::10], nn.BCELoss(reduction="none")(z.sigmoid(), y.float())[::10], "o",
                  label=f"BCE(sigmoid(z), {label})")
    left.set(xlabel="score z", ylabel="loss")
    left.legend()
    p = torch.linspace(0.01, 1, 100)
    right.plot(p, -p.log())
    right.set(xlabel="probability of the true class", ylabel="loss = -log p")
    for name, marker in (("A", "o"), ("B", "s")):
        p = torch.tensor(SCORES[name]).softmax(dim=1)[range(3), LABELS]
        right.plot(p, -p.log(), marker, label=f"prediction {name}, mean {result[name][0]:.4f}")
    right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson9_2")
