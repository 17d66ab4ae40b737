"""Lesson 12.5: bidirectional and deep RNN. Fill a blank that only the words to its right decide.

    forward   s_t  = f(U x_t + W s_(t-1))           has read   my lamp is ____
    backward  s'_t = f(U' x_t + W' s'_(t+1))        has read   ____ so we will wash it well ...
    o_t = g(V s_t + V' s'_t)                        U, W, V and U', W', V' are not shared
    deep      s_t(i) = f(U(i) s_t(i-1) + W(i) s_(t-1)(i))   with s_t(0) = x_t; the same backwards

"... so we will not wash it well but order a replacement" asks for `broken`, "... so we will wash it
well but not order a replacement" for `dirty`: the same words in another order. Every left half
stands equally often before each answer: whatever a forward RNN says at the blank, it is right one
time in four, however many layers it has. The bidirectional RNN solves it.

Run:   python liuer/lesson12_5.py           (--help lists the settings)
See:   test accuracy 100.0% (forward only 25.0%)
Notes: liuer/README.md, lecture 12
"""

import random
from itertools import product

import torch
from torch import nn

from utils import flags, plot_curve, show  # liuer/utils.py

LEFT_HALVES = ["my lamp is", "her bike is", "our chair is", "his guitar is"]
PEOPLE = ["I", "you", "we", "they"]
POSITION = 3                            # of the blank: my 0, lamp 1, is 2, ____ 3
ACTIONS = {                             # three words each: no sentence needs padding
    "broken": ["have it repaired", "find another one", "order a replacement"],
    "dirty": ["wash it well", "wipe it clean", "use some soap"],
    "heavy": ["ask for help", "use a cart", "lift it together"],
    "lost": ["look for it", "search the house", "offer a reward"],
}
ANSWERS = list(ACTIONS)


def right_halves(answer):
    """The 216 texts that can stand to the right of a blank where that answer belongs."""
    halves = []
    for wrong in ANSWERS:
        if wrong != answer:
            for person, do, do_not in product(PEOPLE, ACTIONS[answer], ACTIONS[wrong]):
                halves.append(f"so {person} will {do} but not {do_not}")
                halves.append(f"so {person} will not {do_not} but {do}")
    return halves


def make_parts(rng):
    """Pairs (sentence, answer) to train, validate and test; no right half stands in two parts, and
    in each part every left half stands equally often before each answer."""
    train, validation, test = [], [], []
    for answer in ANSWERS:
        halves = right_halves(answer)
        rng.shuffle(halves)
        for left in LEFT_HALVES:
            pairs = [(f"{left} ____ {right}", answer) for right in halves]
            train += pairs[:144]
            validation += pairs[144:180]
            test += pairs[180:]
    return train, validation, test


def encode(pairs, vocabulary):
    x = torch.tensor([[vocabulary[word] for word in sentence.split()] for sentence, _ in pairs])
    y = torch.tensor([ANSWERS.index(answer) for _, answer in pairs])
    return x, y                                             # (N, T) words, (N,) answers


class FillIn(nn.Module):
    def __init__(self, words, answers, position, layers, bidirectional, embedding=16, hidden=32):
        super().__init__()
        self.position = position        # of the blank
        self.embedding = nn.Embedding(words, embedding)
        self.rnn = nn.RNN(embedding, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.linear = nn.Linear((2 if bidirectional else 1) * hidden, answers)

    def forward(self, x):                                   # (N, T)
        output, _ = self.rnn(self.embedding(x))             # (N, T, D·H)  D directions
        return self.linear(output[:, self.position])        # (N, C)  V s + V' s' at the blank


@torch.no_grad()
def accuracy(model, x, y):
    was_training = model.training
    model.eval()
    result = (model(x).argmax(dim=1) == y.flatten()).float().mean().item()
    model.train(was_training)
    return result


def main(epochs=6, batch_size=64, lr=0.003, seed=0):
    """Train RNNs of one and of both directions, of 1 and 3 layers, on the same sentences.

    epochs: passes over the training sentences, >= 1
    batch_size: sentences per update, >= 1
    lr: step size of Adam, > 0
    seed: of the sentences, the initial weights and the batches, >= 0
    """
    # 1. Prepare data
    train, validation, test = make_parts(random.Random(seed))
    words = sorted({word for sentence, _ in train for word in sentence.split()})
    vocabulary = {word: number for number, word in enumerate(words)}
    x_train, y_train = encode(train, vocabulary)
    x_val, y_val = encode(validation, vocabulary)
    x_test, y_test = encode(test, vocabulary)
    print(f"{len(train):,} sentences to train, {len(validation)} to validate, {len(test)} to test,"
          f" {len(words)} words\n{'':25} parameters | validation accuracy by epoch")

    validated, tested = {}, {}
    for label, layers, bidirectional in (
            ("forward, 1 layer", 1, False), ("forward, 3 layers", 3, False),
            ("bidirectional, 1 layer", 1, True), ("bidirectional, 3 layers", 3, True)):
        torch.manual_seed(seed)

        # 2. Define model
        model = FillIn(len(words), len(ANSWERS), POSITION, layers, bidirectional)

        # 3. Loss and optimizer: lr and epochs were chosen by the validation accuracy
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)

        # 4. Training cycle: forward, backward, update
        validated[label] = []
        for _ in range(epochs):
            for batch in torch.randperm(len(x_train)).split(batch_size):
                loss = criterion(model(x_train[batch]), y_train[batch])     # forward
                optimizer.zero_grad()
                loss.backward()                                             # backward
                optimizer.step()                                            # update
            validated[label].append(accuracy(model, x_val, y_val))
        tested[label] = accuracy(model, x_test, y_test)
        parameters = sum(p.numel() for p in model.parameters())
        print(f"{label:25} {parameters:10,} |", *(f"{value:6.1%}" for value in validated[label]))

    result, alone = tested["bidirectional, 1 layer"], tested["forward, 1 layer"]
    print(f"test accuracy {result:.1%} (forward only {alone:.1%})")
    return {"validated": validated, "tested": tested, "accuracy": result, "forward": alone}


def draw(result):
    figure = plot_curve(result["validated"], ylabel="accuracy on validation sentences")
    figure.axes[0].axhline(1 / len(ANSWERS), linestyle="--", color="gray", label="chance")
    figure.axes[0].legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson12_5")
