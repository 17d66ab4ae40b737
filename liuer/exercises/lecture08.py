"""Exercises of lecture 8: Dataset and DataLoader. 8-1 is the course's, the Titanic, in small.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture08.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture08.py --hint 8-1      提示 / a hint
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


# 8-1. 泰坦尼克号，分三步。第一步：把乘客变成数。x 的五列是：舱位、性别（male 0，female 1）、
# 年龄、票价、港口（S 0，C 1，Q 2）；未知的年龄用参数 median 填上。
# The Titanic in three steps. First make numbers of the passengers. The columns of x: class, sex
# (male 0, female 1), age, fare, port (S 0, C 1, Q 2); an unknown age becomes `median`.
def numbers_of(rows, median):
    """Return the pair x (N, 5), y (N, 1) survived, both tensors of torch.float32."""
    return ...


# 8-1，第二步：训练集自己求已知年龄的中位数（个数为偶数时，取中间两个的平均）。
# Second step: the median of the known ages (of an even number the mean of the two in the middle).
def median_age(rows):
    """A number of years."""
    return ...


# 8-1，第三步：Dataset。训练集用自己的中位数、均值、标准差（torch 的 std）；测试集全用训练集的。
# Third step: the Dataset. A training set uses its own median, mean and deviation (torch's std); a
# test set uses all three of its training set.
class Titanic(Dataset):
    """Titanic(TRAIN) to train on, Titanic(TEST, train=Titanic(TRAIN)) to test on."""

    def __init__(self, rows, train=None):
        self.median = ...               # a number of years
        self.mean, self.std = ..., ...  # (5,), (5,) of the columns, with the ages filled in
        self.x = ...                    # (N, 5) scaled
        self.y = ...                    # (N, 1)

    def __len__(self):
        return ...

    def __getitem__(self, index):
        return ...


# 8-2. 一个数列里有多少个样本？数列 3 1 4 1 5，窗口大小为 2：样本 0 是 ((3, 1), 4)，
# 样本 1 是 ((1, 4), 1)，即一个窗口和它后面要预测的值。
# How many samples does a series hold? For the series 3 1 4 1 5 and windows of size 2, sample 0 is
# ((3, 1), 4) and sample 1 is ((1, 4), 1): a window, and the value that follows it, to be predicted.
class Windows(Dataset):
    def __init__(self, series, size):
        self.series = series            # (T,)
        self.size = size

    def __len__(self):
        return ...

    def __getitem__(self, index):
        """Window (size,) and the one value () that follows."""
        return ...


# 8-3. 先划分，再标准化：让 x_train 的每一列均值为 0、标准差为 1，x_test 用同样的规则。
# 不能用到 x_test 的任何信息：训练的时候还不知道它。
# Split first, then scale: mean 0 and deviation 1 for each column of x_train, and x_test by the same
# rule. Nothing of x_test may be used: while we train we do not know it yet.
def scale(x_train, x_test):
    """x_train (N, F), x_test (M, F): the pair of both, scaled."""
    return ...


# 8-4. 一个 epoch 有多少个小批量，最后一批有多大？只用算术，不用 DataLoader。
# How many batches does an epoch have, and how large is the last? By arithmetic, without DataLoader.
def batches(samples, batch_size, drop_last):
    """(number of batches, samples in the last); (0, 0) where there is none."""
    return ...


# 8-5. 样本长短不一，DataLoader 不能直接叠成一批。写一个 collate_fn：收到一个样本列表
# [(x, y), ...]，x 是长度不同的一维张量；短的在后面补 0。
# Samples of different lengths cannot be stacked. Write a collate_fn: it gets a list of samples
# [(x, y), ...] where the x are 1-D tensors of different lengths; fill up the short ones with 0.
def collate(samples):
    """Return x (N, T) padded, lengths (N,), y (N,): the last two of whole numbers."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def columns_scaled(table, train):
    """Each column of table by mean and deviation of that column of train; lists, no tensors."""
    columns = []
    for column, known in zip(zip(*table, strict=True), zip(*train, strict=True), strict=True):
        mean, deviation = statistics.mean(known), statistics.stdev(known)
        columns.append([(value - mean) / deviation for value in column])
    return [list(row) for row in zip(*columns, strict=True)]


