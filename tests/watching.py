"""A run of a script on few data, watched: every step of its training, what it printed, its nets.

The spies sit in PyTorch and NumPy, so a new script needs nothing to be watched.
"""

import contextlib
import importlib
import inspect
import io
import re

import numpy as np
import torch
from matplotlib.text import Text
from torch import nn
from torch.nn.modules import module as modules
from torch.optim import optimizer as optimizers

import utils
from conftest import LIUER, SCRIPTS

# Two epochs at least, and a smaller last batch: else neither a new order nor a wrong mean shows.
SMALL = {"epochs": 2, "batch_size": 20, "hidden": 4, "steps": 7, "depth": 1}
SPECIAL = {"lesson5.py": {"epochs": 10}, "lesson7_2.py": {"epochs": 12, "lr": 1.0},
           "lesson8.py": {"epochs": 8, "lr": 0.5}, "lesson8_2.py": {"batch_size": 200},
           "lesson9_3.py": {"rows": 300, "batch_size": 50},
           "lesson10_3.py": {"epochs": 12, "batch_size": 16, "lr": 0.05},
           "lesson11.py": {"climb": 3}, "lesson13_2.py": {"batch_size": 7},
           # so that the last loss is not the lowest
           "lesson12.py": {"epochs": 5, "lr": 1.0}, "lesson12_2.py": {"epochs": 5, "lr": 1.0},
           "lesson12_3.py": {"lr": 1.0},
           "lesson11_5.py": {"rows": "lecture,indexed,cycle,batches,norm,small"}}
TEST_DIGITS = {"lesson10_3.py": 6}      # it makes two photos of each
# Where the losses of the epochs stand in the result, a list a net; mostly result["losses"].
LOSSES = {
    "lesson5_2.py": lambda result: [*result["curves"].values(), *(
        losses for sweep in result["sweeps"].values() for losses in sweep.values())],
    "lesson7_2.py": lambda result: list(result["curves"].values()),
    "lesson9_3.py": lambda result: [result["curves"]["training"]],
    "lesson12_4.py": lambda result: [result["unclipped"], result["losses"]],
    "lesson13_6.py": lambda result: [result["losses"]["training, smoothed"]],
}
LOSS = nn.modules.loss._Loss
TRAINED = [name for name in SCRIPTS
           if "torch.optim" in (LIUER / name).read_text(encoding="utf-8")]


class Batch:
    """What one call of the net and the criterion after it saw."""

    def __init__(self, x, y, loss, count, modes):
        self.x, self.y, self.loss, self.modes = x, y, loss, modes
        self.count = count              # of the targets that are no padding

    def rows(self):
        """Each sample with its target, as bytes; padding does not count."""
        y = self.y.reshape(len(self.x), -1)
        return [(content(x_row), content(y_row)) for x_row, y_row in zip(self.x, y, strict=True)]


def content(row):
    if not row.is_floating_point():
        row = row[(row != 0) & (row != -100)] if row.numel() > 1 else row
    return row.numpy().tobytes()


@contextlib.contextmanager
def watched_steps():
    """A list that grows with each optimizer step: type, lr, momentum, weight_decay before it."""
    steps = []

    def note(optimizer, *_):
        group = optimizer.param_groups[0]
        steps.append({"type": type(optimizer)} | {
            key: group[key] for key in ("lr", "momentum", "weight_decay")})
    hook = optimizers.register_optimizer_step_pre_hook(note)
    try:
        yield steps
    finally:
        hook.remove()


class Net:
    """A model and its optimizer: every step (a list of Batch), the weights before and after."""

    def __init__(self, model, optimizer, before):
        self.model, self.optimizer, self.before, self.after = model, optimizer, before, None
        self.steps, self.rates, self.norms, self.others = [], [], [], []

    def epochs(self, count):
        assert len(self.steps) % count == 0, f"{len(self.steps)} steps in {count} epochs"
        size = len(self.steps) // count
        return [self.steps[i:i + size] for i in range(0, len(self.steps), size)]


class Run:
    """What main() returned and printed; its nets in the order in which they were trained; events:
    f forward, l loss, z zero_grad, b backward, c clip, s step (S where there is a scheduler), h
    schedule, e forward without gradients, v a loss without gradients; orders: of all permutations;
    evaluated: (model, modes of its parts) of each e."""

    def __init__(self):
        self.events, self.nets, self.orders, self.evaluated = "", [], [], []


