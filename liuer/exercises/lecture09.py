"""Exercises of lecture 9: softmax and cross-entropy. 9-1 and 9-2 are the course's.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture09.py                 a line for each exercise
    python liuer/exercises/lecture09.py --hint 9-1      a hint
"""

import math

import torch
import torch.nn.functional as F
from check import run
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


# 9-1. CrossEntropyLoss against NLLLoss: what does the one do that the other leaves to you? Write
# NLLLoss by indexing, then CrossEntropyLoss with it. Both are means over the samples.
def nll(log_p, y):
    """log_p (N, C) logarithms of probabilities, y (N,) numbers of classes. Without PyTorch's."""
    return ...


def cross_entropy(z, y):
    """z (N, C) raw scores, y (N,): by nll(), without PyTorch's cross_entropy."""
    return ...


# 9-2. Otto's products come in nine classes, called Class_1 to Class_9. Kaggle wants a probability
# of each, and scores them by the log-loss: the mean of -log p of the true class, natural logarithm,
# where no p counts as less than 1e-15. One wrong "I am sure" would cost infinitely much otherwise.
def class_numbers(labels):
    """["Class_3", "Class_1"] -> a tensor (N,) of whole numbers that CrossEntropyLoss takes."""
    return ...


def probabilities(scores):
    """scores (N, 9) of a net: the nine probabilities of each product."""
    return ...


def log_loss(p, labels):
    """p (N, 9), labels N texts: a number."""
    return ...


# 9-3. No softmax twice: the loss of this net is F.cross_entropy(model(x), y), and people want to
# see probabilities. What does each method return? ReLU between the layers.
class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(6, 8)
        self.l2 = nn.Linear(8, 4)

    def forward(self, x):
        """x (N, 6): (N, 4), for the loss."""
        return ...

    def predict(self, x):
        """x (N, 6): the probability of each class (N, 4)."""
        return ...


# 9-4. exp(89) is more than float32 can hold, and exp(-104) is 0 to it. Write a log-softmax that is
# right for scores of 1000 and -1000 as well.
def log_softmax(z):
    """z (N, C): z - log(sum of exp(z) over the classes), without PyTorch's softmax or logsumexp."""
    return ...


# 9-5. The accuracy of a model on the samples of a loader, whose last batch is smaller than others.
# To answer, the model is in evaluation mode; afterwards it is in the mode in which it came.
def accuracy(model, loader):
    """The share of samples whose highest score is that of the right class, a number."""
    return ...


# 9-6. From pictures to the net's input, and where 0.1307 and 0.3081 come from: mean and deviation
# of all pixels of the training pictures, as numbers from 0 to 1. Normalize does not make anything
# normally distributed: it shifts and scales, nothing else.
def pixel_statistics(images):
    """images (N, H, W) uint8, 0 to 255: the pair (mean, deviation) of all their pixels."""
    return ...


