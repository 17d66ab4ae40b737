"""Lesson 10.3: your own digit. A net trained on MNIST reads a photo that is made like MNIST first.

    photo -> even light -> ink or paper -> the ink's box, 20 pixels long -> centred in 28 x 28

Two nets learn the training digits, "plain" as they are, "moved" with small turns, scalings, shifts.
data/digits.pt keeps both, so the next call trains nothing. Without --photo they read photos made of
test digits: paper and ink of several colours, uneven light, blur, noise, JPEG.

Run:   python liuer/lesson10_3.py --photo my7.jpg       (or a folder of pictures; see --help)
See:   turned up to 12 degrees: 98 of 100 photos read right, without turns and shifts 97
Notes: liuer/README.md, lecture 10
"""

import io
import itertools
import math
import os
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter, ImageOps
from torch import nn

from utils import DATA, MEAN, STD, BadInput, finite, flags, load_mnist, pick_device, show

SIDE = 500              # pixels of a photo's longer side
SMALLEST = 100          # pixels of ink: less is a speck
CONTRAST = 20           # of 255, between ink and paper: less is noise
STROKE = 1 / 12         # of the digit's longer side: a thinner pen's strokes are widened
SURE = 0.6              # a smaller probability is "not sure"
NETS = ["plain", "moved"]
COLOURS = [((250, 250, 245), (20, 20, 25)), ((245, 240, 220), (30, 50, 140)),   # of paper, of ink
           ((235, 235, 235), (110, 110, 115)), ((250, 235, 130), (170, 20, 30)),
           ((200, 220, 240), (25, 90, 50)), ((35, 70, 55), (240, 240, 230))]    # chalk on a board


def open_photo(path):
    """The picture in RGB, upright, on white where it is transparent. Raises BadInput."""
    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file)           # turned as the camera was held
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"{path}: expected a picture (JPEG, PNG, ...), got: {error}") from None
    if image.mode.startswith(("I", "F")):
        raise BadInput(f"{path}: expected 8 bits a channel, got {image.mode}; save as 8-bit PNG")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def to_grey(photo):
    """RGB picture -> (H, W) bytes, 0 black to 255 white, the longer side SIDE pixels."""
    scale = SIDE / max(photo.size)
    size = [max(1, round(scale * n)) for n in photo.size]
    return np.asarray(photo.convert("L").resize(size))


def even_light(grey):
    """(H, W) bytes -> (H, W) float, about 0 on paper: the photo minus its light, a strong blur.

    The blur is the median of a window half as long as the photo: strokes and the edge of a shadow
    change it less than a mean. Of a photo of 50 pixels it takes no time."""
    image = Image.fromarray(grey)
    small = image.resize([math.ceil(n / 10) for n in image.size], Image.Resampling.BOX)
    light = small.filter(ImageFilter.MedianFilter(25)).resize(image.size)
    smooth = image.filter(ImageFilter.GaussianBlur(SIDE / 300))     # less of the camera's noise
    return np.asarray(smooth, dtype=float) - np.asarray(light)