class Spy:
    """Notes in a Run what PyTorch does."""

    def __init__(self, run, patch):
        self.run, self.depth, self.forward, self.batches = run, 0, None, []
        self.fresh, self.nets, self.scheduled = {}, {}, []
        self.hooks = [modules.register_module_forward_pre_hook(self.enter),
                      modules.register_module_forward_hook(self.leave, always_call=True),
                      optimizers.register_optimizer_step_post_hook(self.step)]
        for owner, name, letter in ((torch.optim.Optimizer, "zero_grad", "z"),
                                    (torch.Tensor, "backward", "b"),
                                    (nn.utils, "clip_grad_norm_", "c")):
            patch.setattr(owner, name, self.noted(getattr(owner, name), letter))
        schedule, randperm = torch.optim.lr_scheduler.LRScheduler.step, torch.randperm

        def scheduled(scheduler, *arguments, **named):
            self.scheduled.append(scheduler.optimizer)
            if id(scheduler.optimizer) in self.nets:    # in the constructor it does the same
                run.events += "h"
            return schedule(scheduler, *arguments, **named)

        def permuted(*arguments, **named):
            order = randperm(*arguments, **named)
            run.orders.append(order.tolist())
            return order

        class Generator(np.random.Generator):
            def permutation(self, *arguments, **named):
                order = super().permutation(*arguments, **named)
                run.orders.append(order.tolist())
                return order

        patch.setattr(torch.optim.lr_scheduler.LRScheduler, "step", scheduled)
        patch.setattr(torch, "randperm", permuted)
        patch.setattr(np.random, "default_rng", lambda seed: Generator(np.random.PCG64(seed)))

    def noted(self, original, letter):
        def note(*arguments, **named):
            self.run.events += letter
            return original(*arguments, **named)
        return note

    def enter(self, module, arguments):
        self.depth += 1
        if self.depth > 1 or isinstance(module, LOSS):
            return
        modes = {part.training for part in module.modules()}
        if not torch.is_grad_enabled():
            self.run.events += "e"
            self.run.evaluated.append((module, modes))
            return
        self.run.events += "f"
        self.forward = module, modes, arguments[0].detach().clone()
        if id(module) not in self.fresh:        # together with the module: no other gets its id
            self.fresh[id(module)] = module, weights_of(module)

    def leave(self, module, arguments, output):
        self.depth -= 1
        if self.depth > 0 or not isinstance(module, LOSS) or output is None:
            return
        y = arguments[1].detach().clone()
        ignored = y == getattr(module, "ignore_index", None)
        count = len(y) if ignored is False else (~ignored).sum().item()
        if not output.requires_grad:
            self.run.events += "v"
            for net in list(self.nets.values())[-1:]:
                net.others.append(output.item())
            return
        self.run.events += "l"
        model, modes, x = self.forward
        self.batches.append((model, Batch(x, y, output.item(), count, modes)))

    def step(self, optimizer, *_):
        self.run.events += "S" if any(optimizer is other for other in self.scheduled) else "s"
        if not self.batches:
            return                              # of a single weight, without a module
        if id(optimizer) not in self.nets:
            self.nets[id(optimizer)] = Net(self.batches[0][0], optimizer,
                                           self.fresh[id(self.batches[0][0])][1])
        net = self.nets[id(optimizer)]
        assert all(model is net.model for model, _ in self.batches), "another net's loss"
        net.steps.append([batch for _, batch in self.batches])
        net.rates.append(optimizer.param_groups[0]["lr"])
        squares = [p.grad.double().square().sum() for p in net.model.parameters()
                   if p.grad is not None]
        net.norms.append(sum(squares).sqrt().item())
        self.batches = []

    def close(self):
        for hook in self.hooks:
            hook.remove()
        self.run.nets = list(self.nets.values())
        for net in self.run.nets:
            net.after = weights_of(net.model)


