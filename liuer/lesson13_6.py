"""Lesson 13.6: a translator to keep: beam search, tied weights, smoothing, and a file of it all.

    smoothed target = (1 - s) * right word + s / V * each of the V words
    score of a sentence = mean log-probability of its words; go on with the `beam` likeliest

Run:   python liuer/lesson13_6.py           (--help lists the settings)
See:   test BLEU 92.1
Notes: liuer/README.md, lecture 13
"""

import math
import re
import unicodedata
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from utils import DATA, BadInput, flags, pick_device, plot_curve, read_text, show

PAD, BOS, EOS, UNK = range(4)       # PAD is 0: pad_sequence fills with 0
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
SHIPPED = [DATA / f"eng-fra-{part}.txt" for part in ("train", "val", "test")]
# Thai to Tibetan, Burmese, Khmer, Japanese, Chinese: no spaces between words, a token a character.
UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u3001-\u312f\u31f0-\u4dbf\u4e00-\u9fff\uff01-\uffef"
# A French elision keeps its apostrophe (l' | homme), an English ending takes it along (i | 'm).
WORD = re.compile(rf"[{UNSPACED}]|aujourd'hui|\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)"
                  rf"|'?[^\W{UNSPACED}]+|[^\w\s]")


def tokenize(sentence):
    """Lower-case tokens with spaces between: "L'homme, dit-il." -> "l' homme , dit - il ."."""
    sentence = unicodedata.normalize("NFC", sentence).lower().replace("’", "'")
    return " ".join(WORD.findall(sentence))


def join(tokens):
    """Back to a sentence as people write it: "l' homme , dit - il ." -> "l'homme, dit-il."."""
    sentence = re.sub(r" (?=[,.;:!?)\]]|'\w)", "", tokens)
    sentence = re.sub(r"(?<=[(\[]) |(?<=\w') (?=\w)|(?<=\w) ([-/]) (?=\w)", r"\1", sentence)
    return re.sub(rf"(?<=[{UNSPACED}]) | (?=[{UNSPACED}])", "", sentence)


def read_pairs(path, reverse=False):
    """The pairs of a file with a line `sentence TAB sentence TAB anything` each: a list of (source
    tokens, target tokens, target as written). reverse: the second column is the source."""
    pairs = []
    for number, line in enumerate(read_text(path).rstrip("\n").split("\n"), start=1):
        columns = line.split("\t")[:2]
        if len(columns) < 2 or not all(map(tokenize, columns)):
            raise BadInput(f"{path}, line {number}: expected two sentences with a tab between, "
                           f"got {line[:60]!r}")
        source, target = reversed(columns) if reverse else columns
        pairs.append((tokenize(source), tokenize(target), target))
    return pairs


