"""Draw the notes' pictures.

    python images/draw.py                       the diagrams: graphs, cells, attention
    python images/draw.py --scripts [NAME ...]  run these scripts (or all) and keep their figures

A diagram's input is given here; every number that follows from it is computed. A script's figure
keeps what its run printed, as the text "Output" of the PNG: the notes quote that run, by test.
"""

import math
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from PIL import Image
from PIL.PngImagePlugin import PngInfo

IMAGES = Path(__file__).resolve().parent
LIUER = IMAGES.parent / "liuer"
sys.path.insert(0, str(LIUER))
from lesson11 import InceptionA  # noqa: E402 : its channels are read off, not typed

BLUE, RED, GREEN, ORANGE, GREY = "#2b6cb0", "#c53030", "#2f855a", "#b7791f", "#4a5568"
FILL = {BLUE: "#ebf4ff", RED: "#fff0f0", GREEN: "#edfaf1", ORANGE: "#fff8e6", GREY: "#f4f6f8"}
STYLE = {"font.size": 13, "mathtext.fontset": "cm", "savefig.dpi": 110}


# ------------------------------------------------------------------------------------ drawing
def canvas(width, height):
    """An empty figure in which one unit is an inch, so that text and boxes keep their size."""
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def circle(axes, x, y, text, color=BLUE, radius=0.36, size=16):
    axes.add_patch(Circle((x, y), radius, fc=FILL[color], ec=color, lw=1.8, zorder=3))
    axes.text(x, y, text, ha="center", va="center", size=size, zorder=4)
    return x, y, radius, radius


def box(axes, x, y, text, color=BLUE, width=1.2, height=0.55, size=13):
    axes.add_patch(FancyBboxPatch((x - width / 2, y - height / 2), width, height, fc=FILL[color],
                                  ec=color, lw=1.8, zorder=3,
                                  boxstyle="round,pad=0,rounding_size=0.08"))
    axes.text(x, y, text, ha="center", va="center", size=size, zorder=4)
    return x, y, width / 2, height / 2


def edge_point(shape, towards, round_):
    """Where the straight line from the middle of a shape to a point leaves the shape."""
    x, y, half_width, half_height = shape
    dx, dy = towards[0] - x, towards[1] - y
    if round_:
        share = half_width / np.hypot(dx, dy)
    else:
        share = 1 / max(abs(dx) / half_width, abs(dy) / half_height)
    return x + share * dx, y + share * dy


def arrow(axes, start, end, text="", color=GREY, shift=(0, 0.2), bend=0.0, size=14, at=0.5,
          style="-", lw=1.6):
    """An arrow between two shapes (x, y, half width, half height) or points, with a label."""
    def rim(shape, other):
        if len(shape) == 2:
            return shape
        return edge_point(shape, other[:2], shape[2] == shape[3])

    (x0, y0), (x1, y1) = rim(start, end), rim(end, start)
    axes.add_patch(FancyArrowPatch((x0, y0), (x1, y1), arrowstyle="-|>", mutation_scale=15,
                                   color=color, lw=lw, ls=style, zorder=2, shrinkA=0, shrinkB=0,
                                   connectionstyle=f"arc3,rad={bend}"))
    if text:
        axes.text(x0 + at * (x1 - x0) + shift[0], y0 + at * (y1 - y0) + shift[1], text,
                  ha="center", va="center", color=color, size=size, zorder=5)


def save(figure, name):
    figure.savefig(IMAGES / name, facecolor="white")
    plt.close(figure)
    print(name)


