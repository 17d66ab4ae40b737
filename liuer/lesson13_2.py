"""Lesson 13.2: a character language model. After every character a GRU guesses the next one.

    h(t) = GRU(x(t), h(t-1))        p(next character | all before) = softmax(W h(t) + b)
    perplexity = exp(mean cross-entropy): as unsure as a fair die with that many sides

One output for every input, at its own step: sequence to sequence, synchronous. Draw from what the
model expects, feed the drawn character back, and it writes.

Run:   python liuer/lesson13_2.py           (--help lists the settings)
See:   test perplexity 4.44 (unigram 24.23, bigram 11.87)
Notes: liuer/README.md, lecture 13
"""

import math

import torch
from torch import nn

from utils import DATA, BadInput, finite, flags, pick_device, plot_curve, read_text, show

UNKNOWN = "\ufffd"  # number 0, stands for every character that the training part does not hold
WINDOW = 32         # characters between two updates


def encode(text, characters):
    """The place of each character (T,); find gives -1 for one that is not there: 0, UNKNOWN."""
    return torch.tensor([max(characters.find(char), 0) for char in text])


def read_parts(path):
    """The characters of the training part, and the text as their numbers: the first 85 % to train,
    the next 5 % to validate, the last 10 % to test."""
    text = read_text(path)
    if len(text) < 5000:
        raise BadInput(f"{path}: expected at least 5,000 characters, got {len(text):,}")
    first, second = int(0.85 * len(text)), int(0.9 * len(text))
    characters = UNKNOWN + "".join(sorted(set(text[:first]) - {UNKNOWN}))
    x = encode(text, characters)
    return characters, x[:first], x[first:second], x[second:]


class CharModel(nn.Module):
    def __init__(self, characters, embedding=64, hidden=256):
        super().__init__()
        self.embedding = nn.Embedding(characters, embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, characters)

    def forward(self, x, h=None):                       # (N, T), (1, N, H)
        output, h = self.gru(self.embedding(x), h)      # (N, T, H), (1, N, H)
        return self.linear(output), h                   # (N, T, V)


@torch.no_grad()
def perplexity(model, x):
    """Perplexity of all of x (T,) after its first character, read once from left to right."""
    was_training = model.training
    model.eval()
    logits, _ = model(x[None, :-1])                     # (1, T-1, V)
    model.train(was_training)
    return math.exp(finite(nn.functional.cross_entropy(logits[0], x[1:])))


def counted_perplexity(train, test, size):
    """The same for one that knows how frequent each character is (unigram), and for one that knows
    each pair of characters (bigram). Counts begin at 1, so that none has probability 0."""
    count = 1.0 + torch.bincount(train, minlength=size)                                 # (V,)
    pair = 1.0 + torch.bincount(size * train[:-1] + train[1:], minlength=size ** 2)     # (V·V,)
    pair = pair.view(size, size)                                    # (V, V)  character, the next
    unigram = (count / count.sum())[test[1:]]                       # (T-1,)  probabilities
    bigram = (pair / pair.sum(dim=1, keepdim=True))[test[:-1], test[1:]]
    return math.exp(-unigram.log().mean()), math.exp(-bigram.log().mean())


@torch.no_grad()
def sample(model, x, length, temperature):
    """Continue x (T,) by characters drawn from softmax(logits / temperature); return their numbers.

    Below 1 the likely characters gain, above 1 all become more alike.
    """
    was_training = model.training
    model.eval()
    written, h = [], None
    for _ in range(length):
        logits, h = model(x[None], h)                   # (1, T, V)
        logits[0, -1, 0] = -math.inf                    # never writes UNKNOWN
        p = (logits[0, -1] / temperature).softmax(dim=0)
        x = torch.multinomial(p, 1)                     # (1,)
        written.append(x.item())
    model.train(was_training)
    return written


def main(epochs=5, batch_size=32, hidden=256, lr=0.008, seed=0, text=str(DATA / "alice.txt"),
         prompt=None, temperature=1.0):
    """Train on the first 85 % of a text, validate on the next 5 %, test on the last tenth; write.

    epochs: passes over the training part, >= 1
    batch_size: strips of the text that are read side by side, >= 1 and <= 1000
    hidden: size of the hidden state, >= 1
    lr: learning rate of Adam at the start, > 0
    seed: of the initial weights and the drawing, >= 0
    text: a UTF-8 text file
    prompt: how the samples begin, else as the test part does
    temperature: of the second sample, the first is drawn at half of it, >= 0.01
    """
    torch.manual_seed(seed)
    device = pick_device()
    # 1. Prepare data
    characters, train, validation, test = read_parts(text)
    unigram, bigram = counted_perplexity(train, test, len(characters))
    print(f"{len(train):,} characters to train, {len(validation):,} to validate, {len(test):,} to"
          f" test, {len(characters)} different ones")
    columns = (len(train) - 1) // batch_size    # of strips side by side; a window is some of them
    x = train[:batch_size * columns].view(batch_size, columns).to(device)       # (N, columns)
    y = train[1:batch_size * columns + 1].view(batch_size, columns).to(device)  # the next ones

    # 2. Define model
    model = CharModel(len(characters), hidden=hidden).to(device)

    # 3. Loss and optimizer: the settings were chosen by the validation perplexity
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(columns / WINDOW)                    # lr falls linearly to 0
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

    # 4. Training cycle: forward, backward, update
    losses, validated = [], []
    for epoch in range(1, epochs + 1):
        total, h = 0.0, None
        for x_part, y_part in zip(x.split(WINDOW, dim=1), y.split(WINDOW, dim=1), strict=True):
            logits, h = model(x_part, h)                                        # (N, T, V)
            h = h.detach()      # the state goes on, the gradient stays in its window
            loss = criterion(logits.flatten(0, 1), y_part.flatten())            # forward
            optimizer.zero_grad()
            loss.backward()                                                     # backward
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()                                                    # update
            scheduler.step()
            total += finite(loss) * y_part.shape[1]
        losses.append(total / columns)
        validated.append(perplexity(model, validation.to(device)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:2d}/{epochs} | perplexity: train {math.exp(losses[-1]):6.2f}, "
                  f"validation {validated[-1]:6.2f}")
    start = encode(prompt, characters) if prompt else test[:20]
    for t in (temperature / 2, temperature):
        numbers = start.tolist() + sample(model, start.to(device), 300, t)
        print(f"\n--- temperature {t:g} ---\n" + "".join(characters[i] for i in numbers))
    result = perplexity(model, test.to(device))
    print(f"\ntest perplexity {result:.2f} (unigram {unigram:.2f}, bigram {bigram:.2f})")
    return {"losses": losses, "validated": validated, "perplexity": result, "unigram": unigram,
            "bigram": bigram}


def draw(result):
    from matplotlib.ticker import LogFormatter

    figure = plot_curve({"train": [math.exp(loss) for loss in result["losses"]],
                         "validation": result["validated"]}, ylabel="perplexity per character")
    axes = figure.axes[0]
    for name, style in (("unigram", ":"), ("bigram", "--"), ("perplexity", "-")):
        axes.axhline(result[name], linestyle=style, color="gray", label=f"{name} of the test")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    axes.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_2")
