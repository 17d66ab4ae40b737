"""Lesson 13.6: a translator to keep: beam search, tied weights, smoothing, and a file of it all.

    smoothed target = (1 - s) * right word + s / V * each of the V words
    score of a sentence = mean log-probability of its words; go on with the `beam` likeliest

Run:     python liuer/lesson13_6.py --save en-fr.pt         (--help lists the settings)
         python liuer/lesson13_6.py --load en-fr.pt --sentence "My brother has a black dog."
Prints:  test BLEU 91.9, greedy 91.3
Notes:   liuer/README.md, lecture 13
"""

import math
import re
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

import files
from files import (
    UNSPACED,
    bleu,
    check_words,
    join_words,
    read_pair_parts,
    read_pairs,
    tokenize,
    vocabulary,
)
from utils import BadInput, finite, pick_device, plot_curve, progress, settings, show

PAD, BOS, EOS, UNK = range(4)       # the places of <pad>, <bos>, <eos>, <unk> in a vocabulary
LONGEST = 200       # words of --sentence: the time of the search grows with their square


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


class Translator(nn.Module):
    def __init__(self, source_words, target_words, hidden_size=128, dropout=0.1, pad=0):
        super().__init__()
        self.source_words, self.target_words, self.pad = source_words, target_words, pad
        self.source_embedding = nn.Embedding(len(source_words), hidden_size)
        self.encoder = nn.GRU(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.target_embedding = nn.Embedding(len(target_words), hidden_size)
        self.decoder = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.query = nn.Linear(hidden_size, 2 * hidden_size, bias=False)
        self.decoder2 = nn.GRU(3 * hidden_size, hidden_size, batch_first=True)  # after the look
        self.combine = nn.Linear(4 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, len(target_words))
        self.output.weight = self.target_embedding.weight           # tied: learned once
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.source_embedding.weight, std=0.35)     # PyTorch's N(0, 1) is large
        nn.init.normal_(self.target_embedding.weight, std=0.35)     # for the weights of an output

    def encode(self, x):                            # (N, S)
        """What the decoder needs: (states, mask, last)."""
        mask = x != self.pad                        # (N, S)
        embedded = self.dropout(self.source_embedding(x))
        packed = pack_padded_sequence(embedded, mask.sum(dim=1).cpu(), batch_first=True,
                                      enforce_sorted=False)
        states, last = self.encoder(packed)         # last (2, N, H): a start for each decoder
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        return self.dropout(states), mask, last     # (N, S, 2H), (N, S), (2, N, H)

    def decode(self, y, memory):                    # (N, T)  y: <bos> and the words so far
        states, mask, last = memory
        embedded = self.dropout(self.target_embedding(y))                       # (N, T, H)
        s, _ = self.decoder(embedded, last[:1])                                 # (N, T, H)
        scores = self.query(s) @ states.transpose(1, 2)                         # (N, T, S)
        weights = scores.masked_fill(~mask.unsqueeze(1), -torch.inf).softmax(dim=2)
        context = weights @ states                                              # (N, T, 2H)
        s2, _ = self.decoder2(self.dropout(torch.cat([s, context], dim=2)), last[1:])
        features = self.combine(self.dropout(torch.cat([s, s2, context], dim=2))).tanh()
        return self.output(self.dropout(features)), weights         # (N, T, V), (N, T, S)

    def forward(self, x, y):                        # (N, S), (N, T)
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


def smoothing_floor(smoothing, size):
    """The entropy of the smoothed target over `size` words: no net has a smaller smoothed loss."""
    other = smoothing / size                        # the share of each wrong word
    right = 1 - smoothing + other
    entropy = -right * math.log(right)
    if other > 0:
        entropy -= (size - 1) * other * math.log(other)
    return entropy


