"""Exercises of lecture 13: names, tags, translation. 13-1 is the course's, reviews, in small.

Write your own code where ... stands, then run:
    python liuer/exercises/lecture13.py                 a line for each exercise
    python liuer/exercises/lecture13.py --hint 13-1     a hint
"""

import itertools
import math

import torch
from check import run
from torch import nn


# 13-1. Movie reviews in five grades, 0 to 4. Three pieces of it. First the baseline that every net
# has to beat: always give the grade that most reviews have.
def majority(y_train, y_test):
    """Lists of grades: the accuracy of that answer on y_test, a number."""
    return ...


# 13-1, second: reviews are lists of numbers of words, from 1 on. Make a batch of them; 0 pads.
def pad(reviews):
    """Lists of numbers: the pair x (N, T), lengths (N,) of two tensors of whole numbers."""
    return ...


# 13-1, third: a bag of words. The mean of the embeddings of a review's words, then a linear layer.
# Padding is no word: whatever the table has for 0, a review's scores do not change with padding.
class BagOfWords(nn.Module):
    def __init__(self, words=20, embedding_size=4, grades=5):
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_size)
        self.linear = nn.Linear(embedding_size, grades)

    def forward(self, x, lengths):
        """x (N, T) padded with 0, lengths (N,): raw scores (N, 5)."""
        return ...


# 13-2. h_n of a GRU with several layers and both directions: the last states of layer 0 forward,
# layer 0 backward, layer 1 forward and so on. What does a classifier read?
def summary(h_n):
    """h_n (2 * layers, N, H): (N, 2H), the top layer's last forward, then last backward state."""
    return ...


# 13-3. Rows of different lengths, padded behind: the GRU would go on reading padding after the last
# word. Either pack the rows, or pick the right state out of the output.
def last_state(gru, x, lengths):
    """gru: nn.GRU, one layer, forward only, batch_first=True. x (N, T, E), lengths (N,), not
    sorted: the state of each row after its own last step, (N, H)."""
    return ...


# 13-4. Attention looks at every word of a sentence and at no padding.
def attention(scores, lengths):
    """scores (N, S), lengths (N,): weights (N, S), 0 behind a row's length; each row sums to 1."""
    return ...


# 13-5. A translator that writes only words it is sure of would have a high precision; BLEU makes it
# pay. With c words written and r words in the references: 1 where c > r, else exp(1 - r / c).
def brevity_penalty(translations, references):
    """Two lists of as many sentences, a sentence a list of words. One number for the whole test:
    c and r count the words of all sentences."""
    return ...


# 13-6. From tags back to words. B begins a word, M is in its middle, E ends it, S is a word of one
# letter: "itwasa" with "BEBMES" is it, was, a.
def untag(letters, tags):
    """Two texts of the same length; tags are in an allowed order. A list of words."""
    return ...


# 13-7. The best tag for each letter alone can give BB or a row that begins with M. Viterbi finds
# the best row of those that are allowed: with 40 letters there are far too many to try them all,
# so it keeps, letter by letter, the best row that ends in each tag.
BEFORE = {"B": "ES", "M": "BM", "E": "BM", "S": "ES"}   # the tags that may stand before each


def viterbi(scores):
    """scores: for each letter a list of four numbers, of B, M, E, S. The allowed row of tags with
    the highest sum, as a text. It begins with B or S and ends with E or S."""
    return ...


# Checks: below is nothing to fill in ------------------------------------------------------------
def check_13_1():
    """majority: the grade comes from y_train alone. pad: T is the longest review. forward: multiply
    the padding's embeddings by 0, add up over the words, divide by how many a review has."""
    for y_train, y_test in [([2, 3, 2, 0, 2, 4], [2, 1, 2, 3]), ([0, 1, 1], [0, 0, 0, 1]),
                            ([4, 4, 3], [3, 0])]:
        grade = max(y_train, key=y_train.count)
        yield f"majority, y_train={y_train} y_test={y_test}", majority(y_train, y_test), \
            y_test.count(grade) / len(y_test)
    reviews = [[7, 3], [5, 9, 2, 11], [4]]
    x, lengths = pad(reviews)
    expected = [[7, 3, 0, 0], [5, 9, 2, 11], [4, 0, 0, 0]]
    yield f"x of pad({reviews})", x, expected
    yield f"lengths of pad({reviews})", lengths, [2, 4, 1]
    yield "the types of both", (x.dtype, lengths.dtype), (torch.int64, torch.int64)
    torch.manual_seed(1)
    model, x, lengths = BagOfWords(), torch.tensor(expected), torch.tensor([2, 4, 1])
    got = model(x, lengths)
    yield "the shape of the scores of three reviews", got.shape, (3, 5)
    for review, row in zip(reviews, got, strict=True):
        vectors = [model.embedding.weight[word] for word in review]
        mean = sum(vectors) / len(vectors)
        yield f"the scores of {review}, padded to 4", row, \
            mean @ model.linear.weight.T + model.linear.bias
    longer = torch.cat([x, torch.zeros(3, 5, dtype=torch.int64)], dim=1)
    yield "the scores, padded to 9", model(longer, lengths), got


