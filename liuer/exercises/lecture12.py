"""Exercises of lecture 12: recurrent nets. 12-1 and 12-2 are the course's: hello -> ohlol.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture12.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture12.py --hint 12-1      提示 / a hint
"""

import math

import torch
import torch.nn.functional as F
from check import run
from torch import nn


# 12-1. 用 LSTM 代替 RNN。它怎样处理一个字母？先算输入门 i、遗忘门 f、候选值 g、输出门 o，
# 再算细胞状态 c' = f c + i g（f、i 过 sigmoid，g 过 tanh），最后是隐藏状态 h' = o tanh(c')。
# An LSTM in place of the RNN. What does it do with a letter? First input gate i, forget gate f,
# candidate g, output gate o; then the cell state c' = f c + i g (f and i through a sigmoid, g
# through tanh), last the hidden state h' = o tanh(c').
def lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    """x (N, E), h and c (N, H), w_ih (4H, E), w_hh (4H, H), b_ih and b_hh (4H,), the rows in the
    order i, f, g, o as in nn.LSTMCell: the new pair (h, c). Without nn.LSTMCell."""
    return ...


# 12-2. 同样写 GRU，它没有细胞状态：重置门 r、更新门 z，候选状态
# n = tanh(x 的部分 + r * h 的部分)，h' = (1 - z) n + z h。
# The same for a GRU, which has no cell state: reset gate r, update gate z, candidate state
# n = tanh(part of x + r * part of h), h' = (1 - z) n + z h.
def gru_cell(x, h, w_ih, w_hh, b_ih, b_hh):
    """x (N, E), h (N, H), w_ih (3H, E), w_hh (3H, H), b_ih and b_hh (3H,), the rows in the order
    r, z, n as in nn.GRUCell: the new h. Without nn.GRUCell."""
    return ...


# 12-3. hello -> ohlol 的网络，用 LSTM：字母是编号，依次经过嵌入层、一层 nn.LSTM、线性层。
# 一批里的每个词要各自从左到右读。
# The net for hello -> ohlol with an LSTM: letters are numbers; an embedding, one layer of nn.LSTM,
# a linear layer. Each word of a batch has to be read by itself, from left to right.
class Model(nn.Module):
    def __init__(self, letters=4, embedding_size=5, hidden_size=6):
        super().__init__()
        self.embedding = nn.Embedding(letters, embedding_size)
        self.rnn = ...
        self.linear = nn.Linear(hidden_size, letters)

    def forward(self, x):
        """x (N, T) numbers of letters: raw scores (N, T, letters)."""
        return ...


# 12-4. nn.RNN 和 nn.GRU 的输出是什么形状？batch_first 会改变哪一个？
# What shapes come out of nn.RNN or nn.GRU? And which of them changes with batch_first?
def shapes(n, t, hidden, layers, directions, batch_first):
    """The pair (shape of output, shape of h_n) for n words of t letters; all whole numbers."""
    return ...


# 12-5. 字母的 one-hot 向量：字母编号的位置是 1，其余是 0。它乘以嵌入层的表，就是表的一行。
# 不用 PyTorch 的 one_hot。
# Letters as one-hot vectors: 1 at the place of the letter's number, 0 elsewhere. Such a vector
# times the table of an embedding is a row of that table. Without PyTorch's one_hot.
def one_hot(x, letters):
    """x (N, T) numbers of letters: (N, T, letters), of a type that takes a product with floats."""
    return ...


# 12-6. 梯度爆炸时要裁剪：所有梯度乘以同一个系数，方向不变。
# 范数是把所有张量的所有数排成一个长向量的范数。
# Exploding gradients are clipped: all are multiplied by one factor, so that the step keeps its
# direction. The norm is that of one long vector of all numbers of all tensors.
def clip(gradients, limit):
    """gradients: a list of tensors. A list of new ones, whose norm together is at most limit."""
    return ...


