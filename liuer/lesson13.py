"""Lesson 13: sequence to class. A bidirectional GRU reads a name and tells its language.

    letters -> embedding -> GRU, 2 layers, both directions -> last state of each -> linear
    h = cat(h[-2], h[-1])   forward after the last letter, backward after the first
    names are padded to one length, and packing keeps the padding out of the GRU

Run:   python liuer/lesson13.py             (--help lists the settings)
       python liuer/lesson13.py --name "Nguyen, O'Neill"
See:   test accuracy 72.52% (always the most frequent label: 6.73%)
Notes: liuer/README.md, lecture 13
"""

import csv
import math
import unicodedata
from collections import Counter
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from utils import DATA, BadInput, finite, flags, pick_device, read_text, show  # liuer/utils.py

TRAIN, TEST = str(DATA / "names_train.csv"), str(DATA / "names_test.csv")
ASCII = "".join(map(chr, range(128)))
PLAIN = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "’": "'"})


def plain(name):
    """A name in small ASCII letters: Müller -> muller. Where it has none, as it is: 王伟, Иван."""
    name = unicodedata.normalize("NFKD", name.lower().translate(PLAIN)).strip()
    latin = name.encode("ascii", "ignore").decode().strip()
    if any(letter.isalpha() for letter in latin):
        return latin
    return name if any(letter.isalpha() for letter in name) else ""


def read_names(path):
    """Pairs (plain name, label) of a CSV file, or of a folder of texts LABEL.txt, a name a line."""
    pairs, folder = [], Path(path).is_dir()
    for file in sorted(Path(path).glob("*.txt")) if folder else [path]:
        for number, line in enumerate(read_text(file).rstrip().split("\n"), start=1):
            try:
                fields = [line, file.stem] if folder else next(csv.reader([line], strict=True), [])
            except csv.Error:       # a quote that never closes, or in the middle of a field
                fields = []
            if (len(fields) != 2 or not plain(fields[0]) or not fields[1].strip()
                    or len(line) > 1000):
                raise BadInput(f"{file}, line {number}: expected name,label, or in a folder of "
                               f"texts LABEL.txt a name, got {line[:60]!r}")
            pairs.append((plain(fields[0]), fields[1].strip()))
    counts = Counter(label for _, label in pairs)
    single = [label for label in counts if counts[label] == 1]
    if len(pairs) > 1 and not folder and single == [pairs[0][1]]:
        print(f"{path}: line 1 is taken for a header and left out: {', '.join(pairs.pop(0))}")
    return pairs


def read_parts(train, test):
    """Pairs to train on and to test on, of two files or, where there is no other test, of one; the
    letters that the net knows: ASCII and those of the training names."""
    train_pairs = read_names(train)
    if train == TRAIN or test != TEST:
        test_pairs = read_names(test)
    else:
        print(f"no --test: a tenth of the different names in {train} is held out")
        held_out = set(sorted({name for name, _ in train_pairs})[::10])
        test_pairs = [pair for pair in train_pairs if pair[0] in held_out]
        train_pairs = [pair for pair in train_pairs if pair[0] not in held_out]
    if not train_pairs:
        raise BadInput(f"{train}: expected several names, to train on some and test on others")
    seen, used = set(train_pairs), set("".join(name for name, _ in train_pairs))
    print(f"{len(train_pairs):,} training names, {len(test_pairs):,} test names "
          f"({sum(pair in seen for pair in test_pairs)} of them in both)")
    strange = sum(bool(set(name) - used - set(ASCII)) for name, _ in test_pairs)
    if strange:
        print(f"{strange:,} test names hold letters that no training name holds")
    return train_pairs, test_pairs, ASCII + "".join(sorted(used - set(ASCII)))


def to_tensor(names, letters=ASCII):
    """Places of the names' letters (N, T), 0 for others and as padding, and their lengths (N,)."""
    names = [plain(name) for name in names]
    codes = [torch.tensor([max(letters.find(letter), 0) for letter in name]) for name in names]
    lengths = torch.tensor([len(name) for name in names])   # on the CPU: packing wants it there
    return pad_sequence(codes, batch_first=True), lengths


class NameClassifier(nn.Module):
    def __init__(self, letters, classes, hidden=100, layers=2, dropout=0.5):
        super().__init__()
        self.embedding = nn.Embedding(letters, hidden)
        self.gru = nn.GRU(hidden, hidden, layers, batch_first=True, bidirectional=True,
                          dropout=dropout)                  # between the layers
        self.linear = nn.Linear(2 * hidden, classes)

    def forward(self, x, lengths):                          # (N, T) padded, (N,)
        x = self.embedding(x)                               # (N, T, E)
        x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(x)                                  # (2 layers, N, H): never batch first
        h = torch.cat([h[-2], h[-1]], dim=1)                # (N, 2H)  top layer: forward, backward
        return self.linear(h)                               # (N, C)


