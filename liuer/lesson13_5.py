"""Lesson 13_5: English to French with attention. Each word written looks at the words it needs.

    weights_t = softmax(W s_t . h_1..S)     context_t = weights_t h_1..S    (padding gets weight 0)

Run:   python liuer/lesson13_5.py           (--help lists the settings)
See:   held-out BLEU 92.1 | 32 s    (2 cores)
Notes: liuer/README.md, lecture 13

Multi30k, German to English (python data/download.py multi30k), 6,162,702 parameters:
    python liuer/lesson13_5.py --source de --target en --train data/multi30k/train
        --val data/multi30k/val --test data/multi30k/test_2016_flickr
        --epochs 10 --batch_size 128 --hidden 256 --dropout 0.3 --lr 4e-3
    BLEU 39.6 greedy, 41.1 with a beam of 5 | 754 s    (2 cores)
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
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

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
    def __init__(self, source_size, target_size, hidden=256, dropout=0.3, attention=True):
        super().__init__()
        self.attention = attention
        self.source_embedding = nn.Embedding(source_size, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.start = nn.Linear(2 * hidden, 2 * hidden)
        self.target_embedding = nn.Embedding(target_size, hidden)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.query = nn.Linear(hidden, 2 * hidden, bias=False)
        self.decoder2 = nn.GRU(3 * hidden, hidden, batch_first=True)   # knows what was looked at
        self.combine = nn.Linear(4 * hidden, hidden)
        self.output = nn.Linear(hidden, target_size)
        self.output.weight = self.target_embedding.weight              # tied: learned once
        self.dropout = nn.Dropout(dropout)
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=0.35)  # N(0, 1) is large for output weights

    def encode(self, x):                                    # (N, S)
        mask = x != PAD                                     # (N, S)
        packed = pack_padded_sequence(self.dropout(self.source_embedding(x)), mask.sum(1).cpu(),
                                      batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        states, _ = pad_packed_sequence(states, batch_first=True)        # (N, S, 2H)
        summary = torch.cat([last[-2], last[-1]], dim=1)                 # (N, 2H) forward, backward
        start = torch.stack(self.start(summary).tanh().chunk(2, dim=1))  # (2, N, H) one a decoder
        if not self.attention:                      # all there is to look at is the one vector
            states, mask = summary.unsqueeze(1), mask[:, :1]             # (N, 1, 2H), (N, 1)
        return self.dropout(states), mask, start

    def decode(self, y, start, states, mask):       # (N, T), (2, N, H), (N, S, 2H), (N, S)
        s, last = self.decoder(self.dropout(self.target_embedding(y)), start[:1])  # (N, T, H)
        scores = self.query(s) @ states.transpose(1, 2)                  # (N, T, S)
        weights = scores.masked_fill(~mask.unsqueeze(1), -torch.inf).softmax(dim=2)
        context = weights @ states                                       # (N, T, 2H)
        s2, last2 = self.decoder2(self.dropout(torch.cat([s, context], dim=2)), start[1:])
        features = self.combine(self.dropout(torch.cat([s, s2, context], dim=2))).tanh()
        logits = self.output(self.dropout(features))                     # (N, T, V)
        return logits, torch.cat([last, last2]), weights

    def forward(self, x, y):                        # (N, S), (N, T)  y: <bos> and the words before
        states, mask, start = self.encode(x)
        logits, _, weights = self.decode(y, start, states, mask)         # all T steps in one call
        return logits, weights                      # (N, T, V), (N, T, S)


@torch.no_grad()
def search(model, x, steps, beam):
    """Beam search: of the sentences begun, the `beam` likeliest go on; of the finished, the best
    mean log-probability wins (the sum favours the short). beam=1 is greedy. x (1, S) -> list."""
    states, mask, state = model.encode(x)
    begun, scores, finished = [[BOS]], torch.zeros(1, device=x.device), []
    for step in range(1, steps + 1):
        last = torch.tensor([words[-1:] for words in begun], device=x.device)      # (K, 1)
        logits, state, _ = model.decode(last, state, states.expand(len(begun), -1, -1),
                                        mask.expand(len(begun), -1))               # (K, 1, V)
        totals = scores.unsqueeze(1) + logits[:, 0].log_softmax(dim=1)             # (K, V)
        scores, best = totals.flatten().topk(min(beam - len(finished), totals.numel()))
        rows, words = (best // totals.shape[1]).tolist(), (best % totals.shape[1]).tolist()
        finished += [(score / step, begun[row][1:]) for score, row, word
                     in zip(scores.tolist(), rows, words, strict=True) if word == EOS]
        kept = [k for k, word in enumerate(words) if word != EOS]
        begun = [begun[rows[k]] + [words[k]] for k in kept]
        if not begun:
            break
        scores, state = scores[kept], state[:, [rows[k] for k in kept]]
    return max(finished)[1] if finished else begun[0][1:]


@torch.no_grad()
def translate(model, sentence, source_words, target_words, beam=5):
    """Source words -> target words, and attention (T, S), T and S counting <eos>. For each <unk>
    that comes out stands the source word it looks at most: names and numbers often fit."""
    device = model.output.weight.device
    x = pad(encode([sentence], source_words), device)
    numbers = search(model, x, 2 * len(sentence) + 10, beam)
    weights = model(x, torch.tensor([[BOS] + numbers], device=device))[1][0].cpu()
    words = [target_words[i] for i in numbers]
    if model.attention:
        looks_at = weights[:, :-1].argmax(dim=1).tolist()
        words = [sentence[j] if i == UNK else word
                 for i, j, word in zip(numbers, looks_at, words, strict=False)]
    return words, weights


def steps_back(weights):
    """How often the word looked at most (T, S) stands before the one of the step before."""
    looks_at = weights.argmax(dim=1)
    return (looks_at[1:] < looks_at[:-1]).sum().item()


def translate_line(model, line, source_words, target_words, beam):
    """Translate and print one line; return what the heat map shows."""
    words = tokenize(line)
    if not words:
        raise BadInput(f"expected a sentence with words to translate, got {line!r}")
    unknown = [word for word in words if word not in source_words]
    if unknown:
        print(f"unknown words, read as <unk>: {', '.join(unknown)}")
    translation, weights = translate(model, words, source_words, target_words, beam)
    print(f"{' '.join(words)}\n  -> {' '.join(translation)}")
    return {"words": words, "translation": translation, "weights": weights}


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
        logits, _ = model(x_batch, F.pad(y_batch[:, :-1], (1, 0), value=BOS))
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
        raise BadInput(f"{path}: expected a checkpoint that lesson13_5 saved, got "
                       f"{type(error).__name__}: {reason}") from None


def main(train=None, val=None, test=None, source="en", target="fr", sentence=None, load=None,
         save=None, epochs=7, batch_size=96, hidden=128, dropout=0.1, smoothing=0.1, lr=5e-3,
         beam=5, no_attention=False, seed=0):
    """Train (or load) a translator; translate held-out sentences and measure BLEU.

    train: pairs: a tab-separated file (English, other language) or PREFIX of PREFIX.en, PREFIX.fr
    val: pairs to watch during training, in the same form; without it a tenth of train
    test: pairs to translate in the end, in the same form; without it a tenth of train
    source: language to translate from: ending of the files, en for the first column of a file
    target: language to translate to
    sentence: a sentence to translate
    load: checkpoint to translate with, without training
    save: where to write the trained net as a checkpoint
    epochs: passes over the training pairs, >= 1
    batch_size: pairs a step, >= 1
    hidden: width of embeddings and states, >= 1
    dropout: share of inputs set to 0 in training, >= 0 and < 1
    smoothing: share of the right word's probability spread over all words, >= 0 and < 1
    lr: highest learning rate of the one cycle, > 0
    beam: sentences kept in the search, 1 is greedy, >= 1
    no_attention: the same net, looking at one vector: the last states of the encoder
    seed: of weights, dropout and the order of pairs, >= 0

    Returns losses (one an epoch), bleu, and for the heat map words, translation and weights.
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
            found = translate_line(model.to(device), sentence, *vocabularies, beam)
            return {"losses": saved["losses"], "bleu": saved["bleu"], **found}
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
    settings = {"hidden": hidden, "dropout": dropout, "attention": not no_attention}
    if not load:
        model = Translator(*map(len, vocabularies), **settings)
    model.to(device)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=smoothing)
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
            logits, _ = model(x_batch, y_before)
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
    ours, weights = zip(*(translate(model, words, *vocabularies, beam)
                          for words, _ in test_pairs), strict=True)
    result = bleu(ours, references)
    if save and not load:
        save_checkpoint(save, saved | {"bleu": result})
    if beam > 1:
        first = [translate(model, words, *vocabularies, 1)[0] for words, _ in test_pairs]
        print(f"BLEU {bleu(first, references):.1f} greedy, {result:.1f} with a beam of {beam}")
    for i in range(0, len(ours), math.ceil(len(ours) / 4)):
        print(f"  {source}: {' '.join(test_pairs[i][0])}\n  {target}: {' '.join(references[i])}\n"
              f"  ours: {' '.join(ours[i])}\n")
    best = max(range(len(ours)), key=lambda i: (ours[i] == references[i], steps_back(weights[i])))
    line = sentence or " ".join(test_pairs[best][0])        # right, and in another order of words
    found = translate_line(model, line, *vocabularies, beam)
    part = "test" if test else "held-out"
    print(f"{part} BLEU {result:.1f} | {time.perf_counter() - started:.0f} s")
    return {"losses": losses, "bleu": result, **found}


def draw(result):
    """A heat map: row = word written, column = word looked at. Without attention the loss."""
    import matplotlib.pyplot as plt

    columns, rows = (result[side] + ["<eos>"] for side in ("words", "translation"))
    if result["weights"].shape[1] != len(columns):
        return plot_curve(result["losses"])
    figure, axes = plt.subplots(figsize=(2 + 0.5 * len(columns), 1.5 + 0.4 * len(rows)),
                                layout="constrained")
    image = axes.imshow(result["weights"].tolist(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)), rows)
    figure.colorbar(image, label="attention weight")
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_5")
