"""Lesson 12_5: bidirectional and deep RNN. Fill a blank that only the words to its right decide.

    forward   s_t  = f(U x_t + W s_(t-1))           has read   my lamp is ____
    backward  s'_t = f(U' x_t + W' s'_(t+1))        has read   ____ so we will wash it well ...
    o_t = g(V s_t + V' s'_t)                        U, W, V and U', W', V' are not shared
    deep      s_t(i) = f(U(i) s_t(i-1) + W(i) s_(t-1)(i))   with s_t(0) = x_t; the same backwards

"... so we will not wash it well but order a replacement" asks for `broken`, "... so we will wash it
well but not order a replacement" for `dirty`: the same words, so their order has to be read. Every
left half stands equally often before each of the four answers, so whatever a forward RNN says at
the blank, it is right one time in four. Depth is no cure for that; in the bidirectional RNN a
second and a third layer get there in fewer epochs, at about 2.5 and 4 times the parameters.

Run:   python liuer/lesson12_5.py           (--help lists the settings)
See:   held-out accuracy 100.0% (forward only 25.0%) | 3.9 s    (2 cores)
Notes: liuer/README.md, lecture 12
"""

import random
import time

import torch
from torch import nn

from utils import flags, plot_curve, show

OWNERS = ["my", "your", "his", "her", "our", "their"]
THINGS = ["suitcase", "bike", "lamp", "guitar", "chair", "toolbox"]
DO = {                                  # answer -> what one does then; three words each, so all
    "broken": ["have it repaired", "find another one", "order a replacement"],  # sentences are
    "dirty": ["wash it well", "wipe it clean", "use some soap"],                # equally long and
    "heavy": ["ask for help", "use a cart", "lift it together"],                # need no padding
    "lost": ["look for it", "search the house", "offer a reward"],
}
ANSWERS = list(DO)
BLANK = "____"
RUNS = [("forward, 1 layer", 1, False), ("bidirectional, 1 layer", 1, True),
        ("bidirectional, 2 layers", 2, True), ("bidirectional, 3 layers", 3, True)]
POSITION = 3                            # of the blank: "my lamp is ____ so ..."


def right_halves():
    """Every right half of a sentence and its answer: [(text, answer)], 2,592 of them."""
    halves = []
    for who in ["I", "you", "we", "they"]:
        for must in ["will", "should", "must"]:
            for answer in ANSWERS:
                for other in ANSWERS:
                    if other != answer:
                        for do in DO[answer]:
                            for do_not in DO[other]:
                                start = f"so {who} {must}"
                                halves.append((f"{start} {do} but not {do_not}", answer))
                                halves.append((f"{start} not {do_not} but {do}", answer))
    return halves


def make_sentences(halves, copies, rng):
    """Each of the 36 left halves `copies` times before each answer: [(sentence, answer)]."""
    sentences = []
    for answer in ANSWERS:
        texts = [text for text, a in halves if a == answer]
        for owner in OWNERS:
            for thing in THINGS:
                sentences += [(f"{owner} {thing} is {BLANK} {text}", answer)
                              for text in rng.sample(texts, copies)]
    return sentences


def split(rng):
    """Training and held-out sentences: no right half stands in both."""
    halves = right_halves()
    rng.shuffle(halves)
    held_out = len(halves) // 5
    return (make_sentences(halves[held_out:], 20, rng), make_sentences(halves[:held_out], 5, rng))


def encode(sentences, vocabulary):
    """Word numbers (N, T) and answer numbers (N,)."""
    x = torch.tensor([[vocabulary[word] for word in text.split()] for text, _ in sentences])
    return x, torch.tensor([ANSWERS.index(answer) for _, answer in sentences])


