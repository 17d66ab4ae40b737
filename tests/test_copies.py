"""Pieces that stand in several scripts: one test for all copies, found by name in the scripts.

What is right is told by PyTorch, NumPy, sacrebleu or a plain loop, not by another copy. And
equivalences on random inputs: what is derived by hand against autograd, BLEU against sacrebleu.
"""

import ast
import csv
import importlib
import inspect
import math
import os
import re
import tempfile
from collections import defaultdict
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import sacrebleu
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from conftest import LIUER, SCRIPTS
from utils import BadInput

hypothesis.configuration.set_hypothesis_home_dir(tempfile.mkdtemp())    # no folder in the clone
quick = hypothesis.settings(max_examples=30, derandomize=True, database=None, deadline=None)
torch.set_num_threads(1)
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
PAD, BOS, EOS, UNK = range(4)
OF_EVERY_SCRIPT = ["main", "draw"]      # test_scripts, test_mechanisms, test_training
# One name, but each script means something else by it and has tests of its own for that.
NO_COPIES = {
    "compare": ["image2tensor.py", "lesson13_3.py", "lesson9.py"],
    "join": ["lesson11_6.py", "lesson13_4.py", "lesson13_6.py"],
    "prepare": ["lesson10_3.py", "lesson8_2.py"],
    "read_parts": ["lesson13.py", "lesson13_2.py", "lesson13_6.py"],
    "report": ["lesson13_4.py", "lesson13_6.py", "lesson13_7.py"],
    "to_tensor": ["image2tensor.py", "lesson10_3.py", "lesson13.py", "lesson13_7.py"],
    "train": ["lesson11_5.py", "lesson5_2.py", "lesson7_2.py"],
}


def find_pieces():
    """name -> {script: its parameters} for the functions and classes at the top of all scripts."""
    pieces = defaultdict(dict)
    for script in SCRIPTS:
        for node in ast.parse((LIUER / script).read_text(encoding="utf-8")).body:
            function = node
            if isinstance(node, ast.ClassDef):
                makers = [part for part in node.body if getattr(part, "name", "") == "__init__"]
                function = makers[0] if makers else None
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names = [argument.arg for argument in function.args.args] if function else []
                pieces[node.name][script] = [name for name in names if name != "self"]
    return pieces


PIECES, SHARED = find_pieces(), set()


def module_of(script):
    return importlib.import_module(script[:-3])


def copies(*names):
    """Run a test on each script that has a function or class of one of these names."""
    SHARED.update(names)
    found = [(script, name) for name in names for script in PIECES[name]]
    if len(names) == 1:
        return pytest.mark.parametrize("script", [script for script, _ in found])
    return pytest.mark.parametrize(("script", "name"), found)


def test_every_copy_is_tested():
    """A name in two scripts has a test below, or stands in NO_COPIES with exactly these scripts."""
    for name, scripts in PIECES.items():
        if len(scripts) > 1 and name not in OF_EVERY_SCRIPT and name not in SHARED:
            assert list(scripts) == NO_COPIES.get(name), f"a test for all {name}() is missing"
    assert not SHARED & set(NO_COPIES)


@pytest.mark.parametrize(("name", "script"), [
    (name, script) for name, scripts in NO_COPIES.items() for script in scripts])
def test_what_is_no_copy_has_a_test_of_its_own(name, script):
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_l*.py")]
    texts += [(Path(__file__).parent / "test_image2tensor.py").read_text(encoding="utf-8")]
    module = script[:-3]
    assert [text for text in texts if re.search(rf"import {module}\b|from {module} import", text)
            and re.search(rf"\b{name}\(|\"{name}\"", text)]


# ------------------------------------------------------------------------------------------ nets
class Weights(dict):
    """A net's weights by name, and its layers as functions of PyTorch."""

    def linear(self, name, x):
        return F.linear(x, self[f"{name}.weight"], self[f"{name}.bias"])

    def conv(self, name, x, padding=0):
        return F.conv2d(x, self[f"{name}.weight"], self.get(f"{name}.bias"), padding=padding)

    def norm(self, name, x):
        return F.batch_norm(x, self[f"{name}.running_mean"], self[f"{name}.running_var"],
                            self[f"{name}.weight"], self[f"{name}.bias"], eps=1e-5)

    def part(self, name):
        start = f"{name}."
        return Weights({key[len(start):]: value for key, value in self.items()
                        if key.startswith(start)})


def perceptron(w, x):
    x = x.flatten(1)
    for i in range(1, 5):
        x = w.linear(f"l{i}", x).clamp(min=0)
    return w.linear("l5", x)


def two_convolutions(w, x):
    for name in ("conv1", "conv2"):
        x = F.max_pool2d(w.conv(name, x), 2).clamp(min=0)
    return w.linear("fc", x.flatten(1))


