"""The one table of the scripts: what a test must know of each that it cannot see by running it.

A script that stands in no row has the defaults: one net, trained over all samples in a new order.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIUER = ROOT / "liuer"
NO_SCRIPTS = ("utils.py", "files.py", "__init__.py", "__main__.py")
SCRIPTS = sorted(path.name for path in LIUER.glob("*.py") if path.name not in NO_SCRIPTS)


@dataclass(frozen=True)
class Script:
    nets: int = 1               # that an optimizer of PyTorch trains in a small run
    seed: bool = True           # a setting of main()
    batches: bool = True        # of a batch_size, a setting of main() or 64
    digits: str = ""            # trains on MNIST, "tested" or "validated" as well
    small: dict = field(default_factory=dict)       # settings of a small run, besides SMALL
    smallest: dict = field(default_factory=dict)    # where batches of one are too many, or diverge
    slow: bool = False          # its default run takes longer than all other tests
    clip: float = 0             # the norm at which gradients are clipped
    falls: bool = False         # the learning rate falls to almost 0
    order: str = "new"          # of samples in an epoch: new, text, moved, joined, made
    samples: int = 0            # in an epoch of the small run; 0: not counted
    same_weights: int = 0       # so many nets, from the first on, start from the same weights ...
    same_batches: int = 0       # ... and see the same batches
    idle: str = "no weight"     # a pattern of weights that training need not change
    losses: tuple = ("losses",)     # where the losses of the epochs stand in the result
    honest: bool = False        # says itself, in its result, what diverged
    steps: bool = True          # main() has the four steps, and the loop the three moves


BY_HAND = Script(nets=0, seed=False, batches=False)
ROWS = {
    "float32.py": replace(BY_HAND, steps=False), "image2tensor.py": replace(BY_HAND, steps=False),
    "rnn_shapes.py": replace(BY_HAND, steps=False),
    "lesson2.py": BY_HAND, "lesson2_2.py": BY_HAND, "lesson3.py": BY_HAND, "lesson3_2.py": BY_HAND,
    "lesson3_3.py": Script(nets=0, batches=False), "lesson3_4.py": Script(nets=0, batches=False),
    "lesson4.py": BY_HAND, "lesson4_2.py": BY_HAND, "lesson4_3.py": BY_HAND,
    "lesson4_4.py": BY_HAND,
    "lesson5.py": Script(batches=False, small={"epochs": 10}, honest=True),
    "lesson5_2.py": Script(nets=18, batches=False, same_weights=18, same_batches=18,
                           losses=("curves", "sweeps"), honest=True),
    "lesson6.py": Script(batches=False), "lesson6_1.py": Script(nets=0, batches=False),
    "lesson6_2.py": Script(batches=False),
    "lesson7.py": Script(batches=False),
    "lesson7_2.py": Script(nets=7, batches=False, small={"epochs": 12, "lr": 1.0}, same_weights=7,
                           same_batches=7, losses=("curves",),
                           idle=".*"),          # all outputs of a ReLU may be 0
    "lesson8.py": Script(small={"epochs": 8, "lr": 0.5}),
    "lesson8_2.py": Script(small={"batch_size": 200}, samples=2201 - 440),
    "lesson9.py": Script(slow=True, digits="validated", falls=True, samples=66),
    "lesson9_2.py": replace(BY_HAND, steps=False),
    "lesson9_3.py": Script(small={"rows": 300, "batch_size": 50}, smallest={"rows": 200},
                           falls=True, samples=210),
    "lesson10.py": Script(slow=True, digits="validated", falls=True, samples=66,
                          small={"climb": 3}),
    "lesson10_2.py": Script(nets=2, slow=True, digits="tested", falls=True, samples=72,
                            same_batches=2),
    "lesson10_3.py": Script(slow=True, digits="tested", falls=True, samples=72, order="moved",
                            small={"epochs": 12, "batch_size": 16, "lr": 0.05}),
    "lesson11.py": Script(slow=True, digits="validated", falls=True, samples=66,
                          small={"climb": 3}),
    "lesson11_2.py": Script(slow=True, digits="validated", falls=True, samples=66,
                            small={"climb": 3}, smallest={"lr": 0.01}),
    "lesson11_3.py": Script(nets=3, slow=True, digits="tested", samples=72, same_batches=3),
    "lesson11_4.py": Script(nets=3, slow=True, digits="tested", falls=True, samples=72,
                            same_batches=3),
    "lesson11_5.py": Script(nets=8, slow=True, digits="validated", falls=True, samples=66,
                            order="moved"),
    "lesson11_6.py": Script(slow=True, digits="validated", falls=True, samples=66),
    "lesson12.py": Script(batches=False, small={"epochs": 5, "lr": 1.0}),
    "lesson12_2.py": Script(batches=False, small={"epochs": 5, "lr": 1.0}),
    "lesson12_3.py": Script(batches=False, small={"lr": 1.0}),      # the last loss not the lowest
    "lesson12_4.py": Script(nets=0, batches=False),
    "lesson12_5.py": Script(nets=4, small={"batch_size": 100}, smallest={"batch_size": 50},
                            samples=330, honest=True),
    "lesson12_6.py": Script(nets=2, falls=True, order="made", same_weights=2, same_batches=2,
                            idle=".*", losses=("unclipped", "losses"), honest=True),
    "lesson13.py": Script(slow=True, falls=True),
    "lesson13_2.py": Script(small={"batch_size": 7}, slow=True, clip=1, falls=True, order="text"),
    "lesson13_3.py": Script(nets=2, slow=True, falls=True),
    "lesson13_4.py": Script(slow=True, clip=1, falls=True, order="joined"),
    "lesson13_5.py": Script(nets=2, slow=True, clip=1, falls=True, same_weights=2, same_batches=2,
                            idle="key.weight"),     # without attention nothing chooses
    "lesson13_6.py": Script(slow=True, clip=1, falls=True, losses=("losses/training, smoothed",)),
    "lesson13_7.py": Script(nets=2),
}
TABLE = {name: ROWS.get(name, Script()) for name in SCRIPTS}
SLOW = [name for name in SCRIPTS if TABLE[name].slow]
TRAINED = [name for name in SCRIPTS if TABLE[name].nets]
# Two epochs at least, and a smaller last batch: else neither a new order nor a wrong mean shows.
SMALL = {"epochs": 2, "batch_size": 20, "hidden": 4, "hidden_size": 4, "steps": 7, "depth": 1}
SMALLEST = {"epochs": 1, "batch_size": 1, "hidden": 1, "hidden_size": 1}
