"""Lesson 13.4: German to English through one vector. Two sentences in a row lose half the BLEU.

    encoder   v = tanh(W [last state from the left, last state from the right] + b)
    decoder   s_0 = v     s_t = GRU(s_t-1, [word t-1, v])     scores of word t = U s_t + c

Run:   python liuer/lesson13_4.py           (--help lists the settings)
See:   test BLEU 73.9, two in a row 38.6
Notes: liuer/README.md, lecture 13
"""

import math
import re
from collections import Counter

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from utils import DATA, BadInput, finite, flags, pick_device, read_text, show  # liuer/utils.py

PAD, BOS, EOS, UNK = range(4)
UNSPACED = "[\u0e00-\u109f\u1780-\u17ff\u3001-\u9fff]"     # Thai to Chinese: no spaces


def tokenize(sentence):
    """Lower-case words and punctuation marks: "Ich hab's, sagt er." -> ich hab 's , sagt er ."""
    return re.findall(r"'\w+|\w+|[^\w\s]", sentence.lower().replace("’", "'"))


def read_pairs(path):
    """English and German sentences (lists of words) of lines `English TAB German TAB anything`."""
    rows = [line.split("\t") for line in read_text(path).rstrip("\n ").split("\n")]
    for number, row in enumerate(rows, start=1):
        whole = 1 < len(row) == len(rows[0]) and row[0].strip() and row[1].strip()
        if not whole or row[0].strip().isdigit() or row[1].strip().isdigit():
            raise BadInput(f"{path}, line {number}: expected English TAB German, as many tabs as in"
                           f" line 1 and no number alone, got {str(row[:2])[:60]}")
        if re.search(UNSPACED, row[0] + row[1]):
            raise BadInput(f"{path}, line {number}: no space between words: see lesson13_6.py")
    return [tokenize(row[0]) for row in rows], [tokenize(row[1]) for row in rows]


def join(sentences):
    """Every two sentences in a row as one, twice as long; an odd one at the end stays alone."""
    return [sum(sentences[i:i + 2], []) for i in range(0, len(sentences), 2)]


def vocabulary(sentences):
    """The words seen twice or more. A word's number is its place in this list."""
    counts = Counter(word for sentence in sentences for word in sentence)
    return ["<pad>", "<bos>", "<eos>", "<unk>"] + sorted(w for w in counts if counts[w] >= 2)


def encode(sentences, words):
    """The numbers of a sentence's words and of <eos>, padded to the longest sentence: (N, T)."""
    numbers = {word: number for number, word in enumerate(words)}
    rows = [torch.tensor([numbers.get(word, UNK) for word in sentence] + [EOS])
            for sentence in sentences]
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


class Translator(nn.Module):
    def __init__(self, source_words, target_words, embedding, hidden, pad=0):
        super().__init__()
        self.pad = pad
        self.source_embedding = nn.Embedding(source_words, embedding)
        self.encoder = nn.GRU(embedding, embedding, batch_first=True, bidirectional=True)
        self.vector = nn.Linear(2 * embedding, hidden)
        self.target_embedding = nn.Embedding(target_words, embedding)
        self.decoder = nn.GRU(embedding + hidden, hidden, batch_first=True)
        self.output = nn.Linear(hidden, target_words)

    def encode(self, x):                                # (N, S)
        lengths = (x != self.pad).sum(dim=1).cpu()      # packed, so that padding reaches no state
        packed = pack_padded_sequence(self.source_embedding(x), lengths, batch_first=True,
                                      enforce_sorted=False)
        _, last = self.encoder(packed)                  # (2, N, E)  last forward, last backward
        return torch.tanh(self.vector(torch.cat([last[0], last[1]], dim=1)))    # (N, H)

    def decode(self, y, state, vector):                 # (N, T), (1, N, H), (N, H)
        embedded = self.target_embedding(y)                                     # (N, T, E)
        repeated = vector.unsqueeze(1).expand(-1, y.shape[1], -1)               # (N, T, H)
        states, state = self.decoder(torch.cat([embedded, repeated], dim=2), state)
        return self.output(states), state               # (N, T, V), (1, N, H)

    def forward(self, x, y):                            # (N, S), (N, T)
        vector = self.encode(x)
        return self.decode(y, vector.unsqueeze(0), vector)[0]       # (N, T, V)


def mean_loss(model, criterion, x, y):
    """To write y, the true words and <eos>, the decoder reads <bos> and the true words."""
    before = torch.cat([torch.full_like(y[:, :1], BOS), y[:, :-1]], dim=1)      # (N, T)
    return criterion(model(x, before).flatten(0, 1), y.flatten())


@torch.no_grad()
def translate(model, sentences, source_words, target_words):
    """Translate lists of words, all at once. Greedy: the likeliest word of each step is written and
    is what the decoder reads next. A translation ends at its <eos>."""
    x = encode(sentences, source_words).to(model.output.weight.device)          # (N, S)
    vector = model.encode(x)                                                    # (N, H)
    state = vector.unsqueeze(0)                                                 # (1, N, H)
    word, written = torch.full_like(x[:, :1], BOS), []                          # (N, 1)
    for _ in range(2 * x.shape[1] + 10):    # a limit: some never write <eos>
        logits, state = model.decode(word, state, vector)                       # (N, 1, V)
        word = logits.argmax(dim=2)                                             # (N, 1)
        written.append(word)
    translations = []
    for row in torch.cat(written, dim=1).tolist():
        end = (row + [EOS]).index(EOS)
        translations.append([target_words[number] for number in row[:end]])
    return translations