def inception(w, x):
    pooled = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=1)
    five = w.conv("branch5x5_2", w.conv("branch5x5_1", x), 2)
    three = w.conv("branch3x3_2", w.conv("branch3x3_1", x), 1)
    return torch.cat([w.conv("branch1x1", x), five, w.conv("branch3x3_3", three, 1),
                      w.conv("branch_pool", pooled)], dim=1)


def two_inceptions(w, x):
    x = inception(w.part("incep1"), F.max_pool2d(w.conv("conv1", x), 2).clamp(min=0))
    x = inception(w.part("incep2"), F.max_pool2d(w.conv("conv2", x), 2).clamp(min=0))
    return w.linear("fc", x.flatten(1))


def residual(w, x, shortcut=True):
    y = w.conv("conv1", x, 1)
    y = (w.norm("norm1", y) if "norm1.weight" in w else y).clamp(min=0)
    y = w.conv("conv2", y, 1)
    y = w.norm("norm2", y) if "norm2.weight" in w else y
    return (x + y if shortcut else y).clamp(min=0)


def residual_blocks(w, x):
    x = F.max_pool2d(w.conv("conv1", x).clamp(min=0), 2)
    x = residual(w.part("rblock1") or w.part("blocks1.0"), x)
    x = F.max_pool2d(w.conv("conv2", x).clamp(min=0), 2)
    x = residual(w.part("rblock2") or w.part("blocks2.0"), x)
    return w.linear("fc", x.flatten(1))


def dense(w, x):
    for i in range(6):
        layer = w.part(f"layers.{i}")
        x = torch.cat([x, layer.conv("2", layer.norm("0", x).clamp(min=0), 1)], dim=1)
    return x


def plain_layers(w, x):
    for i in range(6):
        layer = w.part(f"{i}")
        x = layer.conv("2", layer.norm("0", x).clamp(min=0), 1)
    return x


def dense_blocks(w, x):
    x = dense(w.part("block1"), F.max_pool2d(w.conv("conv1", x), 2))
    x = F.avg_pool2d(w.conv("transition", w.norm("norm1", x).clamp(min=0)), 2)
    x = w.norm("norm2", dense(w.part("block2"), x)).clamp(min=0)
    return w.linear("fc", F.avg_pool2d(x, 6).flatten(1))


def three_layers(w, x):
    for i in (1, 2, 3):
        x = 1 / (1 + torch.exp(-w.linear(f"linear{i}", x)))
    return x


def with_tanh_between(w, x):
    x = w.linear("linear2", w.linear("linear1", x).tanh()).tanh()
    return 1 / (1 + torch.exp(-w.linear("linear3", x)))


def recurrent(w, x, layer):
    """(T, N, E) -> (T, N, H), from states of 0."""
    h, rows = torch.zeros(x.shape[1], w[f"weight_hh{layer}"].shape[0]), []
    for x_t in x:
        h = torch.tanh(x_t @ w[f"weight_ih{layer}"].T + w[f"bias_ih{layer}"]
                       + h @ w[f"weight_hh{layer}"].T + w[f"bias_hh{layer}"])
        rows.append(h)
    return torch.stack(rows)


def embedded_letters(w, x):
    x = recurrent(w.part("rnn"), w["embedding.weight"][x].transpose(0, 1), "_l0")
    x = recurrent(w.part("rnn"), x, "_l1").transpose(0, 1)
    return w.linear("linear", x.flatten(0, 1))


# (class, its layers): what it computes, how many weights it has
NETS = {
    ("Net", "l1 l2 l3 l4 l5"): (perceptron, 575_050),
    ("Net", "conv1 conv2 pooling fc"): (two_convolutions, 8_490),
    ("Net", "conv1 conv2 incep1 incep2 mp fc"): (two_inceptions, 97_298),
    ("Net", "conv1 conv2 mp rblock1 rblock2 fc"): (residual_blocks, 41_514),
    ("Net", "conv1 conv2 mp blocks1 blocks2 fc"): (residual_blocks, 41_514),
    ("Net", "conv1 block1 norm1 transition block2 norm2 fc"): (dense_blocks, 26_818),
    ("ResidualBlock", "conv1 conv2"): (residual, 4_640),
    ("ResidualBlock", "conv1 conv2 norm1 norm2"): (residual, 4_704),
    ("PlainBlock", "conv1 conv2"): (lambda w, x: residual(w, x, shortcut=False), 4_640),
    ("PlainBlock", "0 1 2 3 4 5"): (plain_layers, 2_576),
    ("Model", "linear1 linear2 linear3 sigmoid"): (three_layers, 87),
    ("Model", "linear1 linear2 linear3"): (with_tanh_between, 87),
    ("Model", "cell"): (lambda w, x: recurrent(w.part("cell"), x[None], "")[0], 40),
    ("Model", "rnn"): (lambda w, x: recurrent(w.part("rnn"), x, "_l0").flatten(0, 1), 40),
    ("Model", "embedding rnn linear"): (embedded_letters, 380),
}
INPUTS = {"Net": (3, 1, 28, 28), "ResidualBlock": (2, 16, 6, 6), "PlainBlock": (2, 16, 6, 6),
          "linear": (5, 8), "cell": (2, 4), "rnn": (5, 2, 4)}


