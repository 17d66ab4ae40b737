"""Lesson 13 and the lecture's way on the same names: seconds to the same accuracy.

The lecture's way: a DataLoader of strings; for every batch letters are converted in Python, names
sorted by length and padded, and h0 is made anew. It looks at the test names after every epoch (its
clock stands still meanwhile) until it has what our main() ended with, which looks at them once.
"""

import contextlib
import csv
import gzip
import io
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader

import lesson13

BATCH, HIDDEN, LAYERS, EPOCHS = 256, 100, 2, 100        # the lecture's
COURSE_NAMES, FLOOR = 13_374, 0.845     # on the course's own split we have at least that


class RNNClassifier(nn.Module):
    """The slides' net."""

    def __init__(self, classes):
        super().__init__()
        self.embedding = nn.Embedding(128, HIDDEN)
        self.gru = nn.GRU(HIDDEN, HIDDEN, LAYERS, bidirectional=True)
        self.fc = nn.Linear(2 * HIDDEN, classes)

    def forward(self, x, lengths):                      # (N, T), (N,) falling
        x = x.t()                                       # (T, N)
        h0 = torch.zeros(2 * LAYERS, x.size(1), HIDDEN)
        _, h = self.gru(pack_padded_sequence(self.embedding(x), lengths), h0)
        return self.fc(torch.cat([h[-1], h[-2]], dim=1))        # (N, C)


def make_tensors(names, countries):
    """The slides': names -> lists of codes -> padded tensor, sorted by length."""
    sequences = [[min(ord(c), 127) for c in name] for name in names]
    lengths = torch.LongTensor([len(sequence) for sequence in sequences])
    padded = torch.zeros(len(sequences), int(lengths.max()), dtype=torch.long)
    for i, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        padded[i, :length] = torch.LongTensor(sequence)
    lengths, order = lengths.sort(dim=0, descending=True)
    return padded[order], lengths, countries[order]


def train_epoch(model, optimizer, criterion, loader):
    for names, countries in loader:
        x, lengths, y = make_tensors(names, countries)
        loss = criterion(model(x, lengths), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()


@torch.no_grad()
def accuracy(model, loader):
    correct = 0
    for names, countries in loader:
        x, lengths, y = make_tensors(names, countries)
        correct += (model(x, lengths).argmax(dim=1) == y).sum().item()
    return correct / len(loader.dataset)


def read(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]


def compare(train, test):
    """Print and return accuracy and seconds of both ways."""
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        ours = lesson13.main(train=str(train), test=str(test))["accuracy"]
    our_seconds = time.perf_counter() - started         # reading and the test included

    rows, test_rows = read(train), read(test)
    countries = sorted({country for _, country in rows})
    number = {country: i for i, country in enumerate(countries)}
    loader = DataLoader([(name, number[country]) for name, country in rows], BATCH, shuffle=True)
    test_loader = DataLoader([(name, number[country]) for name, country in test_rows], BATCH)
    torch.manual_seed(0)
    model = RNNClassifier(len(countries))
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=0.001)
    best, seconds, epoch = 0.0, 0.0, 0
    while best < ours and epoch < EPOCHS:
        started = time.perf_counter()
        train_epoch(model, optimizer, criterion, loader)
        seconds += time.perf_counter() - started
        epoch += 1
        best = max(best, accuracy(model, test_loader))
    reached = "" if best >= ours else "not reached, more than "
    print(f"names ({len(rows):,} to train) | ours {ours:.2%}, whole run {our_seconds:.1f} s | "
          f"lecture at best {best:.2%}, {epoch} epochs, {seconds:.1f} s | "
          f"{reached}{seconds / our_seconds:.1f} times")
    if len(rows) == COURSE_NAMES and ours < FLOOR:
        raise SystemExit(f"names: expected at least {FLOOR:.1%} on the course's split")
    return {"accuracy": ours, "seconds": our_seconds,
            "lecture_accuracy": best, "lecture_seconds": seconds}
