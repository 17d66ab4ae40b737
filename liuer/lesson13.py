"""Lesson 13: sequence to class. A bidirectional GRU reads a name and tells its language.

    letters -> embedding -> GRU, 2 layers, both directions -> last state of each -> linear
    h = cat(h[-2], h[-1])   forward after the last letter, backward after the first

Names differ in length: they are padded to one tensor, and packing keeps the padding out of the GRU.

Run:   python liuer/lesson13.py             (--help lists the settings)
       python liuer/lesson13.py --name "Nguyen, O'Neill"
See:   test accuracy 73.07% | 8 s    (2 cores)
Notes: liuer/README.md, lecture 13
"""

import csv
import gzip
import io
import os
import pickle
import time
import unicodedata
import zlib
from pathlib import Path
from statistics import mode

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from utils import DATA, BadInput, flags, show

VOCABULARY = 128  # the ASCII codes; 0 is the padding
UNKNOWN = 1       # stands for every letter that is not ASCII, even without its accent
LONGEST = 60      # letters: a longer one is no name, and it would pad every other name
NO_ACCENT = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ı": "i", "ł": "l"})


def encode(name):
    """Letter codes of a name, without capitals and accents: Müller -> muller -> [109, 117, ...]."""
    letters = unicodedata.normalize("NFKD", name.strip().lower().translate(NO_ACCENT))
    return [ord(c) if c.isascii() else UNKNOWN for c in letters if not unicodedata.combining(c)]


def to_tensor(names):
    """All names at once: codes (N, T) padded with 0, and how many of each row are letters (N,)."""
    codes = [torch.tensor(encode(name)) for name in names]
    lengths = torch.tensor([len(code) for code in codes])  # on the CPU: packing wants it there
    return pad_sequence(codes, batch_first=True), lengths


def read_names(path):
    """Rows (name, label, line) of a CSV file without header, plain or .gz, quoted or not."""
    path = Path(path)
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        got = getattr(error, "strerror", None) or error
        raise BadInput(f"{path}: expected a CSV file of name,label; got: {got}") from None
    except UnicodeDecodeError as error:
        line = content[:error.start].count(b"\n") + 1
        raise BadInput(f"{path}, line {line}: expected UTF-8; save the file as UTF-8") from None
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if len(row) != 2 and row:
                raise csv.Error(f"{len(row)} columns")
            if row and not (0 < len(encode(row[0])) <= LONGEST and row[1].strip()):
                raise csv.Error(f"{row[0][:20]!r},{row[1][:20]!r}")
            rows += [(row[0].strip(), row[1].strip(), reader.line_num)] if row else []
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num}: expected name,label with a name of 1 to "
                       f"{LONGEST} letters; got {error}") from None
    if not rows:
        raise BadInput(f"{path}: expected lines of name,label; the file is empty")
    return rows


class NameClassifier(nn.Module):
    def __init__(self, classes, embedding=100, hidden=100, layers=2, dropout=0.3):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, embedding)
        self.gru = nn.GRU(embedding, hidden, layers, batch_first=True, bidirectional=True,
                          dropout=dropout if layers > 1 else 0)
        self.linear = nn.Linear(2 * hidden, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, lengths):                    # (N, T) padded, (N,)
        x = x[:, :lengths.max()]                      # no more padding than this batch needs
        x = self.dropout(self.embedding(x))           # (N, T, E)
        if lengths.min() < lengths.max():             # else nothing is padded, and packing is slow
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(x)                            # (2 layers, N, H): never batch first
        h = torch.cat([h[-2], h[-1]], dim=1)          # (N, 2H)  top layer: forward, backward
        return self.linear(self.dropout(h))           # (N, C)


def length_batches(lengths, batch_size):
    """Shuffled batches of names equally long: no padding in them, so nothing to pack."""
    order = torch.argsort(lengths + torch.rand(len(lengths)))  # equal lengths in random order
    counts = lengths[order].unique_consecutive(return_counts=True)[1].tolist()
    batches = [batch for same in order.split(counts) for batch in same.split(batch_size)]
    return [batches[i] for i in torch.randperm(len(batches))]


