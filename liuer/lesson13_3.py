"""Lesson 13.3: tagging, one label for every input. Where do the words of "itwasthewhite" end?

    each letter gets a tag:  B begin  M middle  E end of a word  S a word of one letter
    i t w a s t h e w h i t e        embedding -> GRU from the left and from the right -> 4 scores
    B E B M E B M E B M M M E        the best allowed row of tags (Viterbi) -> it was the white

Chinese is segmented like this. A GRU that reads from the left alone: is it "the" or "there"?

Run:   python liuer/lesson13_3.py           (--help lists the settings)
See:   test F1 0.922
Notes: liuer/README.md, lecture 13
"""

import math
import re
import time
from collections import Counter

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from utils import DATA, BadInput, finite, flags, pick_device, read_text, show  # liuer/utils.py

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TAGS = "BMES"
BEFORE = {"B": "ES", "M": "BM", "E": "BM", "S": "ES"}   # the tags that may stand before each
IGNORE = -100       # the tag of padding: cross_entropy leaves it out


def read_chapters(path):
    """A list of chapters, each a list of phrases, each a list of words in letters a to z. A mark or
    a blank line ends a phrase; within one, don't -> dont and rabbit-hole -> rabbit hole."""
    book, chapters = read_text(path).lower(), []
    for text in re.split(r"(?m)^chapter .*\n", book)[1:]:
        text = re.sub("(?<=[a-z])'(?=[a-z])", "", text)
        text = re.sub("(?<=[a-z])-(?=[a-z])", " ", text)
        phrases = [phrase.split() for phrase in re.split(r"[^a-z\s]|\n\s*\n", text)]
        chapters.append([words for words in phrases if words])
    if len(chapters) != 12 or not book.rstrip().endswith("the end"):
        raise BadInput(f"{path}: expected the book, 12 chapters to THE END, got {len(chapters)}")
    return chapters


def tag(words):
    """["it", "was", "a"] -> "BEBMES": one tag for each letter."""
    return "".join("S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E" for word in words)


def untag(letters, tags):
    """The words again. A word's tags are S, or B, any number of M, E."""
    return [letters[word.start():word.end()] for word in re.finditer("S|BM*E", tags)]


def encode(lines, alphabet, padding):
    """The places of symbols in the alphabet, a row for each line, padded to the longest: (N, T)."""
    rows = [torch.tensor([alphabet.index(symbol) for symbol in line]) for line in lines]
    return pad_sequence(rows, batch_first=True, padding_value=padding)


class Tagger(nn.Module):
    def __init__(self, letters, tags, embedding, hidden, bidirectional):
        super().__init__()
        self.embedding = nn.Embedding(letters, embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True, bidirectional=bidirectional)
        self.linear = nn.Linear(2 * hidden if bidirectional else hidden, tags)

    def forward(self, x, lengths):                      # (N, T), (N,) lengths stay on the CPU
        embedded = self.embedding(x)                    # (N, T, E)
        # Packed: the GRU from the right starts at the last letter of a line, not at its padding.
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        output, _ = self.gru(packed)
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
        return self.linear(output)                      # (N, T, H or 2H) -> (N, T, 4)


def viterbi(scores):
    """The allowed row of tags with the highest sum of scores (T, 4). The best tag of each letter on
    its own could give "BB". Letter by letter, only the best row that ends in each tag is kept."""
    # Last tag: (sum, row of tags). A line begins as if a word had just ended.
    best = {name: (0.0 if name == "E" else -math.inf, "") for name in TAGS}
    for row in scores.tolist():
        longer = {}
        for name, score in zip(TAGS, row, strict=True):
            total, tags = max(best[before] for before in BEFORE[name])
            longer[name] = (total + score, tags + name)
        best = longer
    return max(best["E"], best["S"])[1]


@torch.no_grad()
def predict(model, lines):
    """Log-probabilities of the tags: a tensor (T, 4) for each line of letters."""
    x = encode(lines, LETTERS, 0).to(model.linear.weight.device)        # (N, T)
    lengths = torch.tensor([len(line) for line in lines])               # (N,)
    scores = model(x, lengths).log_softmax(dim=2).cpu()                 # (N, T, 4)
    return [row[:length] for row, length in zip(scores, lengths, strict=True)]


def longest_match(line, counts):
    """Baseline 1: from the left, always take the longest word that stands in training."""
    words = []
    while line:
        size = max(n for n in range(1, len(line) + 1) if n == 1 or line[:n] in counts)
        words.append(line[:size])
        line = line[size:]
    return words


def most_probable(line, counts, new_letter=0.1):
    """Baseline 2: the words with the highest product of probabilities count / all words (new_letter
    to the power of its letters for a new one). As in viterbi, only the best way so far is kept."""
    total = sum(counts.values())
    best = [(0.0, [])]      # before letter 0, 1, 2 ...: (sum of logarithms, words)
    for end in range(1, len(line) + 1):
        ways = []
        for start in range(end):
            before, words = best[start]
            word = line[start:end]
            count = counts[word] or new_letter ** len(word)
            ways.append((before + math.log(count / total), words + [word]))
        best.append(max(ways))
    return best[-1][1]


