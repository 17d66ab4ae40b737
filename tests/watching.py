"""A run of a script on few data, watched: every step of its training, what it printed, its nets.

The spies sit in PyTorch and NumPy, so that a new script needs nothing to be watched.
"""

import contextlib
import importlib
import inspect
import io
from dataclasses import dataclass, field

import numpy as np
import torch
from matplotlib.text import Text
from torch import nn
from torch.nn.modules import module as modules
from torch.optim import optimizer as optimizers

from scripts import SMALL, TABLE

LOSS = nn.modules.loss._Loss


@dataclass
class Batch:
    """What one call of a net and the criterion after it saw."""

    x: torch.Tensor
    y: torch.Tensor
    loss: float
    count: int                  # of the targets that are no padding
    modes: set                  # .training of the net and all its parts

    def rows(self):
        """Each sample with its target; padding does not count."""
        y = self.y.reshape(len(self.x), -1)
        return [(row_content(x_row), row_content(y_row)) for x_row, y_row
                in zip(self.x, y, strict=True)]


@dataclass
class Step:
    """What led to one step of an optimizer: what was called, in its order."""

    events: list                # forward, loss, zero_grad, backward, clip, step, schedule
    batches: list
    rate: float
    norm: float                 # of the gradient, after clipping


@dataclass
class Net:
    """A model that was trained: its steps, its weights before and after."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    before: dict
    after: dict = field(default_factory=dict)
    steps: list = field(default_factory=list)
    watched: list = field(default_factory=list)     # losses computed without gradients

    def batches(self):
        return [batch for step in self.steps for batch in step.batches]

    def epochs(self, count):
        assert len(self.steps) % count == 0, f"{len(self.steps)} steps in {count} epochs"
        size = len(self.steps) // count
        return [self.steps[i:i + size] for i in range(0, len(self.steps), size)]

    def training(self):
        """All that training is, to the last bit."""
        return content([[(batch.x, batch.y, batch.loss) for batch in self.batches()],
                        [step.rate for step in self.steps], self.before, self.after])


@dataclass
class Run:
    name: str
    settings: dict = field(default_factory=dict)
    result: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    nets: list = field(default_factory=list)        # in the order in which they were trained
    orders: list = field(default_factory=list)      # all permutations
    evaluated: list = field(default_factory=list)   # (model, modes) of each forward without grad
    left: list = field(default_factory=list)        # events of training that led to no step

    def losses(self):
        """A list of losses, one an epoch, for each net that has them; some scripts return none."""
        found = []
        for place in TABLE[self.name].losses:
            value = self.result
            for key in place.split("/"):
                value = value.get(key, [])
            found += lists_of(value)
        return found

    def epochs(self):
        """For each of these nets its epochs, each a list of steps."""
        losses = self.losses()
        if not losses:
            return [net.epochs(self.settings["epochs"]) for net in self.nets]
        assert len(losses) <= len(self.nets)
        return [net.epochs(len(values)) for net, values in zip(self.nets, losses, strict=False)]


def lists_of(value):
    if isinstance(value, dict):
        return [one for item in value.values() for one in lists_of(item)]
    return [value] if value else []


def mean_loss(net, steps):
    """The mean over samples or tokens of the losses of these steps. LBFGS computes it several times
    in a step: the first counts. Elsewhere what one step adds up is one loss."""
    total = count = 0
    for step in steps:
        first, *more = step.batches
        more = [] if isinstance(net.optimizer, torch.optim.LBFGS) else more
        total += sum(batch.loss for batch in [first, *more]) * first.count
        count += first.count
    return total / count


def content(value):
    """Anything as what can be compared to the last bit (nan is nan); seconds may differ."""
    if isinstance(value, nn.Module):
        value = value.state_dict()
    if isinstance(value, dict):
        return [(key, content(item)) for key, item in value.items()
                if key not in ("seconds", "times")]
    if isinstance(value, (list, tuple)):
        return [content(item) for item in value]
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if hasattr(value, "tobytes"):               # an array, a picture
        return getattr(value, "shape", getattr(value, "size", None)), value.tobytes()
    return repr(value) if isinstance(value, (int, float, str, type(None))) else type(value).__name__


def row_content(row):
    if not row.is_floating_point() and row.numel() > 1:
        row = row[(row != 0) & (row != -100)]
    return row.numpy().tobytes()


def weights_of(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


# -------------------------------------------------------------------------------------- the spy
def is_transform(module):
    """A step of torchvision that prepares a picture is a module, too, but no net."""
    return type(module).__module__.startswith("torchvision.transforms")


class Spy:
    """Notes in a Run what PyTorch does."""

    def __init__(self, run, patch):
        self.run, self.events, self.batches = run, [], []
        self.depth, self.forward = 0, None
        self.fresh, self.nets, self.scheduled = {}, {}, []
        self.hooks = [modules.register_module_forward_pre_hook(self.enter),
                      modules.register_module_forward_hook(self.leave, always_call=True),
                      optimizers.register_optimizer_step_post_hook(self.step)]
        for owner, method, event in ((torch.optim.Optimizer, "zero_grad", "zero_grad"),
                                     (torch.Tensor, "backward", "backward"),
                                     (nn.utils, "clip_grad_norm_", "clip")):
            patch.setattr(owner, method, self.noted(getattr(owner, method), event))
        patch.setattr(torch.optim.lr_scheduler.LRScheduler, "step", self.noted_schedule())
        patch.setattr(torch, "randperm", self.noted_order(torch.randperm))
        orders = self.noted_order

        class Generator(np.random.Generator):
            def permutation(self, *arguments, **named):
                return orders(super().permutation)(*arguments, **named)

        patch.setattr(np.random, "default_rng",
                      lambda seed=None: Generator(np.random.PCG64(seed)))

    def noted(self, original, event):
        def note(*arguments, **named):
            self.events.append(event)
            return original(*arguments, **named)
        return note

    def noted_order(self, original):
        def permuted(*arguments, **named):
            order = original(*arguments, **named)
            self.run.orders.append(order.tolist())
            return order
        return permuted

    def noted_schedule(self):
        original = torch.optim.lr_scheduler.LRScheduler.step

        def scheduled(scheduler, *arguments, **named):
            net = self.nets.get(id(scheduler.optimizer))
            if net:                             # else it is being made, which does the same
                net.steps[-1].events.append("schedule")
            return original(scheduler, *arguments, **named)
        return scheduled

    def enter(self, module, arguments):
        if is_transform(module):
            return
        self.depth += 1
        if self.depth > 1 or isinstance(module, LOSS):
            return
        modes = {part.training for part in module.modules()}
        if not torch.is_grad_enabled():
            self.run.evaluated.append((module, modes))
            return
        self.events.append("forward")
        self.forward = module, modes, arguments[0].detach().clone()
        if id(module) not in self.fresh:        # together with the module: no other gets its id
            self.fresh[id(module)] = module, weights_of(module)

    def leave(self, module, arguments, output):
        if is_transform(module):
            return
        self.depth -= 1
        if self.depth > 0 or not isinstance(module, LOSS) or output is None:
            return
        if not output.requires_grad:
            for net in list(self.nets.values())[-1:]:
                net.watched.append(output.item())
            return
        y = arguments[1].detach().clone()
        ignored = y == getattr(module, "ignore_index", None)
        count = len(y) if ignored is False else (~ignored).sum().item()
        self.events.append("loss")
        model, modes, x = self.forward
        self.batches.append((model, Batch(x, y, output.item(), count, modes)))

    def step(self, optimizer, *_):
        events, batches = [*self.events, "step"], self.batches
        self.events, self.batches = [], []
        if not batches:
            return                              # of a single weight, without a module
        model = batches[0][0]
        assert all(other is model for other, _ in batches), "another net's loss"
        if id(optimizer) not in self.nets:
            self.nets[id(optimizer)] = Net(model, optimizer, self.fresh[id(model)][1])
        net = self.nets[id(optimizer)]
        assert net.model is model, "another net's optimizer"
        norms = [p.grad.double().norm() for p in model.parameters() if p.grad is not None]
        net.steps.append(Step(events, [batch for _, batch in batches],
                              optimizer.param_groups[0]["lr"], torch.stack(norms).norm().item()))

    def close(self):
        for hook in self.hooks:
            hook.remove()
        self.run.left = self.events
        self.run.nets = list(self.nets.values())
        for net in self.run.nets:
            net.after = weights_of(net.model)


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


# -------------------------------------------------------------------------------------- the runs
def stand_ins(name, module, patch):
    """In the place of what takes long and is no training: it has tests of its own."""
    if hasattr(module, "first_gradient"):
        numbers = iter(range(1, 1000))
        patch.setattr(module, "first_gradient", lambda *arguments: 1 / next(numbers))
    if hasattr(module, "try_relu_last"):
        patch.setattr(module, "try_relu_last", lambda *arguments: ([], 3))
    if hasattr(module, "step_time"):
        times = iter(range(1, 1000))
        patch.setattr(module, "step_time", lambda *arguments: 2.5 * next(times))
    if hasattr(module, "bleu"):         # of nets that hardly learned it is 0: others show more
        scores = iter(range(1, 1000))
        patch.setattr(module, "bleu", lambda *arguments: 7.13 * next(scores))
    if name == "lesson10_3.py":         # makes two photos of each test digit
        x, y, x_test, y_test = module.load_mnist()
        patch.setattr(module, "load_mnist", lambda: (x, y, x_test[:6], y_test[:6]))
    if name == "lesson12_5.py":
        make_parts = module.make_parts
        patch.setattr(module, "make_parts", lambda *given: [p[::7] for p in make_parts(*given)])


_known = {}


def watcher(small_data, monkeypatch, tmp_path):
    def once(name, change=None, **changed):
        plain = change is None and not changed
        if plain and name in _known:
            return _known[name]
        module, run = importlib.import_module(name[:-3]), Run(name)
        for path in tmp_path.iterdir():         # what an earlier run has left
            if path.is_file():
                path.unlink()
        with monkeypatch.context() as patch:
            known = inspect.signature(module.main).parameters
            run.settings = {key: value for key, value in {**SMALL, **TABLE[name].small}.items()
                            if key in known}
            run.settings |= small_data(module) | changed
            stand_ins(name, module, patch)
            if change:
                change(module, patch)
            spy = Spy(run, patch)
            try:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    run.result = module.main(**run.settings)
            finally:
                spy.close()
        run.lines = out.getvalue().rstrip("\n").split("\n")
        if plain:
            _known[name] = run
        return run

    return once


# --------------------------------------------------------------------------------------- figures
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
