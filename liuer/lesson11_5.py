"""Lesson 11.5: the ladder. From the lecture's training of a residual net up, one change a row.

    settings of a row = settings of the row above | its change

A row may be faster (indexed, layout, bf16), reach more (shifts, norm), or need less (pooling). The
last rows leave lesson 11.2's net: convolutions with batch norm after each, and a global average.
Settings were chosen on the last 5,000 training digits; each row sees the test digits once.

Run:   python liuer/lesson11_5.py           (10,000 digits; --help lists the settings)
       python liuer/lesson11_5.py --full --rows small,large,largest --seeds 5
See:   test accuracy 93.93% lecture, 98.81% large
Notes: liuer/README.md, lecture 11
"""

import math
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from utils import MEAN, STD, BadInput, flags, load_mnist, pick_device, show  # liuer/utils.py

START = {"loader": True, "batch_size": 64, "lr": 0.01, "momentum": 0.5, "weight_decay": 0.0,
         "cycle": False, "layout": torch.contiguous_format, "shift": 0, "turn": 0,
         "norm": nn.Identity, "pooling": False, "compiled": False, "bf16": False, "widths": (),
         "longer": 1}
ROWS = {        # name: what changes, with the rate that goes with it
    "lecture": {},
    "indexed": {"loader": False},                   # standardised once, batches by index
    "momentum": {"momentum": 0.9, "lr": 0.03},
    "cycle": {"cycle": True, "lr": 0.06},           # the rate climbs, then falls to 0
    "batches": {"batch_size": 128, "lr": 0.1},      # half as many steps, each a longer one
    "layout": {"layout": torch.channels_last},      # a pixel's channels side by side in memory
    "shifts": {"shift": 2},                         # by up to two pixels, anew at every use
    "norm": {"norm": nn.BatchNorm2d, "lr": 0.2, "weight_decay": 5e-4},
    "pooling": {"pooling": True},                   # 32 means to the last layer, not 32 x 4 x 4
    "compiled": {"compiled": True},
    "bf16": {"compiled": False, "bf16": True},      # 16 bits where they are precise enough
    # Other nets, in float32 again; --full trains them `longer`. 0 stands for a pooling.
    "small": {"bf16": False, "widths": (8, 12, 0, 16, 16, 0, 16, 16), "batch_size": 64, "lr": 0.1,
              "shift": 1, "turn": 8, "weight_decay": 1e-4, "longer": 10},
    "large": {"widths": (16, 0, 32, 32, 0, 64, 64)},
    "largest": {"widths": (32, 0, 64, 64, 0, 128, 128)},
}


class Digits(Dataset):
    """The lecture's way: whenever a digit is used, it passes through ToTensor and Normalize."""

    def __init__(self, x, y, mean, std):
        from torchvision import transforms
        self.transform = transforms.Compose([transforms.ToTensor(),
                                             transforms.Normalize((mean,), (std,))])
        pixels = (x * std + mean).mul(255).round().byte()           # (N, 1, 28, 28)
        self.images = [transforms.functional.to_pil_image(image) for image in pixels.cpu()]
        self.y = y.tolist()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.images[i]), self.y[i]


class ResidualBlock(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.norm1, self.norm2 = norm(channels), norm(channels)

    def forward(self, x):                                           # (N, C, H, W)
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(y)))                # (N, C, H, W)


