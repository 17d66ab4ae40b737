"""Lesson 13.5: English to French with attention. Each word written looks at the words it needs.

    state      s_t = GRU([word t-1, c_t-1], s_t-1)      s_0 = tanh(W [last states of the encoder])
    attention  a_t = softmax(s_t B h_1, ..., s_t B h_S)         c_t = a_t1 h_1 + ... + a_tS h_S
    scores of word t = U tanh(A [s_t, c_t])                     h: the encoder's states, both ways

Run:   python liuer/lesson13_5.py           (--help lists the settings)
See:   test BLEU 89.8 with attention, 65.0 without
Notes: liuer/README.md, lecture 13
"""

import math
import re
import unicodedata
from collections import Counter

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from utils import DATA, BadInput, finite, flags, pick_device, read_text, show  # liuer/utils.py

PAD, BOS, EOS, UNK = range(4)
UNSPACED = "[\u0e00-\u109f\u1780-\u17ff\u3001-\u9fff]"     # Thai to Chinese: no spaces
# A French elision keeps its apostrophe (l' | homme), an English ending takes it along (i | 'm).
WORD = re.compile(r"aujourd'hui|\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)|'\w+|\w+|[^\w\s]")


def tokenize(sentence):
    """Lower-case words and punctuation marks: "L'homme, dit-il." -> l' homme , dit - il ."""
    return WORD.findall(unicodedata.normalize("NFC", sentence).lower().replace("’", "'"))


def read_pairs(path):
    """English and French sentences (lists of words) of lines `English TAB French TAB anything`."""
    rows = [line.split("\t") for line in read_text(path).rstrip("\n ").split("\n")]
    for number, row in enumerate(rows, start=1):
        whole = 1 < len(row) == len(rows[0]) and row[0].strip() and row[1].strip()
        if not whole or row[0].strip().isdigit() or row[1].strip().isdigit():
            raise BadInput(f"{path}, line {number}: expected English TAB French, as many tabs as in"
                           f" line 1 and no number alone, got {str(row[:2])[:60]}")
        if re.search(UNSPACED, row[0] + row[1]):
            raise BadInput(f"{path}, line {number}: no space between words: see lesson13_6.py")
    return [tokenize(row[0]) for row in rows], [tokenize(row[1]) for row in rows]


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
    def __init__(self, source_words, target_words, hidden=128, attention=True, pad=0, bos=1):
        super().__init__()
        self.attention, self.pad, self.bos = attention, pad, bos
        half = max(1, hidden // 2)                      # for a word, and for each direction
        self.source_embedding = nn.Embedding(source_words, half)
        self.encoder = nn.GRU(half, half, batch_first=True, bidirectional=True)
        self.start = nn.Linear(2 * half, hidden)
        self.target_embedding = nn.Embedding(target_words, half)
        self.decoder = nn.GRUCell(3 * half, hidden)
        self.key = nn.Linear(2 * half, hidden, bias=False)
        self.combine = nn.Linear(hidden + 2 * half, hidden)
        self.output = nn.Linear(hidden, target_words)
        for layer, std in ((self.source_embedding, 0.1), (self.target_embedding, 0.1),
                           (self.output, 0.35)):        # PyTorch's own learn more slowly here
            nn.init.normal_(layer.weight, std=std)

    def encode(self, x):                                # (N, S)
        mask = x != self.pad                            # (N, S)
        packed = pack_padded_sequence(self.source_embedding(x), mask.sum(dim=1).cpu(),
                                      batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        vector = torch.cat([last[0], last[1]], dim=1)   # (N, H)  last forward, last backward
        if not self.attention:                          # one thing to look at: the one vector
            states, mask = vector.unsqueeze(1), mask[:, :1]             # (N, 1, H), (N, 1)
        return states, mask, vector                     # (N, S, H), (N, S), (N, H)

    def forward(self, x, y=None, steps=None):
        """Scores of each word (N, T, V) and attention weights (N, T, S) for source words x (N, S).
        With the true words y (N, T) each step reads the true word before it, else the likeliest."""
        states, mask, vector = self.encode(x)
        keys, state = self.key(states), torch.tanh(self.start(vector))  # (N, S, H), (N, H)
        context = torch.zeros_like(vector)                              # (N, H)
        word = torch.full_like(x[:, 0], self.bos)                       # (N,)
        all_logits, all_weights = [], []
        for t in range(steps if y is None else y.shape[1]):
            embedded = self.target_embedding(word)                      # (N, E)
            state = self.decoder(torch.cat([embedded, context], dim=1), state)
            scores = (keys @ state.unsqueeze(2)).squeeze(2)             # (N, S)
            weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)      # padding gets 0
            context = (weights.unsqueeze(1) @ states).squeeze(1)        # (N, H)
            features = torch.tanh(self.combine(torch.cat([state, context], dim=1)))
            logits = self.output(features)                              # (N, V)
            all_logits.append(logits)
            all_weights.append(weights)
            word = logits.argmax(dim=1) if y is None else y[:, t]
        return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)


@torch.no_grad()
def translate(model, sentences, source_words, target_words):
    """Greedy translations of lists of words, and the attention weights (N, T, S)."""
    x = encode(sentences, source_words).to(model.output.weight.device)  # (N, S)
    logits, weights = model(x, steps=2 * x.shape[1] + 10)   # a limit: some never write <eos>
    translations = []
    for row in logits.argmax(dim=2).tolist():
        end = (row + [EOS]).index(EOS)
        translations.append([target_words[number] for number in row[:end]])
    return translations, weights.cpu()


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


