"""Lesson 12.5: bidirectional and deep RNN. Fill a blank that only the words to its right decide.

    forward   s_t  = f(U x_t + W s_(t-1))           has read   my lamp is ____
    backward  s'_t = f(U' x_t + W' s'_(t+1))        has read   ____ so we will wash it well ...
    o_t = g(V s_t + V' s'_t)                        U, W, V and U', W', V' are not shared
    deep      s_t(i) = f(U(i) s_t(i-1) + W(i) s_(t-1)(i))   with s_t(0) = x_t; the same backwards

"... so we will not wash it well but order a replacement" asks for `broken`, "... so we will wash it
well but not order a replacement" for `dirty`: the same words in another order. Every left half
stands equally often before each answer: whatever a forward RNN says at the blank, it is right one
time in four, however many layers it has. The bidirectional RNN solves it.

Run:     python liuer/lesson12_5.py                 (--help lists the settings)
Prints:  test accuracy 100.0% (forward only 25.0%)
Notes:   liuer/README.md, lecture 12
"""

import random

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from utils import finite, plot_curve, settings, show

LEFT_HALVES = ["my lamp is", "her bike is", "our chair is", "his guitar is"]
POSITION = 3                            # of the blank: my 0, lamp 1, is 2, ____ 3
PEOPLE = ["I", "you", "we", "they"]
ANSWERS = ["broken", "dirty", "heavy", "lost"]
ACTIONS = {                             # three words each: no sentence needs padding
    "broken": ["have it repaired", "find another one", "order a replacement"],
    "dirty": ["wash it well", "wipe it clean", "use some soap"],
    "heavy": ["ask for help", "use a cart", "lift it together"],
    "lost": ["look for it", "search the house", "offer a reward"],
}


def right_halves(answer):
    """The 216 texts that can stand to the right of a blank where that answer belongs."""
    halves = []
    for wrong in ANSWERS:
        if wrong == answer:
            continue
        for person in PEOPLE:
            for do in ACTIONS[answer]:
                for do_not in ACTIONS[wrong]:
                    halves.append(f"so {person} will {do} but not {do_not}")
                    halves.append(f"so {person} will not {do_not} but {do}")
    return halves


def make_parts(rng):
    """Pairs (sentence, answer) to train, validate and test; no right half stands in two parts, and
    in each part every left half stands equally often before each answer."""
    train_pairs, val_pairs, test_pairs = [], [], []
    for answer in ANSWERS:
        halves = right_halves(answer)
        rng.shuffle(halves)
        for left in LEFT_HALVES:
            pairs = [(f"{left} ____ {right}", answer) for right in halves]
            train_pairs += pairs[:144]
            val_pairs += pairs[144:180]
            test_pairs += pairs[180:]
    return train_pairs, val_pairs, test_pairs


def to_dataset(pairs, words):
    """Numbers of the words (N, T) and of the answers (N,)."""
    x, y = [], []
    for sentence, answer in pairs:
        x.append([words.index(word) for word in sentence.split()])
        y.append(ANSWERS.index(answer))
    return TensorDataset(torch.tensor(x), torch.tensor(y))


class FillIn(nn.Module):
    def __init__(self, words, answers, position, num_layers, bidirectional,
                 embedding_size=16, hidden_size=32):
        super().__init__()
        self.position = position        # of the blank
        directions = 2 if bidirectional else 1
        self.emb = nn.Embedding(words, embedding_size)
        self.rnn = nn.RNN(embedding_size, hidden_size, num_layers, batch_first=True,
                          bidirectional=bidirectional)
        self.fc = nn.Linear(directions * hidden_size, answers)

    def forward(self, x):                                   # (N, T)
        x = self.emb(x)                                     # (N, T, E)
        output, _ = self.rnn(x)                             # (N, T, H) or (N, T, 2H)
        return self.fc(output[:, self.position])            # (N, C)  V s + V' s' at the blank


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


def main(epochs=6, batch_size=64, lr=0.003, seed=0):
    """Train RNNs of one and of both directions, of 1 and 3 layers, on the same sentences.

    epochs: passes over the training sentences
    batch_size: sentences a step
    lr: learning rate of Adam
    seed: of the sentences, the initial weights and the order of the sentences
    """
    # 1. Prepare data
    train_pairs, val_pairs, test_pairs = make_parts(random.Random(seed))
    words = []
    for sentence, _ in train_pairs:
        for word in sentence.split():
            if word not in words:
                words.append(word)
    train_loader = DataLoader(to_dataset(train_pairs, words), batch_size, shuffle=True)
    val_loader = DataLoader(to_dataset(val_pairs, words), 500)
    test_loader = DataLoader(to_dataset(test_pairs, words), 500)
    print(f"{len(train_pairs):,} sentences to train, {len(val_pairs)} to validate, "
          f"{len(test_pairs)} to test, {len(words)} words")

    accuracies, tested = {}, {}
    for label, num_layers, bidirectional in [
            ("forward, 1 layer", 1, False), ("forward, 3 layers", 3, False),
            ("bidirectional, 1 layer", 1, True), ("bidirectional, 3 layers", 3, True)]:
        torch.manual_seed(seed)

        # 2. Define model
        model = FillIn(len(words), len(ANSWERS), POSITION, num_layers, bidirectional)

        # 3. Loss and optimizer: lr and epochs were chosen by the validation accuracy
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr)

        # 4. Training cycle
        accuracies[label] = []
        row = f"{label:23} | validation accuracy by epoch"
        for _ in range(epochs):
            finite(train(model, train_loader, criterion, optimizer))
            accuracies[label].append(test(model, val_loader))
            row += f"{accuracies[label][-1]:7.1%}"
        print(row)
        tested[label] = test(model, test_loader)

    accuracy = tested["bidirectional, 1 layer"]
    forward = tested["forward, 1 layer"]
    print(f"test accuracy {accuracy:.1%} (forward only {forward:.1%})")
    return {"accuracies": accuracies, "accuracy": accuracy, "forward": forward}


def draw(result):
    figure = plot_curve(result["accuracies"], ylabel="accuracy on validation sentences")
    axes = figure.axes[0]
    axes.axhline(1 / len(ANSWERS), linestyle="--", color="gray", label="chance")
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson12_5")