def read_parts(train, val, test, reverse):
    """The pairs to learn from, to watch, to translate. For a part without a file every tenth source
    sentence is held out, with all its translations (of many fewer: some 1,000 sentences)."""
    pairs, parts = read_pairs(train, reverse), []
    for path in (val, test):
        if path:
            parts.append(read_pairs(path, reverse))
            continue
        sources = sorted({source for source, _, _ in pairs})
        held = set(sources[::max(10, len(sources) // 1000)])
        parts.append([pair for pair in pairs if pair[0] in held])
        pairs = [pair for pair in pairs if pair[0] not in held]
    if not pairs:
        raise BadInput(f"{train}: too few sentences to hold some out: give --val and --test")
    return pairs, *parts


def vocabulary(sentences):
    """The words seen twice or more. A word's number is its place in this list."""
    counts = Counter(word for sentence in sentences for word in sentence.split())
    return SPECIAL + sorted(word for word in counts if counts[word] >= 2)


def encode(sentences, words):
    """For each sentence a tensor of its words' numbers, closed by <eos>."""
    numbers = {word: number for number, word in enumerate(words)}
    return [torch.tensor([numbers.get(word, UNK) for word in sentence.split()] + [EOS])
            for sentence in sentences]


def batches(x, y, batch_size):
    """Indices in batches of like length, so that little is padding; batches in random order."""
    order = torch.randperm(len(x)).tolist()
    order.sort(key=lambda i: (len(y[i]), len(x[i])))        # ties stay in random order
    chunks = [order[i:i + batch_size] for i in range(0, len(order), batch_size)]
    return [chunks[i] for i in torch.randperm(len(chunks)).tolist()]


class Translator(nn.Module):
    def __init__(self, source_size, target_size, hidden=128, dropout=0.1, pad=0):
        super().__init__()
        self.pad = pad
        self.source_embedding = nn.Embedding(source_size, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
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

    def forward(self, x, y):                        # (N, S), (N, T)  y: <bos> and the words before
        mask = x != self.pad
        packed = pack_padded_sequence(self.dropout(self.source_embedding(x)), mask.sum(1).cpu(),
                                      batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)     # last (2, N, H), forward and backward: a start each
        states = self.dropout(pad_packed_sequence(states, batch_first=True)[0])     # (N, S, 2H)
        s, _ = self.decoder(self.dropout(self.target_embedding(y)), last[:1])       # (N, T, H)
        scores = self.query(s) @ states.transpose(1, 2)                             # (N, T, S)
        weights = scores.masked_fill(~mask.unsqueeze(1), -torch.inf).softmax(dim=2)
        context = weights @ states                                                  # (N, T, 2H)
        s2, _ = self.decoder2(self.dropout(torch.cat([s, context], dim=2)), last[1:])
        features = self.combine(self.dropout(torch.cat([s, s2, context], dim=2))).tanh()
        return self.output(self.dropout(features)), weights                         # (N, T, V)


def run_epoch(model, x, y, batch_size, criterion, optimizer=None, scheduler=None):
    """Mean loss of a word over all pairs; where there is an optimizer, learn from each batch."""
    was_training, device = model.training, model.output.weight.device
    model.train(optimizer is not None)
    total = 0.0
    for batch in batches(x, y, batch_size):
        x_batch = pad_sequence([x[i] for i in batch], batch_first=True).to(device)  # (N, S)
        y_batch = pad_sequence([y[i] for i in batch], batch_first=True).to(device)  # (N, T)
        y_before = F.pad(y_batch[:, :-1], (1, 0), value=BOS)    # the words before: teacher forcing
        with torch.set_grad_enabled(optimizer is not None):
            logits, _ = model(x_batch, y_before)                                    # (N, T, V)
            loss = criterion(logits.flatten(0, 1), y_batch.flatten())   # forward
        if optimizer:
            optimizer.zero_grad()
            loss.backward()                                             # backward
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()                                            # update
            scheduler.step()
        total += loss.item() * (y_batch != PAD).sum().item()
    model.train(was_training)
    return total / sum(map(len, y))


def smoothing_floor(smoothing, size):
    """The entropy of the smoothed target over `size` words: no net has a smaller smoothed loss."""
    target = torch.full((size,), smoothing / size)
    target[0] += 1 - smoothing
    return torch.special.entr(target).sum().item()


@torch.no_grad()
def translate(model, sentences, source_words, target_words, beam=5):
    """For each sentence `beam` translations, the best first: (score, tokens) each.

    In each step every sentence begun is continued by every word; of all these the `beam` likeliest
    go on (1: greedy). The score is the mean log-probability of a word: the sum favours the short.
    For an <unk> stands the source word it looks at most: names and numbers often fit.
    """
    was_training, device = model.training, model.output.weight.device
    model.eval()
    translations = []
    for start in range(0, len(sentences), 64):
        batch = sentences[start:start + 64]
        x = pad_sequence(encode(batch, source_words), batch_first=True).to(device)
        x = x.repeat_interleave(beam, dim=0)                        # (N * beam, S)
        first = torch.arange(0, len(x), beam, device=device).unsqueeze(1)           # (N, 1)
        words = torch.full((len(x), 1), BOS, device=device)         # (N * beam, 1), grows
        totals = torch.full((len(batch), beam), -torch.inf, device=device)
        totals[:, 0] = 0                                            # all begin alike: one counts
        while True:
            logits, weights = model(x, words)
            done = (words == EOS).any(dim=1)
            if done.all() or words.shape[1] > 2 * x.shape[1] + 10:
                break
            log_p = logits[:, -1].log_softmax(dim=1)                # (N * beam, V)
            log_p[done] = -torch.inf                                # a finished sentence ...
            log_p[done, PAD] = 0                                    # ... is only filled up
            continued = totals.unsqueeze(2) + log_p.view(len(batch), beam, -1)      # (N, beam, V)
            totals, best = continued.flatten(1).topk(beam)          # (N, beam)
            rows = (first + best // log_p.shape[1]).flatten()
            words = torch.cat([words[rows], (best % log_p.shape[1]).view(-1, 1)], dim=1)
        words = words[:, 1:]
        scores = totals.flatten() / (words != PAD).sum(dim=1) - 1000 * ~done    # the last choice
        weights = weights.masked_fill((x == EOS).unsqueeze(1), 0)   # no word to copy
        looks_at = weights.argmax(dim=2)                            # (N * beam, 1 + T)
        for row in range(len(x)):
            source, tokens = batch[row // beam].split(), []
            for word, place in zip(words[row].tolist(), looks_at[row].tolist(), strict=False):
                if word == EOS:
                    break
                tokens.append(source[place] if word == UNK else target_words[word])
            translations.append((scores[row].item(), " ".join(tokens)))
    model.train(was_training)
    return [sorted(translations[i:i + beam], reverse=True)
            for i in range(0, len(translations), beam)]


def ngrams(words, n):
    """How often each run of n words stands in a sentence."""
    return Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def bleu(translations, references):
    """BLEU in per cent (Papineni et al. 2002) of sentences as lists of words, one reference each:
    the geometric mean of the shares of right 1- to 4-grams, times a penalty where we wrote less.
    The first n without a right n-gram counts as half a right one, the next as a quarter."""
    log_sum, smallest = 0.0, 1.0
    for n in range(1, 5):
        right = total = 0
        for ours, reference in zip(translations, references, strict=True):
            counts = ngrams(ours, n)
            right += (counts & ngrams(reference, n)).total()    # each as often as in both
            total += counts.total()
        if total == 0 or (n == 1 and right == 0):
            return 0.0
        if right == 0:
            smallest /= 2
            right = smallest
        log_sum += math.log(right / total)
    ours, theirs = sum(map(len, translations)), sum(map(len, references))
    return 100 * math.exp(log_sum / 4 + min(0.0, 1 - theirs / ours))


def report(model, saved, pairs, sentence, beam):
    """Translations of the sentence (or of the first pair) and BLEU of those pairs whose source the
    net has not seen. Prints and returns them."""
    words, seen = (saved["source_words"], saved["target_words"]), set(saved["seen"])
    unseen = [pair for pair in pairs if pair[0] not in seen]
    if not unseen and not sentence:
        raise BadInput("nothing to translate: give --sentence, or --test with unseen sentences")
    source = tokenize(sentence) if sentence else unseen[0][0]
    candidates = translate(model, [source], *words, beam)[0]
    print(join(source))
    for score, tokens in candidates:
        print(f"{score:8.3f}  {join(tokens)}")
    result = {"losses": saved["losses"], "candidates": candidates, "greedy": None, "bleu": None}
    print(f"{len(unseen):,} of {len(pairs):,} pairs to test have a source sentence new to the net")
    if not unseen:
        return result

    sources, references, written = zip(*unseen, strict=True)
    for name, width in (("greedy", 1), ("bleu", beam)):
        ours = [best[0][1] for best in translate(model, sources, *words, width)]
        result[name] = bleu([line.split() for line in ours], [line.split() for line in references])
    try:
        from sacrebleu import BLEU
        unspaced = re.search(f"[{UNSPACED}]", written[0])
        metric = BLEU(lowercase=True, tokenize="char" if unspaced else "13a")
        score = metric.corpus_score([join(line) for line in ours], [written]).score
        print(f"sacreBLEU {score:.1f} | {metric.get_signature()}")
    except ImportError:
        print("for sacreBLEU's figure: python -m pip install sacrebleu")
    print(f"test BLEU {result['bleu']:.1f}, greedy {result['greedy']:.1f}")
    return result


def save_checkpoint(path, saved):
    """Whole or not at all: write beside, then rename."""
    part = Path(f"{path}.part")
    try:
        torch.save(saved, part)
        part.replace(path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"{path}: the checkpoint could not be written: {error}") from None


def load_checkpoint(path):
    """The net, and what was saved with it: words, settings, seed, the sentences it has seen."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        model = Translator(len(saved["source_words"]), len(saved["target_words"]),
                           **saved["settings"])
        model.load_state_dict(saved["weights"])
        print(f"{path}: seed {saved['seed']}, {len(saved['seen']):,} source sentences seen")
        return model, saved
    except Exception as error:      # a damaged or foreign file is reported in a dozen ways
        reason = str(error).split("\n")[0]
        raise BadInput(f"{path}: expected a checkpoint that lesson13_6 saved, got "
                       f"{type(error).__name__}: {reason}") from None


def main(train=None, val=None, test=None, reverse=False, sentence=None, load=None, save=None,
         epochs=7, batch_size=96, hidden=128, dropout=0.1, smoothing=0.1, lr=5e-3, beam=5, seed=0):
    """Train (or load) a translator, measure BLEU on pairs it has not seen, translate a sentence.

    train: pairs, `sentence TAB sentence` a line; without it the English-French ones that ship
    val: pairs to watch during training; without it some are held out of train
    test: pairs to translate in the end; without it some are held out of train
    reverse: translate from the second column into the first
    sentence: a sentence to translate
    load: a saved net, to translate --test or --sentence with
    save: where to write the trained net
    epochs: passes over the training pairs, >= 1
    batch_size: pairs a step, >= 1
    hidden: width of embeddings and states, >= 1
    dropout: share of inputs set to 0 in training, >= 0 and < 1
    smoothing: share of the right word's probability spread over all words, >= 0 and < 1
    lr: highest learning rate of the one cycle, > 0
    beam: sentences kept in the search, 1 is greedy, >= 1
    seed: of weights, dropout and the order of pairs, >= 0
    """
    torch.manual_seed(seed)
    device = pick_device()
    if sentence is not None and not tokenize(sentence):
        raise BadInput(f"expected a sentence with words to translate, got {sentence!r}")
    if save and not Path(save).absolute().parent.is_dir():
        raise BadInput(f"{save}: expected a file in an existing folder for --save")
    if load:
        model, saved = load_checkpoint(load)
        pairs = read_pairs(test, saved["reverse"]) if test else []
        return report(model.to(device), saved, pairs, sentence, beam)

    # 1. Prepare data
    if train is None:
        train, val, test = SHIPPED[0], val or SHIPPED[1], test or SHIPPED[2]
    pairs, val_pairs, test_pairs = read_parts(train, val, test, reverse)
    source_words = vocabulary(source for source, _, _ in pairs)
    target_words = vocabulary(target for _, target, _ in pairs)
    x, x_val = (encode([pair[0] for pair in part], source_words) for part in (pairs, val_pairs))
    y, y_val = (encode([pair[1] for pair in part], target_words) for part in (pairs, val_pairs))
    print(f"{len(x):,} pairs to learn from, {len(x_val):,} to watch | vocabularies "
          f"{len(source_words):,} and {len(target_words):,}")
    if re.search(f"[{UNSPACED}]", "".join(source_words + target_words)):
        print("no spaces between words in one of the languages: there each character is a token")

    # 2. Define model
    settings = {"hidden": hidden, "dropout": dropout}
    model = Translator(len(source_words), len(target_words), **settings).to(device)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=smoothing)
    floor = smoothing_floor(smoothing, len(target_words))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * math.ceil(len(x) / batch_size), pct_start=0.15)

    # 4. Training cycle: forward, backward, update
    losses = {"training, smoothed": [], "its floor": [], "validation": []}
    for epoch in range(1, epochs + 1):
        loss = run_epoch(model, x, y, batch_size, criterion, optimizer, scheduler)
        if not loss < 3 * math.log(len(target_words)):      # far worse than a guess, or nan
            raise BadInput(f"the loss is {loss:.3g}: the training diverges, try a smaller --lr")
        val_loss = run_epoch(model, x_val, y_val, 256, nn.CrossEntropyLoss(ignore_index=PAD))
        for curve, value in zip(losses.values(), (loss, floor, val_loss), strict=True):
            curve.append(value)
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {loss:.4f}, never below {floor:.4f} | "
                  f"validation {val_loss:.4f}", flush=True)

    saved = {"source_words": source_words, "target_words": target_words, "settings": settings,
             "seed": seed, "reverse": reverse, "seen": [pair[0] for pair in pairs + val_pairs],
             "losses": losses, "weights": model.state_dict()}
    if save:
        save_checkpoint(save, saved)
    return report(model, saved, test_pairs, sentence, beam)


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["losses"]), "lesson13_6")