def normalise(images, mean, deviation):
    """images (N, H, W) uint8: (N, 1, H, W) floats, as ToTensor and Normalize make them."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
LECTURE_A = [[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]]
LECTURE_B = [[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]]


def scores_and_labels(samples, classes, seed=9):
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(samples, classes, generator=generator),
            torch.randint(classes, (samples,), generator=generator))


def softmax_by_loops(z):
    rows = []
    for row in z.tolist():
        exps = [math.exp(score) for score in row]
        rows.append([value / sum(exps) for value in exps])
    return rows


def check_9_1():
    """CrossEntropyLoss takes raw scores, NLLLoss logarithms of probabilities. Of each row nll picks
    one value; two lists of indices pick one of each row."""
    z, y = scores_and_labels(5, 4)
    yield "nll, 5 random samples of 4 classes", nll(F.log_softmax(z, dim=1), y), \
        F.nll_loss(F.log_softmax(z, dim=1), y)
    for name, scores in [("A", LECTURE_A), ("B", LECTURE_B)]:
        z, y = torch.tensor(scores), torch.tensor([2, 0, 1])
        yield f"cross_entropy, the lecture's {name}", cross_entropy(z, y), F.cross_entropy(z, y)
    z, y = scores_and_labels(2, 6)
    yield "cross_entropy, 2 random samples of 6 classes", cross_entropy(z, y), \
        F.cross_entropy(z, y)


def check_9_2():
    """A label's digit is its number plus one. The probabilities of a product sum to 1. clamp keeps
    a tensor from falling below a bound."""
    labels = ["Class_3", "Class_1", "Class_9", "Class_3"]
    got = class_numbers(labels)
    yield f"class_numbers of {labels}", got, [2, 0, 8, 2]
    yield "the type of class_numbers", got.dtype, torch.int64
    z, _ = scores_and_labels(4, 9)
    yield "probabilities, 4 random products", probabilities(z), softmax_by_loops(z)
    p = softmax_by_loops(z)
    expected = -sum(math.log(row[k]) for row, k in zip(p, [2, 0, 8, 2], strict=True)) / 4
    yield "log_loss, 4 random products", log_loss(torch.tensor(p), labels), expected
    sure = torch.eye(9)[:2]         # sure of Class_1, sure of Class_2
    yield "log_loss, sure and right once, sure and wrong once", \
        log_loss(sure, ["Class_1", "Class_3"]), -math.log(1e-15) / 2


def check_9_3():
    """The loss has a softmax of its own, so the net has none. And a ReLU on the last layer would
    wipe out every score below 0."""
    torch.manual_seed(3)
    model, x = Classifier(), 3 * torch.randn(5, 6)
    hidden = (x @ model.l1.weight.T + model.l1.bias).clamp(min=0)
    z = (hidden @ model.l2.weight.T + model.l2.bias).detach()
    y = torch.tensor([0, 1, 2, 3, 0])
    yield "the loss, F.cross_entropy(model(x), y)", F.cross_entropy(model(x), y), \
        F.cross_entropy(z, y)
    yield "model(x) of 5 random samples", model(x), z
    yield "the sums of predict's rows", model.predict(x).sum(dim=1), [1.0] * 5
    yield "predict(x) of 5 random samples", model.predict(x), softmax_by_loops(z)


def check_9_4():
    """Softmax stays what it is where every score of a row gets smaller by the same number. Take one
    that makes the largest score of each row 0."""
    z, _ = scores_and_labels(3, 4)
    yield "random scores (3, 4)", log_softmax(z), F.log_softmax(z, dim=1)
    for rows in [[[1000.0, 999.0, 0.0]], [[-1000.0, -1001.0, -1002.0]],
                 [[1000.0, 0.0, 1.0], [0.0, -1000.0, -1.0]]]:
        yield f"z={rows}", log_softmax(torch.tensor(rows)), \
            F.log_softmax(torch.tensor(rows), dim=1)


def check_9_5():
    """Count right answers and samples over all batches, divide once at the end. Dropout answers at
    random in training mode, and a model knows its mode."""
    torch.manual_seed(0)
    x = torch.randn(10, 3)
    y = x.argmax(dim=1)
    y[8:] = (y[8:] + 1) % 3             # the last batch of 4, 4, 2 is all wrong
    model = nn.Sequential(nn.Identity(), nn.Dropout(0.9))
    for mode in (True, False):
        model.train(mode)
        loader = DataLoader(TensorDataset(x, y), batch_size=4)
        yield f"batches of 4, 4, 2, of which 4, 4, 0 are right, model.training={mode}", \
            accuracy(model, loader), 0.8
        yield "model.training afterwards", model.training, mode


def check_9_6():
    """ToTensor divides by 255 and gives a picture an axis for its one channel. A mean of the
    pictures' deviations is not the deviation of all pixels."""
    generator = torch.Generator().manual_seed(6)
    bright = torch.randint(20, 250, (60, 1, 1), generator=generator)
    images = (torch.rand(60, 28, 28, generator=generator) * bright).byte()
    pixels = images.flatten().tolist()
    mean = sum(pixels) / len(pixels) / 255
    deviation = math.sqrt(sum((pixel / 255 - mean) ** 2 for pixel in pixels) / len(pixels))
    yield "pixel_statistics, 60 random pictures", pixel_statistics(images), (mean, deviation)
    small = torch.tensor([[[0, 255, 51]], [[102, 0, 0]]], dtype=torch.uint8)    # (2, 1, 3)
    expected = [[[[(pixel / 255 - 0.1) / 0.5 for pixel in row] for row in image]]
                for image in small.tolist()]
    yield f"normalise, images={small.tolist()} mean=0.1 deviation=0.5", \
        normalise(small, 0.1, 0.5), expected


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson9_2.py and lesson9_3.py, then exercises/lecture10.py")
