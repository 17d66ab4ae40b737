"""Lesson 13.5: English to French with attention. Each word written looks at the words it needs.

    state      s_t = GRU([word t-1, c_t-1], s_t-1)      s_0 = tanh(W [last states of the encoder])
    attention  a_t = softmax(s_t B h_1, ..., s_t B h_S)         c_t = a_t1 h_1 + ... + a_tS h_S
    scores of word t = U tanh(A [s_t, c_t])                     h: the encoder's states, both ways

Run:     python liuer/lesson13_5.py                 (--help lists the settings)
Prints:  test BLEU 88.3 with attention, 59.8 without
Notes:   liuer/README.md, lecture 13
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from files import LONGEST, bleu, check_words, drawable, read_pair_parts, tokenize, vocabulary
from utils import BadInput, finite, pick_device, progress, settings, show

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


class AttentionTranslator(nn.Module):
    def __init__(self, source_words, target_words, hidden_size=128, attention=True, pad=0):
        super().__init__()
        self.attention, self.pad = attention, pad
        half = max(1, hidden_size // 2)                 # for a word, and for each direction
        self.source_embedding = nn.Embedding(source_words, half)
        self.encoder = nn.GRU(half, half, batch_first=True, bidirectional=True)
        self.start = nn.Linear(2 * half, hidden_size)
        self.target_embedding = nn.Embedding(target_words, half)
        self.decoder = nn.GRUCell(3 * half, hidden_size)
        self.key = nn.Linear(2 * half, hidden_size, bias=False)
        self.combine = nn.Linear(hidden_size + 2 * half, hidden_size)
        self.output = nn.Linear(hidden_size, target_words)
        nn.init.normal_(self.source_embedding.weight, std=0.1)      # PyTorch's own first weights
        nn.init.normal_(self.target_embedding.weight, std=0.1)      # learn more slowly here
        nn.init.normal_(self.output.weight, std=0.35)

    def encode(self, x):                                # (N, S)
        """What the decoder goes on from: (state, context, states, keys, mask)."""
        mask = x != self.pad                            # (N, S)
        packed = pack_padded_sequence(self.source_embedding(x), mask.sum(dim=1).cpu(),
                                      batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        vector = torch.cat([last[0], last[1]], dim=1)   # (N, H)  last forward, last backward
        if not self.attention:                          # one thing to look at: the one vector
            states, mask = vector.unsqueeze(1), mask[:, :1]             # (N, 1, H), (N, 1)
        state = torch.tanh(self.start(vector))                          # (N, H)
        return state, torch.zeros_like(vector), states, self.key(states), mask

    def step(self, word, memory):                       # (N,)
        """Read a word and look: features of the next word (N, H), where it looks (N, S)."""
        state, context, states, keys, mask = memory
        embedded = self.target_embedding(word)                          # (N, E)
        state = self.decoder(torch.cat([embedded, context], dim=1), state)
        scores = (keys @ state.unsqueeze(2)).squeeze(2)                 # (N, S)
        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)  # padding gets 0
        context = (weights.unsqueeze(1) @ states).squeeze(1)            # (N, H)
        features = torch.tanh(self.combine(torch.cat([state, context], dim=1)))
        return features, weights, (state, context, states, keys, mask)

    def decode(self, y, memory):                        # (N, 1)
        features, _, memory = self.step(y[:, 0], memory)
        return self.output(features).unsqueeze(1), memory               # (N, 1, V)

    def forward(self, x, y):                            # (N, S), (N, T)  y: <bos> and true words
        memory = self.encode(x)
        all_features, all_weights = [], []
        for t in range(y.shape[1]):
            features, weights, memory = self.step(y[:, t], memory)
            all_features.append(features)
            all_weights.append(weights)
        logits = self.output(torch.stack(all_features, dim=1))          # (N, T, V)
        return logits, torch.stack(all_weights, dim=1)                  # (N, T, S)


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


@torch.no_grad()
def look(model, sentence, translation, source_words, target_words):
    """The attention weights (T, S): a row for each word written and <eos>."""
    model.eval()
    device = next(model.parameters()).device
    x = encode([sentence], source_words).to(device)                     # (1, S)
    y = encode([translation], target_words).to(device)                  # (1, T)
    _, weights = model(x, F.pad(y[:, :-1], (1, 0), value=BOS))          # (1, T, S)
    return weights[0].cpu()


def main(train=None, val=None, test=None, sentence=None, epochs=4, batch_size=48, hidden=128,
         lr=7e-3, seed=0):
    """Train the net without attention and with it; translate sentences it never saw.

    train: file to learn from, a line for a pair: English, tab, French (or another language)
    val: file to watch during training, in the same form
    test: file to translate in the end, in the same form
    sentence: English, to translate and draw; without it the first of 8 to 12 words in test
    epochs: passes over the training pairs
    batch_size: pairs a step
    hidden: numbers in a state of the decoder
    lr: highest learning rate of Adam
    seed: of the initial weights and the order of the pairs
    """
    if sentence is not None and not 1 <= len(tokenize(sentence)) <= LONGEST:
        raise BadInput(f"--sentence: expected 1 to {LONGEST} words, got {sentence[:40]!r}")
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    pairs, val_pairs, test_pairs = read_pair_parts(train, val, test, "eng-fra")
    source_words = vocabulary([source for source, target, written in pairs])
    target_words = vocabulary([target for source, target, written in pairs])
    describe(pairs, test_pairs, source_words)
    val_loader = make_batches(val_pairs, source_words, target_words, 64)
    sources = [source for source, target, written in test_pairs]
    references = [target for source, target, written in test_pairs]
    shown = sources[0]
    for source in sources:
        if 8 <= len(source) <= 12:
            shown = source
            break
    if sentence is not None:
        shown = tokenize(sentence)

    losses, val_losses, scores = {}, [], {}
    for name in ["without attention", "with attention"]:
        print(name)
        # 2. Define model
        torch.manual_seed(seed)         # the same initial weights and the same batches for both
        attention = name == "with attention"
        model = AttentionTranslator(len(source_words), len(target_words), hidden, attention, PAD)
        model.to(device)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss(ignore_index=PAD)       # the mean over words
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        steps = epochs * math.ceil(len(pairs) / batch_size)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(        # climbs at first, then falls to 0
            optimizer, lr, total_steps=steps, pct_start=0.1, cycle_momentum=False)

        # 4. Training cycle
        losses[name] = []
        val_losses.append([])
        for epoch in range(1, epochs + 1):
            batches = make_batches(pairs, source_words, target_words, batch_size)
            loader = progress(batches, f"epoch {epoch}/{epochs}")
            loss = finite(train_translator(model, loader, criterion, optimizer, scheduler))
            losses[name].append(loss)
            val_loss = finite(test_translator(model, val_loader, criterion))
            val_losses[-1].append(val_loss)
            if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
                print(f"epoch {epoch:2d}/{epochs} | loss {loss:.4f} | validation {val_loss:.4f}")

        translations = translate(model, sources, source_words, target_words)
        scores[name] = bleu(translations, references)
        if scores[name] == 0:
            tell_exact(translations, references)
        translation = translate(model, [shown], source_words, target_words)[0]
        print(" ".join(shown), "->", " ".join(translation))

    score, without = scores["with attention"], scores["without attention"]
    print(f"test BLEU {score:.1f} with attention, {without:.1f} without")
    return {"losses": losses, "val_losses": val_losses, "bleu": score, "bleu_without": without,
            "words": shown, "translation": translation,
            "weights": look(model, shown, translation, source_words, target_words)}


def draw(result):
    """Left: where each French word written looks. Right: the losses with and without attention."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    columns = [drawable(word) for word in result["words"] + ["<eos>"]]
    rows = [drawable(word) for word in result["translation"] + ["<eos>"]]
    image = left.imshow(result["weights"].numpy(), cmap="Blues", vmin=0, vmax=1)
    left.set_xticks(range(len(columns)), columns, rotation=45)
    left.set_yticks(range(len(rows)), rows)
    figure.colorbar(image, label="attention weight")
    for name, losses in result["losses"].items():
        right.plot(range(1, len(losses) + 1), losses, marker=".", label=name)
    right.set(xlabel="epoch", ylabel="training loss of a word",
              title=f"BLEU {result['bleu']:.1f} with, {result['bleu_without']:.1f} without")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.legend()
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13_5")