def build(script, name, **others):
    """That class, with weights by chance (a batch norm as made does nothing)."""
    module = module_of(script)
    known = inspect.signature(getattr(module, name)).parameters     # those it inherits, too
    block = getattr(module, "ResidualBlock", None) or getattr(module, "DenseBlock", None)
    arguments = {"channels": 16, "norm": nn.BatchNorm2d, "width": 6, "block": block, "depth": 1,
                 "activation": torch.tanh, "input_size": 4, "batch_size": 2} | others
    if name == "Model":
        arguments |= {"hidden_size": 4} if "batch_size" in known else {}
    torch.manual_seed(0)
    net = getattr(module, name)(**{key: arguments[key] for key in known if key in arguments})
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if "norm" in key or ".0." in key and key.count("running"):
                value.uniform_(0.5, 2) if value.is_floating_point() else None
    return net.eval()


@copies("Net", "ResidualBlock", "PlainBlock", "Model")
@torch.no_grad()
def test_a_net_computes_what_its_layers_say(script, name):
    net = build(script, name)
    layers = " ".join(key for key, _ in net.named_children())
    forward, count = NETS[name, layers]
    kind = name if name in INPUTS else re.match("linear|cell|rnn|.*", layers)[0]
    x = torch.randint(4, (2, 5)) if "embedding" in layers else torch.randn(INPUTS[kind])
    inputs = [x, torch.randn(2, 4)] if layers == "cell" else [x]
    assert sum(p.numel() for p in net.parameters()) == count
    if layers == "cell":        # the state before stands in the place of zeros
        w = Weights(net.state_dict()).part("cell")
        expected = torch.tanh(x @ w["weight_ih"].T + w["bias_ih"]
                              + inputs[1] @ w["weight_hh"].T + w["bias_hh"])
    else:
        expected = forward(Weights(net.state_dict()), x)
    torch.testing.assert_close(net(*inputs), expected, rtol=1e-4, atol=1e-5)


@copies("first_gradient")
def test_the_first_gradient_is_that_of_the_first_layer(script):
    module = module_of(script)
    x, y = torch.randn(4, 1, 28, 28), torch.tensor([3, 1, 4, 1])
    if "seed" in PIECES["first_gradient"][script]:      # it makes a net of two blocks itself
        found = module.first_gradient(module.ResidualBlock, 2, x, y, 7)
        torch.manual_seed(7)
        layers = {"conv": nn.Conv2d(1, 16, 5), "one": module.ResidualBlock(16),
                  "two": module.ResidualBlock(16), "fc": nn.Linear(2304, 10)}
        w = Weights(nn.ModuleDict(layers).named_parameters())
        h = F.max_pool2d(w.conv("conv", x).clamp(min=0), 2)
        h = residual(w.part("two"), residual(w.part("one"), h))
        logits, first = w.linear("fc", h.flatten(1)), w["conv.weight"]
    else:
        net = build(script, "Net")
        found = module.first_gradient(net, x, y)
        w = Weights(net.named_parameters())
        logits, first = residual_blocks(w, x), w["conv1.weight"]
    loss = torch.logsumexp(logits, dim=1).mean() - logits[range(4), y].mean()
    gradient, = torch.autograd.grad(loss, first)
    assert found == pytest.approx(gradient.square().sum().sqrt().item(), rel=1e-4)


# ------------------------------------------------------------------------------------------ scores
class Answers(nn.Module):
    """Its first number is the class that it answers; notes in which mode it is asked."""

    def __init__(self, classes=10):
        super().__init__()
        self.linear = nn.Linear(1, 1)           # says on which device it is
        self.classes, self.modes = classes, set()

    def forward(self, x, lengths=None):
        self.modes.add((self.training, torch.is_grad_enabled()))
        if self.classes == 1:                   # the probability of class 1
            return x.flatten(1)[:, :1]
        numbers = x if self.classes == 4 else x.flatten(1)[:, 0].long()
        return F.one_hot(numbers % self.classes, self.classes).float()


def answered(y):
    """Images of which Answers reads y."""
    return y.float().view(-1, 1, 1, 1).expand(-1, 1, 28, 28)