@torch.no_grad()
def predict(model, x, lengths):
    """Probability of each label for each name (N, C), without dropout."""
    was_training = model.training
    model.eval()
    p = model(x, lengths).softmax(dim=1)
    model.train(was_training)
    return p.cpu()


def gru_shapes(batch_first):
    """Of a GRU with 2 layers and both directions, for N = 3 names of T = 7 letters."""
    gru = nn.GRU(100, 100, num_layers=2, batch_first=batch_first, bidirectional=True)
    x = torch.zeros(3, 7, 100) if batch_first else torch.zeros(7, 3, 100)
    output, hn = gru(x, torch.zeros(4, 3, 100))             # h0 is never batch first
    return f"input {tuple(x.shape)} output {tuple(output.shape)} h0 and hn {tuple(hn.shape)}"


def main(epochs=15, batch_size=256, lr=0.005, seed=0, train=TRAIN, test=TEST, name=None):
    """Train on names with their language, then tell the language of names never seen.

    epochs: passes over the training names, >= 1
    batch_size: names per update, >= 1
    lr: learning rate of Adam at the start, > 0
    seed: of the initial weights and the batches, >= 0
    train: CSV file of name,label or folder of LABEL.txt; alone, a tenth of its names is the test
    test: the same, with names to test on
    name: one name or several with commas between: tell their language
    """
    torch.manual_seed(seed)
    device = pick_device()
    asked = [plain(part) for part in name.split(",")] if name is not None else []
    print(f"batch_first=False | {gru_shapes(False)}\nbatch_first=True  | {gru_shapes(True)}")

    # 1. Prepare data
    train_pairs, test_pairs, letters = read_parts(train, test)
    if "" in asked or set("".join(asked)) - set(letters):
        raise BadInput(f"--name: expected names in the letters of the training names, got {name!r}")
    labels = sorted({label for _, label in train_pairs + test_pairs})
    x_train, lengths = to_tensor([name for name, _ in train_pairs], letters)        # (N, T), (N,)
    y_train = torch.tensor([labels.index(label) for _, label in train_pairs])
    x_test, test_lengths = to_tensor([name for name, _ in test_pairs] + asked, letters)
    y_test = torch.tensor([labels.index(label) for _, label in test_pairs])
    x_train, y_train, x_test = x_train.to(device), y_train.to(device), x_test.to(device)

    # 2. Define model: a number for each letter
    model = NameClassifier(len(letters), len(labels)).to(device)
    print(f"{len(labels)} labels, {sum(p.numel() for p in model.parameters()):,} parameters")

    # 3. Loss and optimizer: settings were chosen on held-out training names (--train alone)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(len(x_train) / batch_size)           # lr falls linearly to 0
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

    # 4. Training cycle: forward, backward, update
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in torch.randperm(len(x_train)).split(batch_size):
            loss = criterion(model(x_train[batch], lengths[batch]), y_train[batch])     # forward
            optimizer.zero_grad()
            loss.backward()                                                             # backward
            optimizer.step()                                                            # update
            scheduler.step()
            total += finite(loss) * len(batch)
        losses.append(total / len(x_train))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")
    p = predict(model, x_test, test_lengths)                                # (N, C)
    for name, row in zip(asked, p[len(y_test):], strict=True):
        print(name, *(f"| {labels[i]} {row[i]:.1%}" for i in row.argsort(descending=True)[:3]))
    y_pred = p[:len(y_test)].argmax(dim=1)
    accuracy = (y_pred == y_test).float().mean().item()
    baseline = (y_test == y_train.cpu().mode().values).float().mean().item()
    print(f"test accuracy {accuracy:.2%} (always the most frequent label: {baseline:.2%})")
    return {"losses": losses, "accuracy": accuracy, "baseline": baseline, "labels": labels,
            "y_test": y_test, "y_pred": y_pred}


def draw(result):
    """The confusion matrix: row by row, where the test names of a language went."""
    import matplotlib.pyplot as plt

    labels = result["labels"]
    ticks = [label if max(label) < "\u0590" else str(i) for i, label in enumerate(labels)]
    if ticks != labels:         # the figure's font has no such letters
        print("in the figure:", ", ".join(f"{i} {label}" for i, label in enumerate(labels)))
    count = torch.zeros(len(labels), len(labels))
    for true, predicted in zip(result["y_test"], result["y_pred"], strict=True):
        count[true, predicted] += 1
    figure, axes = plt.subplots(figsize=(8, 7.5), layout="constrained")
    image = axes.imshow((count / count.sum(dim=1, keepdim=True)).numpy(), cmap="Blues")
    figure.colorbar(image, label="share of the language's names", shrink=0.8)
    axes.set_xticks(range(len(labels)), ticks, rotation=90)
    axes.set_yticks(range(len(labels)), ticks)
    axes.set(xlabel="predicted language", ylabel="language")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13")
