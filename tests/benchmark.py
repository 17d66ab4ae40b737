"""Our lessons against the lecture's way, in one process and in turns: ours, the lecture's, ours.

    python tests/benchmark.py [--net mlp|cnn|inception|residual|names|all] [--help]

The nets are the same. The lecture's way (lecture_way.py) transforms image by image in a DataLoader
and trains with batch 64, SGD 0.01, momentum 0.5; ours is the lesson's main() as it stands, with the
number of epochs printed in the table. Both clocks start with reading the files and stand still
while the benchmark looks at the test set: after every 6,400 images, in both. Of our two runs the
slower counts. The share of data handling compares an epoch with the same number of bare steps,
forward, backward and update, on one batch already in memory; chunks of both alternate.

Needs the full MNIST (python data/download.py mnist) and two quiet cores for about 15 minutes.
Exit status 1 if a net is less than 5 times faster or handles data for 10 % of an epoch or more.
"""

import argparse
import contextlib
import importlib
import io
import os
import sys
import time
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""     # the claim is about 2 CPU cores
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "liuer"), str(ROOT / "tests")]

import torch  # noqa: E402
from torch.optim.optimizer import register_optimizer_step_post_hook  # noqa: E402

from utils import DATA, load_mnist  # noqa: E402

NETS = {    # lesson, accuracy in the notes, settings of our run
    "mlp": ("lesson9", 0.97, {"epochs": 2}),
    "cnn": ("lesson10", 0.98, {"epochs": 1}),
    "inception": ("lesson11", 0.98, {"epochs": 1}),
    "residual": ("lesson11_2", 0.99, {"epochs": 2}),
}
CHECK = 6400            # images between two looks at the test set
CHUNK, CHUNKS = 20, 12  # steps of a chunk, and how many chunks of bare steps a run is compared with
LECTURE_EPOCHS = 20     # the lecture's way gets no further than this


class Reached(Exception):
    """The accuracy of the notes is reached: stop the run."""


