"""Exercises of lecture 13: names, tags, translation. 13-1 is the course's, reviews, in small.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture13.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture13.py --hint 13-1      提示 / a hint
"""

import itertools
import math
import re

import torch
from check import run
from torch import nn


# 13-1. 影评分五级，0 到 4。分三步。第一步是每个网络都要超过的基线：总是回答训练集里最多的那一级。
# Movie reviews in five grades, 0 to 4, in three steps. First the baseline that every net has to
# beat: always answer with the grade that most training reviews have.
def majority(y_train, y_test):
    """Lists of grades: the accuracy of that answer on y_test, a number."""
    return ...


# 13-1，第二步：一条影评是一串词的编号（从 1 开始）。把它们做成一批，短的后面补 0。
# Second: a review is a list of numbers of words, from 1 on. Make a batch of them, padded with 0.
def pad(reviews):
    """Lists of numbers: the pair x (N, T), lengths (N,) of two tensors of whole numbers."""
    return ...


# 13-1，第三步：词袋。一条影评里各词嵌入的平均，再过一个线性层。补的 0 不是词：
# 不论表里 0 那一行是什么，补多少个 0，分数都不变。
# Third: a bag of words. The mean of the embeddings of a review's words, then a linear layer.
# Padding is no word: whatever the table has for 0, and however much of it, the scores stay.
class BagOfWords(nn.Module):
    def __init__(self, words=20, embedding_size=4, grades=5):
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_size)
        self.linear = nn.Linear(embedding_size, grades)

    def forward(self, x, lengths):
        """x (N, T) padded with 0, lengths (N,): raw scores (N, 5)."""
        return ...


# 13-2. 多层双向 GRU 读一批补过 0 的名字。分类器用最上层的两个最后状态：前向读完最后一个字母的，
# 和反向读完第一个字母的。补的 0 不能影响它们。h_n 的顺序是：第 0 层前向、第 0 层反向、第 1 层前向……
# A bidirectional GRU of several layers reads a batch of padded names. A classifier uses the top
# layer's two last states: forward after the last letter, backward after the first. Padding must not
# reach them. h_n is ordered: layer 0 forward, layer 0 backward, layer 1 forward and so on.
def summary(gru, x, lengths):
    """gru: nn.GRU, batch_first=True, bidirectional=True. x (N, T, E) padded, lengths (N,), not
    sorted: (N, 2H), forward, then backward."""
    return ...


# 13-3. 各行长短不一，后面补 0：GRU 读完最后一个词还会继续读补的部分。
# 要么打包（pack），要么从 output 里取出正确的那个状态。
# Rows of different lengths are padded at the end: the GRU would go on reading padding after the
# last word. Either pack the rows, or pick the right state out of the output.
def last_state(gru, x, lengths):
    """gru: nn.GRU, one layer, forward only, batch_first=True. x (N, T, E), lengths (N,), not
    sorted: the state of each row after its own last step, (N, H)."""
    return ...


# 13-4. 注意力看句子里的每个词，不看补的部分。
# Attention looks at every word of a sentence and at no padding.
def attention(scores, lengths):
    """scores (N, S), lengths (N,): weights (N, S), 0 behind a row's length; each row sums to 1."""
    return ...


# 13-5. 只写有把握的词，查准率会很高；BLEU 要为“太短”罚分。译文共 c 个词，参考译文共 r 个词：
# c > r 时是 1，否则是 exp(1 - r / c)。
# A translator that writes only words it is sure of would have a high precision; BLEU makes it pay
# for being short. With c words written and r in the references: 1 if c > r, else exp(1 - r / c).
def brevity_penalty(translations, references):
    """Two lists of as many sentences, a sentence a list of words. One number for the whole test:
    c and r count the words of all sentences."""
    return ...


# 13-6. 从标签还原单词。B 是词首，M 是词中，E 是词尾，S 是单个字母的词：
# "itwasa" 配 "BEBMES" 是 it, was, a。
# From tags back to words. B begins a word, M is in its middle, E ends it, S is a word of one
# letter: "itwasa" with "BEBMES" is it, was, a.
def untag(letters, tags):
    """Two texts of the same length; tags are in an allowed order. A list of words."""
    return ...


# 13-7. 每个字母各取最高分的标签，可能得到 BB，或者以 M 开头。先写：一串标签是否合法
# （开头是 B 或 S，结尾是 E 或 S，相邻的标签符合 BEFORE），再写它的总分。
# The best tag for each letter alone can give BB, or begin with M. First: is a row of tags allowed
# (it begins with B or S, ends with E or S, and neighbours are as in BEFORE)? And what is its score?
BEFORE = {"B": "ES", "M": "BM", "E": "BM", "S": "ES"}   # the tags that may stand before each


def allowed(tags):
    """tags: a text of one letter or more; True or False."""
    return ...


def total_score(scores, tags):
    """scores: for each letter a list of four numbers, of B, M, E, S; tags: a text as long."""
    return ...


