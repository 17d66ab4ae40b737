"""Lesson 13_2: a character language model. After every character a GRU guesses the next one.

    h(t) = GRU(x(t), h(t-1))        p(next character | all before) = softmax(W h(t) + b)
    perplexity = exp(mean cross-entropy): as unsure as a fair die with that many sides

One output for every input, at its own step: sequence to sequence, synchronous. Draw from what the
model expects, feed the drawn character back, and it writes.

Run:   python liuer/lesson13_2.py           (--help lists the settings)
See:   held-out perplexity 4.30 | 12.4 s    (2 cores)
Notes: liuer/README.md, lecture 13
"""

import math
import time
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from utils import DATA, BadInput, flags, plot_curve, show

UNKNOWN = "\ufffd"  # stands for every character that the training text does not hold
SHORTEST = 5_000    # characters: below that there is nothing to learn from
HELD_OUT = 0.1      # the last tenth of the text, in one piece: never trained on


def read_text(path):
    """The text of any UTF-8 file."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: expected a text file, got: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: expected UTF-8 text, got a byte that is none at position "
                       f"{error.start:,}; save the file as UTF-8") from None
    if len(text) < SHORTEST:
        raise BadInput(f"{path}: expected at least {SHORTEST:,} characters to learn from, "
                       f"got {len(text):,}; take a longer text")
    return text


class Vocabulary:
    """Character <-> number: the unknown one first, then those of the text by code point."""

    def __init__(self, text):
        self.chars = [UNKNOWN, *sorted(set(text) - {UNKNOWN})]
        self.index = {char: i for i, char in enumerate(self.chars)}

    def __len__(self):
        return len(self.chars)

    def encode(self, text):
        return torch.tensor([self.index.get(char, 0) for char in text])  # (T,)

    def decode(self, x):
        return "".join(self.chars[i] for i in x)


class CharModel(nn.Module):
    def __init__(self, vocabulary, embedding=64, hidden=256, dropout=0.3):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(hidden, vocabulary)

    def forward(self, x, h=None):                       # (N, T), (1, N, H)
        output, h = self.gru(self.embedding(x), h)      # (N, T, H), (1, N, H)
        return self.linear(self.dropout(output)), h     # (N, T, V)


@torch.no_grad()
def perplexity(model, x, chunk=1024):
    """Perplexity of all of x (T,) after its first character, read once from left to right.

    It is read in chunks for the memory's sake; the hidden state is carried from one to the next.
    """
    model.eval()
    total, h = 0.0, None
    for start in range(0, len(x) - 1, chunk):
        y = x[start + 1:start + 1 + chunk]
        logits, h = model(x[None, start:start + len(y)], h)  # (1, chunk, V)
        total += F.cross_entropy(logits[0], y, reduction="sum").item()
    return math.exp(total / (len(x) - 1))


def unigram_perplexity(train, test, size):
    """The same for a model that only knows how frequent each character is (add-one smoothing)."""
    count = Counter(train)
    nll = -sum(math.log((count[b] + 1) / (len(train) + size)) for b in test[1:])
    return math.exp(nll / (len(test) - 1))


def bigram_perplexity(train, test, size):
    """The same for a model that knows the frequency of each pair (add-one smoothing)."""
    pairs, first = Counter(zip(train, train[1:], strict=False)), Counter(train[:-1])
    nll = -sum(math.log((pairs[a, b] + 1) / (first[a] + size))
               for a, b in zip(test, test[1:], strict=False))
    return math.exp(nll / (len(test) - 1))


@torch.no_grad()
def sample(model, x, length, temperature, generator=None):
    """Continue x (T,), already encoded, by length characters; return their numbers.

    Each is drawn from softmax(logits / temperature): below 1 the likely ones gain, at 0 the
    likeliest always wins, above 1 all become more alike.
    """
    model.eval()
    out, h = [], None
    for _ in range(length):
        logits, h = model(x[None].to(model.linear.weight.device), h)
        logits = logits[0, -1].cpu()                                   # (V,)
        logits[0] = float("-inf")                                      # never writes UNKNOWN
        if temperature > 0:
            p = (logits / temperature).softmax(dim=0)
            x = torch.multinomial(p, 1, generator=generator)
        else:
            x = logits.argmax(dim=0, keepdim=True)                     # (1,)
        out.append(x.item())
    return out


def main(epochs=5, batch_size=32, window=32, hidden=256, dropout=0.3, lr=6e-3, seed=0,
         text=str(DATA / "alice.txt"), prompt="Alice ", length=300, temperature=1.0):
    """Train on the first nine tenths of a text, measure on the last tenth, then write.

    epochs: passes over the training text, >= 1
    batch_size: places of the text read side by side, >= 1
    window: characters between two updates, >= 1
    hidden: size of the hidden state, >= 1
    dropout: part of the hidden state that the output does not see in training, >= 0 and < 1
    lr: highest learning rate of Adam, > 0
    seed: of the initial weights and the drawing, >= 0
    text: a UTF-8 text file
    prompt: how the samples begin
    length: characters of a sample, >= 0
    temperature: of the second sample, the first is drawn at half of it, >= 0

    Returns losses, perplexity, the held-out perplexity after each epoch (held_out), those of the
    baselines (unigram, bigram), and the samples by temperature.
    """
    started = time.perf_counter()
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    # 1. Prepare data
    book = read_text(text)
    cut = int((1 - HELD_OUT) * len(book))
    vocabulary = Vocabulary(book[:cut])
    train, test = vocabulary.encode(book[:cut]), vocabulary.encode(book[cut:])
    if len(train) < batch_size * (window + 1) + window:
        raise BadInput(f"--batch_size {batch_size} --window {window}: expected fewer for a training"
                       f" text of {len(train):,} characters")
    if not prompt:
        raise BadInput("--prompt: expected at least one character to go on from, got none")
    odd = sorted(set(prompt) - set(vocabulary.chars))
    if odd:
        raise BadInput(f"--prompt: expected characters that the training text holds, got "
                       f"{', '.join(map(repr, odd))}")
    baselines = {f.__name__.split("_")[0]: f(train.tolist(), test.tolist(), len(vocabulary))
                 for f in (unigram_perplexity, bigram_perplexity)}
    print(f"train {len(train):,} characters | held out {len(test):,} | "
          f"{len(vocabulary)} different ones\n"
          f"held-out perplexity: uniform {len(vocabulary)}, unigram {baselines['unigram']:.2f}, "
          f"bigram {baselines['bigram']:.2f}")
    train, test = train.to(device), test.to(device)

    # 2. Define model
    model = CharModel(len(vocabulary), hidden=hidden, dropout=dropout).to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    columns = (len(train) - 1 - window) // batch_size
    steps = epochs * math.ceil(columns / window)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps, pct_start=0.15)

    # 4. Training cycle: forward, backward, update
    losses, held_out = [], []
    for epoch in range(1, epochs + 1):
        model.train()
        # Cut the text into batch_size long strips, a little further on in each epoch, and read all
        # strips side by side: a window continues where the last one ended, so h can be carried.
        shift = torch.randint(window + 1, ()).item()
        x = train[shift:][:batch_size * columns].view(batch_size, columns)          # (N, columns)
        y = train[shift + 1:][:batch_size * columns].view(batch_size, columns)      # the next ones
        h, total = None, 0.0
        for x_window, y_window in zip(x.split(window, 1), y.split(window, 1), strict=True):
            y_pred, h = model(x_window, h)                                          # (N, T, V)
            h = h.detach()      # the state goes on, the gradient stays in its window
            loss = criterion(y_pred.flatten(0, 1), y_window.flatten())              # forward
            optimizer.zero_grad()
            loss.backward()                                                         # backward
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()                                                        # update
            scheduler.step()
            total += loss.item() * x_window.shape[1]
        losses.append(total / columns)
        held_out.append(perplexity(model, test))
        print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | perplexity: "
              f"train {math.exp(losses[-1]):6.2f}, held-out {held_out[-1]:6.2f}")

    generator = torch.Generator().manual_seed(seed)
    samples = {}
    for t in dict.fromkeys([temperature / 2, temperature]):
        written = sample(model, vocabulary.encode(prompt), length, t, generator)
        samples[t] = prompt + vocabulary.decode(written)
        print(f"\n--- temperature {t:g} ---\n{samples[t]}")
    print(f"\nheld-out perplexity {held_out[-1]:.2f} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "perplexity": held_out[-1], "held_out": held_out, **baselines,
            "samples": samples}


def draw(result):
    """Perplexity of each epoch, in training and held out, with the baselines as dashed lines."""
    curves = {"train (with dropout)": [math.exp(loss) for loss in result["losses"]],
              "held-out": result["held_out"]}
    figure = plot_curve(curves, ylabel="perplexity per character")
    axes = figure.axes[0]
    for name in ("unigram", "bigram"):
        axes.axhline(result[name], linestyle="--", color="gray")
        axes.annotate(f"{name}, held-out: {result[name]:.2f}", (1, result[name]), ha="right",
                      xycoords=axes.get_yaxis_transform(), xytext=(-8, 4),
                      textcoords="offset points", color="gray")
    axes.set(yscale="log", title=f"GRU: held-out perplexity {result['perplexity']:.2f}")
    ticks = [2, 3, 4, 5, 7, 10, 15, 20, 30]
    axes.set_yticks(ticks, ticks)
    axes.minorticks_off()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_2")
