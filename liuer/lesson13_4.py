"""Lesson 13_4: German to English. An encoder reads the sentence into one vector, a decoder writes.

    v = encoder(x_1 .. x_S)     s_t = GRU(s_t-1, [y_t-1, v])     logits_t = W s_t

Run:   python liuer/lesson13_4.py           (--help lists the settings)
See:   held-out BLEU 75.5 | 25 s    (2 cores)
Notes: liuer/README.md, lecture 13
"""

import math
import os
import re
import time
import unicodedata
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from utils import DATA, BadInput, flags, plot_curve, show

PAD, BOS, EOS, UNK = range(4)
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
SHIPPED = {"de": "deu-eng", "fr": "eng-fra"}    # the language beside English -> name in data/
# A French elision keeps its apostrophe (l' | homme), an English ending takes it along (i | 'm).
WORD = re.compile(r"aujourd'hui|\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)|'\w+|\w+|[^\w\s]")


def tokenize(sentence):
    """Lower-case words and punctuation marks: "L'homme, dit-il." -> l' homme , dit - il ."""
    return WORD.findall(unicodedata.normalize("NFC", sentence).lower().replace("’", "'"))


def read_pairs(path, source, target):
    """Pairs (source words, target words) from a tab-separated file (English, other language, notes;
    the form of manythings.org/anki) or from PATH.source and PATH.target with a sentence a line."""
    files = [path] if Path(path).is_file() else [f"{path}.{source}", f"{path}.{target}"]
    try:
        lines = [Path(file).read_text(encoding="utf-8").rstrip("\n").split("\n") for file in files]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected a tab-separated file or a prefix of .{source} and "
                       f".{target}, in UTF-8, got: {error}") from None
    if len(files) == 1 and (source == "en") == (target == "en"):
        raise BadInput(f"{path}: a tab-separated file holds English and one other language, got "
                       f"--source {source} --target {target}")
    if len(lines[0]) != len(lines[-1]):
        raise BadInput(f"{path}: expected as many lines in .{source} as in .{target}, "
                       f"got {len(lines[0]):,} and {len(lines[1]):,}")
    rows = list(zip(*lines, strict=True)) if len(files) == 2 else [s.split("\t") for s in lines[0]]
    pairs = [tuple(map(tokenize, row[:2])) for row in rows]
    for number, pair in enumerate(pairs, 1):
        if len(pair) < 2 or not all(pair):
            got = f"{rows[number - 1]!r:.70}" if any(map(any, rows)) else "an empty file"
            raise BadInput(f"{path}: line {number}: expected a sentence in each of two columns, "
                           f"got {got}")
    return [pair[::-1] for pair in pairs] if len(files) == 1 and target == "en" else pairs


