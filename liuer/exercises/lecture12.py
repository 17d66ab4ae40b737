"""Exercises of lecture 12: recurrent nets. 12-1 and 12-2 are the course's: hello -> ohlol.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture12.py                 a line for each exercise
    python liuer/exercises/lecture12.py --hint 12-1     a hint
"""

import math

import torch
import torch.nn.functional as F
from check import run
from torch import nn


# 12-1. An LSTM in the place of the RNN. What does it do with a letter? Write the equations of the
# notes (lecture 13): four gates, then the cell state, then the hidden state.
def lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    """x (N, E), h and c (N, H), w_ih (4H, E), w_hh (4H, H), b_ih and b_hh (4H,), the rows in the
    order i, f, g, o as in nn.LSTMCell: the new pair (h, c). Without nn.LSTMCell."""
    return ...


# 12-2. The same for a GRU, which has no cell state.
def gru_cell(x, h, w_ih, w_hh, b_ih, b_hh):
    """x (N, E), h (N, H), w_ih (3H, E), w_hh (3H, H), b_ih and b_hh (3H,), the rows in the order
    r, z, n as in nn.GRUCell: the new h. Without nn.GRUCell."""
    return ...


# 12-3. The net for hello -> ohlol with an LSTM: letters as numbers, an embedding, one layer of
# nn.LSTM, a linear layer. Each word of a batch has to be read by itself, from left to right.
class Model(nn.Module):
    def __init__(self, letters=4, embedding_size=5, hidden_size=6):
        super().__init__()
        self.embedding = nn.Embedding(letters, embedding_size)
        self.rnn = ...
        self.linear = nn.Linear(hidden_size, letters)

    def forward(self, x):
        """x (N, T) numbers of letters: raw scores (N, T, letters)."""
        return ...


# 12-4. What shapes come out of nn.RNN or nn.GRU? And what changes with batch_first?
def shapes(n, t, hidden, layers, directions, batch_first):
    """The pair (shape of output, shape of h_n) for n words of t letters; all whole numbers."""
    return ...


# 12-5. Letters as one-hot vectors: all 0, and 1 at the place of the letter's number. Then a vector
# times the table of an embedding is a row of that table. Without PyTorch's one_hot.
def one_hot(x, letters):
    """x (N, T) numbers of letters: (N, T, letters), of a type that takes a product with floats."""
    return ...


# 12-6. Gradients that explode are cut down: by one factor for all, so that the step keeps its
# direction. Their norm is that of one long vector of all numbers of all tensors.
def clip(gradients, limit):
    """gradients: a list of tensors. A list of new ones, whose norm together is at most limit."""
    return ...