def fit(model, x, y, x_val, y_val, epochs, batch_size, lr):
    """Train the net on x (N, S) and y (N, T), padded; return each epoch's mean loss of a token."""
    lengths = (y != PAD).sum(dim=1).cpu()                                   # (N,)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)                       # the mean over tokens
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(    # climbs at first, then falls to 0
        optimizer, lr, epochs=epochs, steps_per_epoch=math.ceil(len(x) / batch_size))
    losses = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        order = torch.randperm(len(x))
        parts = order[lengths[order].argsort(stable=True)].split(batch_size)
        for k in torch.randperm(len(parts)).tolist():   # each of like length: little is padding
            y_batch = y[parts[k], :lengths[parts[k]].max()]
            logits, _ = model(x[parts[k]], y_batch)
            loss = criterion(logits.flatten(0, 1), y_batch.flatten())       # forward
            optimizer.zero_grad()
            loss.backward()                                                 # backward
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()                                                # update
            scheduler.step()
            total += finite(loss) * (y_batch != PAD).sum().item()
        losses.append(total / lengths.sum().item())
        with torch.no_grad():
            val_loss = criterion(model(x_val, y_val)[0].flatten(0, 1), y_val.flatten())
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f} | validation {val_loss:.4f}")
    return losses


def main(train=None, val=None, test=None, sentence=None, epochs=5, batch_size=64, hidden=128,
         lr=7e-3, seed=0):
    """Train the net without attention and with it; translate sentences it never saw.

    train: file to learn from, a line for a pair: English, tab, French (or another language)
    val: file to watch during training, in the same form
    test: file to translate in the end, in the same form
    sentence: English, to translate and draw; without it the first of 8 to 12 words in test
    epochs: passes over the training pairs, >= 1
    batch_size: pairs a step, >= 1
    hidden: numbers in a state of the decoder, >= 1
    lr: highest learning rate of Adam, > 0
    seed: of the initial weights and the order of the pairs, >= 0
    """
    if sentence is not None and not tokenize(sentence):
        raise BadInput(f"--sentence: expected words, got {sentence!r}")
    device = pick_device()

    # 1. Prepare data
    english, french = read_pairs(train or DATA / "eng-fra-train.txt")
    english_val, french_val = read_pairs(val or DATA / "eng-fra-val.txt")
    english_test, french_test = read_pairs(test or DATA / "eng-fra-test.txt")
    fitting = [words for words in english_test if 8 <= len(words) <= 12] or english_test
    shown = tokenize(sentence or "") or fitting[0]
    words = vocabulary(english), vocabulary(french)
    x, learned = encode(english_test, words[0]), set(map(tuple, english))
    both, new = sum(tuple(s) in learned for s in english_test), (x == UNK).sum() / (x >= UNK).sum()
    print(f"{len(english_test)} to translate, {both} also in training; unknown words {new:.1%}")
    x, x_val = (encode(part, words[0]).to(device) for part in (english, english_val))     # (N, S)
    y, y_val = (encode(part, words[1]).to(device) for part in (french, french_val))       # (N, T)

    losses, scores = {}, {}
    for name in ("without attention", "with attention"):
        print(name)
        # 2. Define model
        torch.manual_seed(seed)         # the same initial weights and the same batches for both
        model = Translator(len(words[0]), len(words[1]), hidden, name == "with attention")

        # 3. Loss and optimizer: cross-entropy and Adam, in fit()
        # 4. Training cycle: forward, backward, update are the loop of fit()
        losses[name] = fit(model.to(device), x, y, x_val, y_val, epochs, batch_size, lr)
        translations, weights = translate(model, [shown] + english_test, *words)
        ours = translations[1:]
        scores[name] = bleu(ours, french_test)
        if scores[name] == 0:
            right = sum(ours[i] == french_test[i] for i in range(len(ours)))
            print(f"BLEU is 0, for in none are four words in a row right; exactly right: "
                  f"{right} of {len(ours)}")
        print(f"{' '.join(shown)}\n  -> {' '.join(translations[0])}")

    without, score = scores.values()
    print(f"test BLEU {score:.1f} with attention, {without:.1f} without")
    return {"losses": losses, "bleu": score, "bleu_without": without, "words": shown,
            "translation": translations[0], "weights": weights[0, :, :len(shown) + 1]}


def draw(result):
    """Left: where each French word written looks. Right: the losses with and without attention."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    columns, rows = result["words"] + ["<eos>"], result["translation"] + ["<eos>"]
    image = left.imshow(result["weights"][:len(rows)].numpy(), cmap="Blues", vmin=0, vmax=1)
    left.set_xticks(range(len(columns)), columns, rotation=45)
    left.set_yticks(range(len(rows)), rows)
    figure.colorbar(image, label="attention weight")
    for name, losses in result["losses"].items():
        right.plot(range(1, len(losses) + 1), losses, marker=".", label=name)
    right.set(xlabel="epoch", ylabel="training loss of a token",
              title=f"BLEU {result['bleu']:.1f} with, {result['bleu_without']:.1f} without")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.legend()
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson13_5")
