"""Lesson 13.4: German to English through one vector. Two in a row lose half the BLEU and more.

    encoder   v = tanh(W [last state from the left, last state from the right] + b)
    decoder   s_0 = v     s_t = GRU(s_t-1, [word t-1, v])     scores of word t = U s_t + c

Run:     python liuer/lesson13_4.py                 (--help lists the settings)
Prints:  test BLEU 78.1, two in a row 31.4
Notes:   liuer/README.md, lecture 13
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from files import bleu, check_words, read_pair_parts, vocabulary
from utils import finite, pick_device, progress, settings, show

PAD, BOS, EOS, UNK = range(4)       # the places of <pad>, <bos>, <eos>, <unk> in a vocabulary


def encode(sentences, words):
    """The numbers of a sentence's words and of <eos>, padded to the longest sentence: (N, T)."""
    check_words(sentences)
    numbers = {}
    for number, word in enumerate(words):
        numbers[word] = number
    rows = []
    for sentence in sentences:
        row = [numbers.get(word, UNK) for word in sentence]
        rows.append(torch.tensor(row + [EOS]))
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


def make_batches(pairs, source_words, target_words, batch_size):
    """Batches (x, y) of all pairs in a new order. In a batch are pairs of like length: so little of
    x (N, S) and y (N, T) is padding."""
    pairs = [pairs[i] for i in torch.randperm(len(pairs)).tolist()]
    pairs.sort(key=lambda pair: (len(pair[1]), len(pair[0])))   # equally long: still shuffled
    batches = []
    for start in range(0, len(pairs), batch_size):
        batch = pairs[start:start + batch_size]
        x = encode([source for source, target, written in batch], source_words)
        y = encode([target for source, target, written in batch], target_words)
        batches.append((x, y))
    return [batches[k] for k in torch.randperm(len(batches)).tolist()]


def join(pairs):
    """Every two pairs in a row as one, twice as long; an odd one at the end stays alone."""
    joined = []
    for i in range(0, len(pairs) - 1, 2):
        source, target, written = pairs[i]
        source2, target2, written2 = pairs[i + 1]
        joined.append((source + source2, target + target2, written + " " + written2))
    if len(pairs) % 2 == 1:
        joined.append(pairs[-1])
    return joined


class OneVectorTranslator(nn.Module):
    def __init__(self, source_words, target_words, embedding_size, hidden_size, pad=0):
        super().__init__()
        self.pad = pad
        self.source_embedding = nn.Embedding(source_words, embedding_size)
        self.encoder = nn.GRU(embedding_size, embedding_size, batch_first=True, bidirectional=True)
        self.vector = nn.Linear(2 * embedding_size, hidden_size)
        self.target_embedding = nn.Embedding(target_words, embedding_size)
        self.decoder = nn.GRU(embedding_size + hidden_size, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, target_words)

    def encode(self, x):                                # (N, S)
        """What the decoder goes on from: (state, vector)."""
        lengths = (x != self.pad).sum(dim=1).cpu()      # packed, so that padding reaches no state
        packed = pack_padded_sequence(self.source_embedding(x), lengths, batch_first=True,
                                      enforce_sorted=False)
        _, last = self.encoder(packed)                  # (2, N, E)  last forward, last backward
        vector = torch.tanh(self.vector(torch.cat([last[0], last[1]], dim=1)))  # (N, H)
        return vector.unsqueeze(0), vector              # (1, N, H), (N, H)

    def decode(self, y, memory):                        # (N, T)
        state, vector = memory
        embedded = self.target_embedding(y)                                     # (N, T, E)
        repeated = vector.unsqueeze(1).expand(-1, y.shape[1], -1)               # (N, T, H)
        states, state = self.decoder(torch.cat([embedded, repeated], dim=2), state)
        return self.output(states), (state, vector)                             # (N, T, V)

    def forward(self, x, y):                            # (N, S), (N, T)  y: <bos> and true words
        return self.decode(y, self.encode(x))


