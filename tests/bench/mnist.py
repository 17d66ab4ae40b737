"""The nets of lessons 9 to 11, trained by the lesson and the lecture's way: ours, theirs, ours.

Ours is the lesson's main() on no more digits and epochs than the goal needs, so that its rate falls
to 0 over these (the last 5,000 of them validate). Rates, climb and size of the batches were chosen
on the validation digits, the number of digits by trying whether the goal is reached.

The clock begins with reading the files (torch and what it imports with the first optimizer are
there by then). Every 100 steps it stands still: the net looks at the test digits, and some bare
steps (forward, backward, update on one batch that lies in memory) are timed. What a step of the
training takes longer than a bare one is handling data. Of our two runs the slower counts.
"""

import contextlib
import importlib
import io
import statistics
import time
from unittest import mock

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

import lesson9
import make
from utils import DATA, load_mnist, pick_device

# The lesson, the accuracy in the notes, of ours the digits and the settings.
NETS = {"mlp": ("lesson9", 0.97, 60_000, {"epochs": 1, "batch_size": 64, "lr": 0.05}),
        "cnn": ("lesson10", 0.98, 38_000, {"epochs": 1, "batch_size": 64, "lr": 0.05, "climb": 1}),
        "inception": ("lesson11", 0.98, 32_500,
                      {"epochs": 1, "batch_size": 64, "lr": 0.05, "climb": 100}),
        "residual": ("lesson11_2", 0.99, 60_000, {"epochs": 1, "batch_size": 24, "lr": 0.03})}
CHUNK, BARE = 100, 20       # steps between two looks, bare steps at each look
LECTURE_EPOCHS = 20         # the lecture's way gets no further than this
RATIO, SHARE = 8, 0.1       # what is wanted: times as fast at least, share of data handling at most


def train_as_the_lecture(model, batch_size=64, lr=0.01, momentum=0.5):
    """The slides' program: each image passes through ToTensor and Normalize whenever it is used."""
    transform = transforms.Compose([transforms.ToTensor(),
                                    transforms.Normalize((0.1307,), (0.3081,))])
    train_dataset = datasets.MNIST(root=DATA, train=True, download=False, transform=transform)
    train_loader = DataLoader(train_dataset, shuffle=True, batch_size=batch_size)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    for epoch in range(LECTURE_EPOCHS):
        running_loss = 0.0
        for batch_idx, (inputs, target) in enumerate(train_loader):
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, target)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            if batch_idx % 300 == 299:
                print(f"[{epoch + 1}, {batch_idx + 1:5d}] loss: {running_loss / 300:.3f}")
                running_loss = 0.0


class Reached(Exception):
    """The accuracy of the notes is reached: stop the run."""


class Clock:
    """Runs after every optimizer step of a training, until the net reads enough test digits."""

    def __init__(self, net, batch_size, goal, x, y):
        self.net, self.batch_size, self.goal, self.x, self.y = net, batch_size, goal, x, y
        self.steps, self.seconds, self.accuracy = 0, 0.0, 0.0
        self.step_seconds, self.shares = [], []     # of each chunk but the first, with the reading
        self.own = None
        self.resumed = time.perf_counter()

    def __call__(self, optimizer, args, kwargs):
        if optimizer is self.own:
            return
        self.steps += 1
        if self.steps % CHUNK == 0:
            real = time.perf_counter() - self.resumed
            self.seconds += real
            trained = optimizer.param_groups[0]["params"]
            for mine, theirs in zip(self.net.parameters(), trained, strict=True):
                mine.data = theirs.detach().clone()     # channels_last stays so
            bare = self.bare_step(optimizer.defaults)
            if self.steps > CHUNK:
                self.step_seconds.append(real / CHUNK)
                self.shares.append(1 - bare / (real / CHUNK))
            with torch.no_grad():
                y_pred = torch.cat([self.net(x).argmax(dim=1) for x in self.x.split(1000)])
            self.accuracy = (y_pred == self.y).float().mean().item()
            if self.accuracy >= self.goal:
                raise Reached
            self.resumed = time.perf_counter()

    def bare_step(self, settings):
        """Seconds of a step with nothing around it; its rate of 0 leaves the weights alone."""
        self.own = torch.optim.SGD(self.net.parameters(), lr=0.0, momentum=settings["momentum"],
                                   weight_decay=settings["weight_decay"])
        x, y = self.x[:self.batch_size], self.y[:self.batch_size]
        for step in range(BARE + 1):
            if step == 1:       # the first one warms up
                started = time.perf_counter()
            loss = nn.functional.cross_entropy(self.net(x), y)
            self.own.zero_grad()
            loss.backward()
            self.own.step()
        return (time.perf_counter() - started) / BARE


def measure(train, clock):
    """Run train() until the clock's net reaches the goal; return the clock."""
    pick_device()               # the same number of threads for both ways
    hook = register_optimizer_step_post_hook(clock)
    clock.resumed = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Reached):
        train()
    hook.remove()
    return clock


def compare(name, x, y):
    """Train one net both ways, test digits x, y; print a line of the table; is it as wanted?"""
    module, goal, digits, settings = NETS[name]
    lesson = importlib.import_module(module)
    batch_size = settings["batch_size"]

    def fewer():
        x_train, y_train, x_test, y_test = load_mnist()
        return x_train[:digits], y_train[:digits], x_test, y_test

    def ours():
        with mock.patch.object(lesson, "load_mnist", fewer):
            return measure(lambda: lesson.main(**settings),
                           Clock(lesson.Net(), batch_size, goal, x, y))

    def theirs():
        torch.manual_seed(0)
        model = lesson.Net()
        return measure(lambda: train_as_the_lecture(model), Clock(lesson.Net(), 64, goal, x, y))

    first, lecture, second = ours(), theirs(), ours()
    slower = max(first, second, key=lambda clock: clock.seconds)
    for clock in (first, lecture, second):
        if clock.accuracy < goal:
            print(f"{name:10}{goal:5.0%} not reached: {clock.accuracy:.2%}")
            return False
    ratio = lecture.seconds / slower.seconds
    row = f"{name:10}{goal:5.0%}"
    for clock, size in ((slower, batch_size), (lecture, 64)):
        epoch = statistics.median(clock.step_seconds) * 60_000 / size
        row += f" |{clock.seconds:8.1f} s{epoch:8.1f} s{statistics.median(clock.shares):8.1%}"
    print(f"{row} |{ratio:6.1f} times", flush=True)
    return ratio >= RATIO and statistics.median(slower.shares) < SHARE


def compare_all(names):
    """Print the table of these nets; is every line as wanted?"""
    if not (DATA / "MNIST" / "raw").is_dir():
        make.unpack()           # the four official files, for the lecture's datasets.MNIST
    pick_device()
    _, _, images, y = load_mnist()
    x = lesson9.Digits(images, y).x
    torch.optim.SGD([torch.zeros(1)], lr=1.0)       # imports a second of torch, once in a process
    print(f"torch {torch.__version__}, threads: {torch.get_num_threads()}")
    print(f"{'':15} |{'ours':>28} |{'the lecture':>28} |")
    columns = f" |{'to goal':>10}{'an epoch':>10}{'data':>8}"
    print(f"{'net':10}{'goal':>5}{columns}{columns} | ratio")
    return all([compare(name, x, y) for name in names])