# 12-7. 第十二课的 logits 是 tanh 的输出，在 -1 和 1 之间。一个词所有字母的交叉熵之和，
# 最小能到多少？hello 有四种字母，是 1.7038。
# The logits of lesson 12 are outputs of tanh, between -1 and 1. How small can the cross-entropy,
# summed over the letters of a word, become? 1.7038 for hello, with four letters to choose from.
def floor(letters, steps):
    """letters: how many to choose from; steps: letters in the word. The loss that no net of this
    kind gets below."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
HELLO = [1, 0, 2, 2, 3]         # e 0, h 1, l 2, o 3


def letters_of_hello():
    """The five letters one after the other, each as a batch of 2 that differ: (2, 4)."""
    table = torch.eye(4)
    return [torch.stack([table[i], table[3 - i]]) for i in HELLO]


def check_12_1():
    """x 和 h 各乘自己的权重、加自己的偏置，再相加，得到 (N, 4H)，切成相等的四份。
    其中三份过 sigmoid。新的 h 由新的 c 算出。

    x and h are multiplied by their own weights, get their own bias and are added: (N, 4H), to be
    cut into four equal parts. Three of them pass a sigmoid. The new h comes from the new c.
    """
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
    """重置门 r 在 tanh 里面，乘的是 h 那一部分的结果：先乘权重、加偏置，再乘 r。
    z = 1 时状态不变。

    The reset gate r stands inside the tanh and multiplies the part of h: after the product with the
    weights and with the bias added. With z = 1 the state stays as it is.
    """
    torch.manual_seed(2)
    cell, h = nn.GRUCell(4, 3), torch.randn(2, 3)
    ours = h
    for letter, x in zip("hello", letters_of_hello(), strict=True):
        h, ours = cell(x, h), gru_cell(x, ours, *cell.parameters())
        yield f"h after the letter {letter}", ours, h


def check_12_3():
    """nn.LSTM 返回 output 和一对状态。默认第一维是时间：形状照样对得上，
    可是不同的词会混在一起读。

    nn.LSTM returns its output and a pair of states. By default the first axis is time: the shapes
    fit all the same, but the words of a batch are read as one.
    """
    torch.manual_seed(3)
    model = Model()
    x = torch.tensor([HELLO, [3, 3, 0, 1, 2], [0, 1, 1, 0, 0]])
    yield "the class of model.rnn", type(model.rnn).__name__, "LSTM"
    parameters = len(list(model.rnn.parameters()))
    yield "the number of weights and biases of model.rnn (one layer, one direction)", parameters, 4
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
    """output 是最上层在每个字母处的状态，h_n 是每一层最后的状态。两者之一与 batch_first 无关。

    The output has the top layer's state at each letter, h_n the last state of every layer. One of
    the two does not depend on batch_first.
    """
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
    """单位矩阵的一行就是一个这样的向量。再看看返回值的类型：整数不能和浮点数做矩阵乘法。

    A row of the unit matrix is such a vector. And look at the type of what you return: a matrix of
    whole numbers cannot be multiplied by one of floats.
    """
    torch.manual_seed(5)
    for rows, letters in [([HELLO], 4), ([[0, 1], [1, 0]], 3)]:
        x = torch.tensor(rows)
        got = one_hot(x, letters)
        yield f"x={rows} letters={letters}", got, F.one_hot(x, letters)
        yield "its type", got.dtype, torch.float32
        table = torch.randn(letters, 2)
        yield f"one_hot times a table, x={rows}", got @ table, F.embedding(x, table)


def check_12_6():
    """平方，全部加起来，再开方。范数没超过上限就不动：系数不能大于 1。

    Square, add everything up, take the root. A norm below the limit is left alone: the factor is
    never above 1.
    """
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
    """最好的情况：正确字母的 logit 是 1，其余都是 -1。代入交叉熵的公式。

    At best the right letter has a logit of 1 and all others have -1. Put them into the formula of
    the cross-entropy.
    """
    for letters, steps in [(4, 5), (4, 1), (26, 10), (2, 3)]:
        logits = torch.full((steps, letters), -1.0, dtype=torch.float64)
        logits[:, 0] = 1.0
        expected = F.cross_entropy(logits, torch.zeros(steps).long(), reduction="sum")
        yield f"letters={letters} steps={steps}", floor(letters, steps), expected


FORBIDDEN = {"12-1": ["LSTMCell", "lstm_cell", "LSTM"], "12-2": ["GRUCell", "gru_cell", "GRU"],
             "12-5": ["one_hot"], "12-6": ["clip_grad_norm_", "clip_grads_with_norm_"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson12_3.py --cell lstm, then exercises/lecture13.py")