class FillIn(nn.Module):
    def __init__(self, vocabulary, embedding, hidden, layers, bidirectional):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.rnn = nn.RNN(embedding, hidden, num_layers=layers, batch_first=True,
                          bidirectional=bidirectional)
        self.linear = nn.Linear((2 if bidirectional else 1) * hidden, len(ANSWERS))

    def forward(self, x):                                   # (N, T)
        output, _ = self.rnn(self.embedding(x))             # (N, T, D·H)  D directions
        return self.linear(output[:, POSITION])             # (N, C)  V s + V' s' at the blank


@torch.no_grad()
def accuracy(model, x, y):
    model.eval()
    return (model(x).argmax(dim=1) == y).float().mean().item()


def main(epochs=6, hidden=32, batch_size=64, lr=0.003, seed=0):
    """Train the forward RNN and bidirectional ones of 1, 2 and 3 layers on the same sentences.

    epochs: passes over the training sentences, >= 1
    hidden: size of the hidden state of each direction, >= 1
    batch_size: sentences per update, >= 1
    lr: step size of Adam, > 0
    seed: of the sentences, the initial weights and the batches, >= 0
    Returns the losses and the held-out accuracies of each model and epoch; `losses` and `accuracy`
    are those of the bidirectional RNN with one layer.
    """
    started = time.perf_counter()

    # 1. Prepare data
    rng = random.Random(seed)
    train, test = split(rng)
    words = sorted({word for text, _ in train for word in text.split()})
    vocabulary = {word: number for number, word in enumerate(words)}
    (x_train, y_train), (x_test, y_test) = encode(train, vocabulary), encode(test, vocabulary)
    chance = 1 / len(ANSWERS)
    print(f"{len(train):,} training and {len(test)} held-out sentences, {len(words)} words,"
          f" {len(ANSWERS)} answers: chance {chance:.1%}")
    print(f"{'':25} parameters  h_n (layers*directions, N, H)  held-out accuracy by epoch")

    curves, accuracies, models = {}, {}, {}
    for label, layers, bidirectional in RUNS:
        torch.manual_seed(seed)

        # 2. Define model
        model = FillIn(len(words), 16, hidden, layers, bidirectional)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)

        # 4. Training cycle: forward, backward, update
        curves[label], accuracies[label], models[label] = [], [], model
        for _ in range(epochs):
            model.train()
            total = 0.0
            for batch in torch.randperm(len(x_train)).split(batch_size):
                loss = criterion(model(x_train[batch]), y_train[batch])     # forward
                optimizer.zero_grad()
                loss.backward()                                             # backward
                optimizer.step()                                            # update
                total += loss.item() * len(batch)
            curves[label].append(total / len(x_train))
            accuracies[label].append(accuracy(model, x_test, y_test))

        _, h_n = model.rnn(model.embedding(x_test))         # (layers·D, N, H), batch_first or not
        print(f"{label:25} {sum(p.numel() for p in model.parameters()):10,}"
              f"  {str(tuple(h_n.shape)):31} "
              + " ".join(f"{value:6.1%}" for value in accuracies[label]))

    forward, both = models[RUNS[0][0]], models[RUNS[1][0]]
    for i in rng.sample(range(len(test)), 4):
        one, two = (ANSWERS[m(x_test[i:i + 1]).argmax()] for m in (forward, both))
        print(f"{test[i][0]}\n    forward: {one:8} bidirectional: {two}")
    result, alone = accuracies[RUNS[1][0]][-1], accuracies[RUNS[0][0]][-1]
    print(f"held-out accuracy {result:.1%} (forward only {alone:.1%})"
          f" | {time.perf_counter() - started:.1f} s")
    return {"losses": curves[RUNS[1][0]], "accuracy": result, "forward": alone, "chance": chance,
            "curves": curves, "accuracies": accuracies, "models": models}


def draw(result):
    figure = plot_curve(result["accuracies"], ylabel="accuracy on held-out sentences")
    axes = figure.axes[0]
    axes.axhline(result["chance"], linestyle="--", color="gray", label="chance")
    axes.set_ylim(0, 1.03)
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson12_5")