@copies("accuracy")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_accuracy_is_the_share_of_right_answers_of_all_batches(script, training, shape):
    """Labels (N, 1) against answers (N,) would compare each with each, without an error."""
    accuracy, known = module_of(script).accuracy, PIECES["accuracy"][script]
    y = torch.arange(2300) % 10             # more than two big batches, the last one smaller
    wrong = (torch.arange(2300) % 1150 < 100)       # other shares in other batches
    model = Answers(10 if known == ["model", "x", "y"] else 1).train(training)
    if known == ["model", "x", "y"]:
        score = accuracy(model, answered((y + wrong) % 10), y.view(shape))
    else:               # of two classes: 0.5 is not yet class 1
        y, p = y % 2, torch.where((y % 2 == 1) ^ wrong, 0.5001, 0.5)
        if known == ["model", "loader"]:
            dataset = TensorDataset(p.view(-1, 1), y.float().view(shape))
            score = accuracy(model, DataLoader(dataset, 256))
            short = DataLoader(dataset, 1150 + 64, drop_last=True)      # 100 of 1,214 are wrong
            assert accuracy(model, short) == pytest.approx(1 - 164 / 1214)
        else:
            assert known == ["y_pred", "y"]
            score, model = accuracy(p.view(-1, 1), y.float().view(shape)), None
    assert score == pytest.approx(1 - 200 / 2300) and isinstance(score, float)
    if model:
        assert model.modes == {(False, False)} and model.training is training


@copies("predict")
@pytest.mark.parametrize("training", [True, False])
def test_predict_answers_for_each_input(script, training):
    """Some copies return the classes, some the probability of each, one both: class and its p; one
    of letters with lengths logarithms of probabilities, a row a letter."""
    predict, known = module_of(script).predict, PIECES["predict"][script]
    if known == ["model", "lines"]:             # the tag is the letter's place modulo 4
        found = predict(Answers(4), ["abcz", "d"])
        rows = [F.one_hot(torch.tensor(tags), 4).float() for tags in ([0, 1, 2, 1], [3])]
        for row, one in zip(found, rows, strict=True):
            torch.testing.assert_close(row, one - math.log(math.e + 3))
        return
    y, model = torch.arange(2300) % 10, Answers().train(training)
    assert known in (["model", "x"], ["model", "x", "lengths"])
    result = predict(model, answered(y), *[None] * (len(known) - 2))
    first, *more = result if isinstance(result, tuple) else [result]
    if first.ndim == 2:
        more, first = [first[range(2300), y]], first.argmax(dim=1)
    assert torch.equal(first, y)
    for probability in more:                # the softmax of one 1 and nine 0
        torch.testing.assert_close(probability, torch.full((2300,), math.e / (math.e + 9)))
    assert model.modes == {(False, False)} and model.training is training


WORDS = st.lists(st.lists(st.sampled_from("abc"), max_size=8), min_size=3, max_size=3)


@copies("bleu")
@quick
@given(ours=WORDS, references=WORDS)
def test_bleu_is_that_of_sacrebleu(script, ours, references):
    references = [words or ["a"] for words in references]
    nearly = [words[:5] + ["x"] * (k % 2) for k, words in enumerate(references)]
    for written in (ours, nearly):
        expected = sacrebleu.corpus_bleu([" ".join(words) for words in written],
                                         [[" ".join(words) for words in references]],
                                         tokenize="none", force=True, smooth_method="none").score
        assert module_of(script).bleu(written, references) == pytest.approx(expected, abs=1e-6)
    longer = [words + ["d", "e", "f"] for words in references]
    assert module_of(script).bleu(longer, longer) == pytest.approx(100)


# --------------------------------------------------------------------------------- words, numbers
def tokens(script, text):
    """Some copies give a list of words, one a string with spaces between."""
    found = module_of(script).tokenize(text)
    return found.split() if isinstance(found, str) else found


def given_as(script, words):
    return " ".join(words) if isinstance(module_of(script).tokenize("a"), str) else words


@copies("tokenize")
@quick
@given(text=st.text("aBé1 '’,.!-", max_size=12))
def test_no_letter_and_no_mark_is_lost_in_tokens(script, text):
    found = tokens(script, text)
    assert all(found) and "".join(found) == "".join(text.lower().replace("’", "'").split())


@copies("tokenize")
@pytest.mark.parametrize(("text", "words"), [
    ("I’m sure, it's Tom's!", "i 'm sure , it 's tom 's !"), ("ÄPFEL (12)?", "äpfel ( 12 ) ?"),
    (" \u00a0 ", ""), ("a_b c-d", "a_b c - d")])
def test_tokens_that_all_copies_give(script, text, words):
    assert tokens(script, text) == words.split()


@copies("vocabulary")
def test_words_seen_twice_are_known(script):
    sentences = [given_as(script, line.split()) for line in ("b a b", "c a", "b d")]
    assert module_of(script).vocabulary(sentences) == [*SPECIAL, "a", "b"]