class Clock:
    """Runs after every optimizer step of a training; the time it takes itself does not count."""

    def __init__(self, net, batch_size, goal, test):
        self.net, self.batch_size, self.goal, self.test = net, batch_size, goal, test
        self.steps, self.accuracy, self.seconds = 0, 0.0, None
        self.paused = 0.0               # seconds spent in here
        self.real, self.bare = [], []   # seconds of a chunk of steps, of a chunk of bare steps
        self.twin = type(net)()
        self.batch = test[0][:batch_size], test[1][:batch_size]
        self.optimizer = None
        self.started = self.chunk_started = time.perf_counter()

    def __call__(self, optimizer, args, kwargs):
        now = time.perf_counter()
        if optimizer is self.optimizer:
            return
        self.steps += 1
        in_chunk = self.steps % (CHUNK + 1)
        if in_chunk == 0:               # the step after a pause has cold caches: it opens a chunk
            self.real.append(now - self.chunk_started)
            if len(self.bare) < CHUNKS:
                self.bare.append(self.bare_steps(optimizer))
        if self.steps * self.batch_size % CHECK < self.batch_size:
            self.look(optimizer, now - self.started - self.paused)
        after = time.perf_counter()
        self.paused += after - now
        if in_chunk == 1:
            self.chunk_started = after
        elif in_chunk:                  # a look within a chunk is no part of the chunk
            self.chunk_started += after - now

    def bare_steps(self, optimizer):
        """Seconds of a chunk of forward, backward, update with nothing around them."""
        if self.optimizer is None:
            if not all(p.is_contiguous() for p in optimizer.param_groups[0]["params"]):
                self.twin.to(memory_format=torch.channels_last)
            settings = {key: optimizer.defaults[key] for key in ("momentum", "weight_decay")}
            self.optimizer = torch.optim.SGD(self.twin.parameters(), lr=1e-6, **settings)
        criterion = torch.nn.CrossEntropyLoss()
        x, y = self.batch
        for i in range(CHUNK + 1):
            if i == 1:
                started = time.perf_counter()
            loss = criterion(self.twin(x), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - started

    @torch.no_grad()
    def look(self, optimizer, seconds):
        for mine, theirs in zip(self.net.parameters(), optimizer.param_groups[0]["params"],
                                strict=True):
            mine.copy_(theirs)
        x, y = self.test
        right = [self.net(a).argmax(dim=1).eq(b).sum() for a, b in zip(x.split(1000), y.split(1000),
                                                                      strict=True)]
        self.accuracy = sum(right).item() / len(y)
        if self.accuracy >= self.goal:
            self.seconds = seconds
            raise Reached


def measure(train, net, batch_size, goal, test, verbose):
    """Run train() until the net reaches the goal on the test set; return its clock."""
    rng = torch.get_rng_state()
    clock = Clock(net, batch_size, goal, test)
    torch.set_rng_state(rng)
    hook = register_optimizer_step_post_hook(clock)
    clock.started = time.perf_counter()
    quiet = contextlib.nullcontext() if verbose else contextlib.redirect_stdout(io.StringIO())
    try:
        with quiet, contextlib.suppress(Reached):
            train()
    finally:
        hook.remove()
    compared = sorted(a / b for a, b in zip(clock.real, clock.bare, strict=False))
    clock.epoch = sum(clock.real) / len(clock.real) / CHUNK * -(-60_000 // batch_size)
    clock.share = 1 - 1 / compared[len(compared) // 2]      # the median of the chunks
    return clock


def compare(name, test, verbose):
    """One line of the table; True if it shows what it must."""
    import lecture_way

    module, goal, settings = NETS[name]
    lesson = importlib.import_module(module)
    batch_size = lesson.main.__defaults__[lesson.main.__code__.co_varnames.index("batch_size")]

    def ours():
        return measure(lambda: lesson.main(**settings), lesson.Net(), batch_size, goal, test,
                       verbose)

    first = ours()
    model = lesson.Net()
    lecture = measure(lambda: lecture_way.train(model, LECTURE_EPOCHS), lesson.Net(), 64, goal,
                      test, verbose)
    second = ours()
    missed = [clock.accuracy for clock in (first, second, lecture) if clock.seconds is None]
    if missed:
        print(f"{name:10} {goal:.0%} not reached: {missed[0]:.2%}")
        return False
    slower = max(first, second, key=lambda clock: clock.seconds)
    ratio = lecture.seconds / slower.seconds
    print(f"{name:10} {goal:5.0%} {settings['epochs']:7} {slower.epoch:9.1f} {lecture.epoch:8.1f}"
          f" {slower.seconds:10.1f} {lecture.seconds:8.1f} {ratio:6.1f}x"
          f" {slower.share:9.1%} {lecture.share:8.1%}", flush=True)
    return ratio >= 5 and slower.share < 0.1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--net", choices=[*NETS, "names", "all"], default="all")
    parser.add_argument("--names", nargs=2, metavar=("TRAIN", "TEST"), help="CSV files of names",
                        default=[str(DATA / f"names_{part}.csv") for part in ("train", "test")])
    parser.add_argument("--verbose", action="store_true", help="show what the trainings print")
    arguments = parser.parse_args()
    fine = True
    if arguments.net != "names":
        if not (DATA / "MNIST" / "raw").is_dir():
            sys.exit("benchmark.py: needs the full MNIST: python data/download.py mnist")
        x, y = load_mnist()[2:4]
        test = x.float().div(255).sub(0.1307).div(0.3081).unsqueeze(1), y
        print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
        print("             in the      our  seconds an epoch   seconds to that accuracy"
              "       data handling")
        print("net          notes   epochs   ours  lecture        ours  lecture  ratio"
              "      ours  lecture")
        names = NETS if arguments.net == "all" else [arguments.net]
        fine = all([compare(name, test, arguments.verbose) for name in names])
    if arguments.net in ("names", "all"):
        import bench_names
        bench_names.compare(*arguments.names)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
