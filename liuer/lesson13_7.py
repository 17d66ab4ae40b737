"""Lesson 13.7: five grades of sentiment. Does a GRU grade opinions better than a bag of words?

    GRU:           words -> embedding -> both directions, packed -> cat(h[-2], h[-1]) -> 5 scores
    bag of words:  5 scores for each word, added up: the order of the words is lost

On the 600 opinions that ship it does not: they are too few to learn what the order of words means.

Run:   python liuer/lesson13_7.py --phrase "Not bad at all"         (--help lists the settings)
       python liuer/lesson13_7.py --train train.tsv --epochs 3 --batch_size 256     (Kaggle's file)
See:   test accuracy GRU 35.8%, bag of words 46.7%, majority 20.0%, always neutral 20.0%
Notes: liuer/README.md, lecture 13
"""

import csv
import re

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from utils import DATA, BadInput, finite, flags, read_text, show  # liuer/utils.py

GRADES = ["0 negative", "1 somewhat negative", "2 neutral", "3 somewhat positive", "4 positive"]
PAD, UNK = 0, 1


def tokenize(phrase):
    """Words and marks in small letters: "It isn't bad!" -> it is n't bad !   as Kaggle's file."""
    return re.findall(r"\w+(?=n't)|n't|'?\w+|[^\w\s]", phrase.lower().replace("’", "'"))


def read_opinions(path):
    """Triples (sentence, tokens, grade). Without a SentenceId each phrase is its own sentence."""
    csv.field_size_limit(10 ** 9)       # a file of one long line shall end in the message below
    table = csv.DictReader(read_text(path).split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE,
                           restval="")
    missing = [name for name in ("Phrase", "Sentiment") if name not in (table.fieldnames or [])]
    if missing:
        raise BadInput(f"{path}, line 1: expected columns with tabs, missing: {', '.join(missing)}")
    rows = []
    for row in table:
        phrase, grade = row["Phrase"], row["Sentiment"]
        if grade not in ("0", "1", "2", "3", "4"):
            raise BadInput(f"{path}, line {table.line_num}: expected a Sentiment of 0 to 4, got "
                           f"{grade[:40]!r}")
        rows.append((row.get("SentenceId", phrase), tokenize(phrase), int(grade)))
    return rows


def split(rows, path):
    """Every fifth sentence with all its phrases is for the test; no phrase stands in both parts."""
    sentences = list(dict.fromkeys(sentence for sentence, _, _ in rows))
    held_out = set(sentences[4::5])
    test = [row for row in rows if row[0] in held_out]
    tested = {" ".join(tokens) for _, tokens, _ in test}
    train = [row for row in rows if row[0] not in held_out and " ".join(row[1]) not in tested]
    if not train or not test:
        raise BadInput(f"{path}: expected 5 sentences with their own words, got {len(sentences)}")
    return train, test


def to_tensor(rows, words):
    """Numbers of the words of each phrase (N, T), padded with 0 = PAD, and the grades (N,)."""
    number = {word: i for i, word in enumerate(words)}
    x = [torch.tensor([number.get(word, UNK) for word in tokens] or [UNK]) for _, tokens, _ in rows]
    return pad_sequence(x, batch_first=True), torch.tensor([grade for _, _, grade in rows])


class Classifier(nn.Module):
    def __init__(self, words, classes, hidden=64, dropout=0.5, pad=0):
        super().__init__()
        self.embedding = nn.Embedding(words, hidden, padding_idx=pad)
        nn.init.normal_(self.embedding.weight, std=0.1)     # N(0, 1) would drown what is learned
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(2 * hidden, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):                               # (N, T) padded
        lengths = (x != self.embedding.padding_idx).sum(dim=1).cpu()    # (N,)
        x = self.dropout(self.embedding(x))             # (N, T, E)
        x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(x)                              # (2, N, H)  forward, backward
        h = torch.cat([h[-2], h[-1]], dim=1)            # (N, 2H)
        return self.linear(self.dropout(h))             # (N, C)


@torch.no_grad()
def predict(model, x):
    """Probability of each grade for each phrase (N, C), without dropout."""
    was_training = model.training
    model.eval()
    p = torch.cat([model(part) for part in x.split(1000)]).softmax(dim=1)
    model.train(was_training)
    return p


