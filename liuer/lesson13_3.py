"""Lesson 13_3: tagging, one label for every input. Where do the words of "itwasthewhite" end?

    each letter gets a tag:  B begin  M middle  E end of a word  S a word of one letter
    i t w a s t h e w h i t e        letters -> GRU from the left, GRU from the right -> 4 scores
    B E B M E B M E B M M M E        best allowed path of tags -> it was the white

Chinese segmenters are trained in the same way. Whether a word ends here often depends on the
letters to come ("the" or "there"?): a GRU that reads from the left alone cannot know.

Run:   python liuer/lesson13_3.py           (--help lists the settings)
See:   held-out F1 0.945 | 32.0 s    (2 cores)
Notes: liuer/README.md, lecture 13
"""

import re
import string
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from utils import DATA, BadInput, flags, show

TAGS = "BMES"
LETTERS = string.ascii_lowercase
HELD_OUT = 2    # chapters: the last two, XI and XII, are never trained on
IGNORE = -100   # target of a padded step: cross_entropy leaves it out
NO = float("-inf")
ALLOWED = torch.tensor([[NO, 0, 0, NO],   # after B the word goes on: M or E
                        [NO, 0, 0, NO],   # after M too
                        [0, NO, NO, 0],   # after E a new one starts: B or S
                        [0, NO, NO, 0]])  # after S too
START, END = ALLOWED[2], ALLOWED[:, 0]    # the first tag is B or S, the last one E or S


def read_chapters(path=DATA / "alice.txt"):
    """The book as chapters of phrases of words, in lower-case letters a to z only.

    Punctuation and blank lines part the phrases, so a phrase never has a mark inside. Within one,
    an apostrophe joins (don't -> dont) and a hyphen parts (rabbit-hole -> rabbit hole).
    """
    try:
        text = path.read_text(encoding="utf-8").lower()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected the text that ships with the lessons, got "
                       f"{type(error).__name__}; check the file out again") from None
    chapters = re.split(r"(?m)^chapter .*\n", text)[1:]
    if len(chapters) <= HELD_OUT:
        raise BadInput(f"{path}: expected the 12 chapters of the text that ships with the lessons, "
                       f"got {len(chapters)}; check the file out again")
    result = []
    for chapter in chapters:
        chapter = re.sub("(?<=[a-z])'(?=[a-z])", "", chapter)
        chapter = re.sub("(?<=[a-z])-(?=[a-z])", " ", chapter)
        phrases = [phrase.split() for phrase in re.split(r"[^a-z\s]|\n\s*\n", chapter)]
        result.append([words for words in phrases if words])
    return result


def tag(words):
    """["it", "was", "a"] -> "BEBMES": one tag for each letter."""
    return "".join("S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E" for word in words)


