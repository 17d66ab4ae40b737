"""The diagrams of the notes: legible, as images/draw.py draws them, and as the nets are."""

import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch
from PIL import Image
from torch import nn

import lesson11
import lesson11_2
import lesson13_4
import lesson13_5
from conftest import ROOT
from watching import smallest_text, texts_of

sys.path.append(str(ROOT / "images"))
import draw  # noqa: E402


@pytest.fixture
def figure_of(monkeypatch):
    """figure_of(draw.pooling): the figure, not saved; its figure.name is that of its file."""
    figures = []

    def keep(figure, name):
        figure.name = name
        figures.append(figure)

    def of(diagram):
        diagram()
        return figures[-1]

    monkeypatch.setattr(draw, "save", keep)
    with plt.rc_context(draw.STYLE):
        yield of
    plt.close("all")


@pytest.mark.parametrize("diagram", draw.DIAGRAMS)
def test_letters_are_legible(diagram, figure_of):
    assert smallest_text(figure_of(diagram)) >= 11


@pytest.mark.parametrize("diagram", draw.DIAGRAMS)
def test_the_picture_is_what_is_drawn_today(diagram, figure_of, tmp_path):
    """In blocks of 16 pixels. A matplotlib other than the one that drew it sets letters and lines
    elsewhere. Which one it was stands in a PNG, not in a JPEG: all are drawn in one go."""
    figure = figure_of(diagram)
    figure.savefig(tmp_path / figure.name, facecolor="white")
    with Image.open(ROOT / "images" / "pooling.png") as one:
        same = one.info["Software"].split(",")[0] == f"Matplotlib version{matplotlib.__version__}"
    with (Image.open(tmp_path / figure.name) as new,
          Image.open(ROOT / "images" / figure.name) as kept):
        assert np.abs(np.subtract(new.size, kept.size)).max() <= (0 if same else 2)
        size = kept.width // 16, kept.height // 16
        new, kept = (np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX), float)
                     for image in (new, kept))
    assert np.abs(new - kept).max() < (5 if same else 80)


# ------------------------------------------------------------------------ lecture 11, convolutions
def convolutions(block):
    return [layer for layer in block.modules() if isinstance(layer, nn.Conv2d)]


def test_inception_has_the_kernels_and_channels_of_the_net(figure_of):
    layers = convolutions(lesson11.InceptionA(in_channels=1))
    text = " ".join(texts_of(figure_of(draw.inception)))
    for size in (1, 3, 5):
        assert (text.count(f"conv ${size}\\times{size}$")
                == sum(layer.kernel_size == (size, size) for layer in layers) > 0)
    assert text.count("conv") == len(layers) and "average pooling\n$3\\times3$, padding 1" in text
    assert "16+24+24+24 = 88" in text and lesson11.Net().conv2.in_channels == 88


def test_the_residual_block_has_the_layers_of_the_net(figure_of):
    layers = convolutions(lesson11_2.ResidualBlock(16))
    text = " ".join(texts_of(figure_of(draw.residual_block)))
    assert text.count("conv $3\\times3$\npadding 1") == text.count("conv") == len(layers) == 2
    assert all((layer.kernel_size, layer.padding) == ((3, 3), (1, 1)) for layer in layers)
    assert text.count("ReLU") == 2


# ------------------------------------------------------------------------- lecture 13, translation
def arrows_of(figure, color):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)
            and to_hex(patch.get_edgecolor()) == color]


def test_the_encoder_decoder_is_the_net_of_the_lesson(figure_of):
    """The last states of both directions make the vector, which the decoder starts from and reads
    at every step; beside it, from <bos> on, the word before, until <eos> is written."""
    net, figure = lesson13_4.OneVectorTranslator(9, 9, 8, 6), figure_of(draw.encoder_decoder)
    texts = texts_of(figure)
    assert (net.encoder.bidirectional, net.encoder.num_layers) == (True, 1)
    for chain in ("right", "left"):
        states = [rf"$\over{chain}arrow{{h}}_{i}$" for i in range(1, 7)]
        assert [text for text in texts if text in states] == states
    assert any(r"[\overrightarrow{h}_6;\overleftarrow{h}_1]" in text for text in texts)
    assert net.vector.in_features == 2 * net.encoder.hidden_size
    assert (net.decoder.bidirectional, net.decoder.num_layers) == (False, 1)
    assert [f"$s_{t}$" in texts for t in range(1, 8)] == [True] * 6 + [False]
    assert net.decoder.input_size == net.target_embedding.embedding_dim + net.vector.out_features
    # Red: two into the vector, one from it to the first state, one into each of six steps.
    assert len(arrows_of(figure, draw.RED)) == 2 + 1 + 6
    # What the decoder reads stands low, what it writes high; both mark ends as encode() does.
    read, written = ([text.get_text() for text in figure.axes[0].texts
                      if text.get_position()[0] > 7 and text.get_position()[1] == y]
                     for y in (0.4, 3.15))
    assert read == ["<bos>"] + written[:-1] and written[-1] == "<eos>" and "<eos>" in texts
    words = lesson13_4.vocabulary([["tee", "tee"]])
    assert [words[number] for number in lesson13_4.encode([["tee"]], words)[0]] == ["tee", "<eos>"]


def test_the_attention_is_the_net_of_the_lesson(figure_of):
    """The cell reads the word and the context before; its state is compared with all states of both
    directions; state and context together give the word."""
    net, figure = lesson13_5.AttentionTranslator(9, 9, 6), figure_of(draw.attention)
    texts = texts_of(figure)
    assert net.encoder.bidirectional
    x = lesson13_5.encode([list("abcd")], ["<pad>", "<bos>", "<eos>", "<unk>"])
    _, _, states, _, _ = net.encode(x)                      # (1, 5, 2H)
    shown = [text for text in texts if r"\alpha_{t" in text and "=0." in text]
    assert states.shape[1] == len(shown) == 5               # four words and <eos>
    weights = [float(text.rstrip("$").split("=")[1]) for text in shown]
    assert sum(weights) == pytest.approx(1, abs=0.02)
    assert net.decoder.input_size == net.target_embedding.embedding_dim + states.shape[2]
    assert {"$s_{t-1}$", "$s_t$", "$c_{t-1}$", "$c_t$"} <= set(texts)
    assert net.key.bias is None and any(r"s_t^{\top} B\, h_i" in text for text in texts)
    assert net.combine.in_features == net.decoder.hidden_size + states.shape[2]
    assert r"$\tanh(A\,[s_t; c_t])$" in texts
