"""Lesson 10.3: your own digit. A net trained on MNIST reads a photo that is made like MNIST first.

    photo -> ink as a share of the paper's light -> ink or paper -> one digit
          -> its box, 20 pixels long -> centred in 28 x 28

The net learns the training digits turned, scaled and shifted a little. With --photo it is kept in
data/digits.pt and read from there the next time; without, it reads photos made of test digits.

Run:     python liuer/lesson10_3.py --photo my7.jpg     (or a folder of pictures; see --help)
         python liuer/lesson10_3.py --no-moving     (without turns, scalings, shifts: 97 of 100)
Prints:  99 of 100 photos read right
Notes:   liuer/README.md, lecture 10
"""

import inspect
import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter
from torch import nn
from torch.utils.data import DataLoader, Dataset

from files import drawable, load, read_pictures, save
from utils import DATA, BadInput, finite, load_mnist, pick_device, progress, settings, show

SIDE = 300              # pixels of a photo's longer side
WINDOW = 101            # pixels: what is dark and narrower is ink, what is wider is paper or table
SMALLEST = 40           # pixels of ink: less is a speck
CONTRAST = 0.08         # of the paper's light, between ink and paper: less is noise
STROKE = 1 / 12         # of the digit's longer side: a thinner pen's strokes are widened
SURE = 0.6              # a smaller probability is "not sure"
DRAWN = 8               # photos in the figure, at most
PENS = [((250, 250, 245), (20, 20, 25)), ((245, 240, 220), (30, 50, 140)),      # paper, ink
        ((235, 235, 235), (110, 110, 115)), ((250, 235, 130), (170, 20, 30)),
        ((200, 220, 240), (25, 90, 50)), ((35, 70, 55), (240, 240, 230))]       # chalk on a board


# ---- from a photo to an image as MNIST has it; each picture is a tensor (1, H, W), 0 to 1 ----

def to_grey(photo):
    """A picture -> (1, H, W), 0 black to 1 white, the longer side SIDE pixels."""
    scale = SIDE / max(photo.size)
    width = max(1, round(scale * photo.width))
    height = max(1, round(scale * photo.height))
    photo = photo.convert("L").resize((width, height))
    photo = photo.filter(ImageFilter.GaussianBlur(SIDE / 300))          # less of the camera's noise
    pixels = torch.frombuffer(bytearray(photo.tobytes()), dtype=torch.uint8)
    return pixels.view(1, height, width) / 255


