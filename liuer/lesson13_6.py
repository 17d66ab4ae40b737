"""Lesson 13.6: a translator to keep: beam search, tied weights, smoothing, and a file of it all.

    smoothed target = (1 - s) * right word + s / V * each of the V words
    score of a sentence = mean log-probability of its words; go on with the `beam` likeliest

Run:   python liuer/lesson13_6.py           (--help lists the settings)
See:   test BLEU 91.6, greedy 91.0
Notes: liuer/README.md, lecture 13
"""

import math
import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from utils import DATA, BadInput, finite, flags, pick_device, plot_curve, read_text, show

PAD, BOS, EOS, UNK = range(4)
# Thai to Tibetan, Burmese, Khmer, Japanese, Chinese: no spaces between words, a token a character.
UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u3001-\u312f\u31f0-\u4dbf\u4e00-\u9fff\uff01-\uffef"
WORD = re.compile(rf"[{UNSPACED}]|aujourd'hui|\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)"
                  rf"|'?[^\W{UNSPACED}]+|[^\w\s]")


def tokenize(sentence):
    """Lower-case tokens with spaces between: "L'homme, dit-il." -> "l' homme , dit - il ."."""
    return " ".join(WORD.findall(unicodedata.normalize("NFC", sentence).lower().replace("’", "'")))


def join(tokens):
    """Back to a sentence as people write it: "l' homme , dit - il ." -> "l'homme, dit-il."."""
    sentence = re.sub(r" (?=[,.;:!?)\]]|'\w)", "", tokens)
    sentence = re.sub(r"(?<=[(\[]) |(?<=\w') (?=\w)|(?<=\w) ([-/]) (?=\w)", r"\1", sentence)
    return re.sub(rf"(?<=[{UNSPACED}]) | (?=[{UNSPACED}])", "", sentence)


def read_pairs(path, reverse=False):
    """Triples (source tokens, target tokens, target as written) of lines `source TAB target`."""
    rows, pairs = [line.split("\t") for line in read_text(path).rstrip("\n ").split("\n")], []
    for number, row in enumerate(rows, start=1):
        tokens = [tokenize(sentence) for sentence in row[:2]]
        if not 1 < len(row) == len(rows[0]) or not all(tokens) or any(t.isdigit() for t in tokens):
            raise BadInput(f"{path}, line {number}: expected two sentences with a tab between, as "
                           f"many tabs as in line 1 and no number alone, got {str(row[:2])[:60]}")
        pairs.append((tokens[1], tokens[0], row[0]) if reverse else (*tokens, row[1]))
    if any(re.search(f"[{UNSPACED}]", source + target) for source, target, _ in pairs):
        print(f"{path}: no spaces between words: there a token is a character, so is it for BLEU")
    return pairs


def read_parts(train, val, test, reverse):
    """The pairs to learn from, to watch, to translate. For a part without a file every tenth source
    sentence is held out, with all its translations (of many fewer: some 1,000 sentences)."""
    if train is None:
        train, val = DATA / "eng-fra-train.txt", val or DATA / "eng-fra-val.txt"
        test = test or DATA / "eng-fra-test.txt"
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
    return ["<pad>", "<bos>", "<eos>", "<unk>"] + sorted(w for w in counts if counts[w] >= 2)


def encode(sentences, words):
    """<bos>, the numbers of a sentence's words, <eos>, padded to the longest sentence: (N, T)."""
    numbers = {word: number for number, word in enumerate(words)}
    rows = [torch.tensor([BOS] + [numbers.get(word, UNK) for word in sentence.split()] + [EOS])
            for sentence in sentences]
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