def otsu(values):
    """The threshold that parts values best: with the largest variance between the two groups."""
    counts, edges = np.histogram(values, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below, sums = counts.cumsum(), (counts * middles).cumsum()      # (256,)  up to each edge
    above = below[-1] - below
    difference = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    return edges[1 + (below * above * difference ** 2).argmax()]


def find_ink(even):
    """(H, W) float -> (H, W) bool. Paper is what most of the border is, light or dark."""
    dark = even < otsu(even)
    border = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    return dark if border.mean() < 0.5 else ~dark


def label_parts(ink):
    """(H, W) bool -> (H, W) int: 0 paper, 1 one connected part of the ink, 2 the next, ...

    Each pixel of ink begins with its own number and takes the largest of its neighbours'."""
    padded = np.pad(ink, 1)                         # no ink at the edge: all have 8 neighbours
    places = np.flatnonzero(padded)                 # (P,)  pixels of ink
    around = [down * padded.shape[1] + right for down in (-1, 0, 1) for right in (-1, 0, 1)]
    labels, before = np.zeros(padded.size, dtype=int), None
    labels[places] = places
    while not np.array_equal(before, labels[places]):
        before = labels[places]
        labels[places] = np.max([labels[places + step] for step in around], axis=0)
        labels[places] = labels[labels[places]]     # what that pixel has: labels travel in leaps
    return np.unique(labels, return_inverse=True)[1].reshape(padded.shape)[1:-1, 1:-1]


def drop_specks(labels):
    """The labels without specks and, where another part is left, without what meets the border:
    lines of the paper, shadows, the table."""
    sizes = np.bincount(labels.ravel())             # (parts + 1,)  pixels of each
    sizes[0] = 0
    inside = sizes.copy()
    inside[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = 0
    if inside.max() >= SMALLEST:
        sizes = inside
    keep = sizes >= max(SMALLEST, sizes.max() / 20)
    return np.where(keep[labels], labels, 0)


def crop(ink):
    """(H, W) bool -> (h, w) bool: the box around the ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def find_problem(even, ink, labels):
    """Why this is no photo of one digit; None where it may be one."""
    if not ink.any() or abs(even[ink].mean() - even[~ink].mean()) < CONTRAST:
        return "no digit: nothing stands out"
    if not labels.any():
        return "no digit: nothing but specks"
    boxes = []                                              # of the parts: top, bottom, left, right
    for part in np.unique(labels)[1:]:
        rows, columns = np.nonzero(labels == part)
        boxes.append((rows.min(), rows.max(), columns.min(), columns.max()))
    tallest = max(box[1] - box[0] for box in boxes)
    large = [box for box in boxes if box[1] - box[0] > tallest / 2]     # not a 5's loose bar
    for a, b in itertools.permutations(large, 2):
        if b[2] > a[3] or b[0] - a[1] > tallest / 10:       # right of it, or clearly below
            return "two digits, or none: cut one out"
    box = crop(labels > 0)
    if len(box[0]) > 2 * len(box) or (len(box[0]) > len(box) / 2 and box.mean() > 0.75):
        return "no digit: a line or a blot"
    return None


def thicken(box):
    """(h, w) bool -> (h', w') bool with strokes at least STROKE wide, as MNIST's pens were.
    A stroke has two edges: its width is about 2 * pixels / pixels at an edge."""
    grey = np.pad(box, 1).astype(np.uint8)
    inner = np.asarray(Image.fromarray(grey).filter(ImageFilter.MinFilter(3)))
    width = 2 * grey.sum() / (grey.sum() - inner.sum())
    grow = max(0, round((max(box.shape) * STROKE - width) / 2))
    image = Image.fromarray(np.pad(grey, grow)).filter(ImageFilter.MaxFilter(2 * grow + 1))
    return crop(np.asarray(image) > 0)


def shrink(box):
    """(h, w) bool -> (20, w') or (h', 20) bytes: each pixel is the share of ink in its area."""
    height, width = (max(1, round(20 / max(box.shape) * n)) for n in box.shape)
    image = Image.fromarray(box.astype(np.uint8) * 255)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))


def centre(small):
    """(h, w) bytes -> (28, 28) bytes, the centre of mass at pixel (14, 14), as in MNIST."""
    height, width = small.shape
    row = (small.sum(axis=1) * np.arange(height)).sum() / small.sum()
    column = (small.sum(axis=0) * np.arange(width)).sum() / small.sum()
    top = min(max(0, round(14 - row)), 28 - height)                     # nothing is cut off
    left = min(max(0, round(14 - column)), 28 - width)
    return np.pad(small, ((top, 28 - height - top), (left, 28 - width - left)))


def stretch(image):
    """The brightest pixel becomes 255: (28, 28) bytes -> (28, 28) bytes."""
    return np.round(255 / image.max() * image.astype(float)).astype(np.uint8)


def to_tensor(image):
    """(28, 28) bytes -> (1, 28, 28) float32, standardised as the training digits are."""
    return (torch.from_numpy(image).unsqueeze(0) / 255 - MEAN) / STD


def prepare(photo):
    """All the steps: RGB picture -> what each of them makes, and the problem if there is one."""
    grey = to_grey(photo)
    even = even_light(grey)
    ink = find_ink(even)
    labels = drop_specks(label_parts(ink))
    steps = {"photo": photo.resize(grey.shape[::-1]), "even": even, "ink": ink,
             "problem": find_problem(even, ink, labels)}
    if not steps["problem"]:
        steps["ink"] = labels > 0
        steps["box"] = crop(steps["ink"])
        steps["image"] = stretch(centre(shrink(thicken(steps["box"]))))
    return steps


def prepare_all(path):
    """What prepare makes of a picture, or of each of a folder, by file name. Raises BadInput."""
    path = Path(path)
    if not path.is_dir():
        return {path.name: prepare(open_photo(path))}
    photos = {}
    for file in sorted(path.glob("[!.]*.*")):
        try:
            photos[file.name] = prepare(open_photo(file))
        except BadInput:
            print(f"{file.name} | no picture that can be opened: save it as JPEG or PNG")
    if not photos:
        raise BadInput(f"{path}: expected a folder with pictures, got none that can be opened")
    return photos


def make_photo(digit, degrees, chance):
    """A photo of a digit: (28, 28) bytes -> RGB picture. chance: a np.random.Generator."""
    width, height = chance.integers(240, 640, size=2).tolist()
    side = int(min(width, height) * chance.uniform(0.3, 0.8))           # of the digit's 28 x 28
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    large = large.rotate(chance.uniform(-degrees, degrees), Image.Resampling.BICUBIC)
    mask = Image.new("L", (width, height))
    mask.paste(large, (int(chance.integers(width - side)), int(chance.integers(height - side))))
    mask = np.asarray(mask)[:, :, None] / 255                           # (H, W, 1)
    mask = np.clip((mask - chance.uniform(0.3, 0.6)) * 8 + 0.5, 0, 1)   # a broad pen, or a thin one
    paper, ink = np.array(COLOURS[chance.integers(len(COLOURS))])
    picture = paper + mask * (ink - paper)                              # (H, W, 3)

    angle = chance.uniform(0, 2 * math.pi)                              # of the light
    across = np.linspace(-0.7, 0.7, width)[None, :, None] * math.cos(angle)
    down = np.linspace(-0.7, 0.7, height)[:, None, None] * math.sin(angle)
    picture *= 1 - chance.uniform(0, 0.3) * (1 + across + down)
    picture += chance.normal(0, chance.uniform(1, 10), size=mask.shape)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0, side / 50)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(chance.integers(30, 95)))
    return Image.open(file)


class Net(nn.Module):       # lesson 10's
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x):                           # (N, 1, 28, 28)
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))     # (N, 20, 4, 4)
        return self.fc(x.flatten(start_dim=1))      # (N, 10)


def move(x, degrees=25, share=0.15, pixels=1):
    """Each image turned, scaled and shifted by chance: (N, 1, 28, 28) -> (N, 1, 28, 28)."""
    chance = 2 * torch.rand(4, len(x), device=x.device) - 1             # (4, N)  -1 to 1
    angle, scale = math.radians(degrees) * chance[0], 1 + share * chance[1]
    right, down = chance[2:] * pixels / 14                              # an image is 2 wide
    cos, sin = scale * angle.cos(), scale * angle.sin()
    rows = [torch.stack([cos, -sin, right], dim=1), torch.stack([sin, cos, down], dim=1)]
    grid = F.affine_grid(torch.stack(rows, dim=1), x.shape, align_corners=False)    # (N, 28, 28, 2)
    black = -MEAN / STD                 # grid_sample fills up with 0: let that be black
    return F.grid_sample(x - black, grid, align_corners=False) + black


def save_nets(path, nets, settings):
    """Whole or not at all: write beside, then rename."""
    part = path.with_suffix(f".{os.getpid()}.part")
    weights = {name: model.state_dict() for name, model in nets.items()}
    try:
        torch.save({"settings": settings, "weights": weights}, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        print(f"{path}: the nets cannot be kept: {error}")


def load_nets(path, settings):
    """The nets that save_nets kept; {} where the file does not hold those of these settings."""
    if not path.exists():
        return {}
    try:
        with zipfile.ZipFile(path) as file:
            if file.testzip():          # the checksums: torch.load does not compare them
                raise zipfile.BadZipFile
        # weights_only: else a file could hold a program, and loading would run it
        saved = torch.load(path, map_location="cpu", weights_only=True)
        nets = {name: Net() for name in NETS}
        for name, model in nets.items():
            model.load_state_dict(saved["weights"][name])
        if saved["settings"] == settings:
            return nets
        print(f"{path}: nets of other settings, so we train anew")
    except Exception as error:      # they have a dozen kinds
        print(f"{path}: damaged or not ours ({type(error).__name__}), so we train anew")
    return {}


@torch.no_grad()
def read(model, name, steps):
    """The steps and: name, ten probabilities p, text, digit (None where there is none for sure)."""
    if steps["problem"]:
        return {**steps, "name": name, "p": np.zeros(10), "text": steps["problem"], "digit": None}
    p = model(to_tensor(steps["image"]).unsqueeze(0)).softmax(dim=1)[0]     # (10,)
    (first, second), (digit, other) = (values.tolist() for values in p.topk(2))
    text = f"{digit}, {100 * first:.1f} % | next {other}, {100 * second:.1f} %"
    if first < SURE:
        digit, text = None, f"not sure: {text}"
    return {**steps, "name": name, "p": p.numpy(), "text": text, "digit": digit}


def read_made(nets, x, y, degrees, seed):
    """Let both nets read 100 photos made of the digits x (N, 1, 28, 28), y (N,); print the mistakes
    of "moved". Return its readings, mistakes first, and for each net how many are right."""
    chance = np.random.default_rng(seed)
    chosen = chance.permutation(len(x))[:100].tolist()
    digits = (x[chosen, 0].cpu() * STD + MEAN).mul(255).round().byte().numpy()      # (100, 28, 28)
    photos = [prepare(make_photo(digit, degrees, chance)) for digit in digits]
    right = {}
    for name in NETS:
        mistakes, others = [], []
        for label, steps in zip(y[chosen].tolist(), photos, strict=True):
            reading = read(nets[name], f"a {label}", steps)
            (others if reading["digit"] == label else mistakes).append(reading)
        right[name] = len(others)
    for reading in mistakes:
        print(f"{reading['name']} | {reading['text']}")
    print(f"turned up to {degrees} degrees: {right['moved']} of {len(photos)} photos read right, "
          f"without turns and shifts {right['plain']}")
    return mistakes + others, right


def main(photo=None, epochs=2, batch_size=128, lr=0.1, seed=0):
    """Train two nets or load them, read the digits of photos; return what is read.

    photo: a picture, or a folder of pictures; without it 100 photos are made of test digits
    epochs: passes over the training digits, >= 1
    batch_size: images a step, >= 1
    lr: learning rate at the start, > 0 and <= 1
    seed: of weights, order and moves of the images, and of the photos that are made, >= 0
    """
    photos = prepare_all(photo) if photo else {}        # a wrong path ends here, before training
    settings = {"epochs": epochs, "batch_size": batch_size, "lr": lr, "seed": seed}
    nets = load_nets(DATA / "digits.pt", settings)
    losses = {}

    # 1. Prepare data
    if not (photos and nets):
        device = pick_device()
        x_train, y_train, x_test, y_test = load_mnist(device)

    for name in [] if nets else NETS:
        # 2. Define model
        torch.manual_seed(seed)
        model = Net().to(device, memory_format=torch.channels_last)

        # 3. Loss and optimizer
        criterion = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
        steps = epochs * math.ceil(len(x_train) / batch_size)           # lr falls linearly to 0
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)

        # 4. Training cycle: forward, backward, update
        losses[name] = []
        for epoch in range(1, epochs + 1):
            total = 0.0
            for batch in torch.randperm(len(x_train), device=device).split(batch_size):
                x = move(x_train[batch]) if name == "moved" else x_train[batch]
                loss = criterion(model(x), y_train[batch])              # forward
                optimizer.zero_grad()
                loss.backward()                                         # backward
                optimizer.step()                                        # update
                scheduler.step()
                total += finite(loss) * len(batch)
            losses[name].append(total / len(x_train))
            print(f"{name} | epoch {epoch}/{epochs} | loss {losses[name][-1]:.4f}")
        nets[name] = model.cpu()
    if losses:
        save_nets(DATA / "digits.pt", nets, settings)

    readings = [read(nets["moved"], name, steps) for name, steps in photos.items()]
    for reading in readings:
        print(f"{reading['name']} | {reading['text']}")
    right = {}
    for degrees in [] if photos else [30, 12]:
        readings, right[degrees] = read_made(nets, x_test, y_test, degrees, seed)
    return {"readings": readings, "right": right, "losses": losses}


def draw(result):
    """A row for each of the first six photos: what the steps make of it, the ten probabilities."""
    import matplotlib.pyplot as plt

    shown = result["readings"][:6]
    figure, grid = plt.subplots(len(shown), 6, figsize=(10, 1.8 * len(shown)), squeeze=False,
                                layout="constrained")
    titles = {"photo": "photo", "even": "grey, light evened", "ink": "ink found",
              "box": "cropped", "image": "as the net sees it"}
    for row, reading in zip(grid, shown, strict=True):
        for axes, step in zip(row, titles, strict=False):
            axes.set(xticks=[], yticks=[])
            if step in reading:
                axes.imshow(reading[step], cmap="gray")
                axes.set_title(titles[step], fontsize=10)
            else:
                axes.axis("off")
        row[0].set_title(reading["name"][-24:], fontsize=10)
        row[1].images[0].set_clim(-200, 200)        # paper, about 0, is grey
        row[5].bar(range(10), reading["p"])
        row[5].set(xticks=range(10), yticks=[0, 0.5, 1], ylim=(0, 1))
        row[5].set_title(reading["text"].replace(" | ", "\n").replace(": ", ":\n"), fontsize=10)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson10_3")