def train_translator(model, loader, criterion, optimizer, scheduler):
    """One epoch; return the mean loss of a word."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:                               # (N, S), (N, T)
        inputs, target = inputs.to(device), target.to(device)
        before = F.pad(target[:, :-1], (1, 0), value=BOS)       # what the decoder reads: <bos> ...
        outputs, _ = model(inputs, before)                      # forward  (N, T, V)
        loss = criterion(outputs.flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()                                         # backward
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)       # clipping: see lesson 12.6
        optimizer.step()                                        # update
        scheduler.step()
        words = (target != PAD).sum().item()                    # <eos> is one, too
        total += loss.item() * words
        count += words
    return total / count


@torch.no_grad()
def test_translator(model, loader, criterion):
    """The mean loss of a word."""
    model.eval()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        before = F.pad(target[:, :-1], (1, 0), value=BOS)
        outputs, _ = model(inputs, before)
        loss = criterion(outputs.flatten(0, 1), target.flatten())
        words = (target != PAD).sum().item()
        total += loss.item() * words
        count += words
    return total / count


@torch.no_grad()
def translate(model, sentences, source_words, target_words):
    """Translate lists of words. Greedy: the likeliest word of each step is written and is what the
    decoder reads next. A translation ends at its <eos>."""
    model.eval()
    device = next(model.parameters()).device
    translations = []
    for start in range(0, len(sentences), 64):
        x = encode(sentences[start:start + 64], source_words).to(device)        # (N, S)
        memory = model.encode(x)
        word = torch.full_like(x[:, :1], BOS)                                   # (N, 1)
        written = []
        for _ in range(2 * x.shape[1] + 10):    # a limit: some never write <eos>
            logits, memory = model.decode(word, memory)                         # (N, 1, V)
            word = logits.argmax(dim=2)                                         # (N, 1)
            written.append(word)
        for row in torch.cat(written, dim=1).tolist():
            translation = []
            for number in row:
                if number == EOS:
                    break
                translation.append(target_words[number])
            translations.append(translation)
    return translations


def bleu_by_length(sources, translations, references):
    """BLEU of the sentences of 1 or 2 words, 3 or 4, ...: {"5-6": 66.1, "7-8": ...}."""
    by_length = {}
    for least in range(1, 41, 2):
        ours, theirs = [], []
        for source, translation, reference in zip(sources, translations, references):
            if least <= len(source) <= least + 1:
                ours.append(translation)
                theirs.append(reference)
        if len(ours) >= 10:         # of fewer it says little
            by_length[f"{least}-{least + 1}"] = bleu(ours, theirs)
    return by_length


def describe(pairs, test_pairs, source_words):
    """Print how many sentences to translate stand in training, and the share of unknown words."""
    learned = set()
    for source, _, _ in pairs:
        learned.add(tuple(source))
    known = set(source_words)
    both = unknown = count = 0
    for source, _, _ in test_pairs:
        if tuple(source) in learned:
            both += 1
        for word in source:
            count += 1
            if word not in known:
                unknown += 1
    print(f"{len(test_pairs):,} to translate, {both:,} also in training; "
          f"unknown words {unknown / count:.1%}")


def tell_exact(translations, references):
    """Where BLEU is 0: print how many translations are right to the word."""
    right = 0
    for translation, reference in zip(translations, references):
        if translation == reference:
            right += 1
    print(f"BLEU is 0, for in none are four words in a row right; exactly right: "
          f"{right} of {len(references)}")


def mix(pairs):
    """Half of the pairs, drawn at random, alone; the other half joined, two in a row."""
    pairs = [pairs[i] for i in torch.randperm(len(pairs)).tolist()]
    half = len(pairs) // 2
    return pairs[:half] + join(pairs[half:])


def main(train=None, val=None, test=None, epochs=6, batch_size=32, hidden=256, lr=4e-3, seed=0):
    """Train a translator; translate sentences it never saw, one by one and two in a row.

    train: file to learn from, a line for a pair: English, tab, German (or another language)
    val: file to watch during training, in the same form
    test: file to translate in the end, in the same form
    epochs: passes over the training pairs
    batch_size: pairs a step
    hidden: numbers in the vector and in a state of the decoder
    lr: learning rate of Adam, falling to 0
    seed: of the initial weights and the order of the pairs
    """
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    pairs, val_pairs, test_pairs = read_pair_parts(train, val, test, "deu-eng", reverse=True)
    source_words = vocabulary([source for source, target, written in pairs])
    target_words = vocabulary([target for source, target, written in pairs])
    describe(pairs, test_pairs, source_words)
    val_loader = make_batches(val_pairs + join(val_pairs), source_words, target_words, 64)

    # 2. Define model
    model = OneVectorTranslator(len(source_words), len(target_words), 128, hidden, PAD).to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)   # the mean over words
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(len(mix(pairs)) / batch_size)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1, end_factor=0, total_iters=steps)

    # 4. Training cycle
    losses, val_losses = [], []
    for epoch in range(1, epochs + 1):
        batches = make_batches(mix(pairs), source_words, target_words, batch_size)
        loader = progress(batches, f"epoch {epoch}/{epochs}")
        losses.append(finite(train_translator(model, loader, criterion, optimizer, scheduler)))
        val_losses.append(finite(test_translator(model, val_loader, criterion)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:2d}/{epochs} | loss {losses[-1]:.4f} | "
                  f"validation {val_losses[-1]:.4f}")

    two_pairs = join(test_pairs)
    everything = test_pairs + two_pairs
    sources = [source for source, target, written in everything]
    references = [target for source, target, written in everything]
    translations = translate(model, sources, source_words, target_words)
    count = len(test_pairs)
    print(" ".join(sources[count]), "->", " ".join(translations[count]))
    score = bleu(translations[:count], references[:count])
    score_two = bleu(translations[count:], references[count:])
    if score == 0:
        tell_exact(translations[:count], references[:count])
    by_length = bleu_by_length(sources, translations, references)
    columns = [f"{words} {value:.0f}" for words, value in by_length.items()]
    print("by German words:", ", ".join(columns) or "fewer than 10 of each length")
    print(f"test BLEU {score:.1f}, two in a row {score_two:.1f}")
    return {"losses": losses, "val_losses": val_losses, "bleu": score, "bleu_two": score_two,
            "by_length": by_length}


def draw(result):
    """Left: the losses. Right: BLEU by the number of German words in the one vector."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    epochs = range(1, len(result["losses"]) + 1)
    left.plot(epochs, result["losses"], marker=".", label="training")
    left.plot(epochs, result["val_losses"], marker=".", label="validation")
    left.set(xlabel="epoch", ylabel="loss of a word")
    left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    left.legend()
    bars = right.bar(list(result["by_length"]), list(result["by_length"].values()))
    right.bar_label(bars, fmt="%.0f")
    right.set(xlabel="German words in one vector", ylabel="test BLEU", ylim=(0, 100))
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13_4")