def largest_around(x, window):
    """Each pixel becomes the largest of those around it: max pooling, first across, then down."""
    x = F.max_pool2d(x, (1, window), stride=1, padding=(0, window // 2))
    return F.max_pool2d(x, (window, 1), stride=1, padding=(window // 2, 0))


def smallest_around(x, window):
    return -largest_around(-x, window)


def paper_light(grey):
    """What the photo would be without dark strokes. Edges of the sheet and of shadows stay."""
    return smallest_around(largest_around(grey, WINDOW), WINDOW)


def otsu(x):
    """The threshold that parts the pixels best: with the largest variance between both groups."""
    counts = torch.histc(x, 100, 0, 1).tolist()             # pixels of 0 to 0.01, 0.01 to 0.02, ...
    total = sum(counts)
    mean = sum(k * counts[k] for k in range(100)) / total
    below = below_sum = 0
    best = threshold = 0.0
    for k in range(99):
        below += counts[k]
        below_sum += k * counts[k]
        if 0 < below < total:
            variance = (mean * below - below_sum) ** 2 / (below * (total - below))
            if variance > best:
                best = variance
                threshold = (k + 1) / 100
    return threshold


def is_board(grey):
    """Light ink on dark paper? The border is dark, and all that is light is narrow."""
    threshold = otsu(grey)
    border = torch.cat([grey[0, 0], grey[0, -1], grey[0, :, 0], grey[0, :, -1]])
    filled = smallest_around(largest_around(grey, WINDOW // 4), WINDOW // 4)    # a sheet, whole
    without_strokes = smallest_around(filled, WINDOW * 2 // 3)
    return (border < threshold).float().mean() > 0.5 and without_strokes.max() < threshold


def find_ink(grey):
    """(1, H, W): the share of the paper's light that each pixel swallows; near 0 on paper."""
    if is_board(grey):
        grey = 1 - grey
    return 1 - grey / paper_light(grey).clamp(min=0.05)


def ink_threshold(share):
    """What parts ink from paper; where shadows are among the ink, from these."""
    threshold = max(otsu(share), CONTRAST)
    ink = share[share > threshold]
    if len(ink) == 0:
        return threshold
    higher = otsu(ink)
    if ink[ink < higher].mean() < 0.7 * ink[ink >= higher].mean():
        return higher
    return threshold


def find_parts(ink):
    """The connected parts of the ink, True or False (1, H, W), without specks: a list of the same.

    Each pixel of ink begins with its own number and takes the largest of its neighbours'."""
    numbers = torch.arange(1, ink.numel() + 1).view(ink.shape) * ink.float()
    while True:
        larger = F.max_pool2d(numbers, 3, stride=1, padding=1) * ink
        if torch.equal(larger, numbers):
            break
        numbers = larger
    parts = []
    for number, size in zip(*numbers.unique(return_counts=True)):
        if number > 0 and size >= SMALLEST:
            parts.append(numbers == number)
    return parts


def find_box(part):
    """Top, bottom, left and right of the ink; the last ones are the first without ink."""
    rows = part[0].any(dim=1).nonzero()
    columns = part[0].any(dim=0).nonzero()
    return rows[0].item(), rows[-1].item() + 1, columns[0].item(), columns[-1].item() + 1


def crop(ink):
    top, bottom, left, right = find_box(ink)
    return ink[:, top:bottom, left:right]


def meets_border(part):
    return (part[0, 0].any() or part[0, -1].any() or part[0, :, 0].any() or part[0, :, -1].any())


def is_frame(part, others):
    """Does the part go around a tall one, as the edge of a sheet does around a digit?"""
    top, bottom, left, right = find_box(part)
    for other in others:
        box = find_box(other)
        inside = top < box[0] and box[1] < bottom and left < box[2] and box[3] < right
        if inside and box[1] - box[0] > (bottom - top) / 5:
            return True
    return False


def choose_parts(parts, share):
    """The parts that may be the digit: not the table or a line of the paper, not the sheet's edge,
    not a faint shadow, nothing small far away.

    What meets the border is kept where nothing else is there: a digit that was cut out tightly."""
    darkest = max([share[part].mean() for part in parts], default=0)
    parts = [part for part in parts if share[part].mean() > 0.65 * darkest]
    inside = [part for part in parts if not meets_border(part)]
    parts = [part for part in inside if not is_frame(part, inside)] or parts
    if not parts:
        return []
    main = find_box(max(parts, key=torch.sum))
    near = (main[1] - main[0]) // 4
    chosen = []
    for part in parts:
        top, bottom, left, right = find_box(part)
        tall = bottom - top > (main[1] - main[0]) / 2
        if tall or (main[0] - near < bottom and top < main[1] + near
                    and main[2] - near < right and left < main[3] + near):
            chosen.append(part)
    return chosen


def find_problem(share, parts):
    """Why this is no photo of one digit; None where it may be one."""
    if not parts:
        return "no digit: nothing stands out"
    ink = torch.stack(parts).any(dim=0)
    if share[ink].mean() - share[~ink].mean() < CONTRAST:
        return "no digit: nothing stands out"
    boxes = [find_box(part) for part in parts]
    tallest = max(bottom - top for top, bottom, left, right in boxes)
    if tallest < SIDE / 12:
        return "no digit, or a small one: come nearer"
    large = [box for box in boxes if box[1] - box[0] > tallest / 2]     # not a 5's loose bar
    for one in large:
        for two in large:
            if two[2] >= one[3] or two[0] - one[1] > tallest / 10:  # right of it, or clearly below
                return "two digits, or none: cut one out"
    box = crop(ink)
    height, width = box.shape[1:]
    if width > 2 * height or (width > height / 2 and box.float().mean() > 0.75):
        return "no digit: a line or a blot"
    return None


def thicken(box):
    """The digit (1, h, w), with strokes at least STROKE wide, as MNIST's pens were.
    A stroke has two edges: its width is about 2 * pixels / pixels at an edge."""
    ink = F.pad(box.float(), (1, 1, 1, 1))
    at_edge = ink - smallest_around(ink, 3)
    width = 2 * ink.sum() / at_edge.sum()
    grow = max(0, round((max(box.shape) * STROKE - width.item()) / 2))
    ink = F.pad(ink, (grow, grow, grow, grow))
    return crop(largest_around(ink, 2 * grow + 1) > 0)


def shrink(box):
    """(1, h, w) -> (1, 20, w') or (1, h', 20): each pixel is the share of ink in its area."""
    scale = 20 / max(box.shape)
    size = (max(1, round(scale * box.shape[1])), max(1, round(scale * box.shape[2])))
    small = F.interpolate(box.float().unsqueeze(0), size, mode="area")[0]
    return small / small.max()                              # the brightest pixel is white


def centre(small):
    """(1, h, w) -> (1, 28, 28), the centre of mass at pixel (14, 14), as in MNIST."""
    height, width = small.shape[1:]
    row = (small.sum(dim=(0, 2)) * torch.arange(height)).sum() / small.sum()
    column = (small.sum(dim=(0, 1)) * torch.arange(width)).sum() / small.sum()
    top = min(max(0, round(14 - row.item())), 28 - height)              # nothing is cut off
    left = min(max(0, round(14 - column.item())), 28 - width)
    return F.pad(small, (left, 28 - width - left, top, 28 - height - top))


def prepare(photo):
    """All the steps: what each of them makes of a picture, and the problem if there is one."""
    grey = to_grey(photo)
    share = find_ink(grey)
    ink = share > ink_threshold(share)
    parts = choose_parts(find_parts(ink), share)
    steps = {"photo": photo.resize((grey.shape[2], grey.shape[1])), "share": share, "ink": ink,
             "problem": find_problem(share, parts)}
    if not steps["problem"]:
        steps["ink"] = torch.stack(parts).any(dim=0)
        steps["image"] = centre(shrink(thicken(crop(steps["ink"]))))
    return steps


# ---- a photo made of a digit of MNIST ----

def make_photo(digit, chance, degrees=12):
    """A photo of a digit: (28, 28) bytes -> RGB picture. chance: a np.random.Generator."""
    width, height = chance.integers(240, 640, size=2).tolist()
    side = int(min(width, height) * chance.uniform(0.3, 0.8))           # of the digit's 28 x 28
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    large = large.rotate(chance.uniform(-degrees, degrees), Image.Resampling.BICUBIC)
    mask = Image.new("L", (width, height))
    mask.paste(large, (int(chance.integers(width - side)), int(chance.integers(height - side))))
    mask = np.asarray(mask)[:, :, None] / 255                           # (H, W, 1)
    mask = np.clip((mask - chance.uniform(0.3, 0.6)) * 8 + 0.5, 0, 1)   # a broad pen, or a thin one
    paper, ink = np.array(PENS[chance.integers(len(PENS))])
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


# ---- the net ----

class Digits(Dataset):
    """Images (N, 28, 28) in bytes and their labels (N,), as ToTensor and Normalize make them."""

    def __init__(self, images, labels):
        x = images.unsqueeze(1) / 255           # ToTensor(): (N, 1, 28, 28), 0 to 1
        self.x = (x - 0.1307) / 0.3081          # Normalize((0.1307,), (0.3081,)): mean 0, std 1
        self.y = labels

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def __getitems__(self, indices):            # ours: a batch at once is faster than one by one
        return self.x[indices], self.y[indices]


class MovedDigits(Digits):
    """The same, and each time an image is taken it is moved anew."""

    def __getitems__(self, indices):
        return move(self.x[indices]), self.y[indices]


def move(x, degrees=25, share=0.15, pixels=1):
    """Each image turned, scaled and shifted by chance: (N, C, H, W) -> (N, C, H, W)."""
    n = len(x)
    angle = math.radians(degrees) * (2 * torch.rand(n, device=x.device) - 1)        # (N,)
    scale = 1 + share * (2 * torch.rand(n, device=x.device) - 1)
    right = pixels * 2 / x.shape[3] * (2 * torch.rand(n, device=x.device) - 1)  # an image is 2 wide
    down = pixels * 2 / x.shape[2] * (2 * torch.rand(n, device=x.device) - 1)
    cos = scale * angle.cos()
    sin = scale * angle.sin()
    first = torch.stack([cos, -sin, right], dim=1)                      # (N, 3)
    second = torch.stack([sin, cos, down], dim=1)
    matrices = torch.stack([first, second], dim=1).to(x.dtype)          # (N, 2, 3)
    grid = F.affine_grid(matrices, x.shape, align_corners=False)        # (N, H, W, 2)
    black = x.min()                     # grid_sample fills up with 0: let that be black
    return F.grid_sample(x - black, grid, align_corners=False) + black


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x):                           # (N, 1, 28, 28)
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, 24, 24), then (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))     # (N, 20, 8, 8), then (N, 20, 4, 4)
        x = x.flatten(start_dim=1)                  # (N, 320)  ours: view refuses channels_last
        return self.fc(x)                           # (N, 10)


def train(model, loader, criterion, optimizer, scheduler=None):
    """One epoch; return the mean loss of a sample."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)                 # forward
        loss = criterion(outputs, target)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        if scheduler:
            scheduler.step()                    # ours: the learning rate falls with every step
        total += loss.item() * len(target)      # the last batch is smaller
        count += len(target)
    return total / count


@torch.no_grad()
def test(model, loader):
    """Share of right answers."""
    model.eval()
    device = next(model.parameters()).device
    correct = total = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)
        predicted = outputs.argmax(dim=1)
        assert predicted.shape == target.shape  # otherwise == would compare all with all
        correct += (predicted == target).sum().item()
        total += len(target)
    return correct / total

def keep_net(path, model, recipe):
    try:
        save(path, {"recipe": recipe, "weights": model.state_dict()})
    except BadInput as error:           # a folder that may not be written: go on without
        print(error)


def load_net(path, recipe):
    """The net that was kept, where the same settings and the same code made it; else None."""
    if not path.exists():
        return None
    try:
        kept = load(path)
        if kept.get("recipe") == recipe and None not in recipe:
            model = Net()
            model.load_state_dict(kept["weights"])
            print(f"{path}: the net is read from there; delete the file to train anew")
            return model
        print(f"{path}: a net of other settings or other code, so we train anew")
    except BadInput as error:
        print(f"{error}, so we train anew")
    return None


def code_of(*parts):
    """The text of functions and classes: a net is kept for these. A console has no text: None."""
    try:
        return [inspect.getsource(part) for part in parts]
    except (OSError, TypeError):
        return [None]


@torch.no_grad()
def read(model, name, steps):
    """The steps and: name, ten probabilities p, text, digit (None where there is none for sure)."""
    model.eval()
    reading = dict(steps, name=name, p=torch.zeros(10), text=steps["problem"], digit=None)
    if steps["problem"]:
        return reading
    device = next(model.parameters()).device
    x = (steps["image"] - 0.1307) / 0.3081                              # (1, 28, 28)
    p = model(x.unsqueeze(0).to(device)).softmax(dim=1)[0].cpu()        # (10,)
    best, other = p.argsort(descending=True)[:2].tolist()
    reading["p"] = p
    reading["text"] = f"{best}, {p[best]:.1%} | next {other}, {p[other]:.1%}"
    if p[best] < SURE:
        reading["text"] = "not sure: " + reading["text"]
    else:
        reading["digit"] = best
    return reading


def read_made(model, images, labels, seed):
    """Read 100 photos made of the digits (N, 28, 28), (N,): the readings, mistakes first, and how
    many are right."""
    print("100 photos are made of test digits and read, about half a minute ...")
    chance = np.random.default_rng(seed)
    mistakes, others = [], []
    for i in chance.permutation(len(images))[:100].tolist():
        photo = make_photo(images[i].numpy(), chance)
        label = labels[i].item()
        reading = read(model, f"a {label}", prepare(photo))
        if reading["digit"] == label:
            others.append(reading)
        else:
            mistakes.append(reading)
            print(f"{reading['name']} | {reading['text']}")
    return mistakes + others, len(others)


def main(photo=None, moving=True, epochs=2, batch_size=128, lr=0.1, seed=0):
    """Train a net, or read it where it was kept; read the digits of photos.

    photo: a picture, or a folder of pictures; without it 100 photos are made of test digits
    moving: turn, scale and shift the training digits
    epochs: passes over the training digits
    batch_size: images a step
    lr: learning rate at the start
    seed: of weights, order and moves of the images, and of the photos that are made
    """
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    pictures = {}
    if photo:
        pictures = read_pictures(photo, 2 * SIDE)       # a wrong path ends here, before training
        print(f"{len(pictures)} to read")
    x_train, y_train, x_test, y_test = load_mnist()
    dataset = MovedDigits if moving else Digits
    train_loader = DataLoader(dataset(x_train, y_train), batch_size, shuffle=True, collate_fn=tuple)
    test_loader = DataLoader(Digits(x_test, y_test), 1000, collate_fn=tuple)

    # 2. Define model
    recipe = [moving, epochs, batch_size, lr, seed] + code_of(Digits, MovedDigits, move, Net, train)
    model = load_net(DATA / "digits.pt", recipe) if photo else None
    trained = model is not None
    if not trained:
        model = Net()
    model = model.to(device)

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

    # 4. Training cycle
    losses = []
    for epoch in range(1, 0 if trained else epochs + 1):
        batches = progress(train_loader, f"epoch {epoch}/{epochs}")
        losses.append(finite(train(model, batches, criterion, optimizer, scheduler)))
        print(f"epoch {epoch}/{epochs} | loss {losses[-1]:.4f}")
    if not trained:
        print(f"test accuracy {test(model, test_loader):.2%}")
        keep_net(DATA / "digits.pt", model, recipe)

    readings = []
    for name, picture in pictures.items():
        readings.append(read(model, name, prepare(picture)))
        print(f"{name} | {readings[-1]['text']}")
    right = None
    if not photo:
        readings, right = read_made(model, x_test, y_test, seed)
        print(f"{right} of {len(readings)} photos read right")
    return {"readings": readings, "right": right, "losses": losses}


def draw(result):
    """A row for each of the first photos: what the steps make of it, the ten probabilities."""
    import matplotlib.pyplot as plt

    shown = result["readings"][:DRAWN]
    figure, grid = plt.subplots(len(shown), 5, figsize=(9, 1.8 * len(shown)), squeeze=False,
                                layout="constrained")
    for row, reading in zip(grid, shown):
        name = reading["name"] if len(reading["name"]) <= 20 else "..." + reading["name"][-17:]
        row[0].imshow(reading["photo"], cmap="gray")
        row[0].set_title(drawable(name), fontsize=10)
        row[1].imshow(reading["share"][0].numpy(), cmap="gray_r", vmin=0, vmax=1)
        row[1].set_title("ink, light evened", fontsize=10)
        row[2].imshow(reading["ink"][0].numpy(), cmap="gray")
        row[2].set_title("the digit", fontsize=10)
        if "image" in reading:
            row[3].imshow(reading["image"][0].numpy(), cmap="gray")
            row[3].set_title("as the net sees it", fontsize=10)
        for axes in row[:4]:
            axes.axis("off")
        row[4].bar(range(10), reading["p"].numpy())
        row[4].set(xticks=range(10), yticks=[0, 0.5, 1], ylim=(0, 1))
        row[4].set_title(reading["text"].replace(" | ", "\n").replace(": ", ":\n"), fontsize=10)
    count = len(result["readings"])
    if count > len(shown):
        figure.suptitle(f"the first {len(shown)} of {count} photos")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson10_3")