@torch.no_grad()
def search(model, sentence, beam=5):
    """A translation of one sentence (lists of words). In each step every beginning is continued by
    its likeliest words; of all these the `beam` likeliest go on (1: greedy). In the end the mean
    log-probability of a word decides: the sum favours the short."""
    model.eval()
    device = next(model.parameters()).device
    x = encode([sentence], model.source_words).to(device)               # (1, S)
    states, mask, last = model.encode(x)
    best = [(0.0, [BOS])]       # beginnings: (log-probability, numbers of the words)
    for _ in range(2 * x.shape[1] + 10):            # a limit: some never write <eos>
        longer = [one for one in best if one[1][-1] == EOS]             # these are finished
        unfinished = [one for one in best if one[1][-1] != EOS]
        if not unfinished:
            break
        y = torch.tensor([numbers for _, numbers in unfinished], device=device)     # (K, T)
        count = len(unfinished)
        memory = states.repeat(count, 1, 1), mask.repeat(count, 1), last.repeat(1, count, 1)
        logits, _ = model.decode(y, memory)                             # (K, T, V)
        log_p = logits[:, -1].log_softmax(dim=1)                        # (K, V)  of the next word
        top = log_p.topk(min(beam, log_p.shape[1]))                     # (K, beam)
        for i, (total, numbers) in enumerate(unfinished):
            for value, number in zip(top.values[i].tolist(), top.indices[i].tolist()):
                longer.append((total + value, numbers + [number]))
        longer.sort(reverse=True)
        best = longer[:beam]

    finished = [one for one in best if one[1][-1] == EOS] or best
    chosen = max(finished, key=lambda one: one[0] / (len(one[1]) - 1))[1]
    _, weights = model.decode(torch.tensor([chosen], device=device), (states, mask, last))
    translation = []
    for t, number in enumerate(chosen[1:]):
        word = model.target_words[number]
        if number == UNK and sentence:              # copied: the source word it looks at most
            word = sentence[weights[0, t, :-1].argmax().item()]         # without <eos>
        if number != EOS:
            translation.append(word)
    return translation


def translate_all(model, sentences, beam=5):
    """A translation of each sentence (lists of words)."""
    check_words(sentences)
    return [search(model, sentence, beam) for sentence in sentences]


def sacrebleu_score(translations, written):
    """BLEU of sentences as people write them, by the package that papers use; its signature."""
    try:
        from sacrebleu import BLEU
    except ImportError:
        return "for sacreBLEU's figure: python -m pip install sacrebleu"
    unspaced = re.search(f"[{UNSPACED}]", written[0])       # no words: characters are compared
    metric = BLEU(lowercase=True, tokenize="char" if unspaced else "13a")
    sentences = [join_words(words) for words in translations]
    score = metric.corpus_score(sentences, [written]).score
    return f"sacreBLEU {score:.1f} | {metric.get_signature()}"


def share_of_unknown(sentences, words):
    x = encode(sentences, words)
    return ((x == UNK).sum() / (x >= UNK).sum()).item()         # no padding and no <eos>


def report(model, pairs, seen, sentence, beam, losses):
    """A translation of the sentence, and BLEU of those pairs whose source the net has not seen."""
    result = {"losses": losses}
    unseen = [pair for pair in pairs if " ".join(pair[0]) not in seen]
    if not unseen and not sentence:
        raise BadInput("nothing to translate: give --sentence, or --test with unseen sentences")
    if sentence:
        result["translation"] = join_words(search(model, tokenize(sentence), beam))
        print(f"{sentence} -> {result['translation']}")
    if not unseen:
        return result

    sources = [source for source, target, written in unseen]
    references = [target for source, target, written in unseen]
    written = [written for source, target, written in unseen]
    print(f"{len(unseen):,} of {len(pairs):,} pairs to test are new to the net; unknown to it: "
          f"{share_of_unknown(sources, model.source_words):.1%} of their words, "
          f"{share_of_unknown(references, model.target_words):.1%} of the references'")
    result["greedy"] = bleu(translate_all(model, sources, 1), references)
    translations = translate_all(model, sources, beam)
    result["bleu"] = bleu(translations, references)
    print(sacrebleu_score(translations, written))
    right = 0
    for translation, reference in zip(translations, references):
        if translation == reference:
            right += 1
    why = "" if result["bleu"] else "; BLEU is 0, for in none are four words in a row right"
    print(f"{right:,} of {len(references):,} translations are exactly right{why}")
    print(f"test BLEU {result['bleu']:.1f}, greedy {result['greedy']:.1f}")
    return result