# --------------------------------------------------------------------------------- lecture 4
def back_propagation(x=1.0, y=2.0, w=1.0):
    """The graph of loss = (x w - y)^2: values forward on top, gradients backward below."""
    y_pred = x * w
    r = y_pred - y
    loss = r ** 2
    d_r = 2 * r
    d_pred, d_w = d_r, d_r * x
    figure, axes = canvas(9.4, 3.9)
    forward, backward = 0.24, -0.27
    inputs = circle(axes, 0.6, 2.75, "$x$", GREY), circle(axes, 0.6, 1.15, "$w$", ORANGE)
    times = circle(axes, 2.7, 1.95, r"$\times$", BLUE)
    minus = circle(axes, 5.0, 1.95, "$-$", BLUE, size=20)
    target = circle(axes, 5.0, 3.35, "$y$", GREY)
    square = circle(axes, 7.0, 1.95, "$(\\cdot)^2$", BLUE, size=15)
    end = circle(axes, 8.8, 1.95, "$loss$", RED, 0.42, 15)
    arrow(axes, inputs[0], times, f"$x={x:g}$", BLUE, (0.15, 0.24))
    arrow(axes, inputs[1], times, f"$w={w:g}$", BLUE, (-0.2, 0.27))
    arrow(axes, times, minus, f"$\\hat{{y}}=xw={y_pred:g}$", BLUE, (0, forward))
    arrow(axes, target, minus, f"$y={y:g}$", BLUE, (0.45, 0))
    arrow(axes, minus, square, f"$r=\\hat{{y}}-y={r:g}$", BLUE, (0, forward), size=12.5)
    arrow(axes, square, end, f"$r^2={loss:g}$", BLUE, (0, forward))
    low = 1.72
    arrow(axes, (8.5, low), (7.25, low), "$1$", RED, (0, backward), style="--")
    arrow(axes, (6.75, low), (5.25, low), f"$2r={d_r:g}$", RED, (0, backward), style="--")
    arrow(axes, (4.75, low), (2.98, low),
          rf"$\frac{{\partial loss}}{{\partial \hat{{y}}}}={d_pred:g}$", RED, (0, -0.38),
          style="--", size=15)
    arrow(axes, (2.45, 1.62), (0.95, 1.02), "", RED, style="--")
    axes.text(1.95, 0.75, rf"$\frac{{\partial loss}}{{\partial w}}="
              rf"\frac{{\partial loss}}{{\partial \hat{{y}}}}\cdot x={d_w:g}$",
              color=RED, size=16, ha="left", va="center")
    axes.text(6.3, 0.72, "forward: values", color=BLUE, size=13)
    axes.text(6.3, 0.38, "backward: gradients", color=RED, size=13)
    arrow(axes, (5.5, 0.78), (6.2, 0.78), color=BLUE)
    arrow(axes, (6.2, 0.44), (5.5, 0.44), color=RED, style="--")
    save(figure, "back-propagation.png")


# --------------------------------------------------------------------------------- lecture 6
def sigmoid_functions():
    """Six S-shaped functions: five from -1 to 1 with slope 1 at 0, and the logistic function."""
    x = np.linspace(-6, 6, 601)
    curves = {
        r"$\mathrm{erf}(\frac{\sqrt{\pi}}{2}x)$":
            np.array([math.erf(np.sqrt(np.pi) / 2 * v) for v in x]),
        r"$\tanh(x)$": np.tanh(x),
        r"$x/\sqrt{1+x^2}$": x / np.sqrt(1 + x ** 2),
        r"$\frac{2}{\pi}\arctan(\frac{\pi}{2}x)$": 2 / np.pi * np.arctan(np.pi / 2 * x),
        r"$x/(1+|x|)$": x / (1 + np.abs(x)),
        r"$\sigma(x)=1/(1+e^{-x})$  logistic: PyTorch's sigmoid":
            1 / (1 + np.exp(-x)),
    }
    figure, axes = plt.subplots(figsize=(8, 6.2), layout="constrained")
    colors = ["#6b46c1", BLUE, GREEN, ORANGE, "#718096", RED]
    for (label, curve), color in zip(curves.items(), colors, strict=True):
        thick = label.startswith(r"$\sigma")
        axes.plot(x, curve, color=color, lw=3.2 if thick else 1.8, label=label)
    axes.axhline(0, color="#cbd5e0", lw=1, zorder=0)
    axes.axvline(0, color="#cbd5e0", lw=1, zorder=0)
    for level in (-1, 1):
        axes.axhline(level, color="#cbd5e0", lw=1, ls=":", zorder=0)
    axes.set(xlabel="$x$", xlim=(-6, 6), ylim=(-1.1, 1.1),
             title="Sigmoid: a family of S-shaped functions")
    figure.legend(loc="outside lower center", ncols=2, fontsize=12)
    save(figure, "sigmoid-function.jpg")


