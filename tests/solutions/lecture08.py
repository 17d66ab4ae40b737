"""Solutions of lecture 8, and changes to them that readers make: each must be seen."""

import statistics

import torch
from torch.utils.data import Dataset


def numbers_of(rows, median):
    table = []
    for level, sex, age, fare, port, _ in rows:
        if age is None:
            age = median
        table.append([level, int(sex == "female"), age, fare, "SCQ".index(port)])
    x = torch.tensor(table, dtype=torch.float32)                    # (N, 5)
    y = torch.tensor([[float(row[5])] for row in rows])             # (N, 1)
    return x, y


def median_age(rows):
    return statistics.median([row[2] for row in rows if row[2] is not None])


class Titanic(Dataset):
    """Titanic(TRAIN) to train on, Titanic(TEST, train=Titanic(TRAIN)) to test on."""

    def __init__(self, rows, train=None):
        if train is None:
            self.median = median_age(rows)
        else:
            self.median = train.median
        x, self.y = numbers_of(rows, self.median)
        if train is None:
            self.mean, self.std = x.mean(dim=0), x.std(dim=0)
        else:
            self.mean, self.std = train.mean, train.std
        self.x = (x - self.mean) / self.std

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


class Windows(Dataset):
    def __init__(self, series, size):
        self.series = series            # (T,)
        self.size = size

    def __len__(self):
        return len(self.series) - self.size

    def __getitem__(self, index):
        """Window (size,) and the one value () that follows."""
        end = index + self.size
        return self.series[index:end], self.series[end]


def scale(x_train, x_test):
    mean, std = x_train.mean(dim=0), x_train.std(dim=0)
    return (x_train - mean) / std, (x_test - mean) / std


def batches(samples, batch_size, drop_last):
    full, rest = divmod(samples, batch_size)
    if rest and not drop_last:
        return full + 1, rest
    return full, batch_size if full else 0


def collate(samples):
    x = torch.nn.utils.rnn.pad_sequence([x for x, _ in samples], batch_first=True)
    lengths = torch.tensor([len(x) for x, _ in samples])
    return x, lengths, torch.tensor([y for _, y in samples])


MISTAKES = {
    "8-1": [("self.median = train.median", "self.median = median_age(rows)"),
            ("statistics.median(", "statistics.median_low("),
            ("dtype=torch.float32", "dtype=torch.float64"),
            ("float(row[5])", "row[5]"),
            ("self.mean, self.std = train.mean, train.std",
             "self.mean, self.std = x.mean(dim=0), x.std(dim=0)"),
            ("age = median", "age = 0"), ('"SCQ"', '"CQS"'),
            ("[[float(row[5])] for", "[float(row[5]) for"), ('"female"', '"male"')],
    "8-2": [("return len(self.series) - self.size", "return len(self.series)"),
            ("- self.size", "- self.size + 1"), ("self.series[end]", "self.series[end - 1]"),
            ("end = index", "index = index * self.size\n        end = index")],
    "8-3": [("(x_test - mean) / std", "(x_test - x_test.mean(dim=0)) / x_test.std(dim=0)"),
            ("x_train.mean(dim=0)", "torch.cat([x_train, x_test]).mean(dim=0)"),
            ("x_train.mean(dim=0), x_train.std(dim=0)", "x_train.mean(), x_train.std()"),
            ("(x_train - mean) / std,", "(x_train - mean) / std**2,")],
    "8-4": [("if rest and not drop_last", "if not drop_last"), (" and not drop_last", ""),
            ("return full + 1, rest", "return full, rest"), (" if full else 0", ""),
            ("divmod(samples, batch_size)",
             "len(torch.utils.data.DataLoader(range(samples), batch_size)), 0")],
    "8-5": [(", batch_first=True", ""), ("[len(x) for", "[float(len(x)) for"),
            ("[len(x) for x, _ in samples]", "[x.shape[0] + 1 for x, _ in samples]"),
            ("batch_first=True)", "batch_first=True, padding_value=-1)")],
}
ALSO_RIGHT = {
    "8-2": [("self.series[index:end], self.series[end]",
             "self.series[:end][-self.size:], self.series[end:][0]")],
    "8-3": [("    return (x_train - mean) / std,", "    x_train -= mean\n    x_train /= std\n"
             "    return x_train,")],
    "8-4": [("full, rest = divmod(samples, batch_size)",
             "full, rest = samples // batch_size, samples % batch_size")],
}
