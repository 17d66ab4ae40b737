"""Pieces that stand in several scripts, or that a reader copies: the same text in each, right, and
at home with other data.

What is right is told by PyTorch, NumPy, sacrebleu or a plain loop, not by another copy.
"""

import ast
import copy
import importlib
import inspect
import tempfile
from collections import defaultdict

import hypothesis
import numpy as np
import pytest
import sacrebleu
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

from conftest import LIUER, SCRIPTS

hypothesis.configuration.set_hypothesis_home_dir(tempfile.mkdtemp())    # no folder in the clone
quick = hypothesis.settings(max_examples=30, derandomize=True, database=None, deadline=None)
# One name, but each script means its own by it: its table of contents, its figure, its model.
OWN = ["main", "draw", "Net", "Model", "forward", "loss", "cost", "gradient"]


def module_of(script):
    return importlib.import_module(script[:-3])


def find_pieces():
    """name -> {script: syntax tree} for the functions and classes at the top of all scripts."""
    pieces = defaultdict(dict)
    for script in SCRIPTS:
        for node in ast.parse((LIUER / script).read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                pieces[node.name][script] = node
    return pieces


PIECES = find_pieces()


def copies(name):
    """Run a test on each script that has a function or class of that name."""
    return pytest.mark.parametrize("script", sorted(PIECES[name]))


def parameters_of(script, name):
    return list(inspect.signature(getattr(module_of(script), name)).parameters)


@pytest.mark.parametrize("name", [name for name in sorted(PIECES) if len(PIECES[name]) > 1
                                  and name not in OWN])
def test_a_piece_is_the_same_wherever_it_stands(name):
    first, *others = PIECES[name].items()
    for script, node in others:
        assert ast.unparse(node) == ast.unparse(first[1]), f"{script} and {first[0]}"


# ------------------------------------------------------------------------------ train() and test()
class Colours(nn.Module):
    """Images in colour, three classes; dropout, so that modes show; any size of image."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, kernel_size=3)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(16, 3)
        self.modes = []

    def forward(self, x):
        self.modes.append((self.training, torch.is_grad_enabled(), len(x)))
        x = F.relu(self.conv(x)).mean(dim=(2, 3))
        return self.fc(self.dropout(x))


def coloured(n, dtype=torch.float32, side=9):
    """n images of which one of three channels is brighter: that is their class."""
    y = torch.arange(n) % 3
    x = torch.rand(n, 3, side, side + 2, dtype=dtype)
    x[torch.arange(n), y] += 1
    return TensorDataset(x, y)


def folder_of_pictures(path):
    """Three folders of pictures, as ImageFolder reads them."""
    for name, colour in (("blue", (20, 20, 220)), ("green", (20, 220, 20)), ("red", (220, 20, 20))):
        (path / name).mkdir(parents=True)
        for k in range(4):
            Image.new("RGB", (9, 11), tuple(c + k for c in colour)).save(path / name / f"{k}.png")
    return ImageFolder(path, ToTensor())


DATA = {
    "another size, in colour": lambda path: (coloured(32), 10),
    "float64": lambda path: (coloured(32, torch.float64), 10),
    "batches of one": lambda path: (coloured(12), 1),
    "one batch larger than the data": lambda path: (coloured(32), 100),
    "a folder of pictures": lambda path: (folder_of_pictures(path / "pictures"), 5),
}


@pytest.mark.parametrize("kind", DATA)
def test_train_and_test_take_any_loader(kind, tmp_path):
    """The loss falls, is the mean of a sample; every sample is seen; modes are right."""
    from lesson9 import test, train
    torch.manual_seed(0)
    dataset, size = DATA[kind](tmp_path)
    loader = DataLoader(dataset, size, shuffle=True)
    x, y = dataset[0]
    model = Colours().to(x.dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()
    losses = [train(model, loader, criterion, optimizer) for _ in range(40)]
    assert isinstance(losses[0], float) and losses[-1] < 0.8 * losses[0]
    assert {mode[:2] for mode in model.modes} == {(True, True)}
    assert sum(n for *_, n in model.modes) == 40 * len(dataset)
    model.modes.clear()
    share = test(model, DataLoader(dataset, size))
    assert isinstance(share, float) and 0.6 < share <= 1
    assert {mode[:2] for mode in model.modes} == {(False, False)}
    assert sum(n for *_, n in model.modes) == len(dataset)


def test_the_loss_of_train_is_the_mean_of_a_sample_and_the_schedule_goes_with_the_steps():
    from lesson9 import train
    torch.manual_seed(0)
    dataset, model = coloured(7), nn.Sequential(nn.Flatten(), nn.Linear(297, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-12)       # stays where it is
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=10)
    found = train(model, DataLoader(dataset, 3), nn.CrossEntropyLoss(), optimizer, scheduler)
    x, y = dataset.tensors
    assert found == pytest.approx(F.cross_entropy(model(x), y).item(), rel=1e-5)
    assert scheduler.last_epoch == 3


class Answers(nn.Module):
    """Its input is the class that it answers."""

    def __init__(self, classes=10):
        super().__init__()
        self.linear = nn.Linear(1, 1)           # says on which device it is
        self.classes = classes

    def forward(self, x):
        return F.one_hot(x, self.classes).float()


def test_test_is_the_share_of_right_answers_of_all_batches():
    from lesson9 import test
    y = torch.arange(2300) % 10
    wrong = torch.arange(2300) % 1150 < 100         # other shares in other batches
    dataset = TensorDataset((y + wrong) % 10, y)
    assert test(Answers(), DataLoader(dataset, 1000)) == pytest.approx(1 - 200 / 2300)
    short = DataLoader(dataset, 1214, drop_last=True)
    assert test(Answers(), short) == pytest.approx(1 - 164 / 1214)
    column = TensorDataset(y, y.view(-1, 1))        # == would compare all with all
    with pytest.raises(AssertionError):
        test(Answers(), DataLoader(column, 1000))


def test_measuring_changes_nothing():
    from lesson9 import test
    from lesson11_2 import first_gradient
    model = Colours()
    before = copy.deepcopy(model.state_dict())
    loader = DataLoader(coloured(12), 5)
    shares = [test(model, loader) for _ in range(2)]
    x, y = next(iter(loader))
    gradients = [first_gradient(model, x, y) for _ in range(2)]
    assert shares[0] == shares[1] and gradients[0] == gradients[1] > 0
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    assert all(p.grad is None for p in model.parameters())


def test_the_first_gradient_is_that_of_the_first_layer():
    from lesson11_2 import first_gradient
    model = nn.Sequential(nn.Flatten(), nn.Linear(297, 5), nn.Tanh(), nn.Linear(5, 3))
    x, y = coloured(4).tensors
    logits = model(x)
    loss = torch.logsumexp(logits, dim=1).mean() - logits[range(4), y].mean()
    gradient, = torch.autograd.grad(loss, model[1].weight)
    found = first_gradient(model, x, y)
    assert found == pytest.approx(gradient.square().sum().sqrt().item(), rel=1e-5)


def test_digits_are_those_of_torchvision_one_by_one_and_together():
    from torchvision.transforms import Compose, Normalize

    from lesson9 import Digits
    images = torch.randint(256, (5, 28, 28), dtype=torch.uint8)
    dataset = Digits(images, torch.arange(5))
    transform = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
    wanted = torch.stack([transform(Image.fromarray(image.numpy())) for image in images])
    torch.testing.assert_close(torch.stack([x for x, _ in dataset]), wanted)
    x, y = next(iter(DataLoader(dataset, 5, collate_fn=tuple)))
    torch.testing.assert_close(x, wanted)
    assert y.tolist() == [0, 1, 2, 3, 4] and len(dataset) == 5


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
        layer = w.part(f"layers.{i}")
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


def recurrent(w, x, layer):
    """(T, N, E) -> (T, N, H), from states of 0."""
    h, rows = torch.zeros(x.shape[1], w[f"weight_hh{layer}"].shape[0]), []
    for x_t in x:
        h = torch.tanh(x_t @ w[f"weight_ih{layer}"].T + w[f"bias_ih{layer}"]
                       + h @ w[f"weight_hh{layer}"].T + w[f"bias_hh{layer}"])
        rows.append(h)
    return torch.stack(rows)


def embedded_letters(w, x):
    x = recurrent(w.part("rnn"), w["emb.weight"][x].transpose(0, 1), "_l0")
    x = recurrent(w.part("rnn"), x, "_l1").transpose(0, 1)
    return w.linear("fc", x)


# script, what makes it, what it computes, how many weights it has, the shape of an input
IMAGE, MAPS = (3, 1, 28, 28), (2, 16, 6, 7)
NETS = [
    ("lesson7.py", lambda m: m.Model(8), three_layers, 87, (5, 8)),
    ("lesson8.py", lambda m: m.Model(8), three_layers, 87, (5, 8)),
    ("lesson9.py", lambda m: m.Net(), perceptron, 575_050, IMAGE),
    ("lesson10.py", lambda m: m.Net(), two_convolutions, 8_490, IMAGE),
    ("lesson11.py", lambda m: m.Net(), two_inceptions, 97_298, IMAGE),
    ("lesson11_2.py", lambda m: m.Net(), residual_blocks, 41_514, IMAGE),
    ("lesson11_2.py", lambda m: m.ResidualBlock(16), residual, 4_640, MAPS),
    ("lesson11_2.py", lambda m: m.PlainBlock(16), lambda w, x: residual(w, x, shortcut=False),
     4_640, MAPS),
    ("lesson11_3.py", lambda m: m.Net(m.ResidualBlock, 1), residual_blocks, 41_514, IMAGE),
    ("lesson11_4.py", lambda m: m.Net(m.DenseBlock, 6), dense_blocks, 26_818, IMAGE),
    ("lesson11_4.py", lambda m: m.ChainBlock(16, 6), plain_layers, 2_576, MAPS),
    ("lesson11_5.py", lambda m: m.NormBlock(16, nn.BatchNorm2d), residual, 4_704, MAPS),
    ("lesson11_6.py", lambda m: m.Net(), residual_blocks, 41_514, IMAGE),
    ("lesson12_2.py", lambda m: m.Model(4, 4), lambda w, x: recurrent(w.part("rnn"), x, "_l0"),
     40, (5, 2, 4)),
    ("lesson12_3.py", lambda m: m.Model(4, 10, 8, 2), embedded_letters, 380, (2, 5)),
]


@pytest.mark.parametrize(("script", "make", "computes", "count", "shape"), NETS)
@torch.no_grad()
def test_a_net_computes_what_its_layers_say(script, make, computes, count, shape):
    torch.manual_seed(0)
    net = make(module_of(script))
    for part in net.modules():                  # a batch norm as made does nothing
        if isinstance(part, nn.BatchNorm2d):
            for value in (part.weight, part.bias, part.running_mean, part.running_var):
                value.uniform_(0.5, 2)
    x = torch.randint(4, shape) if script == "lesson12_3.py" else torch.randn(shape)
    assert sum(p.numel() for p in net.parameters()) == count
    found, expected = net.eval()(x), computes(Weights(net.state_dict()), x)
    torch.testing.assert_close(found.flatten(), expected.flatten(), rtol=1e-4, atol=1e-5)
    assert len(found) in (len(x), len(x) * shape[1])


# What a reader may build otherwise: other channels and sizes of images, widths, depths.
BLOCKS = {
    "InceptionA": ("lesson11.py", lambda m: m.InceptionA(3), 88),
    "ResidualBlock": ("lesson11_2.py", lambda m: m.ResidualBlock(3), 3),
    "PlainBlock": ("lesson11_2.py", lambda m: m.PlainBlock(3), 3),
    "ScaledBlock": ("lesson11_3.py", lambda m: m.ScaledBlock(3), 3),
    "ConvShortcutBlock": ("lesson11_3.py", lambda m: m.ConvShortcutBlock(3), 3),
    "DenseBlock": ("lesson11_4.py", lambda m: m.DenseBlock(3, 5, layers=2), 13),
    "ChainBlock": ("lesson11_4.py", lambda m: m.ChainBlock(3, 5, layers=2), 5),
    "NormBlock": ("lesson11_5.py", lambda m: m.NormBlock(3, nn.BatchNorm2d), 3),
}


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_block_takes_other_images(name, dtype):
    script, make, channels = BLOCKS[name]
    block = make(module_of(script)).to(dtype)
    y = block(torch.rand(1, 3, 9, 7, dtype=dtype))
    assert y.shape == (1, channels, 9, 7) and y.dtype == dtype
    y.sum().backward()
    assert all(p.grad is not None for p in block.parameters())
    if hasattr(block, "channels"):
        assert block.channels == channels


@pytest.mark.parametrize("script", ["lesson9.py", "lesson10.py", "lesson11.py", "lesson11_2.py"])
def test_a_net_takes_one_image_in_float64_and_no_image_of_another_size(script):
    net = module_of(script).Net().double()
    assert net(torch.rand(1, 1, 28, 28, dtype=torch.float64)).shape == (1, 10)
    with pytest.raises(RuntimeError):
        net(torch.rand(4, 1, 32, 32, dtype=torch.float64))      # not more rows of scores


RECURRENT = {
    "12.2 one layer": ("lesson12_2.py", lambda m: m.Model(3, 5), "steps"),
    "12.2 three layers": ("lesson12_2.py", lambda m: m.Model(3, 5, 3), "steps"),
    "12.3": ("lesson12_3.py", lambda m: m.Model(7, 3, 5, 1), "numbers"),
    "12.3 GRU": ("lesson12_3.py", lambda m: m.Model(7, 3, 5, 2, nn.GRU), "numbers"),
    "12.3 LSTM": ("lesson12_3.py", lambda m: m.Model(7, 3, 5, 2, nn.LSTM), "numbers"),
    "13.3": ("lesson13_3.py", lambda m: m.Tagger(7, 4, 3, 5, bidirectional=False), "lengths"),
    "13.4": ("lesson13_4.py", lambda m: m.OneVectorTranslator(7, 6, 3, 5), "pairs"),
    "13.5": ("lesson13_5.py", lambda m: m.AttentionTranslator(7, 6, 9), "pairs"),
    "13.6": ("lesson13_6.py", lambda m: m.Translator(["w"] * 7, ["w"] * 6, 8), "pairs"),
}


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n", [1, 3])
def test_a_recurrent_net_takes_other_sizes(name, dtype, n):
    """Any dtype (hidden states, too), batch, number of layers; without a warning."""
    script, make, kind = RECURRENT[name]
    net = make(module_of(script)).to(dtype)
    words = torch.randint(1, 6, (n, 4))
    inputs = {"steps": [torch.rand(4, n, 3, dtype=dtype)], "numbers": [words],
              "lengths": [words], "pairs": [words, words[:, :2]]}[kind]
    if kind == "lengths" and len(inspect.signature(net.forward).parameters) == 2:
        inputs.append(torch.full((n,), 4))
    found = net(*inputs)
    while isinstance(found, tuple):
        found = found[0]
    assert found.dtype == dtype and found.isfinite().all()
    found.sum().backward()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_cell_s_first_state_is_of_its_inputs_kind(dtype):
    from lesson12 import Model
    model, inputs = Model(3, 5).to(dtype), torch.rand(4, 2, 3, dtype=dtype)
    w, hidden = Weights(model.state_dict()).part("rnncell"), model.init_hidden(inputs)
    if hidden.shape != (2, 5):                  # it takes one step's input
        hidden = model.init_hidden(inputs[0])
    assert hidden.shape == (2, 5) and hidden.dtype == dtype and not hidden.any()
    state = torch.rand(2, 5, dtype=dtype)
    expected = torch.tanh(inputs[0] @ w["weight_ih"].T + w["bias_ih"]
                          + state @ w["weight_hh"].T + w["bias_hh"])
    torch.testing.assert_close(model(inputs[0], state), expected)


# ----------------------------------------------------------------------------------------- words
WORDS = st.lists(st.lists(st.sampled_from("abc"), max_size=8), min_size=3, max_size=3)


@quick
@given(ours=WORDS, references=WORDS)
def test_bleu_is_that_of_sacrebleu(ours, references):
    from files import bleu
    references = [words or ["a"] for words in references]
    nearly = [words[:5] + ["x"] * (k % 2) for k, words in enumerate(references)]
    for written in (ours, nearly):
        expected = sacrebleu.corpus_bleu([" ".join(words) for words in written],
                                         [[" ".join(words) for words in references]],
                                         tokenize="none", force=True, smooth_method="none").score
        assert bleu(written, references) == pytest.approx(expected, abs=1e-6)
    longer = [words + ["d", "e", "f"] for words in references]
    assert bleu(longer, longer) == pytest.approx(100)


@quick
@given(text=st.text("aBé1 '’,.!-", max_size=12))
def test_no_letter_and_no_mark_is_lost_in_tokens(text):
    from files import tokenize
    found = tokenize(text)
    assert all(found) and "".join(found) == "".join(text.lower().replace("’", "'").split())


def test_words_seen_twice_are_known():
    from files import vocabulary
    special = ["<pad>", "<bos>", "<eos>", "<unk>"]
    sentences = [line.split() for line in ("b a b", "c a", "b d")]
    assert vocabulary(sentences) == [*special, "a", "b"]
    assert vocabulary(sentences, least=1) == [*special, "a", "b", "c", "d"]


def test_sentences_become_numbers_with_an_end_and_padding():
    from lesson13_4 import encode
    words = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b"]
    found = encode([["b", "zzz", "a"], ["a"]], words)
    assert found.tolist() == [[5, 3, 4, 2], [4, 2, 0, 0]] and found.dtype == torch.int64


# ---------------------------------------------------------------------------------------- clouds
@copies("make_clouds")
def test_clouds_lie_around_minus_1_and_1(script):
    x, y = (np.asarray(part) for part in module_of(script).make_clouds(7, 3))
    y = y.ravel()
    assert y.tolist() == [0, 1, 0, 1, 0, 1, 0] and x.shape == (7, 3) and (x[:, 0] == 1).all()
    noise = np.random.default_rng(3).standard_normal((7, 2))
    for (_, *point), label, (right, up) in zip(x, y, noise, strict=True):
        place = 1 if label else -1
        np.testing.assert_allclose(point, [place + right, place + up], rtol=1e-6)


# ---------------------------------------------------------------------------- gradients by hand
numbers = st.floats(-5, 5).map(lambda value: round(value, 3))
LINES = {("w",): lambda x, w: w * x, ("w", "b"): lambda x, w, b: w * x + b,
         ("w1", "w2", "b"): lambda x, v, w, b: v * x**2 + w * x + b}
POINTS = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4)


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
    first, *names = parameters_of(script, "forward")
    assert first == "x"
    weights = weights[:len(names)]
    found = module_of(script).forward(x, *weights)
    assert found == pytest.approx(LINES[tuple(names)](x, *weights))


BY_HAND = [(script, name) for name in ("loss", "mse", "cost", "gradient") for script in PIECES[name]
           if script not in ("lesson3_4.py", "lesson6_1.py")]       # another cost: see below


@pytest.mark.parametrize(("script", "name"), BY_HAND)
@quick
@given(points=POINTS, weights=st.tuples(numbers, numbers, numbers))
def test_losses_and_gradients_by_hand_are_those_of_autograd(script, name, points, weights):
    known, function = parameters_of(script, name), getattr(module_of(script), name)
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


@quick
@given(w=st.lists(numbers, min_size=3, max_size=3),
       rows=st.lists(st.tuples(numbers, numbers, st.booleans()), min_size=1, max_size=6))
def test_logistic_regression_by_hand_is_that_of_autograd(w, rows):
    from lesson6_1 import cost, gradient, sigmoid
    x = np.array([[1.0, one, two] for one, two, _ in rows])
    y = np.array([float(label) for *_, label in rows])
    weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    z = torch.from_numpy(x) @ weight
    loss = F.binary_cross_entropy_with_logits(z, torch.from_numpy(y))
    loss.backward()
    w = np.array(w)
    assert cost(w, x, y) == pytest.approx(loss.item())
    np.testing.assert_allclose(gradient(w, x, y), weight.grad, atol=1e-9)
    np.testing.assert_allclose(sigmoid(x @ w), z.detach().sigmoid(), atol=1e-12)