def report(y_pred, y_test):
    """Print and return how often each gave the right grade, and a grade at most one off."""
    off = {name: (grades - y_test).abs() for name, grades in y_pred.items()}
    right = {name: (steps == 0).float().mean().item() for name, steps in off.items()}
    near = {name: (steps <= 1).float().mean().item() for name, steps in off.items()}
    differ = ((off["GRU"] == 0) != (off["bag of words"] == 0)).sum().item()
    verdict = "beats" if right["GRU"] > right["bag of words"] else "does not beat"
    print(f"the GRU {verdict} the bag of words (less than {2 * differ ** 0.5 / len(y_test):.1%} "
          "between them may be chance)")            # two standard deviations of the difference
    for text, shares in (("within one grade", near), ("test accuracy", right)):
        print(text, ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))
    return {"accuracy": right, "near": near}


def main(epochs=16, batch_size=16, lr=0.005, seed=0, train=str(DATA / "opinions.tsv"), phrase=None):
    """Train a GRU and a bag of words on graded phrases; compare them on others.

    epochs: passes over the training phrases, >= 1
    batch_size: phrases a step, >= 1
    lr: step size of Adam, > 0 and <= 1
    seed: of the initial weights, the order of the phrases and the dropout, >= 0
    train: TSV file with the columns Phrase, Sentiment (0 to 4) and perhaps SentenceId
    phrase: a phrase to grade
    """
    if phrase is not None and not re.search(r"\w", phrase):
        raise BadInput(f"--phrase: expected words, got {phrase!r}")
    torch.manual_seed(seed)

    # 1. Prepare data
    train_rows, test_rows = split(read_opinions(train), train)
    words = ["<pad>", "<unk>", *sorted({word for row in train_rows for word in row[1]})]
    x, y = to_tensor(train_rows, words)                                     # (N, T), (N,)
    x_test, y_test = to_tensor(test_rows, words)
    print(f"{len(y):,} phrases to train on, {len(words) - 2:,} different words | {len(y_test):,} "
          f"to test, {(x_test == UNK).sum() / (x_test != PAD).sum():.0%} of their words are new")

    # 2. Define model: a bag of words adds up a row of scores for each word
    bag = nn.EmbeddingBag(len(words), len(GRADES), mode="sum", padding_idx=PAD)
    nn.init.zeros_(bag.weight)                          # a word that was never seen says nothing
    models = {"GRU": Classifier(len(words), len(GRADES)), "bag of words": bag}

    # 3. Loss and optimizer: one Adam each; settings were chosen on held-out training phrases
    criterion = nn.CrossEntropyLoss()

    # 4. Training cycle: forward, backward, update
    y_pred, losses = {}, {name: [] for name in models}
    for name, model in models.items():
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        for _ in range(epochs):
            losses[name].append(0.0)
            for batch in torch.randperm(len(x)).split(batch_size):
                loss = criterion(model(x[batch]), y[batch])     # forward
                optimizer.zero_grad()
                loss.backward()                                                 # backward
                optimizer.step()                                                # update
                losses[name][-1] += finite(loss) * len(batch) / len(x)
        print(f"{name:12} | loss {losses[name][0]:.4f} to {losses[name][-1]:.4f}")
        y_pred[name] = predict(model, x_test).argmax(dim=1)   # (N,)
        if phrase is not None:
            p = predict(model, to_tensor([(None, tokenize(phrase), 0)], words)[0])[0]   # (C,)
            print(phrase, *(f"| {GRADES[i]} {p[i]:.0%}" for i in p.argsort(descending=True)[:3]))
    y_pred["majority"] = y.mode().values.expand_as(y_test)
    y_pred["always neutral"] = torch.full_like(y_test, 2)
    return {"losses": losses, "y_pred": y_pred, "y_test": y_test} | report(y_pred, y_test)


def draw(result):
    """The confusion of grades of both models: how many test phrases of a grade got which."""
    import matplotlib.pyplot as plt
    figure, grid = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained", sharey=True)
    for axes, name in zip(grid, ("GRU", "bag of words"), strict=True):
        count = torch.bincount(5 * result["y_test"] + result["y_pred"][name], minlength=25)
        shares = count.view(5, 5) / count.view(5, 5).sum(dim=1, keepdim=True).clamp(min=1)
        axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
        for i, phrases in enumerate(count.tolist()):
            axes.text(i % 5, i // 5, phrases, ha="center", va="center")
        axes.set(title=f"{name}: {result['accuracy'][name]:.1%} right", xlabel="grade given")
    grid[0].set(yticks=range(5), yticklabels=GRADES, ylabel="grade of the phrase")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_7")
