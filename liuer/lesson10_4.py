"""Lesson 10.4: your own pictures. A folder with a folder for each class is all that a net needs.

    data/cat/1.jpg, data/cat/2.jpg, ... , data/dog/1.jpg, ...         (ImageFolder's layout)
    precision = right / all that were read as the class        recall = right / all of the class

A fifth of each class's files is held out. Without --data the script draws pictures of five shapes.

Run:     python liuer/lesson10_4.py --data folder               (--help lists the settings)
         python liuer/lesson10_4.py --data folder --save my.pt
         python liuer/lesson10_4.py --load my.pt --photo new.jpg        (or a folder of pictures)
Prints:  accuracy 100.0% on 150 held-out pictures, always the largest class 20.0%
Notes:   liuer/README.md, lecture 10
"""

import functools
import math
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import nn
from torch.utils.data import DataLoader, Subset

import files
from utils import BadInput, finite, pick_device, progress, settings, show

SHAPES = {"circle": (20, 1.0), "spark": (4, 0.35), "square": (4, 0.71), "star": (5, 0.45),
          "triangle": (3, 0.5)}         # corners, and how far the points between them are out
SMALLEST = 16       # pixels: of fewer the two convolutions leave nothing
SHOWN = 12          # pictures in the figure, at most


def draw_shape(name):
    """A picture of 64 x 64: light on dark or dark on light, of any size, in any place, turned."""
    light = [170 + int(85 * share) for share in torch.rand(3).tolist()]
    dark = [int(110 * share) for share in torch.rand(3).tolist()]
    paper, ink = (light, dark) if torch.rand(1) < 0.5 else (dark, light)
    corners, inner = SHAPES[name]
    across, down, size, turn = torch.rand(4).tolist()
    size = 12 + 12 * size
    points = []
    for k in range(2 * corners):
        radius = size if k % 2 == 0 else size * inner
        angle = math.pi * k / corners + 0.6 * turn
        points.append((24 + 16 * across + radius * math.cos(angle),
                       24 + 16 * down + radius * math.sin(angle)))
    picture = Image.new("RGB", (64, 64), tuple(paper))
    ImageDraw.Draw(picture).polygon(points, fill=tuple(ink))
    return picture


def draw_shapes(folder, count):
    """The layout that ImageFolder reads: a folder for each class, named like it."""
    for name in SHAPES:
        (Path(folder) / name).mkdir()
        for number in range(count):
            draw_shape(name).save(Path(folder) / name / f"{number}.png")


@functools.lru_cache(5_000)     # as many pictures are kept: they are read once, not in each epoch
def read_rgb(path):
    """A picture in three channels, upright, at most 128 pixels long."""
    return files.read_picture(path, 128).convert("RGB")


def make_transform(size, augment=False):
    """From a picture to the net's input (3, size, size)."""
    from torchvision import transforms

    steps = [transforms.Resize((size, size))]
    if augment:     # each time a picture is taken it is turned, shifted and scaled in a new way
        steps.append(transforms.RandomAffine(12, translate=(0.08, 0.08), scale=(0.85, 1.15)))
    steps.append(transforms.ToTensor())                                     # (3, H, W), 0 to 1
    steps.append(transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)))    # -1 to 1
    return transforms.Compose(steps)


def split(labels):
    """Numbers of the pictures to train on, and of those held out: a fifth of each class."""
    train_part, test_part = [], []
    for label in sorted(set(labels)):
        numbers = [i for i, one in enumerate(labels) if one == label]
        order = torch.randperm(len(numbers)).tolist()
        held_out = len(numbers) // 5
        test_part += [numbers[k] for k in order[:held_out]]
        train_part += [numbers[k] for k in order[held_out:]]
    return train_part, test_part