def weights_of(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def losses_of(run):
    """A list of losses, one an epoch, for each net that has them; some scripts return none."""
    if run.name in LOSSES:
        return LOSSES[run.name](run.result)
    losses = run.result.get("losses", {})
    return list(losses.values()) if isinstance(losses, dict) else [losses]


def epochs_of(run):
    """For each of these nets its epochs, each a list of steps, each a list of batches."""
    losses = losses_of(run)
    if not losses:
        return [net.epochs(run.settings.get("epochs", 3)) for net in run.nets]      # 11.5: passes
    return [net.epochs(len(values)) for net, values in zip(run.nets, losses, strict=False)]


def flat(epoch):
    return [batch for step in epoch for batch in step]


def mean_loss(name, steps):
    """The mean over samples or tokens of what the criterion gave in these steps. LBFGS calls it
    several times in a step: the first counts. Lesson 12 adds up the losses of its five letters."""
    total = count = 0
    for step in steps:
        loss = sum(batch.loss for batch in step) if name == "lesson12.py" else step[0].loss
        total += loss * step[0].count
        count += step[0].count
    return total / count


def same(one, other):
    """The same to the last bit, whatever it holds; nan is nan. Seconds may differ."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one
                                                if key not in ("seconds", "times"))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, nn.Module):
        return same(one.state_dict(), other.state_dict())
    if isinstance(one, (torch.Tensor, np.ndarray)):
        return np.array_equal(np.asarray(one), np.asarray(other), equal_nan=one.dtype.kind == "f"
                              if isinstance(one, np.ndarray) else one.is_floating_point())
    return one == other or (one != one and other != other)


_known = {}
_load_mnist = utils.load_mnist


def all_digits(device="cpu"):
    """What load_mnist gives, read once."""
    if "digits" not in _known:
        _known["digits"] = _load_mnist()
    return _known["digits"]


def watch(small_data, monkeypatch, tmp_path):
    """A fixture: watch("lesson9.py", seed=3) is a Run on few data. With change=f, f(module, patch)
    may alter data or module first. Without either the run is made once."""
    monkeypatch.setattr(utils, "load_mnist", all_digits)

    def prepare(name, module, patch):
        for path in tmp_path.iterdir():         # what an earlier run has left
            if path.is_file():
                path.unlink()
        settings = SMALL | SPECIAL.get(name, {})
        settings = {key: value for key, value in settings.items()
                    if key in inspect.signature(module.main).parameters} | small_data(module)
        if name in TEST_DIGITS:
            x, y, x_test, y_test = module.load_mnist()
            few = x, y, x_test[:TEST_DIGITS[name]], y_test[:TEST_DIGITS[name]]
            patch.setattr(module, "load_mnist", lambda device: few)
        # What takes long and is no training has tests of its own.
        if hasattr(module, "first_gradient"):
            numbers = iter(range(1, 1000))
            patch.setattr(module, "first_gradient", lambda *arguments: 1 / next(numbers))
        if hasattr(module, "step_times"):
            patch.setattr(module.step_times, "__defaults__", (2,))
        if hasattr(module, "bleu"):     # of nets that hardly learned it is 0: others show more
            scores = iter(range(1, 1000))
            patch.setattr(module, "bleu", lambda *arguments: 7.13 * next(scores))
        if name == "lesson12_5.py":
            make_parts = module.make_parts
            patch.setattr(module, "make_parts", lambda rng: [p[::7] for p in make_parts(rng)])
            settings["batch_size"] = 100
        return settings

    def once(name, change=None, **changed):
        plain = change is None and not changed
        if plain and name in _known:
            return _known[name]
        module, run = importlib.import_module(name[:-3]), Run()
        with monkeypatch.context() as patch:
            run.settings = prepare(name, module, patch) | changed
            if change:
                change(module, patch)
            spy = Spy(run, patch)
            try:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    run.result = module.main(**run.settings)
            finally:
                spy.close()
        run.name, run.lines = name, re.sub(r"( \|)? [\d.]+ s$", "", out.getvalue().rstrip("\n"),
                                           flags=re.MULTILINE).split("\n")
        if plain:
            _known[name] = run
        return run

    return once


def texts_of(figure):
    """Titles, legends and notes of a figure, all in one list."""
    texts = [text.get_text() for text in figure.texts]
    for part in figure.subfigs:
        texts += texts_of(part)
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    texts += [text.get_text() for legend in filter(None, legends) for text in legend.get_texts()]
    return texts + [text for axes in figure.axes for text in
                    (axes.get_title(), *(text.get_text() for text in axes.texts))]


def smallest_text(figure):
    """Height of the smallest letters, in pixels of a page on which the figure is 800 wide."""
    sizes = [text.get_fontsize() for text in figure.findobj(Text)
             if text.get_visible() and text.get_text().strip()]
    return min(sizes) / 72 * min(110, 800 / figure.get_figwidth())