def bleu(translations, references):
    """BLEU in per cent (Papineni et al. 2002): the geometric mean of the shares of right 1-, 2-, 3-
    and 4-grams (0 where one is 0), times a penalty for writing less than the references."""
    if str in map(type, [*translations, *references]):
        raise BadInput("bleu: expected lists of words, got a string: split it first")
    log_sum = 0.0
    for n in range(1, 5):
        right = total = 0
        for pair in zip(translations, references, strict=True):
            ours, theirs = (Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))
                            for words in pair)
            right += (ours & theirs).total()                    # each as often as in both
            total += ours.total()
        if right == 0:
            return 0.0
        log_sum += math.log(right / total)
    shorter = sum(map(len, references)) / sum(map(len, translations))
    return 100 * math.exp(log_sum / 4 + min(0.0, 1 - shorter))


def report(model, german, english, source_words, target_words):
    """BLEU of one sentence, of two in a row, and by length {"5-6": ..., "7-8": ..., ...}."""
    german_two, english_two = join(german), join(english)
    ours = translate(model, german, source_words, target_words)
    ours_two = translate(model, german_two, source_words, target_words)
    print(" ".join(german_two[0]), "->", " ".join(ours_two[0]))
    one, two = bleu(ours, english), bleu(ours_two, english_two)
    if one == 0:
        right = sum(ours[i] == english[i] for i in range(len(ours)))
        print(f"BLEU is 0, for in none are four words in a row right; exactly right: "
              f"{right} of {len(ours)}")
    german, ours, english = german + german_two, ours + ours_two, english + english_two
    by_length = {}
    for least in range(1, 41, 2):
        chosen = [i for i in range(len(german)) if least <= len(german[i]) <= least + 1]
        if len(chosen) >= 10:       # of fewer it says little
            by_length[f"{least}-{least + 1}"] = bleu([ours[i] for i in chosen],
                                                     [english[i] for i in chosen])
    scores = ", ".join(f"{words} {score:.0f}" for words, score in by_length.items())
    print("by German words:", scores or "fewer than 10 of each length")
    return one, two, by_length


def main(train=None, val=None, test=None, epochs=7, batch_size=32, hidden=256, lr=2e-3, seed=0):
    """Train a translator; translate sentences it never saw, one by one and two in a row.

    train: file to learn from, a line for a pair: English, tab, German (or another language)
    val: file to watch during training, in the same form
    test: file to translate in the end, in the same form
    epochs: passes over the training pairs, >= 1
    batch_size: pairs a step, >= 1
    hidden: numbers in the vector and in a state of the decoder, >= 1
    lr: learning rate of Adam, > 0
    seed: of the initial weights and the order of the pairs, >= 0
    """
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    english, german = read_pairs(train or DATA / "deu-eng-train.txt")
    english_val, german_val = read_pairs(val or DATA / "deu-eng-val.txt")
    english_test, german_test = read_pairs(test or DATA / "deu-eng-test.txt")
    source_words, target_words = vocabulary(german), vocabulary(english)
    x, learned = encode(german_test, source_words), set(map(tuple, german))
    both, new = sum(tuple(s) in learned for s in german_test), (x == UNK).sum() / (x >= UNK).sum()
    print(f"{len(german_test)} to translate, {both} also in training; unknown words {new:.1%}")
    x_val = encode(german_val + join(german_val), source_words).to(device)          # (N, S)
    y_val = encode(english_val + join(english_val), target_words).to(device)        # (N, T)

    # 2. Define model
    model = Translator(len(source_words), len(target_words), 128, hidden, PAD).to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)   # the mean over tokens
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    # 4. Training cycle: forward, backward, update
    losses, val_losses = [], []
    for epoch in range(1, epochs + 1):
        total = tokens = 0
        for step, batch in enumerate(torch.randperm(len(german)).split(batch_size)):
            sources, targets = [german[i] for i in batch], [english[i] for i in batch]
            if step % 2 == 1:       # every second batch: two sentences in a row
                sources, targets = join(sources), join(targets)
            x = encode(sources, source_words).to(device)            # (N, S)
            y = encode(targets, target_words).to(device)            # (N, T)
            loss = mean_loss(model, criterion, x, y)                # forward
            optimizer.zero_grad()
            loss.backward()                                         # backward
            optimizer.step()                                        # update
            total += finite(loss) * (y != PAD).sum().item()
            tokens += (y != PAD).sum().item()
        losses.append(total / tokens)
        with torch.no_grad():
            val_losses.append(finite(mean_loss(model, criterion, x_val, y_val)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | val {val_losses[-1]:.4f}")

    one, two, by_length = report(model, german_test, english_test, source_words, target_words)
    print(f"test BLEU {one:.1f}, two in a row {two:.1f}")
    return {"losses": losses, "val_losses": val_losses, "bleu": one, "bleu_two": two,
            "by_length": by_length}


def draw(result):
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for label, losses in (("training", result["losses"]), ("validation", result["val_losses"])):
        left.plot(range(1, len(losses) + 1), losses, marker=".", label=label)
    left.set(xlabel="epoch", ylabel="loss of a token")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.legend()
    bars = right.bar(list(result["by_length"]), list(result["by_length"].values()))
    right.bar_label(bars, fmt="%.0f")
    right.set(xlabel="German words in one vector", ylabel="test BLEU", ylim=(0, 100))
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_4")
