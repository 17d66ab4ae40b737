"""Lesson 13 against the lecture's way: seconds an epoch, and seconds to the same accuracy.

The lecture's way: a DataLoader of strings; for every batch the letters are converted in Python, the
names sorted by length and padded, and h0 is made anew; 256 names drawn at random are as long as
their longest. Ours: one padded tensor made once, batches of names equally long, so that nothing is
padded or packed in training. An epoch is compared with the same net, dropout included, and the
same optimizer, in turns. For the accuracy the lecture's way trains as the lecture does, without
dropout and with Adam's constant 0.001, and looks at the test names after every epoch (its clock
stands still meanwhile) until it has what our main() ended with, which looks at them once.

    python tests/bench_names.py [TRAIN [TEST]]      CSV files of name,label
"""

import contextlib
import inspect
import io
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, Dataset

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "liuer"))

import lesson13  # noqa: E402

LECTURE_BATCH = 256
LECTURE_EPOCHS = 100    # the lecture's number of epochs
BATCH = inspect.signature(lesson13.main).parameters["batch_size"].default


class NameDataset(Dataset):
    """The lecture's: one (name, label number) at a time."""

    def __init__(self, rows, labels):
        self.names = [row[0] for row in rows]
        self.countries = [row[1] for row in rows]
        self.number = {label: i for i, label in enumerate(labels)}

    def __getitem__(self, i):
        return self.names[i], self.number[self.countries[i]]

    def __len__(self):
        return len(self.names)


def make_tensors(names, countries):
    """The lecture's: names -> lists of codes -> padded tensor, sorted by length."""
    sequences = [[min(ord(c), 127) for c in name] for name in names]
    lengths = torch.LongTensor([len(sequence) for sequence in sequences])
    padded = torch.zeros(len(sequences), int(lengths.max()), dtype=torch.long)
    for i, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        padded[i, :length] = torch.LongTensor(sequence)
    lengths, order = lengths.sort(dim=0, descending=True)
    return padded[order], lengths, countries[order]


def lecture_forward(model, x, lengths):
    h0 = torch.zeros(model.gru.num_layers * 2, len(x), model.gru.hidden_size)
    x = pack_padded_sequence(model.dropout(model.embedding(x)), lengths, batch_first=True)
    _, h = model.gru(x, h0)
    return model.linear(model.dropout(torch.cat([h[-2], h[-1]], dim=1)))


def lecture_epoch(model, optimizer, criterion, loader):
    model.train()
    for names, countries in loader:
        x, lengths, y = make_tensors(names, countries)
        loss = criterion(lecture_forward(model, x, lengths), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()


@torch.no_grad()
def lecture_test(model, loader):
    model.eval()
    return sum((lecture_forward(model, x, lengths).argmax(dim=1) == y).sum().item()
               for x, lengths, y in (make_tensors(*batch) for batch in loader))


def our_epoch(model, optimizer, criterion, x, lengths, y):
    model.train()
    for batch in lesson13.length_batches(lengths, BATCH):
        loss = criterion(model(x[batch], lengths[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()


def seconds(function, *arguments):
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def to_accuracy(train, test, loader, test_loader, labels):
    """Print and return accuracy and seconds of our whole run, and the same of the lecture's way."""
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        ours = lesson13.main(train=train, test=test)["accuracy"]
    our_seconds = time.perf_counter() - started

    torch.manual_seed(0)
    model = lesson13.NameClassifier(len(labels), dropout=0)
    optimizer, criterion = torch.optim.Adam(model.parameters(), lr=0.001), nn.CrossEntropyLoss()
    best, lecture_seconds, epoch = 0.0, 0.0, 0
    while best < ours and epoch < LECTURE_EPOCHS:
        epoch += 1
        lecture_seconds += seconds(lecture_epoch, model, optimizer, criterion, loader)
        best = max(best, lecture_test(model, test_loader) / len(test_loader.dataset))
    print(f"  ours {ours:.2%}, the whole run {our_seconds:.1f} s | lecture at best {best:.2%} "
          f"in {epoch} epochs, {lecture_seconds:.1f} s | ratio "
          f"{'' if best >= ours else 'above '}{lecture_seconds / our_seconds:.1f}")
    return {"accuracy": ours, "seconds": our_seconds, "lecture_accuracy": best,
            "lecture_seconds": lecture_seconds}


def compare(train, test, repeats=3):
    """Print and return medians: seconds of a training epoch and of a test, both ways; ratios.

    lecture, ours: one pass over the training names
    lecture_test, our_test: one pass over the test names
    convert: ours, once before the first epoch
    ratio: lecture / ours
    """
    rows, test_rows = lesson13.read_names(train), lesson13.read_names(test)
    labels = sorted({row[1] for row in rows})
    loader = DataLoader(NameDataset(rows, labels), batch_size=LECTURE_BATCH, shuffle=True)
    test_loader = DataLoader(NameDataset(test_rows, labels), batch_size=LECTURE_BATCH)
    started = time.perf_counter()
    x, lengths = lesson13.to_tensor([row[0] for row in rows])
    convert = time.perf_counter() - started
    y = torch.tensor([labels.index(row[1]) for row in rows])
    x_test, test_lengths = lesson13.to_tensor([row[0] for row in test_rows])

    nets = []
    for _ in range(2):  # the same initial weights for both
        torch.manual_seed(0)
        model = lesson13.NameClassifier(len(labels))
        nets.append((model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()))
    times = {"lecture": [], "ours": [], "lecture_test": [], "our_test": []}
    for _ in range(repeats):
        times["lecture"].append(seconds(lecture_epoch, *nets[0], loader))
        times["ours"].append(seconds(our_epoch, *nets[1], x, lengths, y))
        times["lecture_test"].append(seconds(lecture_test, nets[0][0], test_loader))
        times["our_test"].append(seconds(lesson13.predict, nets[1][0], x_test, test_lengths))
    result = {key: statistics.median(values) for key, values in times.items()}
    result |= {"convert": convert, "ratio": result["lecture"] / result["ours"]}
    print(f"names, {len(rows):,} to train, {len(test_rows):,} to test, medians of {repeats}, "
          f"{torch.get_num_threads()} threads")
    print(f"  epoch | lecture's way {result['lecture']:6.2f} s | ours {result['ours']:6.2f} s | "
          f"ratio {result['ratio']:.2f} (ours converts once: {convert:.2f} s)")
    print(f"  test  | lecture's way {result['lecture_test']:6.2f} s | "
          f"ours {result['our_test']:6.2f} s")
    return result | to_accuracy(train, test, loader, test_loader, labels)


if __name__ == "__main__":
    files = [str(ROOT / "data" / f"names_{part}.csv") for part in ("train", "test")]
    compare(*(sys.argv[1:] + files[len(sys.argv) - 1:]))