# parameters: arguments, what comes out. Unknown words are 3, after the last word stands 2.
ENCODED = {
    ("pairs", "vocabulary"): (
        [[("b c a", "heavy"), ("a b c", "broken")], {"a": 0, "b": 1, "c": 2}],
        [[[1, 2, 0], [0, 1, 2]], [2, 0]]),
    ("text", "characters"): (["ba?c", "\ufffdabc"], [2, 1, 0, 3]),
    ("lines", "alphabet", "padding"): ([["BME", "S"], "BMES", -100], [[0, 1, 2], [3, -100, -100]]),
    ("sentences", "words"): (
        [[["b", "zzz", "a"], ["a"]], [*SPECIAL, "a", "b"]], [[5, 3, 4, 2], [4, 2, 0, 0]]),
}


@copies("encode")
def test_what_is_read_becomes_numbers(script):
    known = tuple(PIECES["encode"][script])
    arguments, expected = ENCODED[known]
    if known == ("sentences", "words"):
        arguments = [[given_as(script, words) for words in arguments[0]], arguments[1]]
    found = module_of(script).encode(*arguments)
    if isinstance(found, tuple):
        assert [part.tolist() for part in found] == expected
        return
    if isinstance(arguments[0][0], str) and known == ("sentences", "words"):    # begins with <bos>
        assert found[:, 0].tolist() == [BOS, BOS]
        found = found[:, 1:]
    assert found.tolist() == expected and found.dtype == torch.int64