def read_parts(train, val, test, source, target):
    """The pairs to learn from, to watch and to translate. Without --train: those that ship with the
    lessons. A part without a file: a tenth of the source sentences of train, at most 1,000."""
    if train is None:
        name = SHIPPED.get(target if source == "en" else source)
        if name is None or "en" not in (source, target):
            raise BadInput(f"no pairs ship for --source {source} --target {target}: give --train")
        train, val, test = (file or DATA / f"{name}-{part}.txt" for file, part in
                            ((train, "train"), (val, "val"), (test, "test")))
    pairs, parts = read_pairs(train, source, target), []
    for file in (val, test):
        if file is not None:
            parts.append(read_pairs(file, source, target))
            continue
        sentences = sorted({tuple(s) for s, _ in pairs})    # none of them ends up in two parts
        if len(sentences) < 10:
            raise BadInput(f"{train}: expected 10 sentences or more to hold some out, got "
                           f"{len(sentences)}: give --val and --test")
        order = torch.randperm(len(sentences)).tolist()
        held = {sentences[i] for i in order[:min(1000, len(sentences) // 10)]}
        parts.append([pair for pair in pairs if tuple(pair[0]) in held])
        pairs = [pair for pair in pairs if tuple(pair[0]) not in held]
    return pairs, *parts


def vocabulary(sentences):
    """Words seen twice or more, the frequent first, ties by letter: the same order in every run."""
    counts = Counter(word for sentence in sentences for word in sentence)
    return SPECIAL + sorted((w for w in counts if counts[w] > 1), key=lambda w: (-counts[w], w))


def encode(sentences, words):
    """Lists of words -> one tensor of numbers a sentence, closed by <eos>."""
    index = {word: i for i, word in enumerate(words)}
    return [torch.tensor([index.get(w, UNK) for w in s] + [EOS]) for s in sentences]


def pad(sequences, device):
    return pad_sequence(sequences, batch_first=True, padding_value=PAD).to(device)


def batches(x, y, batch_size):
    """Indices in batches of like length, so that little is padding; batches in random order."""
    order = torch.randperm(len(x)).tolist()
    order.sort(key=lambda i: (len(y[i]), len(x[i])))        # ties stay in random order
    chunks = [order[i:i + batch_size] for i in range(0, len(order), batch_size)]
    return [chunks[i] for i in torch.randperm(len(chunks)).tolist()]


class Translator(nn.Module):
    def __init__(self, source_size, target_size, hidden=256, dropout=0.1):
        super().__init__()
        self.source_embedding = nn.Embedding(source_size, hidden)
        half = hidden // 2                          # of the vector for each direction
        self.encoder = nn.GRU(hidden, half, batch_first=True, bidirectional=True)
        self.vector = nn.Linear(2 * half, hidden)
        self.target_embedding = nn.Embedding(target_size, hidden)
        self.decoder = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.output = nn.Linear(hidden, target_size)
        self.dropout = nn.Dropout(dropout)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=0.6)      # N(0, 1) ends a little worse

    def encode(self, x):                            # (N, S)
        lengths = (x != PAD).sum(dim=1).cpu()       # packed, so that padding reaches no state
        packed = pack_padded_sequence(self.dropout(self.source_embedding(x)), lengths,
                                      batch_first=True, enforce_sorted=False)
        _, last = self.encoder(packed)              # (2, N, H/2)  last forward, last backward
        return self.vector(torch.cat([last[-2], last[-1]], dim=1)).tanh()       # (N, H)

    def decode(self, y, state, vector):             # (N, T), (1, N, H), (N, H)
        embedded = self.dropout(self.target_embedding(y))                       # (N, T, H)
        repeated = vector.unsqueeze(1).expand(-1, y.shape[1], -1)               # (N, T, H)
        states, last = self.decoder(torch.cat([embedded, repeated], dim=2), state)
        return self.output(self.dropout(states)), last          # (N, T, V), (1, N, H)

    def forward(self, x, y):                        # (N, S), (N, T)  y: <bos> and the words before
        vector = self.encode(x)
        logits, _ = self.decode(y, vector.unsqueeze(0), vector)  # all T steps in one call
        return logits                               # (N, T, V)


@torch.no_grad()
def translate(model, sentences, source_words, target_words):
    """Source words -> target words, for a list of sentences at once. Greedy: each step writes its
    likeliest word, which is the input of the next step, until every sentence has its <eos>."""
    device = model.output.weight.device
    vector = model.encode(pad(encode(sentences, source_words), device))         # (N, H)
    state, word = vector.unsqueeze(0), torch.full((len(vector), 1), BOS, device=device)
    written = torch.empty(len(vector), 0, dtype=torch.long, device=device)
    for _ in range(2 * max(map(len, sentences)) + 10):
        logits, state = model.decode(word, state, vector)                       # (N, 1, V)
        word = logits.argmax(dim=2)                                             # (N, 1)
        written = torch.cat([written, word], dim=1)                             # (N, T)
        if (written == EOS).any(dim=1).all():
            break
    rows = [row[:row.index(EOS)] if EOS in row else row for row in written.tolist()]
    return [[target_words[i] for i in row] for row in rows]


def translate_line(model, line, source_words, target_words):
    """Translate and print one line."""
    words = tokenize(line)
    if not words:
        raise BadInput(f"expected a sentence with words to translate, got {line!r}")
    unknown = [word for word in words if word not in source_words]
    if unknown:
        print(f"unknown words, read as <unk>: {', '.join(unknown)}")
    translation = translate(model, [words], source_words, target_words)[0]
    print(f"{' '.join(words)}\n  -> {' '.join(translation)}")


def bleu(hypotheses, references):
    """Corpus BLEU in per cent (Papineni et al. 2002) of lists of words, one reference each: the
    geometric mean of the shares of right 1- to 4-grams, times a penalty for being too short. The
    k-th n without any match counts as 2**-k of one (sacrebleu's default)."""
    right, total = [0] * 4, [0] * 4
    for pair in zip(hypotheses, references, strict=True):
        for n in range(1, 5):
            ours, theirs = (Counter(zip(*(words[i:] for i in range(n)), strict=False))
                            for words in pair)
            right[n - 1] += (ours & theirs).total()
            total[n - 1] += ours.total()
    if right[0] == 0 or total[3] == 0:
        return 0.0
    logs = [math.log((right[n] or 2.0 ** -right[:n + 1].count(0)) / total[n]) for n in range(4)]
    brevity = min(0.0, 1 - sum(map(len, references)) / total[0])
    return 100 * math.exp(brevity + sum(logs) / 4)


@torch.no_grad()
def mean_loss(model, x, y, device):
    """Cross-entropy of a word, on pairs it does not learn from."""
    model.eval()
    total = 0.0
    for i in range(0, len(x), 256):
        x_batch, y_batch = pad(x[i:i + 256], device), pad(y[i:i + 256], device)
        logits = model(x_batch, F.pad(y_batch[:, :-1], (1, 0), value=BOS))
        total += F.cross_entropy(logits.flatten(0, 1), y_batch.flatten(), ignore_index=PAD,
                                 reduction="sum").item()
    return total / sum(map(len, y))


def save_checkpoint(path, checkpoint):
    """Whole or not at all: write beside, then rename."""
    try:
        torch.save(checkpoint, f"{path}.part")
        os.replace(f"{path}.part", path)
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{path}: the checkpoint could not be written: {error}") from None


def load_checkpoint(path):
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        sizes = len(saved["source_words"]), len(saved["target_words"])
        model = Translator(*sizes, **saved["settings"])
        model.load_state_dict(saved["weights"])
        return model.eval(), saved
    except Exception as error:      # a damaged or foreign file is reported in a dozen ways
        reason = str(error).split("\n")[0]
        raise BadInput(f"{path}: expected a checkpoint that lesson13_4 saved, got "
                       f"{type(error).__name__}: {reason}") from None


def main(train=None, val=None, test=None, source="de", target="en", sentence=None, load=None,
         save=None, epochs=7, batch_size=64, hidden=256, dropout=0.1, lr=3e-3, seed=0):
    """Train (or load) a translator; translate held-out sentences and measure BLEU.

    train: pairs: a tab-separated file (English, other language) or PREFIX of PREFIX.de, PREFIX.en
    val: pairs to watch during training, in the same form; without it a tenth of train
    test: pairs to translate in the end, in the same form; without it a tenth of train
    source: language to translate from: ending of the files, en for the first column of a file
    target: language to translate to
    sentence: a sentence to translate
    load: checkpoint to translate with, without training
    save: where to write the trained net as a checkpoint
    epochs: passes over the training pairs, >= 1
    batch_size: pairs a step, >= 1
    hidden: width of embeddings and states, >= 2
    dropout: share of inputs set to 0 in training, >= 0 and < 1
    lr: highest learning rate of the one cycle, > 0
    seed: of weights, dropout and the order of pairs, >= 0

    Returns losses (one an epoch) and bleu.
    """
    torch.manual_seed(seed)
    started = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if save and not Path(save).absolute().parent.is_dir():
        raise BadInput(f"{save}: expected a file in an existing folder for --save")
    if load:
        model, saved = load_checkpoint(load)
        vocabularies = saved["source_words"], saved["target_words"]
        if sentence and not test:
            translate_line(model.to(device), sentence, *vocabularies)
            return {"losses": saved["losses"], "bleu": saved["bleu"]}
        source, target = saved["languages"]
        torch.manual_seed(seed)     # loading drew numbers: hold out the same pairs as in training

    # 1. Prepare data
    train_pairs, val_pairs, test_pairs = read_parts(train, val, test, source, target)
    if not load:
        vocabularies = [vocabulary(side) for side in zip(*train_pairs, strict=True)]
    (x, y), (x_val, y_val) = ([encode(side, words) for side, words
                               in zip(zip(*pairs, strict=True), vocabularies, strict=True)]
                              for pairs in (train_pairs, val_pairs))
    print(f"{len(x):,} pairs to learn from, {len(x_val):,} to watch, {len(test_pairs):,} to test | "
          f"vocabulary {source} {len(vocabularies[0]):,}, {target} {len(vocabularies[1]):,}")

    # 2. Define model
    settings = {"hidden": hidden, "dropout": dropout}
    if not load:
        model = Translator(*map(len, vocabularies), **settings)
    model.to(device)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * math.ceil(len(x) / batch_size), pct_start=0.15)

    # 4. Training cycle: forward, backward, update
    losses = saved["losses"] if load else []
    for epoch in range(1, 0 if load else epochs + 1):
        model.train()
        total = recent = 0.0
        for step, batch in enumerate(batches(x, y, batch_size), 1):
            x_batch = pad([x[i] for i in batch], device)                # (N, S)
            y_batch = pad([y[i] for i in batch], device)                # (N, T)
            y_before = F.pad(y_batch[:, :-1], (1, 0), value=BOS)        # teacher forcing
            logits = model(x_batch, y_before)
            loss = criterion(logits.flatten(0, 1), y_batch.flatten())   # forward
            optimizer.zero_grad()
            loss.backward()                                             # backward
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()                                            # update
            scheduler.step()
            total += loss.item() * len(batch)
            recent += loss.item() / 300
            if step % 300 == 0:                     # only where an epoch takes long
                print(f"  epoch {epoch}, batches to {step} | mean loss of 300 {recent:.4f}")
                recent = 0.0
        losses.append(total / len(x))
        if epoch == 1 or epoch % math.ceil(epochs / 12) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f} | validation "
                  f"{mean_loss(model, x_val, y_val, device):.4f}", flush=True)

    model.eval()
    if save and not load:
        saved = {"languages": [source, target], "source_words": vocabularies[0], "losses": losses,
                 "target_words": vocabularies[1], "settings": settings, "bleu": None,
                 "weights": model.state_dict()}
        save_checkpoint(save, saved)
    references = [reference for _, reference in test_pairs]
    ours = []
    for i in range(0, len(test_pairs), 256):
        ours += translate(model, [words for words, _ in test_pairs[i:i + 256]], *vocabularies)
    result = bleu(ours, references)
    if save and not load:
        save_checkpoint(save, saved | {"bleu": result})
    for i in range(0, len(ours), math.ceil(len(ours) / 4)):
        print(f"  {source}: {' '.join(test_pairs[i][0])}\n  {target}: {' '.join(references[i])}\n"
              f"  ours: {' '.join(ours[i])}\n")
    if sentence:
        translate_line(model, sentence, *vocabularies)
    part = "test" if test else "held-out"
    print(f"{part} BLEU {result:.1f} | {time.perf_counter() - started:.0f} s")
    return {"losses": losses, "bleu": result}


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["losses"]), "lesson13_4")