def spans(words):
    """Where the words start and end: ["it", "was"] -> {(0, 2), (2, 5)}."""
    return {word.span() for word in re.finditer("S|BM*E", tag(words))}


def f1(guesses, phrases):
    """The F1 of words (2 right / (guessed + true)). A word is right where both its ends are."""
    right = 0
    for guess, words in zip(guesses, phrases, strict=True):
        right += len(spans(guess) & spans(words))
    return 2 * right / (sum(map(len, guesses)) + sum(map(len, phrases)))


def compare(models, counts, val, test, text):
    """Print every method's F1 and its words for the text; return F1 on the test phrases."""
    lines = ["".join(words) for words in val + test] + [text]
    guesses = {"longest match": [longest_match(line, counts) for line in lines],
               "most probable": [most_probable(line, counts) for line in lines]}
    for name, model in models.items():
        scores = predict(model, lines)
        guesses[name] = [untag(line, viterbi(scores[i])) for i, line in enumerate(lines)]
    result = {}
    for name, words in guesses.items():
        val_f1, result[name] = f1(words[:len(val)], val), f1(words[len(val):-1], test)
        print(f"{name:13} | F1: val {val_f1:.3f}, test {result[name]:.3f} | {' '.join(words[-1])}")
    return result


def main(epochs=7, batch_size=32, hidden=128, lr=5e-3, seed=0,
         text="itwasthewhiterabbittrottingslowlybackagain"):
    """Train a forward and a bidirectional tagger; compare them on chapters they never saw.

    epochs: passes over the training phrases, >= 1
    batch_size: phrases in a batch, >= 1
    hidden: size of the hidden state of each direction, >= 1
    lr: learning rate of Adam, falling to 0, > 0
    seed: of the initial weights and the order of the batches, >= 0
    text: a line to segment, letters a to z
    """
    text = "".join(text.lower().split())
    if not text or set(text) - set(LETTERS):
        raise BadInput(f"--text: expected letters a to z, got {text!r}")
    started = time.perf_counter()
    device = pick_device()

    # 1. Prepare data: the last two chapters test; the settings were chosen on the one before them
    chapters = read_chapters(DATA / "alice.txt")
    train, val, test = sum(chapters[:-3], []), chapters[-3], chapters[-2] + chapters[-1]
    counts = Counter(word for words in train for word in words)
    x = encode(map("".join, train), LETTERS, 0).to(device)          # (N, T)
    y = encode(map(tag, train), TAGS, IGNORE).to(device)            # (N, T)
    lengths = (y != IGNORE).sum(dim=1).cpu()                        # (N,)
    batches = lengths.argsort().split(batch_size)   # phrases of like length: fast, little padding
    models, losses = {}, {"forward": [], "bidirectional": []}
    for name, size in (("forward", hidden * 3 // 2), ("bidirectional", hidden)):
        torch.manual_seed(seed)
        # 2. Define model: one direction is made wider, so that both have as many weights
        model = Tagger(len(LETTERS), len(TAGS), 64, size, name == "bidirectional").to(device)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss(ignore_index=IGNORE)        # the mean over letters
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, epochs * len(batches))

        # 4. Training cycle: forward, backward, update
        for epoch in range(1, epochs + 1):
            total = 0.0
            for k in torch.randperm(len(batches)).tolist():
                batch = batches[k]
                scores = model(x[batch], lengths[batch])                    # (N, T, 4)
                loss = criterion(scores.flatten(0, 1), y[batch].flatten())  # forward
                optimizer.zero_grad()
                loss.backward()                                             # backward
                optimizer.step()                                            # update
                scheduler.step()
                total += finite(loss) * lengths[batch].sum().item()
            losses[name].append(total / lengths.sum().item())
            if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
                print(f"{name:13} | epoch {epoch:2d}/{epochs} | loss {losses[name][-1]:.4f}")
        models[name] = model

    result = compare(models, counts, val, test, text)
    print(f"test F1 {result['bidirectional']:.3f} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses, "f1": result, "models": models, "test": test}


def draw(result):
    """P(a word ends here) at each letter of the first test phrase of 30 to 40 letters."""
    import matplotlib.pyplot as plt

    words = next((w for w in result["test"] if 30 <= len("".join(w)) <= 40), result["test"][0])
    colors = ["tab:green" if name in "ES" else "tab:red" for name in tag(words)]
    figure, rows = plt.subplots(2, 1, figsize=(9, 4.8), layout="constrained")
    for axes, (name, model) in zip(rows, result["models"].items(), strict=True):
        p_end = predict(model, ["".join(words)])[0].exp()[:, 2:].sum(dim=1)     # (T,)  E and S
        axes.bar(range(len(p_end)), p_end.tolist(), color=colors)
        axes.set_xticks(range(len(p_end)), "".join(words))
        axes.set(title=f"{name}: test F1 {result['f1'][name]:.3f} (green: a word ends here)",
                 ylim=(0, 1.05), ylabel="P(word ends)")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_3")
