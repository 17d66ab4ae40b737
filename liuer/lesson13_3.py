"""Lesson 13.3: tagging, one label for every input. Where do the words of "itwasthewhite" end?

    each letter gets a tag:  B begin  M middle  E end of a word  S a word of one letter
    i t w a s t h e w h i t e        embedding -> GRU from the left and from the right -> 4 scores
    B E B M E B M E B M M M E        the best allowed row of tags (Viterbi) -> it was the white

Chinese is segmented like this. A GRU that reads from the left alone: is it "the" or "there"?

Run:     python liuer/lesson13_3.py                 (--help lists the settings)
Prints:  test F1 0.920
Notes:   liuer/README.md, lecture 13
"""

import math
import re
from collections import Counter

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

from files import check_words, read_text
from utils import DATA, BadInput, finite, pick_device, progress, settings, show

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TAGS = "BMES"
BEFORE = {"B": "ES", "M": "BM", "E": "BM", "S": "ES"}   # the two tags that may stand before each
PAD = 0             # the number of padding; letters begin at 1
IGNORE = -100       # the tag of padding: the loss leaves it out
LONGEST = 1_000     # letters of --text: the time of the baselines grows with their square


def read_chapters(path):
    """The book as a list of chapters, each a list of phrases, each a list of words in a to z."""
    book = read_text(path).lower()
    chapters = []
    for text in re.split(r"(?m)^chapter .*\n", book)[1:]:
        text = re.sub("(?<=[a-z])'(?=[a-z])", "", text)         # don't -> dont
        text = re.sub("(?<=[a-z])-(?=[a-z])", " ", text)        # rabbit-hole -> rabbit hole
        phrases = []
        for phrase in re.split(r"[^a-z\s]|\n\s*\n", text):      # a mark or an empty line ends it
            words = phrase.split()
            if words:
                phrases.append(words)
        chapters.append(phrases)
    if len(chapters) != 12 or not book.rstrip().endswith("the end"):
        raise BadInput(f"{path}: expected the book, 12 chapters to THE END, got {len(chapters)}")
    return chapters


def tag(words):
    """["it", "was", "a"] -> "BEBMES": one tag for each letter."""
    tags = ""
    for word in words:
        if len(word) == 1:
            tags += "S"
        else:
            tags += "B" + "M" * (len(word) - 2) + "E"
    return tags


def untag(letters, tags):
    """"itwasa", "BEBMES" -> ["it", "was", "a"]: a word ends at each E and each S."""
    words = []
    word = ""
    for letter, name in zip(letters, tags):
        word += letter
        if name in "ES":
            words.append(word)
            word = ""
    return words


def to_letters(phrases):
    """The numbers of the letters of each phrase, padded to the longest phrase: (N, T)."""
    check_words(phrases)
    rows = []
    for words in phrases:
        row = [LETTERS.index(letter) + 1 for letter in "".join(words)]
        rows.append(torch.tensor(row))
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


def to_tags(phrases):
    """The numbers of the tags of each phrase, padded to the longest phrase: (N, T)."""
    check_words(phrases)
    rows = []
    for words in phrases:
        row = [TAGS.index(name) for name in tag(words)]
        rows.append(torch.tensor(row))
    return pad_sequence(rows, batch_first=True, padding_value=IGNORE)


def count_letters(words):
    return len("".join(words))


class Tagger(nn.Module):
    def __init__(self, letters, tags, embedding_size, hidden_size, bidirectional, pad=0):
        super().__init__()
        self.pad = pad
        self.embedding = nn.Embedding(letters, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True,
                          bidirectional=bidirectional)
        directions = 2 if bidirectional else 1
        self.fc = nn.Linear(directions * hidden_size, tags)

    def forward(self, x):                               # (N, T)
        lengths = (x != self.pad).sum(dim=1).cpu()      # (N,)
        embedded = self.embedding(x)                    # (N, T, E)
        # Packed: the GRU from the right starts at the last letter of a line, not at its padding.
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        output, _ = self.gru(packed)
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
        return self.fc(output)                          # (N, T, H or 2H) -> (N, T, 4)


