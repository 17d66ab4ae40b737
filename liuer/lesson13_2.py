"""Lesson 13.2: a character language model. After every character a GRU guesses the next one.

    h(t) = GRU(x(t), h(t-1))        p(next character | all before) = softmax(W h(t) + b)
    perplexity = exp(mean cross-entropy): as unsure as a fair die with that many sides

One output for every input, at its own step: sequence to sequence, synchronous. Draw from what the
model expects, feed the drawn character back, and it writes.

Run:     python liuer/lesson13_2.py                 (--help lists the settings)
Prints:  test perplexity 4.44 (unigram 24.23, bigram 11.87)
Notes:   liuer/README.md, lecture 13
"""

import math
from collections import Counter

import torch
from torch import nn

from files import read_text
from utils import DATA, BadInput, finite, pick_device, plot_curve, progress, settings, show

UNKNOWN = "\ufffd"      # number 0: every character that the training part does not have
WINDOW = 32             # characters between two updates
CHUNK = 1000            # characters that are judged at once: what a long text takes of memory
LONGEST = 5_000_000     # characters of a text: an epoch over them takes an hour or more


def read_parts(path):
    """The characters of the training part, and the text as their numbers: the first 85 % to train,
    the next 5 % to validate, the last 10 % to test."""
    text = read_text(path)
    if not 5_000 <= len(text) <= LONGEST:
        raise BadInput(f"{path}: expected 5,000 to {LONGEST:,} characters, got {len(text):,}")
    first = int(0.85 * len(text))
    second = int(0.9 * len(text))
    characters = UNKNOWN + "".join(sorted(set(text[:first]) - {UNKNOWN}))
    x = to_numbers(text, characters)
    return characters, x[:first], x[first:second], x[second:]


def to_numbers(text, characters):
    """The number of each character of a text (T,): its place in characters, 0 where it has none."""
    numbers = {character: i for i, character in enumerate(characters)}
    return torch.tensor([numbers.get(character, 0) for character in text])


class CharModel(nn.Module):
    def __init__(self, characters, embedding_size=64, hidden_size=256):
        super().__init__()
        self.embedding = nn.Embedding(characters, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, characters)

    def forward(self, x, hidden=None):                      # (N, T), (1, N, H); None: zeros
        x = self.embedding(x)                               # (N, T, E)
        output, hidden = self.gru(x, hidden)                # (N, T, H), (1, N, H)
        return self.fc(output), hidden                      # (N, T, V)


def make_windows(x, batch_size):
    """Pairs (inputs, target), (N, WINDOW) each: N strips of the text x side by side, from left to
    right. The target of a character is the next one."""
    columns = (len(x) - 1) // batch_size
    inputs = x[:batch_size * columns].view(batch_size, columns)
    target = x[1:batch_size * columns + 1].view(batch_size, columns)
    return list(zip(inputs.split(WINDOW, dim=1), target.split(WINDOW, dim=1)))