# 12-7. The logits of lesson 12 are outputs of tanh, above -1 and below 1. How small can the
# cross-entropy get, added up over the letters of a word? 1.7038 for hello, with four letters.
def floor(letters, steps):
    """letters: how many to choose from; steps: letters in the word. The loss that no net of this
    kind gets below."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
HELLO = [1, 0, 2, 2, 3]         # e 0, h 1, l 2, o 3


def letters_of_hello():
    """The five letters one after the other, each as a batch of 2 that differ: (2, 4)."""
    table = torch.eye(4)
    return [torch.stack([table[i], table[3 - i]]) for i in HELLO]


def check_12_1():
    """x and h each get their weights and bias and are added: (N, 4H), to be cut into four equal
    parts. Three of them are sigmoids. The new h is made of the new c."""
    torch.manual_seed(1)
    cell = nn.LSTMCell(4, 3)
    h, c = torch.randn(2, 3), torch.randn(2, 3)
    ours = (h, c)
    for letter, x in zip("hello", letters_of_hello(), strict=True):
        h, c = cell(x, (h, c))
        ours = lstm_cell(x, *ours, *cell.parameters())
        yield f"h after the letter {letter}", ours[0], h
        yield f"c after the letter {letter}", ours[1], c


def check_12_2():
    """Gate r acts on a part of what comes from h, inside the tanh: after the product with the
    weights, bias included. With z = 1 the state stays as it is."""
    torch.manual_seed(2)
    cell, h = nn.GRUCell(4, 3), torch.randn(2, 3)
    ours = h
    for letter, x in zip("hello", letters_of_hello(), strict=True):
        h, ours = cell(x, h), gru_cell(x, ours, *cell.parameters())
        yield f"h after the letter {letter}", ours, h


def check_12_3():
    """nn.LSTM returns its output, and a pair of states beside it. As it is made by default it takes
    the first axis for time: the shapes fit all the same, and words read each other."""
    torch.manual_seed(3)
    model = Model()
    x = torch.tensor([HELLO, [3, 3, 0, 1, 2], [0, 1, 1, 0, 0]])
    yield "the class of model.rnn", type(model.rnn).__name__, "LSTM"
    got = model(x)
    yield "the shape for x (3, 5)", got.shape, (3, 5, 4)
    changed = x.clone()
    changed[0] = 2                  # lllll in the place of hello
    yield "word 1, letter 0, where word 0 is another", model(changed)[1, 0], got[1, 0]
    for n, word in enumerate(x):
        h = c = torch.zeros(1, 6)
        for t, letter in enumerate(word):
            e = model.embedding.weight[letter].view(1, -1)
            h, c = torch.lstm_cell(e, (h, c), *model.rnn.parameters())
            expected = h @ model.linear.weight.T + model.linear.bias
            yield f"word {n}, letter {t} of x={x[n].tolist()}", got[n, t], expected[0]


def check_12_4():
    """The output has a state of the top layer for each letter, h_n the last state of every layer.
    One of the two is the same with and without batch_first."""
    for n, t, hidden, layers, directions in [(3, 7, 100, 2, 2), (5, 4, 8, 1, 1), (2, 6, 10, 3, 1),
                                             (1, 9, 4, 1, 2)]:
        for batch_first in (False, True):
            rnn = nn.RNN(2, hidden, layers, batch_first=batch_first, bidirectional=directions == 2)
            x = torch.zeros(n, t, 2) if batch_first else torch.zeros(t, n, 2)
            output, h_n = rnn(x)
            yield (f"n={n} t={t} hidden={hidden} layers={layers} directions={directions} "
                   f"batch_first={batch_first}"), \
                shapes(n, t, hidden, layers, directions, batch_first), (output.shape, h_n.shape)


def check_12_5():
    """A row of the unit matrix is one such vector. And ask for the type of what you return: whole
    numbers times floats is an error."""
    torch.manual_seed(5)
    for rows, letters in [([HELLO], 4), ([[0, 1], [1, 0]], 3)]:
        x = torch.tensor(rows)
        got = one_hot(x, letters)
        yield f"x={rows} letters={letters}", got, F.one_hot(x, letters)
        yield "its type", got.dtype, torch.float32
        table = torch.randn(letters, 2)
        yield f"one_hot times a table, x={rows}", got @ table, F.embedding(x, table)


def check_12_6():
    """Square, add up over everything, take the root. Norms below the limit are left alone: the
    factor is never above 1."""
    torch.manual_seed(6)
    for sizes, limit in [([(2,), (1,)], 0.5), ([(2, 3), (4,), (1,)], 0.01),
                         ([(2, 2), (3,)], 100.0), ([(2,)], math.inf)]:
        gradients = [torch.randn(size) for size in sizes]
        before = [gradient.clone() for gradient in gradients]
        parameters = [nn.Parameter(torch.zeros(size)) for size in sizes]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient.clone()
        nn.utils.clip_grad_norm_(parameters, limit)
        got = clip(gradients, limit)
        for i, parameter in enumerate(parameters):
            yield f"gradient {i} of shapes {sizes}, limit={limit}", got[i], parameter.grad
        yield "the gradients that went in, afterwards", gradients, before


def check_12_7():
    """At best the right letter has a logit of 1 and every other one -1. Put them into the formula
    of the cross-entropy."""
    for letters, steps in [(4, 5), (4, 1), (26, 10), (2, 3)]:
        logits = torch.full((steps, letters), -1.0, dtype=torch.float64)
        logits[:, 0] = 1.0
        expected = F.cross_entropy(logits, torch.zeros(steps).long(), reduction="sum")
        yield f"letters={letters} steps={steps}", floor(letters, steps), expected


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson12_3.py --cell lstm, then exercises/lecture13.py")