class Translator(nn.Module):
    def __init__(self, source_words, target_words, hidden=128, dropout=0.1, pad=0):
        super().__init__()
        self.source_words, self.target_words, self.pad = source_words, target_words, pad
        self.source_embedding = nn.Embedding(len(source_words), hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.target_embedding = nn.Embedding(len(target_words), hidden)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.query = nn.Linear(hidden, 2 * hidden, bias=False)
        self.decoder2 = nn.GRU(3 * hidden, hidden, batch_first=True)   # knows what was looked at
        self.combine = nn.Linear(4 * hidden, hidden)
        self.output = nn.Linear(hidden, len(target_words))
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


def run_epoch(model, pairs, batch_size, criterion, optimizer=None, scheduler=None):
    """Mean loss of a word over the pairs; where there is an optimizer, learn from each batch."""
    was_training, device = model.training, model.output.weight.device
    model.train(optimizer is not None)
    pairs = [pairs[i] for i in torch.randperm(len(pairs)).tolist()]
    pairs.sort(key=lambda pair: (pair[1].count(" "), pair[0].count(" ")))   # ties stay shuffled
    batches = [pairs[i:i + batch_size] for i in range(0, len(pairs), batch_size)]
    total = 0.0
    for k in torch.randperm(len(batches)).tolist():     # each of like length: little is padding
        x = encode([pair[0] for pair in batches[k]], model.source_words)[:, 1:].to(device)
        y = encode([pair[1] for pair in batches[k]], model.target_words).to(device)   # (N, 1 + T)
        with torch.set_grad_enabled(optimizer is not None):
            logits, _ = model(x, y[:, :-1])             # (N, T, V)  each word sees those before it
            loss = criterion(logits.flatten(0, 1), y[:, 1:].flatten())  # forward
        if optimizer:
            optimizer.zero_grad()
            loss.backward()                                             # backward
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()                                            # update
            scheduler.step()
        total += finite(loss) * (y[:, 1:] != PAD).sum().item()
    model.train(was_training)
    return total / sum(len(pair[1].split()) + 1 for pair in pairs)      # words and <eos>


def smoothing_floor(smoothing, size):
    """The entropy of the smoothed target over `size` words: no net has a smaller smoothed loss."""
    target = torch.tensor([1 - smoothing] + [0.0] * (size - 1)) + smoothing / size
    return torch.special.entr(target).sum().item()


@torch.no_grad()
def translate(model, sentences, beam=5):
    """A translation of each sentence. In each step every beginning is continued by every word; of
    all these the `beam` likeliest go on (1: greedy). In the end the mean log-probability of a word
    decides: the sum favours the short. For an <unk> stands the source word it looks at most."""
    was_training = model.training
    model.eval()
    device, translations = model.output.weight.device, []
    for start in range(0, len(sentences), 64):
        batch = sentences[start:start + 64]
        x = encode(batch, model.source_words)[:, 1:].to(device).repeat_interleave(beam, dim=0)
        first = torch.arange(0, len(x), beam, device=device)        # (N,)  x is (N * beam, S)
        words = torch.full((len(x), 1), BOS, device=device)         # (N * beam, 1), grows
        totals = torch.full((len(batch), beam), -torch.inf, device=device)
        totals[:, 0] = 0                                            # all begin alike: one counts
        while True:
            logits, weights = model(x, words)
            done = (words == EOS).any(dim=1)
            if done.all() or words.shape[1] > 2 * x.shape[1] + 10:
                break
            log_p = logits[:, -1].log_softmax(dim=1)                # (N * beam, V)
            log_p[done] = -torch.inf                                # what is finished ...
            log_p[done, PAD] = 0                                    # ... is only filled up
            continued = totals.unsqueeze(2) + log_p.view(len(batch), beam, -1)
            totals, best = continued.flatten(1).topk(beam)          # (N, beam) of (N, beam * V)
            rows = (first.unsqueeze(1) + best // log_p.shape[1]).flatten()
            words = torch.cat([words[rows], (best % log_p.shape[1]).view(-1, 1)], dim=1)
        means = totals.flatten() / (words[:, 1:] != PAD).sum(dim=1) - 1000 * ~done  # cut off: last
        best = first + means.view(len(batch), beam).argmax(dim=1)   # (N,)
        looks_at = weights.masked_fill((x == EOS).unsqueeze(1), 0).argmax(dim=2)  # not at <eos>
        for sentence, row in zip(batch, best.tolist(), strict=True):
            numbers = zip(words[row, 1:].tolist(), looks_at[row].tolist(), strict=False)
            tokens = [sentence.split()[place] if word == UNK else model.target_words[word]
                      for word, place in numbers if word not in (EOS, PAD)]
            translations.append(" ".join(tokens))
    model.train(was_training)
    return translations


def bleu(translations, references):
    """BLEU in per cent of lists of words, with one reference each (see lesson 13.4)."""
    if str in map(type, [*translations, *references]):
        raise BadInput("bleu: expected lists of words, got a string: split it first")
    log_sum = 0.0
    for n in range(1, 5):
        right = total = 0
        for pair in zip(translations, references, strict=True):
            ours, theirs = (Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))
                            for words in pair)
            right += (ours & theirs).total()                # each as often as in both
            total += ours.total()
        if right == 0:
            return 0.0
        log_sum += math.log(right / total)
    ours, theirs = sum(map(len, translations)), sum(map(len, references))
    return 100 * math.exp(log_sum / 4 + min(0.0, 1 - theirs / ours))