def load_translator(path):
    """The net, its direction, the sentences it has seen, the curves of its training."""
    saved = files.load(path)
    try:
        model = Translator(**saved["settings"])
        model.load_state_dict(saved["weights"])
        return model, saved["reverse"], set(saved["seen"]), saved["losses"]
    except Exception:           # of many kinds: it holds something else, or other sizes
        raise BadInput(f"{path}: expected a file that lesson13_6.py saved") from None


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
    epochs: passes over the training pairs
    batch_size: pairs a step
    hidden: width of embeddings and states
    dropout: share of inputs set to 0 in training
    smoothing: share of the right word's probability spread over all words
    lr: highest learning rate of the one cycle
    beam: sentences kept in the search, 1 is greedy
    seed: of weights, dropout and the order of pairs
    """
    torch.manual_seed(seed)
    device = pick_device()
    if dropout >= 1 or smoothing >= 1:
        raise BadInput(f"--dropout {dropout}, --smoothing {smoothing}: expected less than 1")
    if sentence is not None and not 1 <= len(tokenize(sentence)) <= LONGEST:
        raise BadInput(f"--sentence: expected 1 to {LONGEST} words, got {sentence[:40]!r}")
    if save and (Path(save).is_dir() or not Path(save).expanduser().absolute().parent.is_dir()):
        raise BadInput(f"{save}: expected a file in an existing folder for --save")
    if load:
        model, reverse, seen, curves = load_translator(load)
        pairs = read_pairs(test, reverse) if test else []
        return report(model.to(device), pairs, seen, sentence, beam, curves)

    # 1. Prepare data
    pairs, val_pairs, test_pairs = read_pair_parts(train, val, test, "eng-fra", reverse)
    source_words = vocabulary([source for source, target, written in pairs])
    target_words = vocabulary([target for source, target, written in pairs])
    val_loader = make_batches(val_pairs, source_words, target_words, 256)

    # 2. Define model
    sizes = {"source_words": source_words, "target_words": target_words, "hidden_size": hidden,
             "dropout": dropout}
    model = Translator(**sizes).to(device)
    print(f"{len(pairs):,} pairs, {sum(p.numel() for p in model.parameters()):,} parameters")

    # 3. Loss and optimizer (settings: the best on the validation pairs)
    floor = smoothing_floor(smoothing, len(target_words))
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=smoothing)
    val_criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(len(pairs) / batch_size)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(    # climbs at first, then falls to 0
        optimizer, lr, total_steps=steps, pct_start=0.15, cycle_momentum=False)

    # 4. Training cycle
    losses, val_losses = [], []
    for epoch in range(1, epochs + 1):
        batches = make_batches(pairs, source_words, target_words, batch_size)
        loader = progress(batches, f"epoch {epoch}/{epochs}")
        losses.append(finite(train_translator(model, loader, criterion, optimizer, scheduler)))
        val_losses.append(finite(test_translator(model, val_loader, val_criterion)))
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}, never below {floor:.4f} | "
                  f"validation {val_losses[-1]:.4f}")

    curves = {"training, smoothed": losses, "its floor": [floor] * epochs, "validation": val_losses}
    seen = {" ".join(source) for source, target, written in pairs + val_pairs}
    if save:
        files.save(save, {"settings": sizes, "weights": model.state_dict(), "reverse": reverse,
                          "seen": sorted(seen), "losses": curves})
    return report(model, test_pairs, seen, sentence, beam, curves)


def draw(result):
    return plot_curve(result["losses"], ylabel="loss of a word")


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13_6")