@torch.no_grad()
def predict(model, x, lengths):
    """Probability of each label for each name (N, C)."""
    model.eval()
    order = torch.argsort(lengths)
    p = [model(x[part], lengths[part]).softmax(dim=1) for part in order.split(1000)]
    return torch.cat(p)[torch.argsort(order)]  # back in the order of x


def gru_shapes(embedding=100, hidden=100, layers=2, names=3, letters=7):
    """batch_first -> shapes of input, h0, output and hn of a bidirectional nn.GRU."""
    shapes = {}
    for batch_first in (False, True):
        gru = nn.GRU(embedding, hidden, layers, batch_first=batch_first, bidirectional=True)
        size = (names, letters) if batch_first else (letters, names)
        x, h0 = torch.zeros(*size, embedding), torch.zeros(layers * 2, names, hidden)
        output, hn = gru(x, h0)
        shapes[batch_first] = [tuple(t.shape) for t in (x, h0, output, hn)]
    return shapes


def save_model(path, model, labels, sizes):
    path = Path(path)
    beside = path.with_name(path.name + ".part")  # an interrupted write never leaves half a file
    try:
        torch.save({"labels": labels, "sizes": sizes, "weights": model.state_dict()}, beside)
        os.replace(beside, path)
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{path}: the model could not be written: {error}") from None


def load_model(path, device):
    try:
        saved = torch.load(path, map_location=device, weights_only=True)  # data only, no code
        model = NameClassifier(len(saved["labels"]), **saved["sizes"]).to(device)
        model.load_state_dict(saved["weights"])
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, ValueError,
            pickle.UnpicklingError) as error:
        raise BadInput(f"{path}: expected a model written by --save, got {type(error).__name__}; "
                       "train one: --save FILE") from None
    return model, saved["labels"]