class Net(nn.Module):
    def __init__(self, classes, channels=3):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.adaptive = nn.AdaptiveMaxPool2d(4)     # ours: whatever comes in, 4 x 4 goes out
        self.fc = nn.Linear(320, classes)

    def forward(self, x):                           # (N, 3, H, W)
        x = F.relu(self.pooling(self.conv1(x)))     # (N, 10, (H - 4) / 2, (W - 4) / 2)
        x = F.relu(self.adaptive(self.conv2(x)))    # (N, 20, 4, 4)
        x = x.flatten(start_dim=1)                  # (N, 320)
        return self.fc(x)                           # (N, classes)


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
def predict(model, loader):
    """The probabilities (N, C) of a loader's pictures, and their classes (N,)."""
    model.eval()
    device = next(model.parameters()).device
    parts, targets = [], []
    for inputs, target in loader:
        parts.append(model(inputs.to(device)).softmax(dim=1).cpu())
        targets.append(target)
    return torch.cat(parts), torch.cat(targets)


def count_answers(predicted, target, classes):
    """The confusion matrix (C, C): a row for each true class, a column for each answer."""
    confusion = torch.zeros(classes, classes, dtype=torch.long)
    for true, answer in zip(target.tolist(), predicted.tolist()):
        confusion[true, answer] += 1
    return confusion


def print_answers(confusion, classes):
    """Precision and recall of each class, and its row of the confusion matrix."""
    width = max(5, max(len(name) for name in classes))
    heads = ""
    for name in classes:
        heads += f" {name[:5]:>5}"
    print(f"{'class':{width}} | precision | recall | read as{heads}")
    for k, name in enumerate(classes):
        right = confusion[k, k].item()
        answers = confusion[:, k].sum().item()
        precision = f"{right / answers:.1%}" if answers else "none"     # never answered
        recall = f"{right / confusion[k].sum().item():.1%}"
        counts = ""
        for count in confusion[k].tolist():
            counts += f" {count:5}"
        print(f"{name:{width}} | {precision:>9} | {recall:>6} |        {counts}")


def find_worst(p, target, dataset, classes):
    """The held-out pictures whose true class got the lowest probability, each with a title."""
    p_true = p[torch.arange(len(p)), target]                                # (N,)
    worst = []
    for i in p_true.argsort()[:SHOWN].tolist():
        picture = dataset[i][0].permute(1, 2, 0) * 0.5 + 0.5                # (H, W, 3), 0 to 1
        answer = p[i].argmax().item()
        worst.append((picture.numpy(), f"{classes[target[i]]}: {p_true[i]:.1%}\n"
                               f"read as {classes[answer]}: {p[i, answer]:.1%}"))
    return worst


@torch.no_grad()
def ask(model, photos, classes, size):
    """Print the two likeliest classes of each photo; return the photos with these as titles."""
    model.eval()
    device = next(model.parameters()).device
    answers = []
    for name, photo in photos.items():
        x = make_transform(size)(photo.convert("RGB")).unsqueeze(0)         # (1, 3, size, size)
        p = model(x.to(device)).softmax(dim=1)[0]                           # (C,)
        first, second = p.topk(2).indices.tolist()
        text = f"{classes[first]} {p[first]:.1%} | next {classes[second]} {p[second]:.1%}"
        print(f"{name} | {text}")
        answers.append((photo, f"{name}\n" + text.replace(" | ", "\n")))
    return answers


def load_net(path):
    """The net that --save wrote, the names of its classes and the size of its pictures."""
    content = files.load(path)
    try:
        model = Net(len(content["classes"]))
        model.load_state_dict(content["weights"])
        return model, content["classes"], content["size"]
    except (KeyError, TypeError, RuntimeError):
        raise BadInput(f"{path}: expected a net that lesson10_4.py --save wrote") from None