@copies("read_pairs")
def test_pairs_of_a_file(script, tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes(b"\xef\xbb\xbfWatch out!\tPass auf!\tCC-BY\r\nGo.\tLos!\tx\r\n\r\n")
    pairs = module_of(script).read_pairs(path)
    if isinstance(pairs, tuple):            # all sentences of the one side, all of the other
        pairs = list(zip(*pairs, strict=True))
    sides = [["watch out !", "pass auf !"], ["go .", "los !"]]
    wanted = [[given_as(script, side.split()) for side in pair] for pair in sides]
    assert [list(pair[:2]) for pair in pairs] == wanted


@copies("read_pairs")
@pytest.mark.parametrize(("content", "line"), [
    ("", 1), ("Go.\tLos!\tx\nGo.\n", 2), ("Go.\tLos!\n\nGo.\tLos!\n", 2), ("Go.\t \tx\n", 1),
    ("Go.\tLos!\tx\nGo.\tLos!", 2), ("Go.\tLos!\nGo.\tLos!\tx\n", 2), ("Go.\n", 1),
    (" \tLos!\n", 1), ("7\tGo.\t8\tLos!\n", 1), ("Go.\tLos!\tx\n0\tGo.\tx\n", 2)])
def test_a_line_that_is_no_pair_is_named(script, content, line, tmp_path):
    path = tmp_path / "p.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as error:
        module_of(script).read_pairs(path)
    assert f"{path}, line {line}: expected " in str(error.value) and "\n" not in str(error.value)


# --------------------------------------------------------------------------------- translators
SOURCE, TARGET = [*SPECIAL, "a", "b", "c", "d"], [*SPECIAL, "A", "B", "C"]
SENTENCES = [["a", "b"], ["c"], ["d", "a", "b", "c", "d"]]      # the first two get padding


def make_translator(script, seed):
    lists = "beam" in PIECES["translate"][script]       # takes the words themselves
    sizes = {"source_words": SOURCE if lists else len(SOURCE), "embedding": 4, "hidden": 8,
             "target_words": TARGET if lists else len(TARGET)}
    torch.manual_seed(seed)
    known = PIECES["Translator"][script]
    model = module_of(script).Translator(**{key: sizes[key] for key in known if key in sizes})
    with torch.no_grad():
        for p in model.parameters():            # fresh weights repeat one word for ever
            p.normal_(std=0.8)
        model.output.bias[[PAD, BOS, UNK]] = -1e4
    return model


def read_states(model, numbers):
    """The encoder's states of one sentence, without any padding; the last forward and backward."""
    states, last = model.encoder(model.source_embedding(torch.tensor(numbers)))
    return states, last[0], last[1]             # (S, 2E), (E,), (E,)


def with_one_vector(model, x, words):
    _, forward, backward = read_states(model, x)
    vector = torch.tanh(model.vector(torch.cat([forward, backward])))
    state, rows = vector, []
    for word in words:
        step = torch.cat([model.target_embedding.weight[word], vector])
        state = model.decoder(step[None], state[None])[1][0]
        rows.append(model.output(state))
    return torch.stack(rows)


def with_attention(model, x, words):
    states, forward, backward = read_states(model, x)
    vector = torch.cat([forward, backward])
    state, context, rows = torch.tanh(model.start(vector)), torch.zeros_like(vector), []
    for word in words:
        step = torch.cat([model.target_embedding.weight[word], context])
        state = model.decoder(step, state)
        context = (model.key(states) @ state).softmax(dim=0) @ states
        rows.append(model.output(torch.tanh(model.combine(torch.cat([state, context])))))
    return torch.stack(rows)


def with_two_decoders(model, x, words):
    states, state, state2 = read_states(model, x)
    rows = []
    for word in words:
        state = model.decoder(model.target_embedding.weight[word][None], state[None])[1][0]
        context = (states @ model.query(state)).softmax(dim=0) @ states
        state2 = model.decoder2(torch.cat([state, context])[None], state2[None])[1][0]
        features = model.combine(torch.cat([state, state2, context]))
        rows.append(model.output(torch.tanh(features)))
    return torch.stack(rows)


TRANSLATORS = {"vector": with_one_vector, "start": with_attention, "query": with_two_decoders}


def by_hand(model, sentence, words):
    """Scores of the word after each of these: for one sentence, one word at a time."""
    layer, = (name for name, _ in model.named_children() if name in TRANSLATORS)
    numbers = [SOURCE.index(word) for word in sentence] + [EOS]
    return TRANSLATORS[layer](model, numbers, words)


@copies("Translator")
@torch.no_grad()
def test_a_translator_in_a_padded_batch_is_the_net_word_by_word(script):
    model = make_translator(script, 0).eval()
    before = torch.tensor([[BOS, 4, 6, 5], [BOS, 6, 6, 4], [BOS, 5, 4, 4]])
    rows = [[SOURCE.index(word) for word in sentence] + [EOS] for sentence in SENTENCES]
    x = torch.tensor([row + [PAD] * (6 - len(row)) for row in rows])
    if "bos" in PIECES["Translator"][script]:           # puts <bos> before the words itself
        found = model(x, before.roll(-1, dims=1))
    else:
        found = model(x, before)
    scores = found[0] if isinstance(found, tuple) else found
    expected = [by_hand(model, sentence, words) for sentence, words
                in zip(SENTENCES, before.tolist(), strict=True)]
    torch.testing.assert_close(scores, torch.stack(expected), rtol=1e-4, atol=1e-4)


@copies("translate")
@torch.no_grad()
def test_the_likeliest_word_is_written_until_the_end(script):
    translate, lengths = module_of(script).translate, set()
    for seed in range(6):
        model = make_translator(script, seed).train()   # what has dropout must turn it off
        others = [1] if "beam" in PIECES["translate"][script] else [SOURCE, TARGET]
        found = translate(model, [given_as(script, words) for words in SENTENCES], *others)
        for sentence, ours in zip(SENTENCES, found[0] if isinstance(found, tuple) else found,
                                  strict=True):
            model.eval()
            words = [BOS]
            while len(words) <= 2 * 6 + 10 and words[-1] != EOS:    # 6: of the longest, with <eos>
                words.append(by_hand(model, sentence, words)[-1].argmax().item())
            wanted = [TARGET[number] for number in words[1:] if number != EOS]
            assert ours == given_as(script, wanted)
            lengths.add(len(wanted))
    assert len(lengths) > 2 and 22 in lengths       # some never end by themselves


# ------------------------------------------------------------------------- Kaggle's files, points
# columns of the first row, what x is made of it
KAGGLE = {
    "lesson8_2.py": ({"Survived": "1", "Pclass": "3", "Sex": "female", "Age": "22.5", "SibSp": "1",
                      "Parch": "0", "Fare": "7.25", "Embarked": "Q"},
                     [1, 3, 22.5, 1, 0, 7.25, 0, 1, 0]),
    "lesson9_3.py": ({"target": "Class_2"} | {f"feat_{i}": str(i % 7) for i in range(1, 94)},
                     [math.log(1 + i % 7) for i in range(1, 94)]),
}
ASKED = {"lesson8_2.py": ("Survived", "[01]"), "lesson9_3.py": ("target", "Class_[1-9]")}


def kaggle_file(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


@copies("read_kaggle")
def test_kaggles_columns_are_found_by_name(script, tmp_path):
    row, x = KAGGLE[script]
    column, pattern = ASKED[script]
    mixed = {"id": "7", **dict(reversed(row.items())), "Name": "A, B"}
    path = kaggle_file(tmp_path / "train.csv", [mixed, mixed])
    found, answers = module_of(script).read_kaggle(path, column, pattern, 2)
    torch.testing.assert_close(found, torch.tensor([x, x]))
    first = answers[0]
    assert first == row[column] or first.item() == float(row[column])
    with pytest.raises(BadInput, match=r"train.csv: expected 3 \w+ or more, got 2$"):
        module_of(script).read_kaggle(path, column, pattern, 3)


# Fields at the edge of what is right, and the nearest that are wrong.
FIELDS = {
    "Survived": ("0 1", ["2", "-1", "0.5", "10", "", "1 "]), "Pclass": ("1 2 3", ["0", "4", "1.0"]),
    "Age": ("0.42 99999 0", ["-0.1", "100000", "nan", "inf", "1e3", ".5"]),
    "SibSp": ("0 8", ["-1", "x"]), "Parch": ("0 9", ["-1"]), "Fare": ("0 512.3292", ["-1", "1,5"]),
    "Sex": ("male female", ["Female", "", "males"]), "Embarked": ("C Q S", ["s", "CQ", "B", "X"]),
    "target": ("Class_1 Class_9", ["Class_0", "Class_10", "class_1", "9", "", "Class_0.5"]),
    "feat_1": ("0 999999999", ["-1", "0.5", "1000000000", "", "1e3", "inf", "nan"]),
    "feat_93": ("0 999999999", ["-1", "0.5", "1000000000", "", "1e3"]),
}


@pytest.mark.parametrize(("script", "name"), [
    (script, name) for script in PIECES["read_kaggle"] for name in FIELDS
    if name in KAGGLE[script][0]])
def test_fields_of_kaggles_files_at_the_nearest_wrong_value(script, name, tmp_path):
    row, read = KAGGLE[script][0], module_of(script).read_kaggle
    right, wrong = FIELDS[name]
    rows = [row | {name: value} for value in right.split()]
    assert len(read(kaggle_file(tmp_path / "r.csv", rows), *ASKED[script])[0]) == len(rows)
    for value in wrong:
        path = kaggle_file(tmp_path / "w.csv", [row, row | {name: value}])
        with pytest.raises(BadInput) as error:
            read(path, *ASKED[script])
        assert str(error.value).startswith(f"{path}, line 3: expected ") and "\n" not in str(
            error.value), value


@copies("read_kaggle")
@pytest.mark.parametrize("change", [lambda line: line.rsplit(",", 1)[0], lambda line: line + ",1"])
def test_a_row_of_kaggles_with_a_field_less_or_more(script, change, tmp_path):
    path = tmp_path / "train.csv"
    kaggle_file(path, [KAGGLE[script][0]] * 3)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = change(lines[2])
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        module_of(script).read_kaggle(path, *ASKED[script])
    assert f"{path}, line 3: expected " in str(error.value)


# arguments, the lines of the file
SUBMITTED = {
    "lesson8_2.py": ((torch.tensor([[892.0], [1309.0]]), torch.tensor([[True], [False]])),
                     ["PassengerId,Survived", "892,1", "1309,0"]),
    "lesson9_3.py": ((["7", "144368"], torch.tensor([[0.5, 0.25, 0.125, 0.125, 0, 0, 0, 0, 0],
                                                     [0, 0, 0, 0, 0, 0, 0, 1e-7, 1.0]])),
                     ["id," + ",".join(f"Class_{i}" for i in range(1, 10)),
                      "7,0.500000,0.250000,0.125000,0.125000" + 5 * ",0.000000",
                      "144368" + 8 * ",0.000000" + ",1.000000"]),
}


@copies("write_answer")
def test_an_answer_is_written_whole_or_not_at_all(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, lines = SUBMITTED[script]
    module_of(script).write_answer(*arguments)
    path = tmp_path / "submission.csv"
    assert path.read_bytes().decode().split(os.linesep) == [*lines, ""]
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
    path.write_text("before", encoding="utf-8")
    with pytest.raises(BadInput, match=r"submission\.csv: expected to write there, got: disk full"):
        module_of(script).write_answer(*arguments)
    assert os.listdir() == ["submission.csv"] and path.read_text(encoding="utf-8") == "before"


@copies("make_clouds")
def test_clouds_lie_around_minus_1_and_1(script):
    x, y = (np.asarray(part) for part in module_of(script).make_clouds(7, 3))
    y = y.ravel()
    assert y.tolist() == [0, 1, 0, 1, 0, 1, 0] and x.shape == (7, 3) and (x[:, 0] == 1).all()
    noise = np.random.default_rng(3).standard_normal((7, 2))
    for (_, *point), label, (right, up) in zip(x, y, noise, strict=True):
        place = 1 if label else -1
        np.testing.assert_allclose(point, [place + right, place + up], rtol=1e-6)


# --------------------------------------------------------------------------------- moved images
@copies("move")
def test_images_are_moved_each_in_its_own_way_or_not_at_all(script):
    """A bar on black: in the mean it stays where it is, along both axes it goes both ways."""
    module, known = module_of(script), PIECES["move"][script][1:]
    move, still = module.move, dict.fromkeys(known, 0)
    black = (0 - 0.1307) / 0.3081
    image = torch.full((1, 1, 28, 28), black)
    image[..., 10:18, 12:16] = 1 + black
    torch.testing.assert_close(move(image, **still), image, rtol=1e-4, atol=1e-4)
    torch.manual_seed(0)
    pixels, = (key for key in known if key in ("shift", "pixels"))
    moved = move(image.expand(60, -1, -1, -1), **{**still, pixels: 3}) - black
    assert len({row.numpy().tobytes() for row in moved}) == 60
    torch.testing.assert_close(moved.sum(dim=(1, 2, 3)), torch.full((60,), 32.0))
    for axis in (2, 3):
        weight = moved.sum(dim=(1, 5 - axis))                               # (60, 28)
        places = (weight * torch.arange(28)).sum(dim=1) / weight.sum(dim=1) - 13.5
        assert abs(places.mean()) < 0.7 and 2 < places.max() <= 3.01 and -3.01 <= places.min() < -2
    turn, = (key for key in known if key in ("turn", "degrees"))
    turned = move(image.expand(60, -1, -1, -1), **{**still, turn: 90}) - black
    torch.testing.assert_close(turned.sum(dim=(1, 2, 3)), torch.full((60,), 32.0), rtol=0.05,
                               atol=0)
    wide = turned.sum(dim=(1, 2)).gt(0.5).sum(dim=1)        # columns: 4 upright, 8 lying down
    assert wide.min() == 4 and wide.max() >= 8


# ---------------------------------------------------------------------------- gradients by hand
numbers = st.floats(-5, 5).map(lambda value: round(value, 3))
LINES = {("w",): lambda x, w: w * x, ("w", "b"): lambda x, w, b: w * x + b,
         ("w1", "w2", "b"): lambda x, v, w, b: v * x**2 + w * x + b}
POINTS = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4)
FIRST = {"x": 2, "xs": 2}                       # parameters before the weights: x, y or xs, ys


def squared_error(parameters, weights, points):
    """The mean over the points of the squared error of the model with these weights, and its
    gradient, by autograd."""
    weights = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in weights]
    x, y = (torch.tensor(side, dtype=torch.float64) for side in zip(*points, strict=True))
    loss = ((LINES[tuple(parameters)](x, *weights) - y) ** 2).mean()
    return loss.item(), [grad.item() for grad in torch.autograd.grad(loss, weights)]


@copies("forward")
@quick
@given(x=numbers, weights=st.tuples(numbers, numbers, numbers))
def test_the_model_is_the_line_or_the_parabola(script, x, weights):
    first, *names = PIECES["forward"][script]
    assert first == "x"
    weights = weights[:len(names)]
    found = module_of(script).forward(x, *weights)
    assert found == pytest.approx(LINES[tuple(names)](x, *weights))


@copies("loss_of", "mse", "cost", "gradient")
@quick
@given(points=POINTS, weights=st.tuples(numbers, numbers, numbers))
def test_losses_and_gradients_by_hand_are_those_of_autograd(script, name, points, weights):
    known, function = PIECES[name][script], getattr(module_of(script), name)
    if known == ["w", "x", "y"]:                # of a logistic regression: below
        return
    data, names = known[:2], known[2:]
    assert data in (["x", "y"], ["xs", "ys"])
    if data == ["x", "y"]:                      # of one sample
        points = points[:1]
    weights = weights[:len(names)]
    loss, grads = squared_error(names, weights, points)
    xs, ys = zip(*points, strict=True)
    found = function(*((xs[0], ys[0]) if data == ["x", "y"] else (xs, ys)), *weights)
    wanted = grads if name == "gradient" else [loss]
    assert np.ravel(found).tolist() == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("script", [script for script, known in PIECES["gradient"].items()
                                    if known == ["w", "x", "y"]])
@quick
@given(w=st.lists(numbers, min_size=3, max_size=3),
       rows=st.lists(st.tuples(numbers, numbers, st.booleans()), min_size=1, max_size=6))
def test_logistic_regression_by_hand_is_that_of_autograd(script, w, rows):
    module = module_of(script)
    x = np.array([[1.0, one, two] for one, two, _ in rows])
    y = np.array([float(label) for *_, label in rows])
    weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    z = torch.from_numpy(x) @ weight
    loss = F.binary_cross_entropy_with_logits(z, torch.from_numpy(y))
    loss.backward()
    w = np.array(w)
    assert module.cost(w, x, y) == pytest.approx(loss.item())
    np.testing.assert_allclose(module.gradient(w, x, y), weight.grad, atol=1e-9)
    np.testing.assert_allclose(module.sigmoid(x @ w), z.detach().sigmoid(), atol=1e-12)