def main(epochs=15, batch_size=256, embedding=100, hidden=100, layers=2, dropout=0.3, lr=0.005,
         seed=0, train=str(DATA / "names_train.csv"), test=str(DATA / "names_test.csv"),
         name=None, save=None, load=None):
    """Train on names with their language, then tell the language of names never seen.

    epochs: passes over the training names, >= 1
    batch_size: most names a batch, >= 1
    embedding: numbers that stand for a letter, >= 1
    hidden: size of a GRU state, in each direction, >= 1
    layers: GRUs on top of each other, >= 1
    dropout: part of the values left out in training, >= 0 and < 1
    lr: highest learning rate of Adam, > 0
    seed: of weights, batches and dropout, >= 0
    train: CSV file of name,label without header, plain or .gz
    test: the same, with names to test on
    name: one name or several with commas between: tell their language
    save: write the trained model to this file
    load: take the model from this file instead of training

    Returns losses, accuracy, baseline, labels, confusion (true, predicted) and names, a list of
    (name, {label: probability}) for those asked for with name.
    """
    torch.manual_seed(seed)
    started = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    asked = [] if name is None else [part.strip() for part in name.split(",")]
    for part in asked:  # before the training, not after
        if not (0 < len(encode(part)) <= LONGEST and any(code > UNKNOWN for code in encode(part))):
            raise BadInput(f"--name {name!r}: expected names in Latin letters with commas between, "
                           f"got {part!r}; write it as a passport would (Wang, Dvorak)")

    print("nn.GRU, 2 layers, bidirectional, N = 3 names of T = 7 letters, E = H = 100")
    for batch_first, shapes in gru_shapes().items():
        print(f"  batch_first={batch_first!s:5} |", *(f"{key} {shape}" for key, shape in zip(
            ("input", "h0", "output", "hn"), shapes, strict=True)))

    # 1. Prepare data
    train_rows, test_rows = read_names(train), read_names(test)
    labels = sorted({label for _, label, _ in train_rows})  # sorted: the same numbers every run
    if load:
        model, labels = load_model(load, device)
    number = {label: i for i, label in enumerate(labels)}
    for _, label, line in test_rows:
        if label not in number:
            raise BadInput(f"{test}, line {line}: label {label!r} does not occur in training")
    x_train, lengths = to_tensor([row[0] for row in train_rows])           # (N, T), (N,)
    x_test, test_lengths = to_tensor([row[0] for row in test_rows])
    x_train, x_test = x_train.to(device), x_test.to(device)
    y_test = torch.tensor([number[row[1]] for row in test_rows])           # (N,)
    seen = {row[0] for row in train_rows}
    print(f"{len(train_rows):,} training names, {len(test_rows):,} test names "
          f"({sum(row[0] in seen for row in test_rows):,} of them in both), {len(labels)} labels")

    # 2. Define model
    if not load:
        sizes = {"embedding": embedding, "hidden": hidden, "layers": layers}
        model = NameClassifier(len(labels), **sizes, dropout=dropout).to(device)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")

    losses = []
    if not load:
        y_train = torch.tensor([number[row[1]] for row in train_rows]).to(device)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss(reduction="sum")
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        steps = epochs * len(length_batches(lengths, batch_size))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)

        # 4. Training cycle: forward, backward, update
        for epoch in range(1, epochs + 1):
            model.train()
            total = 0.0
            for batch in length_batches(lengths, batch_size):
                y_pred = model(x_train[batch], lengths[batch])                  # forward
                loss = criterion(y_pred, y_train[batch]) / batch_size  # few names, a small step
                optimizer.zero_grad()
                loss.backward()                                                 # backward
                optimizer.step()                                                # update
                schedule.step()
                total += loss.item() * batch_size
            losses.append(total / len(x_train))
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")
        if save:
            save_model(save, model, labels, sizes)
            print(f"model written to {save}")

    p = predict(model, x_test, test_lengths).cpu()                         # (N, C)
    y_pred = p.argmax(dim=1)
    for i in torch.randperm(len(test_rows))[:8].tolist():
        mark = "right" if y_pred[i] == y_test[i] else f"wrong: {labels[y_test[i]]}"
        print(f"  {test_rows[i][0]:20} {labels[y_pred[i]]:12} {p[i].max():6.1%}  {mark}")
    names = []
    if asked:
        x, lengths = to_tensor(asked)
        for part, row in zip(asked, predict(model, x.to(device), lengths).cpu(), strict=True):
            best = row.argsort(descending=True)[:3].tolist()
            print(f"{part}: " + ", ".join(f"{labels[i]} {row[i]:.1%}" for i in best))
            names.append((part, dict(zip(labels, row.tolist(), strict=True))))

    confusion = torch.zeros(len(labels), len(labels), dtype=torch.long)    # (true, predicted)
    confusion.index_put_((y_test, y_pred), torch.ones_like(y_test), accumulate=True)
    accuracy = (y_pred == y_test).float().mean().item()
    common = mode(row[1] for row in train_rows)
    baseline = sum(row[1] == common for row in test_rows) / len(test_rows)
    print(f"always {common}: {baseline:.2%}")
    print(f"test accuracy {accuracy:.2%} | {time.perf_counter() - started:.0f} s")
    return {"losses": losses, "accuracy": accuracy, "baseline": baseline, "labels": labels,
            "confusion": confusion, "names": names}


def draw(result):
    """The confusion matrix: row by row, where the test names of a language went."""
    import matplotlib.pyplot as plt

    labels, count = result["labels"], result["confusion"]
    share = count / count.sum(dim=1, keepdim=True).clamp(min=1)
    figure, axes = plt.subplots(figsize=(8, 7.5), layout="constrained")
    image = axes.imshow(share.numpy(), cmap="Blues", vmin=0, vmax=1)
    axes.set(xticks=range(len(labels)), yticks=range(len(labels)), yticklabels=labels,
             xlabel="predicted language", ylabel="language",
             title=f"Where the test names went (accuracy {result['accuracy']:.1%})")
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    if len(labels) <= 30:
        for i, j in count.nonzero().tolist():
            axes.text(j, i, f"{count[i, j]}", ha="center", va="center", fontsize=7,
                      color="white" if share[i, j] > 0.5 else "black")
    figure.colorbar(image, label="part of the language's names", shrink=0.8)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13")