def untag(letters, tags):
    """The words again: one ends after every E and S."""
    ends = [i + 1 for i, t in enumerate(tags) if t in "ES"]
    return [letters[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def encode(symbols, alphabet):
    return torch.tensor([alphabet.index(symbol) for symbol in symbols])  # (T,)


def swap_words(phrases, dictionary, share):
    """The phrases with that share of their words replaced by any others of the dictionary.

    A GRU soon knows a book by heart. Where the words change in every epoch it has to learn how
    words are spelled, not which phrases there are.
    """
    words = sorted(dictionary)
    return [[words[torch.randint(len(words), ())] if swap else word
             for word, swap in zip(phrase, torch.rand(len(phrase)) < share, strict=True)]
            for phrase in phrases]


class Reader(nn.Module):
    """A GRU that reads letters in the order given: each by itself and with the one before it."""

    def __init__(self, size, hidden):
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), size // 2)
        self.pair = nn.Embedding(len(LETTERS) * (len(LETTERS) + 1), size - size // 2)
        self.gru = nn.GRU(size, hidden, batch_first=True)

    def forward(self, x):                                     # (N, T)
        before = F.pad(x[:, :-1], (1, 0), value=len(LETTERS))           # (N, T)  none: number 26
        pair = len(LETTERS) * before + x                                # (N, T)
        x = torch.cat([self.letter(x), self.pair(pair)], dim=2)         # (N, T, E)
        return self.gru(x)[0]                                           # (N, T, H)


class Tagger(nn.Module):
    """Two readers, or one half as wide again whose GRU has as many weights: from the left only."""

    def __init__(self, bidirectional=True, hidden=128, dropout=0.4):
        super().__init__()
        size = hidden // 2
        if not bidirectional:
            hidden = hidden + size
        self.from_left = Reader(size, hidden)
        self.from_right = Reader(size, hidden) if bidirectional else None
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(2 * hidden if bidirectional else hidden, len(TAGS))

    def forward(self, x, lengths):                            # (N, T), (N,)
        output = self.from_left(x)                            # (N, T, H)
        if self.from_right is not None:
            # What nn.GRU(bidirectional=True) does with a packed batch: turn each line round, read
            # it, turn the outputs back. Padding stays behind the line, where neither GRU has to
            # pass it. (Written out it trains twice as fast on a CPU as packing.)
            t = torch.arange(x.shape[1], device=x.device)     # (T,)
            n = lengths.to(x.device)[:, None]                 # (N, 1)
            turned = torch.where(t < n, n - 1 - t, t)                           # (N, T)
            backward = self.from_right(x.gather(1, turned))                     # (N, T, H)
            backward = torch.take_along_dim(backward, turned[:, :, None], dim=1)
            output = torch.cat([output, backward], dim=2)                       # (N, T, 2H)
        return self.linear(self.dropout(output))              # (N, T, 4)


def viterbi(scores):
    """The best allowed path through the scores (T, 4) of one line, as a string of tags.

    The best tag of each letter on its own could give "BB", or a last M; such paths are left out.
    """
    best, back = scores[0] + START, []                        # (4,)
    for score in scores[1:]:
        best, before = (best[:, None] + ALLOWED).max(dim=0)   # best way to each tag
        best = best + score
        back.append(before.tolist())
    path = [(best + END).argmax().item()]
    for before in reversed(back):
        path.append(before[path[-1]])
    return "".join(TAGS[i] for i in reversed(path))


@torch.no_grad()
def predict(model, lines, batch_size=64):
    """Log-probabilities of the tags: a tensor (T, 4) for each line of letters."""
    model.eval()
    device = model.linear.weight.device
    result = [None] * len(lines)
    order = sorted(range(len(lines)), key=lambda i: len(lines[i]))  # like lengths, little padding
    for start in range(0, len(lines), batch_size):
        batch = order[start:start + batch_size]
        x = pad_sequence([encode(lines[i], LETTERS) for i in batch], batch_first=True)  # (N, T)
        y_pred = model(x.to(device), torch.tensor([len(lines[i]) for i in batch]))
        for i, row in zip(batch, y_pred.log_softmax(dim=2).cpu(), strict=True):
            result[i] = row[:len(lines[i])]
    return result


def segment(model, lines):
    """Each line of letters as a list of words."""
    return [untag(line, viterbi(row)) for line, row in zip(lines, predict(model, lines),
                                                           strict=True)]


def longest_match(line, dictionary):
    """The classical baseline: from the left, always take the longest word of the dictionary."""
    words, longest = [], max(map(len, dictionary))
    while line:
        size = next((n for n in range(min(longest, len(line)), 1, -1) if line[:n] in dictionary), 1)
        words.append(line[:size])
        line = line[size:]
    return words


def spans(words):
    """Where the words start and end: ["it", "was"] -> [(0, 2), (2, 5)]."""
    ends = [sum(map(len, words[:i + 1])) for i in range(len(words))]
    return list(zip([0, *ends], ends, strict=False))


def evaluate(predicted, true, dictionary):
    """Precision, recall and F1 over all words, and the recall of those not in the dictionary.

    A word counts as found where both its ends are right.
    """
    n_predicted, found, unseen = 0, [], []  # found: for each true word, whether it was
    for guess, words in zip(predicted, true, strict=True):
        n_predicted += len(guess)
        guessed = set(spans(guess))
        found += [span in guessed for span in spans(words)]
        unseen += [word not in dictionary for word in words]
    n_unseen = sum(unseen)
    return {"precision": sum(found) / n_predicted, "recall": sum(found) / len(found),
            "f1": 2 * sum(found) / (n_predicted + len(found)),
            "unseen": sum(f for f, u in zip(found, unseen, strict=True) if u) / max(n_unseen, 1)}


def letters_of(text):
    """A reader's line: lower case; spaces and punctuation are dropped, anything else refused."""
    line = re.sub(rf"[\s{re.escape(string.punctuation)}]", "", text).lower()
    odd = sorted(set(line) - set(LETTERS))
    if odd or not line:
        raise BadInput(f"--text: expected letters a to z, got {', '.join(odd) or 'none'}")
    return line


def main(epochs=8, batch_size=32, hidden=128, dropout=0.4, swap=0.2, lr=8e-3, seed=0,
         text="itwasthewhiterabbittrottingslowlybackagain"):
    """Train a forward and a bidirectional tagger and compare them on the last two chapters.

    epochs: passes over the training phrases, >= 1
    batch_size: phrases in a batch, >= 1
    hidden: size of the hidden state of each direction, >= 2
    dropout: part of the GRU's output dropped in training, >= 0 and < 1
    swap: part of the words replaced by others in training, >= 0 and < 1
    lr: highest learning rate of Adam, > 0
    seed: of the initial weights, the order of the phrases and the words swapped, >= 0
    text: a line to segment, letters a to z

    Returns losses and f1 (of the bidirectional tagger), the table of scores, the rate of unseen
    words, and what the figure needs: one phrase, and for each letter of it P(a word ends here).
    """
    line = letters_of(text)
    started = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    # 1. Prepare data
    chapters = read_chapters()
    train = [words for chapter in chapters[:-HELD_OUT] for words in chapter]
    test = [words for chapter in chapters[-HELD_OUT:] for words in chapter]
    lines = ["".join(words) for words in test]
    dictionary = {word for words in train for word in words}
    test_words = [word for words in test for word in words]
    unseen = sum(word not in dictionary for word in test_words) / len(test_words)
    print(f"train {sum(map(len, train)):,} words in {len(train):,} phrases | held out "
          f"{len(test_words):,} in {len(test):,}; {unseen:.1%} of these words are not in train")

    table = {"longest match": evaluate([longest_match(each, dictionary) for each in lines], test,
                                       dictionary)}
    models, losses = {}, {}
    for name in ("forward", "bidirectional"):
        torch.manual_seed(seed)
        # 2. Define model
        model = Tagger(name == "bidirectional", hidden, dropout).to(device)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss(ignore_index=IGNORE)
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        steps = epochs * -(-len(train) // batch_size)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps, pct_start=0.15)

        # 4. Training cycle: forward, backward, update
        losses[name] = []
        for epoch in range(1, epochs + 1):
            model.train()
            total = 0.0
            phrases = swap_words(train, dictionary, swap)
            x_train = [encode("".join(words), LETTERS) for words in phrases]
            y_train = [encode(tag(words), TAGS) for words in phrases]
            lengths = torch.tensor([len(x) for x in x_train])                   # (phrases,)
            # Phrases of about the same length share a batch, so that little of it is padding.
            batches = (lengths * (1 + 0.3 * torch.rand(len(train)))).argsort().split(batch_size)
            for k in torch.randperm(len(batches)).tolist():
                batch = batches[k].tolist()
                n = lengths[batch]                                              # (N,)
                x = pad_sequence([x_train[i] for i in batch], batch_first=True).to(device)
                y = pad_sequence([y_train[i] for i in batch], batch_first=True,
                                 padding_value=IGNORE).to(device)               # (N, T)
                y_pred = model(x, n)                                            # (N, T, 4)
                loss = criterion(y_pred.flatten(0, 1), y.flatten())             # forward
                optimizer.zero_grad()
                loss.backward()                                                 # backward
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()                                                # update
                scheduler.step()
                total += loss.item() * n.sum().item()
            losses[name].append(total / lengths.sum().item())
            print(f"{name:13} | epoch {epoch:2d}/{epochs} | loss {losses[name][-1]:.4f}")
        models[name] = model
        table[name] = evaluate(segment(model, lines), test, dictionary)

    print("\nheld-out words | precision  recall     F1 | recall of words not in train")
    for name, row in table.items():
        print(f"{name:14} | {row['precision']:9.3f} {row['recall']:7.3f} {row['f1']:6.3f} | "
              f"{row['unseen']:.3f}")
    print(f"\n{'--text':14} | {line}\n{'longest match':14} | "
          f"{' '.join(longest_match(line, dictionary))}")
    segmented = {name: segment(model, [line])[0] for name, model in models.items()}
    for name, words in segmented.items():
        print(f"{name:14} | {' '.join(words)}")

    f1 = table["bidirectional"]["f1"]
    print(f"\nheld-out F1 {f1:.3f} | {time.perf_counter() - started:.1f} s")
    return {"losses": losses["bidirectional"], "f1": f1, "table": table, "unseen": unseen,
            "segmented": segmented, **example(models, test)}


def example(models, test):
    """For the figure: the first held-out phrase of 30 to 40 letters that only the bidirectional
    tagger gets right, and for each tagger P(a word ends here) = P(E) + P(S) at every letter."""
    fitting = [words for words in test if 30 <= sum(map(len, words)) <= 40] or test
    right = {}
    for name, model in models.items():
        guesses = segment(model, ["".join(words) for words in fitting])
        right[name] = [guess == words for guess, words in zip(guesses, fitting, strict=True)]
    chosen = (words for words, f, b in zip(fitting, right["forward"], right["bidirectional"],
                                           strict=True) if b and not f)
    words = next(chosen, fitting[0])
    p_end = {name: predict(model, ["".join(words)])[0].exp()[:, 2:].sum(dim=1).tolist()
             for name, model in models.items()}
    return {"words": words, "p_end": p_end}


def draw(result):
    """P(a word ends after this letter), once knowing the left side only, once both sides."""
    import matplotlib.pyplot as plt

    letters, ends = "".join(result["words"]), {end - 1 for _, end in spans(result["words"])}
    figure, rows = plt.subplots(2, 1, figsize=(9, 4.8), sharey=True, layout="constrained")
    for axes, name in zip(rows, ("forward", "bidirectional"), strict=True):
        for is_end, color, label in ((True, "tab:green", "a word ends here"),
                                     (False, "tab:red", "inside a word")):
            at = [i for i in range(len(letters)) if (i in ends) == is_end]
            axes.bar(at, [result["p_end"][name][i] for i in at], color=color, label=label)
        axes.set_xticks(range(len(letters)), letters)
        axes.axhline(0.5, color="gray", linewidth=0.8, linestyle="--")
        for end in ends:
            axes.axvline(end + 0.5, color="gray", linewidth=0.5)
        axes.set(title=f"{name}: held-out F1 {result['table'][name]['f1']:.3f}", ylim=(0, 1.05),
                 xlim=(-0.6, len(letters) - 0.4), ylabel="P(word ends)")
    figure.legend(*rows[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_3")