def main(epochs=25, batch_size=16, lr=0.03, momentum=0.9, weight_decay=5e-4, augment=True, size=32,
         pictures=150, seed=0, data=None, photo=None, save=None, load=None):
    """Train on a folder of pictures; return the losses, the confusion matrix, the worst pictures.

    epochs: passes over the training pictures
    batch_size: pictures a step
    lr: learning rate (at the start; it falls to 0)
    momentum: share of the last step that the next one keeps
    weight_decay: pull of the weights towards 0
    augment: turn, shift and scale each picture in a new way each time
    size: pixels a side, as the net sees the pictures; 16 or more
    pictures: of each shape, without --data; 5 or more
    seed: of the shapes, the split, the weights, the order, the changes
    data: a folder with a folder of pictures for each class
    photo: a new picture, or a folder of them, to ask the net about
    save: keep the trained net in this file
    load: take the net from this file in place of training, for --photo
    """
    if size < SMALLEST:
        raise BadInput(f"--size: expected {SMALLEST} or more, got {size}")
    if pictures < 5:
        raise BadInput(f"--pictures: expected 5 or more, got {pictures}")
    if load and not photo:
        raise BadInput("--load: expected --photo as well, a picture to ask the net about")
    photos = files.read_pictures(photo, 512) if photo else {}       # a wrong path ends here
    torch.manual_seed(seed)
    device = pick_device()
    if load:
        model, classes, size = load_net(load)
        return {"losses": [], "shown": ask(model.to(device), photos, classes, size)}

    # 1. Prepare data
    from torchvision.datasets import ImageFolder

    made = None
    if not data:
        made = tempfile.TemporaryDirectory()
        draw_shapes(made.name, pictures)
        data = made.name
    folder = Path(data).expanduser()
    classes = files.read_classes(folder)
    train_folder = ImageFolder(folder, make_transform(size, augment), loader=read_rgb)
    test_folder = ImageFolder(folder, make_transform(size), loader=read_rgb)
    train_part, test_part = split(train_folder.targets)
    train_loader = DataLoader(Subset(train_folder, train_part), batch_size, shuffle=True)
    test_loader = DataLoader(Subset(test_folder, test_part), 100)
    print(f"{len(train_part)} pictures of {len(classes)} classes to train on, "
          f"{len(test_part)} held out")

    # 2. Define model
    model = Net(len(classes)).to(device, memory_format=torch.channels_last)     # ours: faster

    # 3. Loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=weight_decay)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

    # 4. Training cycle
    losses = []
    for epoch in range(1, epochs + 1):
        batches = progress(train_loader, f"epoch {epoch}/{epochs}")
        losses.append(finite(train(model, batches, criterion, optimizer, scheduler)))
        if epoch == 1 or epoch % max(1, epochs // 10) == 0:
            print(f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}")

    p, target = predict(model, test_loader)                 # (N, C), (N,)
    confusion = count_answers(p.argmax(dim=1), target, len(classes))
    print_answers(confusion, classes)
    shown = find_worst(p, target, test_loader.dataset, classes)
    if made:
        made.cleanup()
    if save:
        files.save(save, {"classes": classes, "size": size, "weights": model.cpu().state_dict()})
        print(f"the net is kept in {save}")
    if photo:
        shown = ask(model, photos, classes, size)
    accuracy = (confusion.diag().sum() / confusion.sum()).item()
    majority = (confusion.sum(dim=1).max() / confusion.sum()).item()
    print(f"accuracy {accuracy:.1%} on {len(target)} held-out pictures, "
          f"always the largest class {majority:.1%}")
    return {"losses": losses, "confusion": confusion, "accuracy": accuracy, "shown": shown}


def draw(result):
    """The held-out pictures that were read worst, or the photos, with the net's answers."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(3, 4, figsize=(9, 7.5), layout="constrained")
    for axes in grid.flat:
        axes.axis("off")
    for axes, (picture, title) in zip(grid.flat, result["shown"]):
        axes.imshow(picture, cmap="gray")
        axes.set_title(files.drawable(title), fontsize=10)
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson10_4")