def train_windows(model, windows, criterion, optimizer, scheduler):
    """One epoch, from left to right; return the mean loss of a character."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    hidden = None
    for inputs, target in windows:                          # (N, T), (N, T)
        inputs, target = inputs.to(device), target.to(device)
        outputs, hidden = model(inputs, hidden)             # forward
        hidden = hidden.detach()        # the state goes on, the gradient stays in its window
        loss = criterion(outputs.flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()                                     # backward
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()                                    # update
        scheduler.step()
        total += loss.item() * target.numel()               # the last window is shorter
        count += target.numel()
    return total / count


def exp(loss):
    """The perplexity of a mean cross-entropy; beyond exp(100) it says nothing more."""
    return math.exp(min(loss, 100.0))


@torch.no_grad()
def perplexity(model, x):
    """Perplexity of all of x (T,) after its first character, read once from left to right."""
    model.eval()
    device = next(model.parameters()).device
    total = 0.0
    hidden = None
    for start in range(0, len(x) - 1, CHUNK):
        chunk = x[start:start + CHUNK + 1].to(device)       # its last one begins the next chunk
        outputs, hidden = model(chunk[None, :-1], hidden)   # (1, T, V)
        total += nn.functional.cross_entropy(outputs[0], chunk[1:], reduction="sum").item()
    return exp(total / (len(x) - 1))


def counted_perplexity(train, test, size):
    """The same for one that knows how frequent each character is (unigram), and for one that knows
    each pair of characters (bigram). Counts begin at 1, so that none has probability 0."""
    train, test = train.tolist(), test.tolist()
    characters = Counter(train)
    firsts = Counter(train[:-1])                            # of a pair
    pairs = Counter(zip(train[:-1], train[1:]))
    unigram = bigram = 0.0
    for first, second in zip(test[:-1], test[1:]):
        unigram -= math.log((1 + characters[second]) / (size + len(train)))
        bigram -= math.log((1 + pairs[first, second]) / (size + firsts[first]))
    return math.exp(unigram / (len(test) - 1)), math.exp(bigram / (len(test) - 1))


@torch.no_grad()
def sample(model, x, length, temperature):
    """Continue x (T,) by characters drawn from softmax(scores / temperature); return their numbers.

    Below 1 the likely characters gain, above 1 all become more alike.
    """
    model.eval()
    x = x.to(next(model.parameters()).device)
    written = []
    hidden = None
    for _ in range(length):
        outputs, hidden = model(x[None], hidden)            # (1, T, V)
        scores = outputs[0, -1]                             # (V,)
        scores[0] = -math.inf                               # never writes UNKNOWN
        p = (scores / temperature).softmax(dim=0)
        x = torch.multinomial(p, 1)                         # (1,)
        written.append(x.item())
    return written


def main(epochs=5, batch_size=32, hidden=256, lr=0.008, seed=0, text=str(DATA / "alice.txt"),
         prompt=None, temperature=1.0):
    """Train on the first 85 % of a text, validate on the next 5 %, test on the last tenth; write.

    epochs: passes over the training part
    batch_size: strips of the text that are read side by side
    hidden: size of the hidden state
    lr: learning rate of Adam, falling to 0
    seed: of the initial weights and the drawing
    text: a UTF-8 text file
    prompt: how the samples begin, else as the test part does
    temperature: of the second sample; the first is drawn at half of it
    """
    if temperature < 0.01:
        raise BadInput(f"--temperature: expected at least 0.01, got {temperature}")
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    characters, train, validation, test = read_parts(text)
    if batch_size >= len(train):
        raise BadInput(f"--batch_size: expected less than {len(train):,} strips, got {batch_size}")
    unigram, bigram = counted_perplexity(train, test, len(characters))
    windows = make_windows(train, batch_size)
    print(f"{len(train):,} characters to train, {len(validation):,} to validate, {len(test):,} to "
          f"test, {len(characters):,} different ones; {len(windows):,} steps an epoch")

    # 2. Define model
    model = CharModel(len(characters), hidden_size=hidden).to(device)

    # 3. Loss and optimizer: the settings were chosen by the validation perplexity
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(windows))

    # 4. Training cycle
    losses, validated = [], []
    for epoch in range(1, epochs + 1):
        batches = progress(windows, f"epoch {epoch}/{epochs}")
        losses.append(finite(train_windows(model, batches, criterion, optimizer, scheduler)))
        validated.append(perplexity(model, validation))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:2d}/{epochs} | perplexity: train {exp(losses[-1]):6.2f}, "
                  f"validation {validated[-1]:6.2f}")

    start = to_numbers(prompt, characters) if prompt else test[:20]
    for t in (temperature / 2, temperature):
        numbers = start.tolist() + sample(model, start, 300, t)
        print(f"\n--- temperature {t:g} ---\n" + "".join(characters[i] for i in numbers))
    result = perplexity(model, test)
    print(f"\ntest perplexity {result:.2f} (unigram {unigram:.2f}, bigram {bigram:.2f})")
    return {"losses": losses, "validated": validated, "perplexity": result, "unigram": unigram,
            "bigram": bigram}


def draw(result):
    from matplotlib.ticker import LogFormatter

    trained = [exp(loss) for loss in result["losses"]]
    figure = plot_curve({"train": trained, "validation": result["validated"]},
                        ylabel="perplexity per character")
    axes = figure.axes[0]
    axes.axhline(result["unigram"], linestyle=":", color="gray", label="unigram, test")
    axes.axhline(result["bigram"], linestyle="--", color="gray", label="bigram, test")
    axes.axhline(result["perplexity"], linestyle="-.", color="gray", label="this net, test")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13_2")