def train_tagger(model, loader, criterion, optimizer, scheduler):
    """One epoch; return the mean loss of a letter."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:                               # (N, T), (N, T)
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)                                 # forward  (N, T, 4)
        loss = criterion(outputs.flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()                                         # backward
        optimizer.step()                                        # update
        scheduler.step()
        letters = (target != IGNORE).sum().item()
        total += loss.item() * letters
        count += letters
    return total / count


def viterbi(scores):
    """The allowed row of tags with the highest sum of scores (T, 4). The best tag of each letter on
    its own could give "BB". Letter by letter, only the best row that ends in each tag is kept."""
    best_sum = {"B": -math.inf, "M": -math.inf, "E": 0.0, "S": -math.inf}   # as after a word
    best_row = {"B": "", "M": "", "E": "", "S": ""}
    for score in scores.tolist():                       # of B, M, E, S for the next letter
        new_sum, new_row = {}, {}
        for i, name in enumerate(TAGS):
            one, other = BEFORE[name]
            before = one if best_sum[one] >= best_sum[other] else other
            new_sum[name] = best_sum[before] + score[i]
            new_row[name] = best_row[before] + name
        best_sum, best_row = new_sum, new_row
    return best_row["E"] if best_sum["E"] >= best_sum["S"] else best_row["S"]


@torch.no_grad()
def predict(model, phrases):
    """Log-probabilities of the tags: a tensor (T, 4) for each phrase. How the letters fall into
    words, ["it", "was"] or ["itwas"], makes no difference: the net sees the letters alone."""
    model.eval()
    device = next(model.parameters()).device
    rows = []
    for start in range(0, len(phrases), 64):
        batch = phrases[start:start + 64]
        scores = model(to_letters(batch).to(device)).log_softmax(dim=2).cpu()   # (N, T, 4)
        for row, words in zip(scores, batch):
            rows.append(row[:count_letters(words)])
    return rows


def longest_match(line, counts):
    """Baseline 1: from the left, always take the longest word that stands in training."""
    words = []
    while line:
        size = len(line)
        while size > 1 and line[:size] not in counts:
            size -= 1
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
            log_p, words = best[start]
            word = line[start:end]
            count = counts[word] or new_letter ** len(word)
            ways.append((log_p + math.log(count / total), words + [word]))
        best.append(max(ways))
    return best[-1][1]


def spans(words):
    """Where the words start and end: ["it", "was"] -> {(0, 2), (2, 5)}."""
    places = set()
    start = 0
    for word in words:
        places.add((start, start + len(word)))
        start += len(word)
    return places


def f1(guesses, phrases):
    """The F1 of words: 2 right / (guessed + true). A word is right where both its ends are."""
    check_words(guesses + phrases)
    right = guessed = true = 0
    for guess, words in zip(guesses, phrases):
        right += len(spans(guess) & spans(words))
        guessed += len(guess)
        true += len(words)
    return 2 * right / (guessed + true)


def segment(method, phrases, counts, models):
    """What a method makes of the letters of each phrase: a list of words for each."""
    guesses = []
    if method in models:
        for words, scores in zip(phrases, predict(models[method], phrases)):
            guesses.append(untag("".join(words), viterbi(scores)))
    else:
        split = {"longest match": longest_match, "most probable": most_probable}[method]
        for words in phrases:
            guesses.append(split("".join(words), counts))
    return guesses


def main(epochs=6, batch_size=32, hidden=128, lr=6e-3, seed=0,
         text="itwasthewhiterabbittrottingslowlybackagain"):
    """Train a forward and a bidirectional tagger; compare them on chapters they never saw.

    epochs: passes over the training phrases
    batch_size: phrases a step
    hidden: size of the hidden state of each direction
    lr: learning rate of Adam, falling to 0
    seed: of the initial weights and the order of the batches
    text: a line to segment, letters a to z
    """
    letters = "".join(text.lower().split())
    if not letters or set(letters) - set(LETTERS):
        raise BadInput(f"--text: expected letters a to z, got {letters[:40]!r}")
    if len(letters) > LONGEST:
        raise BadInput(f"--text: expected at most {LONGEST:,} letters, got {len(letters):,}")
    device = pick_device()

    # 1. Prepare data: the last two chapters test; the settings were chosen on the one before them
    chapters = read_chapters(DATA / "alice.txt")
    phrases = []
    for chapter in chapters[:-3]:
        phrases += chapter
    val = chapters[-3]
    test = chapters[-2] + chapters[-1]
    counts = Counter()
    for words in phrases:
        counts.update(words)
    phrases.sort(key=count_letters)         # in a batch phrases of like length: little is padding
    batches = []
    for start in range(0, len(phrases), batch_size):
        batch = phrases[start:start + batch_size]
        batches.append((to_letters(batch), to_tags(batch)))     # (N, T), (N, T)
    # batch_size=None: an item is a batch already; what is shuffled are the batches
    train_loader = DataLoader(batches, batch_size=None, shuffle=True)

    models, losses = {}, {"forward": [], "bidirectional": []}
    for name in losses:
        torch.manual_seed(seed)
        # 2. Define model: one direction is made wider, so that both have as many weights
        bidirectional = name == "bidirectional"
        hidden_size = hidden if bidirectional else hidden * 3 // 2
        model = Tagger(len(LETTERS) + 1, len(TAGS), 64, hidden_size, bidirectional).to(device)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss(ignore_index=IGNORE)        # the mean over letters
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        scheduler = torch.optim.lr_scheduler.LinearLR(
            optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

        # 4. Training cycle
        for epoch in range(1, epochs + 1):
            loader = progress(train_loader, f"epoch {epoch}/{epochs}")
            losses[name].append(finite(train_tagger(model, loader, criterion, optimizer,
                                                    scheduler)))
            if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
                print(f"{name:13} | epoch {epoch:2d}/{epochs} | loss {losses[name][-1]:.4f}")
        models[name] = model

    scores = {}
    for method in ["longest match", "most probable", "forward", "bidirectional"]:
        val_f1 = f1(segment(method, val, counts, models), val)
        scores[method] = f1(segment(method, test, counts, models), test)
        line = " ".join(segment(method, [[letters]], counts, models)[0])
        print(f"{method:13} | F1: val {val_f1:.3f}, test {scores[method]:.3f} | {line}")
    print(f"test F1 {scores['bidirectional']:.3f}")
    return {"losses": losses, "f1": scores, "models": models, "test": test}


def draw(result):
    """P(a word ends here) at each letter of the first test phrase of 30 to 40 letters."""
    import matplotlib.pyplot as plt

    chosen = result["test"][0]
    for words in result["test"]:
        if 30 <= count_letters(words) <= 40:
            chosen = words
            break
    letters = "".join(chosen)
    tags = tag(chosen)
    ends = [i for i in range(len(letters)) if tags[i] in "ES"]          # in truth
    others = [i for i in range(len(letters)) if tags[i] in "BM"]
    figure, rows = plt.subplots(2, 1, figsize=(9, 5.4), layout="constrained")
    for axes, name in zip(rows, result["models"]):
        p = predict(result["models"][name], [chosen])[0].exp()          # (T, 4)
        p_end = p[:, TAGS.index("E")] + p[:, TAGS.index("S")]           # (T,)
        axes.bar(ends, p_end[ends].tolist(), color="tab:blue", hatch="//",
                 label="a word ends here")
        axes.bar(others, p_end[others].tolist(), color="tab:orange", label="no word ends here")
        axes.set_xticks(range(len(letters)), letters)
        axes.set(title=f"{name}: test F1 {result['f1'][name]:.3f}", ylim=(0, 1.05),
                 ylabel="P(word ends)")
    handles, labels = rows[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13_3")