# 13-7，最后一步：Viterbi 找出合法的标签串里总分最高的。40 个字母的标签串太多，不能一一去试；
# 所以逐个字母往前走，对四种标签各记一个：到这里为止、以这个标签结尾的最好的一串和它的总分。
# Last step: Viterbi finds the allowed row with the highest score. For 40 letters there are far too
# many rows to try; so go letter by letter and keep four: for each tag the best row up to here that
# ends in it, with its score.
def viterbi(scores):
    """scores as above: the allowed row of tags with the highest sum, a text."""
    return ...


# 13-8. 语言模型的两个数。困惑度：exp(平均交叉熵)，好像在那么多个字符里均匀地猜。
# 温度：抽样之前把分数除以温度，低于 1 更保守，高于 1 更随意。
# Two numbers of a language model. Perplexity: exp(mean cross-entropy), as if guessing evenly among
# that many characters. Temperature: the scores are divided by it before sampling; below 1 the model
# is more cautious, above 1 more adventurous.
def perplexity(z, y):
    """z (T, V) scores, y (T,) the characters that really came: a Python number."""
    return ...


def with_temperature(z, temperature):
    """z (V,) scores of the next character: the probabilities (V,) to draw from."""
    return ...


# 13-9. 解码器的循环（贪心）：从 <bos> 开始，每次把上一个词和隐藏状态交给 step，取分数最高的词，
# 直到 <eos> 或写满 most 个词。<eos> 不算在结果里。
# The loop of a decoder (greedy): begin with <bos>; each time give the word before and the hidden
# state to step, and take the word with the highest score, until <eos> or until `most` words are
# written. <eos> is no part of the result.
def decode(step, h, bos, eos, most):
    """step(word, h) with a number and a state gives (scores (V,), new h). A list of numbers."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def check_13_1():
    """majority：等级只由 y_train 决定。pad：T 是最长影评的长度。forward：补的部分的嵌入乘以 0，
    对词求和，再除以这条影评的词数。

    majority: the grade comes from y_train alone. pad: T is the longest review. forward: multiply
    the padding's embeddings by 0, add up over the words, divide by the review's number of words.
    """
    for y_train, y_test in [([2, 3, 2, 0, 2, 4], [2, 1, 2, 3]), ([0, 1, 1], [0, 0, 0, 1]),
                            ([4, 4, 3], [3, 0])]:
        grade = max(y_train, key=y_train.count)
        yield f"majority, y_train={y_train} y_test={y_test}", majority(y_train, y_test), \
            y_test.count(grade) / len(y_test)
    reviews = [[7, 3], [5, 9, 2, 11], [4]]
    x, lengths = pad(reviews)
    expected = [[7, 3, 0, 0], [5, 9, 2, 11], [4, 0, 0, 0]]
    types = type(x).__name__, type(lengths).__name__
    yield f"what pad({reviews}) returns", types, ("Tensor", "Tensor")
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
    """先打包。从后面数：不论几层，最后两个就是最上层的。拼接的是状态里的数，不是名字。

    Pack first. Count from the end: whatever the number of layers, the last two are the top layer's.
    And join the numbers of the states, not the names.
    """
    torch.manual_seed(2)
    lengths = torch.tensor([3, 6, 1, 5])
    for layers in (1, 2, 3):
        gru = nn.GRU(3, 4, layers, batch_first=True, bidirectional=True)
        x = torch.randn(4, 6, 3)
        got = summary(gru, x, lengths)
        yield f"the shape for x (4, 6, 3), {layers} layers", got.shape, (4, 8)
        for n, length in enumerate(lengths.tolist()):
            output, _ = gru(x[n:n + 1, :length])        # (1, length, 2H): forward, backward
            expected = torch.cat([output[0, -1, :4], output[0, 0, 4:]])
            yield f"row {n}, length {length}, {layers} layers", got[n], expected


def check_13_3():
    """打包的话，是 GRU 的第二个返回值（行不必按长度排序，要说明）；挑选的话，
    是第 length - 1 步的 output，每行不同。

    With packing it is the GRU's second result (rows need not be sorted if you say so); by picking
    it is the output of step length - 1, another step for each row.
    """
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
    """分数是多少时，softmax 之后恰好是 0？事后才把权重改成 0，总和就不是 1 了。

    Which score gets a weight of exactly 0 from a softmax? With weights set to 0 afterwards the sum
    is no longer 1.
    """
    for scores, lengths in [([[1.0, 2.0, 3.0]], [3]),
                            ([[2.0, -1.0, 5.0], [0.0, 0.5, -2.0]], [2, 1]),
                            ([[-50.0, -60.0, 0.0, 0.0], [30.0, 31.0, 2.0, 90.0]], [2, 3]),
                            ([[-150.0, -151.0, 0.0], [1.0, 0.5, 200.0]], [2, 2])]:
        expected = []
        for row, length in zip(scores, lengths, strict=True):
            exps = [math.exp(score - max(row[:length])) for score in row[:length]]
            expected.append([value / sum(exps) for value in exps] + [0.0] * (len(row) - length))
        got = attention(torch.tensor(scores), torch.tensor(lengths))
        yield f"the sums of the rows, scores={scores} lengths={lengths}", got.sum(dim=1), \
            [1.0] * len(scores)
        yield f"scores={scores} lengths={lengths}", got, expected


def check_13_5():
    """先数全部译文和全部参考译文的词数。比参考译文长，没有好处。

    First count the words of all translations and of all references. Being longer than the
    references brings nothing.
    """
    one, five, nine = ["yes"], ["he", "has", "a", "black", "dog"], ["it"] * 9
    for ours, references, expected in [
            ([five], [five], 1.0), ([nine], [five], 1.0), ([five], [nine], 0.44932896),
            ([one, nine], [five, five], 1.0), ([one, five], [five, five], 0.51341712)]:
        lengths = [len(words) for words in ours], [len(words) for words in references]
        yield f"lengths of translations {lengths[0]}, of references {lengths[1]}", \
            brevity_penalty(ours, references), expected


def check_13_6():
    """字母和标签一起往前走。哪些标签之后，一个词就完整了？

    Go through letters and tags side by side. After which tags is a word complete?
    """
    for words in [["it", "was", "a"], ["a"], ["i", "saw", "a", "white", "rabbit"], ["to", "be"],
                  ["so", "a", "b", "c"]]:
        tags = ""
        for word in words:
            tags += "S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E"
        letters = "".join(words)
        yield f"letters={letters} tags={tags}", " ".join(untag(letters, tags)), " ".join(words)


def check_13_7():
    """每个标签记一个总分和一串标签。每来一个字母就变长：以 B 结尾的新的一串，
    接在以 E 或 S 结尾的两串中较好的后面。第一个字母可以是哪些标签，最后一个呢？

    For each tag keep a sum and a row of tags. Each letter makes them longer: the new row that ends
    in B continues the better of the rows that ended in E and in S. Which tags may the first letter
    have, and which the last?
    """
    for tags in ("S", "BE", "BM", "BME", "SBE", "B", "EB", "BSE", "MES", "BEM", "BB", "SS", "BMS"):
        good = re.fullmatch("(S|BM*E)+", tags) is not None
        yield f"allowed({tags!r})", allowed(tags), good
    table = [[1, 2, 3, 4], [50, 60, 70, 80], [900, 800, 700, 600]]
    yield f"total_score({table}, 'BME')", total_score(table, "BME"), 1 + 60 + 700
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


def check_13_8():
    """cross_entropy 已经取了平均；除以温度要在 softmax 之前。

    cross_entropy takes the mean already; divide by the temperature before the softmax.
    """
    generator = torch.Generator().manual_seed(8)
    for steps, size in [(1, 3), (6, 5)]:
        z = torch.randn(steps, size, generator=generator)
        y = torch.randint(size, (steps,), generator=generator)
        total = 0.0
        for row, k in zip(z.tolist(), y.tolist(), strict=True):
            total += math.log(sum(math.exp(score) for score in row)) - row[k]
        got = perplexity(z, y)
        yield f"perplexity, {steps} random characters of {size}", got, math.exp(total / steps)
        yield "the type of the perplexity", type(got).__name__, "float"
        for temperature in (0.5, 1.0, 2.0):
            exps = [math.exp(score / temperature) for score in z[0].tolist()]
            yield f"temperature {temperature}, z={[round(one, 2) for one in z[0].tolist()]}", \
                with_temperature(z[0], temperature), [one / sum(exps) for one in exps]
    same = torch.zeros(4, 10)
    yield "perplexity where all 10 scores are equal", perplexity(same, torch.arange(4)), 10.0


def check_13_9():
    """每一步都用新的隐藏状态；刚写的词是下一步的输入。

    Each step takes the new hidden state, and the word just written is the next input.
    """
    sentences = {0: [4, 5, 4, 1], 10: [1], 20: [6, 6, 6, 6, 6, 6, 6, 6]}

    def step(word, h):
        """Writes a sentence word by word: h counts the words, and the word before must be right."""
        start = h // 10 * 10
        place = h - start
        before = 2 if place == 0 else sentences[start][place - 1]
        scores = torch.zeros(8)
        scores[sentences[start][place] if int(word) == before else 7] = 3.0
        return scores, h + 1

    for start, expected in [(0, [4, 5, 4]), (10, []), (20, [6, 6, 6, 6, 6])]:
        got = decode(step, start, bos=2, eos=1, most=5)
        yield f"a decoder that writes {sentences[start]}, eos=1, most=5", got, expected
        kinds = sorted({type(word).__name__ for word in got})
        yield "the type of a word", kinds, ["int"] * len(kinds)


if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson13_7.py, and with all of it lesson13_6.py")
