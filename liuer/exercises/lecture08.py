"""Exercises of lecture 8: Dataset and DataLoader. 8-1 is the course's, the Titanic, in small.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture08.py                 a line for each exercise
    python liuer/exercises/lecture08.py --hint 8-1      a hint
"""

import statistics

import torch
from check import run
from torch.utils.data import DataLoader, Dataset

# Invented passengers: class, sex, age (None: not known), fare, port, survived.
TRAIN = [(3, "male", 22, 7.3, "S", 0), (1, "female", 38, 71.3, "C", 1),
         (3, "female", None, 7.9, "Q", 1), (2, "male", 54, 26.0, "S", 0),
         (3, "male", None, 8.1, "Q", 0), (1, "female", 19, 83.2, "S", 1),
         (2, "female", 27, 13.0, "C", 1)]
TEST = [(3, "male", 60, 7.8, "Q", 0), (2, "female", None, 21.0, "S", 1),
        (1, "male", 71, 49.5, "C", 0), (3, "female", 65, 9.3, "S", 1)]


# 8-1. Can rows like these train a net? They can when a Dataset makes numbers of them. The columns
# of x: class, sex (male 0, female 1), age, fare, port (S 0, C 1, Q 2). An unknown age becomes the
# median of the ages known in training. Then each column is scaled: minus its mean in training,
# divided by its deviation in training (torch's std).
class Titanic(Dataset):
    """Titanic(TRAIN) to train on, Titanic(TEST, train=Titanic(TRAIN)) to test on."""

    def __init__(self, rows, train=None):
        self.median = ...               # a number of years
        self.mean, self.std = ..., ...  # (5,), (5,) of the columns, with ages filled in
        self.x = ...                    # (N, 5) scaled
        self.y = ...                    # (N, 1) survived, as 0.0 or 1.0

    def __len__(self):
        return ...

    def __getitem__(self, index):
        return ...


# 8-2. How many samples does a series hold? Sample 0 of the series 3 1 4 1 5 in windows of size 2 is
# ((3, 1), 4), sample 1 is ((1, 4), 1): a window, and the value to predict, which follows it.
class Windows(Dataset):
    def __init__(self, series, size):
        self.series = series            # (T,)
        self.size = size

    def __len__(self):
        return ...

    def __getitem__(self, index):
        """Window (size,) and the one value () that follows."""
        return ...


# 8-3. Split first, scale then: mean 0 and deviation 1 for each column of x_train, and x_test by the
# same rule. Nothing of x_test may be used for it: when we train we do not know it yet.
def scale(x_train, x_test):
    """x_train (N, F), x_test (M, F): the pair of both, scaled."""
    return ...


# 8-4. How many batches are an epoch, and how large is the last one? By arithmetic, no DataLoader.
def batches(samples, batch_size, drop_last):
    """(number of batches, samples in the last); (0, 0) where there is none."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def columns_scaled(table, train):
    """Each column of table by mean and deviation of that column of train; lists, no tensors."""
    columns = []
    for column, known in zip(zip(*table, strict=True), zip(*train, strict=True), strict=True):
        mean, deviation = statistics.mean(known), statistics.stdev(known)
        columns.append([(value - mean) / deviation for value in column])
    return [list(row) for row in zip(*columns, strict=True)]


def numbers(rows, median):
    return [[row[0], {"male": 0, "female": 1}[row[1]], median if row[2] is None else row[2],
             row[3], {"S": 0, "C": 1, "Q": 2}[row[4]]] for row in rows]


def check_8_1():
    """A training set finds median, mean and std by itself; a test set asks its training set for
    all three. Make the rows a tensor of numbers first, with the ages filled in."""
    train_set = Titanic(TRAIN)
    test_set = Titanic(TEST, train=train_set)
    train, test = numbers(TRAIN, 27), numbers(TEST, 27)     # 27: the middle of 19 22 27 38 54
    yield "len of both sets", (len(train_set), len(test_set)), (7, 4)
    yield "median of TRAIN and TEST", (train_set.median, test_set.median), (27, 27)
    x, y = next(iter(DataLoader(train_set, batch_size=7)))
    yield "y of the training batch", y, [[row[5]] for row in TRAIN]
    for place, column in enumerate(["class", "sex", "age", "fare", "port"]):
        yield f"column {column} of x in training", x[:, place], \
            [row[place] for row in columns_scaled(train, train)]
    yield "the training batch x", x, columns_scaled(train, train)
    x, y = next(iter(DataLoader(test_set, batch_size=4)))
    for place, column in enumerate(["class", "sex", "age", "fare", "port"]):
        yield f"column {column} of x in the test", x[:, place], \
            [row[place] for row in columns_scaled(test, train)]
    yield "y of the test batch", y, [[row[5]] for row in TEST]


def check_8_2():
    """Write down all samples of 3 1 4 1 5 in windows of two. Where does the last window begin?"""
    for values, size in [([3, 1, 4, 1, 5], 2), ([2, 7, 1, 8, 2, 8], 3), ([5, 6], 1)]:
        dataset = Windows(torch.tensor(values), size)
        count = len(values) - size
        yield f"len, series {values}, size {size}", len(dataset), count
        for i in range(count):
            expected = [values[i:i + size], values[i + size]]
            yield f"sample {i}, series {values}, size {size}", dataset[i], expected
        x, y = next(iter(DataLoader(dataset, batch_size=count)))
        yield f"x of a batch, size {size}", x, [values[i:i + size] for i in range(count)]
        yield f"y of a batch, size {size}", y, values[size:]


def check_8_3():
    """Two numbers for each column, from the training rows alone, serve both tables."""
    torch.manual_seed(0)
    x_train, x_test = 3 * torch.randn(6, 2) + torch.tensor([5.0, -20.0]), torch.rand(4, 2)
    for factor in (1, 1000):
        train, test = x_train.tolist(), (factor * x_test).tolist()
        got = scale(x_train.clone(), factor * x_test)
        given = f"random tables, x_test times {factor}"
        yield f"{given}: x_train", got[0], columns_scaled(train, train)
        yield f"{given}: x_test", got[1], columns_scaled(test, train)


def check_8_4():
    """Three cases: the division comes out even, it leaves a rest, the rest is dropped."""
    for samples, size in [(456, 32), (64, 32), (5, 8), (9, 1)]:
        for drop_last in (False, True):
            loader = DataLoader(range(samples), batch_size=size, drop_last=drop_last)
            sizes = [len(batch) for batch in loader]
            yield f"samples={samples} batch_size={size} drop_last={drop_last}", \
                batches(samples, size, drop_last), (len(sizes), sizes[-1] if sizes else 0)


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson8_2.py, then exercises/lecture09.py")