def report(model, pairs, seen, sentence, beam, losses):
    """A translation of the sentence, and BLEU of those pairs whose source the net has not seen."""
    result, unseen = {"losses": losses}, [pair for pair in pairs if pair[0] not in seen]
    if not unseen and not sentence:
        raise BadInput("nothing to translate: give --sentence, or --test with unseen sentences")
    if sentence:
        result["translation"] = join(translate(model, [tokenize(sentence)], beam)[0])
        print(f"{sentence} -> {result['translation']}")
    if unseen:
        sources, references, written = zip(*unseen, strict=True)
        words = encode(sources, model.source_words), encode(references, model.target_words)
        unknown = [(numbers == UNK).sum() / (numbers >= UNK).sum() for numbers in words]
        print(f"{len(unseen):,} of {len(pairs):,} pairs to test are new to the net; unknown to it: "
              f"{unknown[0]:.1%} of their words, {unknown[1]:.1%} of the references'")
        for name, width in (("greedy", 1), ("bleu", beam)):
            ours = translate(model, sources, width)
            result[name] = bleu([s.split() for s in ours], [s.split() for s in references])
        unspaced = re.search(f"[{UNSPACED}]", written[0])
        try:
            from sacrebleu import BLEU
            metric = BLEU(lowercase=True, tokenize="char" if unspaced else "13a")
            score = metric.corpus_score([join(line) for line in ours], [written]).score
            print(f"sacreBLEU {score:.1f} | {metric.get_signature()}")
        except ImportError:
            print("for sacreBLEU's figure: python -m pip install sacrebleu")
        right = [line == reference for line, reference in zip(ours, references, strict=True)]
        why = "" if result["bleu"] else "; BLEU is 0, for in none are four words in a row right"
        print(f"{sum(right):,} of {len(right):,} translations are exactly right{why}")
        print(f"test BLEU {result['bleu']:.1f}, greedy {result['greedy']:.1f}")
    return result


def save_checkpoint(path, saved):
    """Whole or not at all: write beside, then rename."""
    try:
        torch.save(saved, f"{path}.part")
        Path(f"{path}.part").replace(path)
    except (OSError, RuntimeError) as error:
        Path(f"{path}.part").unlink(missing_ok=True)
        raise BadInput(f"{path}: the checkpoint could not be written: {error}") from None


def load_checkpoint(path):
    """The net, its direction, the sentences it has seen, its losses. A bad file gives one line."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip():       # PyTorch compares no sums of what it reads
                raise ValueError("damaged weights")
        saved = torch.load(path, map_location="cpu", weights_only=True)
        model = Translator(**saved["settings"])
        model.load_state_dict(saved["weights"])
        return model.to(pick_device()), saved["reverse"], set(saved["seen"]), saved["losses"]
    except Exception as error:      # they have a dozen kinds
        raise BadInput(f"{path}: expected a file that lesson13_6 saved: {error!r:.40}") from None


def main(train=None, val=None, test=None, reverse=False, sentence=None, load=None, save=None,
         epochs=5, batch_size=64, hidden=128, dropout=0.1, smoothing=0.1, lr=5e-3, beam=5, seed=0):
    """Train (or load) a translator, measure BLEU on pairs it has not seen, translate a sentence.

    train: pairs, `sentence TAB sentence` a line; without it the English-French ones that ship
    val: pairs to watch during training; without it some are held out of train
    test: pairs to translate in the end; without it some are held out of train
    reverse: translate from the second column into the first
    sentence: a sentence to translate
    load: a saved net, to translate --test or --sentence with, without training
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
    if sentence is not None and not tokenize(sentence):
        raise BadInput(f"expected a sentence with words to translate, got {sentence!r}")
    if save and (Path(save).is_dir() or not Path(save).absolute().parent.is_dir()):
        raise BadInput(f"{save}: expected a file in an existing folder for --save")
    if load:
        model, reverse, seen, losses = load_checkpoint(load)
        pairs = read_pairs(test, reverse) if test else []
        return report(model, pairs, seen, sentence, beam, losses)

    # 1. Prepare data
    pairs, val_pairs, test_pairs = read_parts(train, val, test, reverse)
    seen = {pair[0] for pair in pairs + val_pairs}

    # 2. Define model
    settings = {"source_words": vocabulary(pair[0] for pair in pairs), "hidden": hidden,
                "target_words": vocabulary(pair[1] for pair in pairs), "dropout": dropout}
    model = Translator(**settings).to(pick_device())
    print(f"{len(pairs):,} pairs, {sum(p.numel() for p in model.parameters()):,} parameters")

    # 3. Loss and optimizer (settings: the best on the validation pairs)
    floor = smoothing_floor(smoothing, len(model.target_words))
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=smoothing)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * math.ceil(len(pairs) / batch_size), pct_start=0.15)

    # 4. Training cycle: forward, backward, update
    losses, val_losses = [], []
    for epoch in range(1, epochs + 1):
        losses.append(run_epoch(model, pairs, batch_size, criterion, optimizer, scheduler))
        val_losses.append(run_epoch(model, val_pairs, 256, nn.CrossEntropyLoss(ignore_index=PAD)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}, never below {floor:.4f} | "
                  f"validation {val_losses[-1]:.4f}", flush=True)
    curves = {"training, smoothed": losses, "its floor": [floor] * epochs, "validation": val_losses}
    if save:
        save_checkpoint(save, {"settings": settings, "weights": model.state_dict(), "seed": seed,
                               "reverse": reverse, "seen": sorted(seen), "losses": curves})
    return report(model, test_pairs, seen, sentence, beam, curves)


if __name__ == "__main__":
    result = main(**flags(main))
    show(plot_curve(result["losses"], ylabel="loss of a word"), "lesson13_6")