def some_numbers(rows, median):
    return [[row[0], {"male": 0, "female": 1}[row[1]], median if row[2] is None else row[2],
             row[3], {"S": 0, "C": 1, "Q": 2}[row[4]]] for row in rows]


def check_8_1():
    """训练集自己求 median、mean、std；测试集向训练集要这三个。先把行变成数，再标准化。

    A training set finds median, mean and std by itself; a test set asks its training set for all
    three. Make numbers of the rows first, then scale them.
    """
    x, y = numbers_of(TEST, 30)
    yield "numbers_of(TEST, 30): x", x, some_numbers(TEST, 30)
    yield "numbers_of(TEST, 30): y", y, [[row[5]] for row in TEST]
    yield "the types of x and y", (x.dtype, y.dtype), (torch.float32, torch.float32)
    for rows, median in [(TRAIN, 27), (TRAIN[:6], 30), (TEST[:3], 65.5)]:
        ages = [row[2] for row in rows if row[2] is not None]
        yield f"median_age of {ages}", median_age(rows), median
    train_set = Titanic(TRAIN[:6])
    test_set = Titanic(TEST, train=train_set)
    yield "six training passengers: both medians", (train_set.median, test_set.median), (30, 30)
    train_set = Titanic(TRAIN)
    test_set = Titanic(TEST, train=train_set)
    train, test = some_numbers(TRAIN, 27), some_numbers(TEST, 27)   # of 19 22 27 38 54
    yield "len of both sets", (len(train_set), len(test_set)), (7, 4)
    yield "median of TRAIN and TEST", (train_set.median, test_set.median), (27, 27)
    x, y = next(iter(DataLoader(train_set, batch_size=7)))
    yield "the types of a batch, x and y", (x.dtype, y.dtype), (torch.float32, torch.float32)
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
    """写出 3 1 4 1 5 在窗口大小为 2 时的全部样本。最后一个窗口从哪里开始？

    Write down all samples of 3 1 4 1 5 with windows of two. Where does the last window begin?
    """
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
    """每列两个数，只由训练数据求出，两张表都用它们。

    Two numbers for each column, from the training rows alone, serve both tables.
    """
    torch.manual_seed(0)
    x_train, x_test = 3 * torch.randn(6, 2) + torch.tensor([5.0, -20.0]), torch.rand(4, 2)
    for factor in (1, 1000):
        train, test = x_train.tolist(), (factor * x_test).tolist()
        got = scale(x_train.clone(), factor * x_test)
        given = f"random tables, x_test times {factor}"
        yield f"{given}: x_train", got[0], columns_scaled(train, train)
        yield f"{given}: x_test", got[1], columns_scaled(test, train)


def check_8_4():
    """三种情况：正好除尽；有余数；余数被丢掉。

    Three cases: the division comes out even; there is a remainder; the remainder is dropped.
    """
    for samples, size in [(456, 32), (64, 32), (5, 8), (9, 1)]:
        for drop_last in (False, True):
            loader = DataLoader(range(samples), batch_size=size, drop_last=drop_last)
            sizes = [len(batch) for batch in loader]
            yield f"samples={samples} batch_size={size} drop_last={drop_last}", \
                batches(samples, size, drop_last), (len(sizes), sizes[-1] if sizes else 0)


def check_8_5():
    """T 是这一批里最长的长度。pad_sequence 会补 0，注意 batch_first。

    T is the longest length of the batch. pad_sequence fills up with 0; mind its batch_first.
    """
    rows = [([3, 1, 4], 1), ([5], 0), ([9, 2], 2), ([6, 5, 3, 5], 1)]
    samples = [(torch.tensor(values), label) for values, label in rows]
    for size in (4, 2):
        loader = DataLoader(samples, batch_size=size, collate_fn=collate)
        for i, (x, lengths, y) in enumerate(loader):
            part = rows[i * size:(i + 1) * size]
            longest = max(len(values) for values, _ in part)
            padded = [values + [0] * (longest - len(values)) for values, _ in part]
            given = f"samples {part}"
            yield f"{given}: x", x, padded
            yield f"{given}: lengths", lengths, [len(values) for values, _ in part]
            yield f"{given}: y", y, [label for _, label in part]
            types = lengths.dtype, y.dtype
            yield f"{given}: the types of lengths and y", types, (torch.int64, torch.int64)


FORBIDDEN = {"8-4": ["DataLoader"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson8_2.py, then exercises/lecture09.py")