# -------------------------------------------------------------------------------- lecture 10
def convolution():
    """A 3x3 kernel on a 5x5 picture: the first output by numbers."""
    picture = np.array([[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4], [9, 7, 4, 6, 2],
                        [3, 7, 5, 4, 1]])
    kernel = np.arange(1, 10).reshape(3, 3)
    out = np.array([[(picture[i:i + 3, j:j + 3] * kernel).sum() for j in range(3)]
                    for i in range(3)])
    figure, axes = canvas(9.2, 4.3)
    grid(axes, 0.4, 3.6, picture, cells={(i, j): "#bee3f8" for i in range(3) for j in range(3)})
    grid(axes, 4.2, 3.05, kernel, cells=dict.fromkeys(np.ndindex(3, 3), "#fefcbf"))
    grid(axes, 7.0, 3.05, out, cells={(0, 0): "#fed7d7"})
    axes.text(3.7, 2.15, r"$\ast$", size=26, ha="center", va="center")
    axes.text(6.5, 2.15, "$=$", size=24, ha="center", va="center")
    for x, text in ((1.9, "input  $5\\times5$"), (5.1, "kernel  $3\\times3$"),
                    (7.9, "output  $3\\times3$")):
        axes.text(x, 3.9, text, ha="center", size=14)
    terms = " + ".join(f"{a}·{b}" for a, b in zip(picture[:3, :3].ravel(), kernel.ravel(),
                                                  strict=True))
    axes.text(4.6, 0.22, f"{terms} = {out[0, 0]}", ha="center", size=12, color=RED)
    save(figure, "convolution.png")