def check_13_2():
    """Count from the end: it is the same for every number of layers. And join along the numbers of
    a state, not along the names."""
    torch.manual_seed(2)
    for layers in (1, 2, 3):
        gru = nn.GRU(3, 4, layers, batch_first=True, bidirectional=True)
        output, h_n = gru(torch.randn(5, 6, 3))     # (N, T, 2H): forward, backward of the top
        expected = torch.cat([output[:, -1, :4], output[:, 0, 4:]], dim=1)
        got = summary(h_n)
        yield f"the shape for h_n {tuple(h_n.shape)}", got.shape, (5, 8)
        yield f"row 0, {layers} layers", got[0], expected[0]
        yield f"all rows, {layers} layers", got, expected


def check_13_3():
    """With packing it is the GRU's second result, where rows need not be sorted if you say so; by
    picking it is the output of step length - 1, another step for each row."""
    torch.manual_seed(3)
    gru, x = nn.GRU(2, 3, batch_first=True), torch.randn(4, 6, 2)
    lengths = torch.tensor([3, 6, 1, 5])
    for padding in (0.0, 9.0):
        for n, length in enumerate(lengths.tolist()):
            x[n, length:] = padding
        got = last_state(gru, x, lengths)
        yield f"the shape, x (4, 6, 2), padding {padding}", got.shape, (4, 3)
        for n, length in enumerate(lengths.tolist()):
            alone = gru(x[n:n + 1, :length])[1][0, 0]
            yield f"row {n}, length {length}, padded with {padding} to 6", got[n], alone


def check_13_4():
    """What score has a share of exactly 0 in a softmax? A weight made 0 afterwards is missing in
    the sum."""
    for scores, lengths in [([[1.0, 2.0, 3.0]], [3]),
                            ([[2.0, -1.0, 5.0], [0.0, 0.5, -2.0]], [2, 1]),
                            ([[-50.0, -60.0, 0.0, 0.0], [30.0, 31.0, 2.0, 90.0]], [2, 3])]:
        expected = []
        for row, length in zip(scores, lengths, strict=True):
            exps = [math.exp(score - max(row[:length])) for score in row[:length]]
            expected.append([value / sum(exps) for value in exps] + [0.0] * (len(row) - length))
        got = attention(torch.tensor(scores), torch.tensor(lengths))
        yield f"the sums of the rows, scores={scores} lengths={lengths}", got.sum(dim=1), \
            [1.0] * len(scores)
        yield f"scores={scores} lengths={lengths}", got, expected


def check_13_5():
    """Count the words of all translations and of all references first. Being longer than the
    references brings nothing."""
    one, five, nine = ["yes"], ["he", "has", "a", "black", "dog"], ["it"] * 9
    for ours, references, expected in [
            ([five], [five], 1.0), ([nine], [five], 1.0), ([five], [nine], 0.44932896),
            ([one, nine], [five, five], 1.0), ([one, five], [five, five], 0.51341712)]:
        lengths = [len(words) for words in ours], [len(words) for words in references]
        yield f"lengths of translations {lengths[0]}, of references {lengths[1]}", \
            brevity_penalty(ours, references), expected


def check_13_6():
    """Go through letters and tags side by side. After which tags is a word complete?"""
    for words in [["it", "was", "a"], ["a"], ["i", "saw", "a", "white", "rabbit"], ["to", "be"],
                  ["so", "a", "b", "c"]]:
        tags = ""
        for word in words:
            tags += "S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E"
        letters = "".join(words)
        yield f"letters={letters} tags={tags}", " ".join(untag(letters, tags)), " ".join(words)


def check_13_7():
    """For each tag keep a sum and a row of tags. A letter makes them longer: a new row that ends in
    B takes the better of the rows that ended in E and in S. Which tags may the first letter have,
    which the last?"""
    generator = torch.Generator().manual_seed(7)
    for length in (1, 2, 3, 4):
        for _ in range(4):
            scores = torch.randint(-99, 100, (length, 4), generator=generator).tolist()
            best, best_sum = "", -math.inf
            for row in itertools.product("BMES", repeat=length):
                pairs = zip(row, row[1:], strict=False)
                total = sum(line["BMES".index(name)]
                            for line, name in zip(scores, row, strict=True))
                if (row[0] in "BS" and row[-1] in "ES" and total > best_sum
                        and all(one in BEFORE[other] for one, other in pairs)):
                    best, best_sum = "".join(row), total
            yield f"scores={scores}", viterbi(scores), best
    tags = "SBMMEBE" * 6
    scores = [[float(name == tag) for name in "BMES"] for tag in tags]
    yield f"{len(tags)} letters, score 1 for the tags {tags}", viterbi(scores), tags


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson13_7.py, and with all of it lesson13_6.py")
