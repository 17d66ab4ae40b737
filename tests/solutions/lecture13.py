"""Solutions of lecture 13, and changes to them that readers make: each must be seen."""

import math

import torch
from torch import nn


def majority(y_train, y_test):
    grade = max(range(5), key=y_train.count)
    return y_test.count(grade) / len(y_test)


def pad(reviews):
    rows = [torch.tensor(review) for review in reviews]
    x = nn.utils.rnn.pad_sequence(rows, batch_first=True)       # (N, T)
    lengths = torch.tensor([len(review) for review in reviews])
    return x, lengths


class BagOfWords(nn.Module):
    def __init__(self, words=20, embedding_size=4, grades=5):
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_size)
        self.linear = nn.Linear(embedding_size, grades)

    def forward(self, x, lengths):
        mask = (x != 0).unsqueeze(2)                            # (N, T, 1)
        total = (self.embedding(x) * mask).sum(dim=1)           # (N, E)
        return self.linear(total / lengths.unsqueeze(1))        # (N, 5)


def summary(gru, x, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    _, h_n = gru(packed)                                        # (2 layers, N, H)
    return torch.cat([h_n[-2], h_n[-1]], dim=1)


def last_state(gru, x, lengths):
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    _, h_n = gru(packed)                                        # (1, N, H)
    return h_n[0]


def attention(scores, lengths):
    place = torch.arange(scores.shape[1])                       # (S,)
    padding = place >= lengths.unsqueeze(1)                     # (N, S)
    return scores.masked_fill(padding, -math.inf).softmax(dim=1)


def brevity_penalty(translations, references):
    c = sum(len(words) for words in translations)
    r = sum(len(words) for words in references)
    if c > r:
        return 1.0
    return math.exp(1 - r / c)


def untag(letters, tags):
    words, word = [], ""
    for letter, tag in zip(letters, tags, strict=True):
        word += letter
        if tag in "ES":
            words.append(word)
            word = ""
    return words


def allowed(tags):
    if tags[0] not in "BS" or tags[-1] not in "ES":
        return False
    return all(tags[i - 1] in BEFORE[tags[i]] for i in range(1, len(tags)))


def total_score(scores, tags):
    total = 0
    for row, tag in zip(scores, tags, strict=True):
        total += row["BMES".index(tag)]
    return total


def viterbi(scores):
    best = {"B": (-math.inf, ""), "M": (-math.inf, ""), "E": (0.0, ""), "S": (-math.inf, "")}
    for row in scores:
        longer = {}
        for tag, score in zip("BMES", row, strict=True):
            total, tags = max(best[before] for before in BEFORE[tag])
            longer[tag] = (total + score, tags + tag)
        best = longer
    return max(best["E"], best["S"])[1]


def perplexity(z, y):
    return math.exp(nn.functional.cross_entropy(z, y).item())


def with_temperature(z, temperature):
    return (z / temperature).softmax(dim=0)


def decode(step, h, bos, eos, most):
    words, word = [], bos
    while len(words) < most:
        scores, h = step(word, h)
        word = scores.argmax().item()
        if word == eos:
            break
        words.append(word)
    return words


BEFORE = {"B": "ES", "M": "BM", "E": "BM", "S": "ES"}
MISTAKES = {
    "13-1": [("key=y_train.count", "key=y_test.count"), ("len(y_test)", "len(y_train)"),
             (", batch_first=True", ""), ("self.embedding(x) * mask", "self.embedding(x)"),
             ("total / lengths.unsqueeze(1)", "total / x.shape[1]"),
             ("total / lengths.unsqueeze(1)", "total"),
             ("[len(review) for", "[float(len(review)) for"),
             ("(self.embedding(x) * mask).sum(dim=1)", "(self.embedding(x) * mask).sum(dim=2)")],
    "13-2": [("torch.cat([h_n[-2], h_n[-1]], dim=1)", "h_n[-1]"),
             ("[h_n[-2], h_n[-1]]", "[h_n[0], h_n[1]]"), ("dim=1", "dim=0"),
             ("[h_n[-2], h_n[-1]]", "[h_n[-1], h_n[-2]]"), ("gru(packed)", "gru(x)")],
    "13-3": [("_, h_n = gru(packed)", "_, h_n = gru(x)"), (", enforce_sorted=False", ""),
             ("    return h_n[0]", "    return gru(x)[0][:, -1]"), ("return h_n[0]", "return h_n"),
             ("    return h_n[0]", "    return gru(x)[0][range(len(x)), lengths - 2]")],
    "13-4": [("scores.masked_fill(padding, -math.inf).softmax(dim=1)", "scores.softmax(dim=1)"),
             ("scores.masked_fill(padding, -math.inf).softmax(dim=1)",
              "scores.softmax(dim=1).masked_fill(padding, 0)"),
             ("-math.inf", "-100.0"), ("-math.inf", "0"),
             ("softmax(dim=1)", "softmax(dim=0)"), (">=", ">")],
    "13-5": [("    if c > r:\n        return 1.0\n", ""), ("r / c", "c / r"),
             ("math.exp(1 - r / c)", "c / r"), ("sum(len(words) for words in translations)",
             "len(translations)"), ("sum(len(words) for words in translations)",
             "len(translations[0])")],
    "13-6": [('"ES"', '"E"'), ('            word = ""\n', ""), ('"ES"', '"BS"'),
             ("        word += letter\n        if", "        if")],
    "13-7": [('best["E"], best["S"]', 'best["B"], best["M"], best["E"], best["S"]'),
             ('"M": (-math.inf, "")', '"M": (0.0, "")'), ("BEFORE[tag]", '"BMES"'),
             ("tags + tag)", "tag + tags)"), ("(total + score", "(score"),
             ('    return max(best["E"], best["S"])[1]',
              '    return "".join("BMES"[row.index(max(row))] for row in scores)'),
             ('"ES":\n        return False', '"EMS":\n        return False'),
             ('row["BMES".index(tag)]', 'max(row)')],
    "13-8": [(".item())", ".item() * len(y))"), ("math.exp(nn", "(nn"),
             ("(z / temperature).softmax(dim=0)", "z.softmax(dim=0) / temperature"),
             ("z / temperature", "z * temperature")],
    "13-9": [("word = scores.argmax().item()", "word = scores.argmax()"),
             ("scores, h = step(word, h)", "scores, _ = step(word, h)"),
             ("        if word == eos:\n            break\n        words.append(word)\n",
              "        words.append(word)\n        if word == eos:\n            break\n"),
             ("scores, h = step(word, h)", "scores, h = step(bos, h)"),
             ("len(words) < most", "True")],
}
ALSO_RIGHT = {
    "13-3": [("    return h_n[0]", "    return gru(x)[0][range(len(x)), lengths - 1]")],
    "13-4": [("scores.masked_fill(padding, -math.inf).softmax(dim=1)",
              "torch.where(padding, -1e9, scores).softmax(dim=1)")],
    "13-5": [("c > r", "c >= r")],
}