def pooling():
    """2x2 max pooling of a 4x4 map: each coloured window keeps its largest value."""
    picture = np.array([[3, 4, 6, 5], [2, 4, 6, 8], [1, 6, 7, 8], [9, 7, 4, 6]])
    out = picture.reshape(2, 2, 2, 2).max(axis=(1, 3))
    colors = {(0, 0): "#bee3f8", (0, 1): "#fed7d7", (1, 0): "#c6f6d5", (1, 1): "#fefcbf"}
    figure, axes = canvas(7.0, 3.4)
    grid(axes, 0.6, 2.8, picture, cells={(i, j): colors[i // 2, j // 2]
                                         for i in range(4) for j in range(4)})
    grid(axes, 4.9, 2.2, out, cells=colors)
    arrow(axes, (3.2, 1.6), (4.7, 1.6), "max of $2\\times2$", GREY, (0, 0.28), size=13)
    axes.text(1.8, 3.05, "input  $4\\times4$", ha="center", size=14)
    axes.text(5.5, 3.05, "output  $2\\times2$", ha="center", size=14)
    save(figure, "pooling.png")


def grid(axes, left, top, values, cells, side=0.6):
    for (i, j), value in np.ndenumerate(values):
        axes.add_patch(Rectangle((left + j * side, top - (i + 1) * side), side, side,
                                 fc=cells.get((i, j), "white"), ec=GREY, lw=1.2))
        axes.text(left + (j + 0.5) * side, top - (i + 0.5) * side, str(value), ha="center",
                  va="center", size=14)


# -------------------------------------------------------------------------------- lecture 11
def inception():
    """InceptionA of lesson11: four branches side by side, concatenated along the channels."""
    block = InceptionA(in_channels=1)

    def conv(name, channels=True):
        layer = getattr(block, name)
        size, padding = layer.kernel_size[0], layer.padding[0]
        text = rf"conv ${size}\times{size}$"
        text += f" → {layer.out_channels}" if channels else ""
        return text + (f"\npadding {padding}" if padding else "")

    figure, axes = canvas(9.6, 5.4)
    start = box(axes, 4.8, 0.45, r"input   $C \times H \times W$", GREY, 2.6)
    branches = [
        (1.2, [2.55], [conv("branch1x1", False)], block.branch1x1),
        (3.6, [1.85, 3.05], [conv("branch5x5_1"), conv("branch5x5_2", False)], block.branch5x5_2),
        (6.0, [1.5, 2.5, 3.5], [conv("branch3x3_1"), conv("branch3x3_2"),
                                conv("branch3x3_3", False)], block.branch3x3_3),
        (8.4, [1.85, 3.05], ["average pooling\n$3\\times3$, padding 1",
                             conv("branch_pool", False)], block.branch_pool),
    ]
    channels = [last.out_channels for *_, last in branches]
    total = f"{'+'.join(map(str, channels))} = {sum(channels)}"
    end = box(axes, 4.8, 4.95, rf"concatenate   $({total}) \times H \times W$", GREEN, 5.2)
    for x, heights, layers, last in branches:
        before = start
        for layer, y in zip(layers, heights, strict=True):
            shape = box(axes, x, y, layer, BLUE, 1.95, 0.68, 12)
            arrow(axes, (before[0] + (x - before[0]) * 0.35, before[1] + before[3])
                  if before is start else (x, before[1] + before[3]), (x, y - shape[3]))
            before = shape
        arrow(axes, (x, before[1] + before[3]), (4.8 + (x - 4.8) * 0.6, 4.95 - end[3]),
              f"{last.out_channels}", GREEN, (0.28 if x > 4.8 else -0.28, 0.0), size=14)
    save(figure, "inception.png")


def residual_block():
    """A residual block: the sum of what went in and of two convolutions, then ReLU."""
    figure, axes = canvas(9.6, 2.9)
    y = 1.1
    x_in = circle(axes, 0.55, y, "$x$", GREY)
    one = box(axes, 2.3, y, "conv $3\\times3$\npadding 1", BLUE, 1.5, 0.75)
    relu = box(axes, 4.0, y, "ReLU", ORANGE, 0.95)
    two = box(axes, 5.7, y, "conv $3\\times3$\npadding 1", BLUE, 1.5, 0.75)
    plus = circle(axes, 7.35, y, "$+$", GREEN, size=20)
    last = box(axes, 8.75, y, "ReLU", ORANGE, 0.95)
    for a, b in ((x_in, one), (one, relu), (relu, two)):
        arrow(axes, a, b)
    arrow(axes, two, plus, "$f(x)$", GREY, (0, 0.24))
    arrow(axes, plus, last, "$z$", GREY, (0, 0.2))
    arrow(axes, last, (9.55, y))
    axes.plot([1.15, 1.15, 7.35], [y, 2.2, 2.2], color=RED, lw=2, solid_joinstyle="round")
    arrow(axes, (7.35, 2.2), plus, color=RED, lw=2)
    axes.text(4.25, 2.45, "identity: $x$ goes by unchanged, and so does the gradient", color=RED,
              ha="center", size=13)
    axes.text(4.6, 0.3, r"$z = f(x) + x$,   $\frac{\partial z}{\partial x} = "
              r"\frac{\partial f}{\partial x} + 1$:   with $\frac{\partial f}{\partial x} = 0$ "
              "it is still 1", ha="center", va="center", size=14)
    save(figure, "residual-block.png")


# -------------------------------------------------------------------------------- lecture 12
def simple_rnn():
    """One cell with its loop, and the same cell unrolled: U, W, V are the same at every step."""
    figure, axes = canvas(9.6, 3.9)

    def column(x, index, fold=False):
        bottom = circle(axes, x, 0.5, f"$x{index}$", GREY)
        middle = circle(axes, x, 1.95, f"$s{index}$", BLUE)
        top = circle(axes, x, 3.4, f"$o{index}$", GREEN)
        arrow(axes, bottom, middle, "$U$", ORANGE, (-0.22, 0))
        arrow(axes, middle, top, "$V$", GREEN, (-0.22, 0))
        return middle

    folded = column(0.9, "")
    axes.add_patch(FancyArrowPatch((folded[0] + 0.3, folded[1] + 0.22),
                                   (folded[0] + 0.3, folded[1] - 0.22), arrowstyle="-|>",
                                   mutation_scale=15, color=RED, lw=1.6,
                                   connectionstyle="arc3,rad=-1.9"))
    axes.text(folded[0] + 1.05, 1.95, "$W$", color=RED, size=14, va="center", ha="center")
    axes.text(2.65, 1.95, "=", size=26, ha="center", va="center", color=GREY)
    axes.text(2.65, 1.5, "unrolled", size=12, ha="center", va="center", color=GREY)
    steps = [column(x, index) for x, index in ((4.4, "_{t-1}"), (6.2, "_t"), (8.0, "_{t+1}"))]
    arrow(axes, (3.2, 1.95), steps[0], "$W$", RED)
    arrow(axes, steps[0], steps[1], "$W$", RED)
    arrow(axes, steps[1], steps[2], "$W$", RED)
    arrow(axes, steps[2], (9.3, 1.95), "$W$", RED)
    save(figure, "simple-rnn.jpg")


def two_way_rnn():
    """A bidirectional RNN: two chains with weights of their own, read together at every step."""
    figure, axes = canvas(9.6, 5.0)
    columns = [(1.7, "_{t-1}"), (4.8, "_t"), (7.9, "_{t+1}")]
    forward, backward = [], []
    for x, index in columns:
        bottom = circle(axes, x, 0.5, f"$x{index}$", GREY)
        first = circle(axes, x - 0.65, 1.9, f"$s{index}$", BLUE, 0.38, 15)
        second = circle(axes, x + 0.65, 3.1, f"$s'{index}$", RED, 0.38, 15)
        top = circle(axes, x, 4.5, f"$o{index}$", GREEN)
        arrow(axes, bottom, first, "$U$", BLUE, (-0.24, 0.0))
        arrow(axes, bottom, second, "$U'$", RED, (0.3, -0.4))
        arrow(axes, first, top, "$V$", BLUE, (-0.3, -0.35))
        arrow(axes, second, top, "$V'$", RED, (0.28, 0.05))
        forward.append(first)
        backward.append(second)
    for chain, color, name in ((forward, BLUE, "$W$"), (backward[::-1], RED, "$W'$")):
        step = 1 if color == BLUE else -1
        y = chain[0][1]
        arrow(axes, (chain[0][0] - step * 0.95, y), chain[0], "", color)
        for a, b in zip(chain, chain[1:], strict=False):
            arrow(axes, a, b, name, color, (0, 0.22), at=0.66)
        arrow(axes, chain[-1], (chain[-1][0] + step * 0.95, y), "", color)
    save(figure, "two-way-rnn.png")


def deep_rnn():
    """A deep RNN: the states of one layer are the inputs of the next."""
    figure, axes = canvas(9.6, 5.6)
    xs, ys = [(2.0, "_{t-1}"), (4.8, "_t"), (7.6, "_{t+1}")], [1.75, 3.1, 4.45]
    states = {}
    for x, index in xs:
        below = circle(axes, x, 0.5, f"$x{index}$", GREY)
        for layer, y in enumerate(ys, 1):
            color = [BLUE, ORANGE, RED][layer - 1]
            states[x, layer] = circle(axes, x, y, f"$s{index}^{{({layer})}}$", color, 0.42, 14)
            arrow(axes, below, states[x, layer], f"$U^{{({layer})}}$", GREY, (-0.42, 0.0), size=13)
            below = states[x, layer]
        arrow(axes, below, (x, 5.35), "$V$", GREEN, (-0.28, 0.0))
        axes.text(x + 0.2, 5.3, f"$o{index}$", size=15, va="center", color=GREEN)
    for layer, y in enumerate(ys, 1):
        color = [BLUE, ORANGE, RED][layer - 1]
        chain = [(0.7, y), *(states[x, layer] for x, _ in xs), (9.0, y)]
        for number, (a, b) in enumerate(zip(chain, chain[1:], strict=False)):
            label = f"$W^{{({layer})}}$" if number in (1, 2) else ""
            arrow(axes, a, b, label, color, (0, 0.26), size=13)
    save(figure, "deep-rnn.png")


# -------------------------------------------------------------------------------- lecture 13
def encoder(axes, words, left, gap, bottom):
    """Two chains of states over the words: blue reads forwards, orange backwards."""
    forward, backward = [], []
    for i, word in enumerate(words):
        x = left + gap * i
        axes.text(x, bottom, word, ha="center", va="center", size=13)
        forward.append(circle(axes, x - 0.14, bottom + 1.0,
                              rf"$\overrightarrow{{h}}_{i + 1}$", BLUE, 0.29, 16))
        backward.append(circle(axes, x + 0.14, bottom + 2.05,
                               rf"$\overleftarrow{{h}}_{i + 1}$", ORANGE, 0.29, 16))
        arrow(axes, (x - 0.14, bottom + 0.25), forward[-1], color=BLUE)
        arrow(axes, (x + 0.2, bottom + 0.25), backward[-1], color=ORANGE)
    for before, after in zip(forward, forward[1:], strict=False):
        arrow(axes, before, after, color=BLUE)
    for before, after in zip(backward[1:], backward, strict=False):
        arrow(axes, before, after, color=ORANGE)
    return forward, backward


def encoder_decoder():
    """The net of lesson13_4: the whole sentence passes through one vector."""
    source = ["wir", "können", "tee", "kochen", ".", "<eos>"]
    target = ["<bos>", "we", "can", "make", "tea", ".", "<eos>"]
    figure, axes = canvas(11.6, 4.3)
    forward, backward = encoder(axes, source, left=0.5, gap=0.86, bottom=0.4)
    x, y = 6.1, 1.95
    vector = box(axes, x, y, "vector $v$", RED, 1.05, 0.6)
    arrow(axes, forward[-1], vector, color=RED)
    high = backward[0][1] + 0.75
    axes.plot([backward[0][0], backward[0][0], x], [backward[0][1] + 0.29, high, high], color=RED,
              lw=1.6)
    arrow(axes, (x, high), (x, y + 0.3), color=RED)
    axes.text(x + 0.12, high + 0.32, r"$v=\tanh(A\,[\overrightarrow{h}_6;"
              r"\overleftarrow{h}_1]+b)$", ha="right", va="center", size=17, color=RED)
    before, low = vector, 1.05
    axes.plot([x, x, 7.07 + 0.8 * 5], [y - 0.3, low, low], color=RED, lw=1.6, zorder=1)
    for t, (previous, word) in enumerate(zip(target, target[1:], strict=False)):
        x = 7.2 + 0.8 * t
        state = circle(axes, x, y, f"$s_{t + 1}$", GREEN, 0.29, 17)
        axes.text(x, 0.4, previous, ha="center", va="center", size=13, color=GREY)
        axes.text(x, 3.15, word, ha="center", va="center", size=13)
        arrow(axes, (x + 0.06, 0.65), (x + 0.06, y - 0.29))
        arrow(axes, (x - 0.13, low), (x - 0.13, y - 0.26), color=RED)
        arrow(axes, state, (x, 2.95), color=GREEN)
        arrow(axes, before, state, color=RED if before is vector else GREEN)
        before = state
    axes.text(2.6, 3.95, "encoder", ha="center", va="center", size=15, color=BLUE)
    axes.text(9.2, 3.75, "decoder", ha="center", va="center", size=15, color=GREEN)
    save(figure, "encoder-decoder.png")


def attention():
    """One step of lesson13_5's decoder: it reads the word and the context before, then looks at all
    states of the encoder, weighted by their relevance."""
    figure, axes = canvas(11.6, 5.6)
    source = ["i", "drink", "coffee", ".", "<eos>"]
    scores = np.array([0.3, 1.2, 3.4, 0.1, 0.2])
    weights = np.exp(scores) / np.exp(scores).sum()
    forward, backward = encoder(axes, source, left=0.6, gap=1.25, bottom=0.3)
    context = box(axes, 3.1, 4.5, r"context  $c_t=\sum_i \alpha_{ti}\,h_i$", RED, 3.0, 0.66, 15)
    for i, state in enumerate(backward):
        end = 3.1 + (state[0] - 3.1) * 0.5
        arrow(axes, (state[0], state[1] + 0.29), (end, 4.17), color=RED, lw=0.8 + 5 * weights[i])
        middle = state[0] + (end - state[0]) * 0.5
        axes.text(middle + 0.12, (state[1] + 4.3) / 2,
                  f"$\\alpha_{{t{i + 1}}}={weights[i]:.2f}$", ha="left", size=12, color=RED)
    axes.text(3.1, 5.25, r"$\alpha_{ti}=\mathrm{softmax}_i(s_t^{\top} B\, h_i)$,  "
              r"$h_i=[\overrightarrow{h}_i;\overleftarrow{h}_i]$:  the weights of a step sum to 1",
              ha="center", va="center", size=13, color=RED)

    before = circle(axes, 7.0, 1.85, "$s_{t-1}$", GREEN, 0.4)
    state = circle(axes, 9.0, 1.85, "$s_t$", GREEN, 0.4)
    arrow(axes, before, state, color=GREEN)
    axes.text(9.0, 0.3, "du", ha="center", va="center", size=13, color=GREY)
    arrow(axes, (9.0, 0.52), state)
    axes.text(7.75, 0.75, "$c_{t-1}$", ha="center", va="center", size=16, color=RED)
    arrow(axes, (8.0, 0.9), state, color=RED)
    join = box(axes, 9.0, 4.5, r"$\tanh(A\,[s_t; c_t])$", GREEN, 2.1, 0.66, 14)
    arrow(axes, context, join, color=RED)
    arrow(axes, state, join, color=GREEN)
    arrow(axes, join, (9.0, 5.15))
    axes.text(9.0, 5.35, "café", ha="center", va="center", size=13)
    following = circle(axes, 11.0, 1.85, "$s_{t+1}$", GREEN, 0.4)
    arrow(axes, state, following, color=GREEN)
    axes.plot([10.6, 10.6], [4.0, 2.6], color=RED, lw=1.6)
    axes.text(10.62, 4.15, "$c_t$", ha="center", va="center", size=16, color=RED)
    arrow(axes, (10.6, 2.6), (10.85, 2.22), color=RED)
    save(figure, "attention.png")


DIAGRAMS = (back_propagation, sigmoid_functions, convolution, pooling, inception, residual_block,
            simple_rnn, two_way_rnn, deep_rnn, encoder_decoder, attention)


# -------------------------------------------------------------------------------- the scripts
def script_figure(name):
    """Run a script; keep its figure beside the diagrams, and in it what the run printed."""
    run = subprocess.run([sys.executable, LIUER / f"{name}.py"], check=True, encoding="utf-8",
                         stdout=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"})
    printed = PngInfo()
    printed.add_itxt("Output", run.stdout.rstrip())
    with Image.open(IMAGES / "run" / f"{name}.png") as picture:
        picture.save(IMAGES / f"{name}.png", pnginfo=printed, optimize=True)
    print(f"{name}.png: {run.stdout.splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scripts"]:
        scripts = sorted(path.stem for path in LIUER.glob("*.py"))
        for name in sys.argv[2:] or scripts:
            if name not in ("utils", "__main__", "__init__"):
                script_figure(name)
    else:
        plt.rcParams.update(STYLE)
        for draw in DIAGRAMS:
            draw()