def residual_net(norm, pooling):
    """The net of lesson 11.2 where norm is nn.Identity and pooling False."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=5), norm(16), nn.ReLU(),       # (N, 16, 24, 24)
        nn.MaxPool2d(2), ResidualBlock(16, norm),                   # (N, 16, 12, 12)
        nn.Conv2d(16, 32, kernel_size=5), norm(32), nn.ReLU(),      # (N, 32, 8, 8)
        nn.MaxPool2d(2), ResidualBlock(32, norm),                   # (N, 32, 4, 4)
        nn.AdaptiveAvgPool2d(1) if pooling else nn.Identity(),      # (N, 32, 1, 1)  channel means
        nn.Flatten(), nn.Linear(32 if pooling else 512, 10))        # (N, 10)


def conv_net(widths):
    """3x3 convolutions of these widths, each with batch norm and ReLU; 0 stands for a pooling."""
    layers, channels = [], 1
    for width in widths:
        if width == 0:
            layers.append(nn.MaxPool2d(2))
        else:       # no bias: batch norm takes the mean out, and has a bias of its own
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False),
                       nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def move(x, shift, turn):
    """Each image (N, 1, 28, 28) shifted by up to `shift` pixels, turned by up to `turn` degrees."""
    angle = (2 * torch.rand(len(x), device=x.device) - 1) * math.radians(turn)         # (N,)
    right, down = (2 * torch.rand(2, len(x), device=x.device) - 1) * shift / 14     # 14 pixels: 1
    row1 = torch.stack([angle.cos(), -angle.sin(), right], dim=1)
    row2 = torch.stack([angle.sin(), angle.cos(), down], dim=1)                     # (N, 3)
    grid = F.affine_grid(torch.stack([row1, row2], dim=1), x.shape, align_corners=False)
    # Between pixels it interpolates; what comes in from outside is as the border: empty.
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def batches(x, y, digits, batch_size):
    """One pass in a new order: x (B, 1, 28, 28) and y (B,) of each batch; from a Dataset or not."""
    order = torch.randperm(len(x), device=x.device)
    if digits is None:
        for batch in order.split(batch_size):
            yield x[batch], y[batch]
    else:       # shuffle=True would do, but draw another order than the other rows have
        for x_batch, y_batch in DataLoader(digits, batch_size, sampler=order.tolist(),
                                           generator=torch.Generator()):
            yield x_batch.to(x.device), y_batch.to(x.device)


@torch.no_grad()
def accuracy(model, x, y):
    was_training = model.training
    model.eval()
    y_pred = torch.cat([model(batch).argmax(dim=1) for batch in x.split(500)])      # (N,)
    model.train(was_training)
    return (y_pred == y.view_as(y_pred)).float().mean().item()


def train(model, x, y, x_val, y_val, epochs, settings):
    """Train; return (seconds of training so far, validation accuracy) after each epoch."""
    batch_size, lr = settings["batch_size"], settings["lr"]
    digits = Digits(x, y, MEAN, STD) if settings["loader"] else None
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=settings["momentum"],
                                weight_decay=settings["weight_decay"])
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1)    # the rate stays
    if settings["cycle"]:
        steps = epochs * math.ceil(len(x) / batch_size)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
    scores_of = model
    if settings["compiled"]:
        began, scores_of = time.perf_counter(), torch.compile(model)
        for size in (batch_size, len(x) % batch_size or batch_size):    # the last batch is smaller
            scores_of(x[:size]).sum().backward()
        print(f"compiling took {time.perf_counter() - began:.0f} s, which the row does not count")

    seconds, curve = 0.0, []
    for _ in range(epochs):
        began = time.perf_counter()
        for x_batch, y_batch in batches(x, y, digits, batch_size):
            if settings["shift"] or settings["turn"]:
                x_batch = move(x_batch, settings["shift"], settings["turn"])
            with torch.autocast(x.device.type, torch.bfloat16, enabled=settings["bf16"]):
                loss = criterion(scores_of(x_batch), y_batch)       # forward
            optimizer.zero_grad()
            loss.backward()                                         # backward
            optimizer.step()                                        # update
            scheduler.step()
        if x.device.type == "cuda":
            torch.cuda.synchronize()        # a GPU answers before it has computed
        seconds += time.perf_counter() - began
        curve.append((seconds, accuracy(model, x_val, y_val)))
    return curve


def why_not(name, settings, device, asked):
    """What keeps this run or this machine from a row; "" where nothing does."""
    if name in ("compiled", "largest") and not asked:
        return f"longer than a short run may take (--full, or --rows {name})"
    able = getattr(torch.cpu, "get_capabilities", dict)()       # newer versions of torch tell
    if settings["bf16"] and device.type == "cpu" and not (able.get("avx512_bf16")
                                                          or able.get("amx_bf16")):
        return "this processor has no fast bf16, as far as torch can tell"
    try:
        if settings["loader"]:
            Digits(torch.zeros(1, 1, 28, 28), torch.zeros(1), MEAN, STD)
        if settings["compiled"]:
            torch.compile(nn.Linear(2, 1).to(device))(torch.ones(1, 2, device=device))
    except Exception as error:      # no torchvision that fits this torch, no compiler, ...
        return "it fails here: " + str(error).split("\n")[0][:70]
    return ""


def first_time(curve, goal):
    """Seconds after which the validation accuracy first was `goal`, as text; - for never."""
    times = [seconds for seconds, value in curve if value >= goal]
    return f"{times[0]:.1f} s" if times else "-"


def mean(nets, key):
    return sum(net[key] for net in nets) / len(nets)


def main(full=False, rows=None, epochs=3, seeds=1, seed=0):
    """Climb the ladder; return a list of nets for each row: parameters, seconds, accuracies.

    full: train on 55,000 digits instead of 10,000, the last three rows 10 times as long
    rows: names of the rows to run, commas between; without it all
    epochs: passes over the digits, >= 1
    seeds: nets to train for each row, >= 1
    seed: of the first net's weights and the order of the digits, >= 0
    """
    started = time.perf_counter()
    device = pick_device()
    chosen = rows.split(",") if rows else list(ROWS)
    if not set(chosen) <= set(ROWS):
        raise BadInput(f"--rows: expected names out of {','.join(ROWS)}, got {rows!r}")

    # 1. Prepare data
    x, y, x_test, y_test = load_mnist(device)
    count = len(x) * 11 // 12           # settings are chosen on the last 5,000 digits
    held = len(x) - count
    if not full:
        count, held = min(count, 10_000), min(held, 2_000)
    x, x_val, y, y_val = x[:count], x[-held:], y[:count], y[-held:]
    print(f"{count:,} digits train, {held:,} validate after each epoch\n"
          "row      | parameters | an epoch | to 98 % | to 99 % | validation | test")
    nets, settings = {}, START
    for name, change in ROWS.items():
        settings = settings | change
        if name not in chosen:
            continue
        reason = why_not(name, settings, device, asked=full or rows)
        if reason:
            print(f"{name:8} | left out: {reason}")
            continue
        nets[name] = []
        for number in range(seed, seed + seeds):
            torch.manual_seed(number)
            # 2. Define model
            model = residual_net(settings["norm"], settings["pooling"])
            if settings["widths"]:
                model = conv_net(settings["widths"])
            model = model.to(device, memory_format=settings["layout"])
            # 3. Loss and optimizer, # 4. Training cycle: in train, by the row's settings
            passes = epochs * settings["longer"] if full else epochs
            curve = train(model, x, y, x_val, y_val, passes, settings)
            net = {"parameters": sum(p.numel() for p in model.parameters()),
                   "seconds": curve[-1][0], "validation": curve[-1][1],
                   "test": accuracy(model, x_test, y_test)}     # once, settings are chosen before
            nets[name].append(net)
            print(f"{name:8} | {net['parameters']:10,} | {net['seconds'] / passes:6.2f} s |"
                  f" {first_time(curve, 0.98):>7} | {first_time(curve, 0.99):>7} |"
                  f" {net['validation']:10.2%} | {net['test']:.2%}")
        if seeds > 1:
            print(f"{name:8} | mean of {seeds}: validation {mean(nets[name], 'validation'):.3%}, "
                  f"test {mean(nets[name], 'test'):.3%}")
    if not nets:
        raise BadInput(f"--rows: expected a row that can run here, got {rows}, left out as above")
    ends = [name for name in nets if name in (list(nets)[0], list(nets)[-1])]
    ends = ", ".join(f"{mean(nets[name], 'test'):.2%} {name}" for name in ends)
    print(f"test accuracy {ends} | {time.perf_counter() - started:.1f} s")
    return nets


def draw(nets):
    """Test accuracy against the seconds of training, a numbered point a row."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for number, (name, row) in enumerate(nets.items(), start=1):
        seconds, value = mean(row, "seconds"), 100 * mean(row, "test")
        axes.plot(seconds, value, "o", color="C0", label=f"{number} {name}: {value:.2f} %")
        place = (5, 4) if number % 2 else (-12, -12)    # neighbours are often close to each other
        axes.annotate(number, (seconds, value), xytext=place, textcoords="offset points")
    axes.set(xlabel="seconds of training", ylabel="test accuracy (%)", xscale="log")
    axes.xaxis.get_major_locator().set_params(subs=(1, 2, 3, 5, 7))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", handlelength=0, markerscale=0)
    return figure


if __name__ == "__main__":
    result = main(**flags(main))
    show(draw(result), "lesson11_5")
