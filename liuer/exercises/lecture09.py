"""Exercises of lecture 9: softmax and cross-entropy. 9-1 and 9-2 are the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture09.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture09.py --hint 9-1      提示 / a hint
"""

import copy
import math

import torch
import torch.nn.functional as F
from check import run
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


# 9-1. CrossEntropyLoss 和 NLLLoss：前者做了哪一步，后者留给你做？先用下标写出 NLLLoss，
# 再用它写出 CrossEntropyLoss。两者都对样本取平均。
# CrossEntropyLoss and NLLLoss: what does the first one do that the other leaves to you? Write
# NLLLoss by indexing, then CrossEntropyLoss with it. Both are means over the samples.
def nll(log_p, y):
    """log_p (N, C) logarithms of probabilities, y (N,) numbers of classes. Without PyTorch's."""
    return ...


def cross_entropy(z, y):
    """z (N, C) raw scores, y (N,): by nll(), without PyTorch's cross_entropy."""
    return ...


# 9-2. Otto 的商品分九类，Class_1 到 Class_9。Kaggle 要求给出每一类的概率，用 log-loss 打分：
# 真实类别的 -log p（自然对数）的平均，p 小于 1e-15 时按 1e-15 算，
# 否则一次“确信”的错误就是无穷大。
# Otto's products come in nine classes, Class_1 to Class_9. Kaggle wants a probability for each and
# scores by log-loss: the mean of -log p of the true class (natural logarithm), where a p below
# 1e-15 counts as 1e-15. Otherwise one answer that is sure and wrong would cost infinitely much.
def class_numbers(labels):
    """["Class_3", "Class_1"] -> a tensor (N,) of whole numbers that CrossEntropyLoss takes."""
    return ...


def probabilities(scores):
    """scores (N, 9) of a net: the nine probabilities of each product."""
    return ...


def log_loss(p, labels):
    """p (N, 9), labels N texts: a number."""
    return ...


# 9-3. softmax 不能做两次：这个网络的损失是 F.cross_entropy(model(x), y)，而人想看到概率。
# 两个方法各返回什么？forward 返回原始分数（logits）。两层之间用 ReLU。
# No softmax twice: the loss of this net is F.cross_entropy(model(x), y), and people want to see
# probabilities. What does each method return? forward gives raw scores. ReLU between the layers.
class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(6, 8)
        self.l2 = nn.Linear(8, 4)

    def forward(self, x):
        """x (N, 6): raw scores (N, 4)."""
        return ...

    def predict(self, x):
        """x (N, 6): the probability of each class (N, 4)."""
        return ...


# 9-4. exp(89) 超出 float32 的范围，exp(-104) 会变成 0。写一个 log-softmax，
# 分数是 1000 和 -1000 时也正确。
# exp(89) is more than float32 can hold, and exp(-104) becomes 0. Write a log-softmax that is right
# for scores of 1000 and -1000 as well.
def log_softmax(z):
    """z (N, C): z - log(sum of exp(z) over the classes), without PyTorch's softmax or logsumexp."""
    return ...


# 9-5. 模型在一个 DataLoader 上的准确率；最后一批比别的批小。测试时模型要处于 eval 模式，
# 也不要记录计算图。
# The accuracy of a model on a DataLoader whose last batch is smaller than the others. To be tested,
# the model has to be in evaluation mode, and no graph should be recorded.
def accuracy(model, loader):
    """The share of samples whose highest score is that of the right class, a number."""
    return ...


# 9-6. 从图像到网络的输入，0.1307 和 0.3081 从哪里来：训练图像全部像素（换算到 0 到 1）的均值和
# 标准差。Normalize 不会让数据变成正态分布，它只是平移和缩放。
# From images to the net's input, and where 0.1307 and 0.3081 come from: mean and deviation of all
# pixels of the training images, as numbers from 0 to 1. Normalize makes nothing normally
# distributed: it shifts and scales, nothing else.
def pixel_statistics(images):
    """images (N, H, W) uint8, 0 to 255: the pair (mean, deviation) of all their pixels."""
    return ...


def normalise(images, mean, deviation):
    """images (N, H, W) uint8: (N, 1, H, W) floats, as ToTensor and Normalize make them."""
    return ...


# 9-7. softmax 加交叉熵，对分数 z 的梯度，手工写出来，不用 autograd：第九讲推导的那个简单式子。
# The gradient of cross-entropy after softmax with respect to the scores z, by hand and without
# autograd: the simple formula of the lecture.
def gradient_of_scores(z, y):
    """z (N, C), y (N,): d loss/dz (N, C), where the loss is the mean over the N samples."""
    return ...


# 9-8. 学习率要在验证集上选，不能看测试集。对每个学习率，从同样的权重（copy.deepcopy(model)）
# 出发训练，返回验证损失最小的那个学习率。
# The learning rate is chosen on the validation part, never on the test part. Train with each rate,
# always from the same weights (copy.deepcopy(model)); return the rate with the lowest validation
# loss.
def choose_lr(model, x_train, y_train, x_val, y_val, rates, epochs):
    """SGD on F.cross_entropy, all samples in each step. Return one of the rates."""
    return ...


# 9-9. 找错误。下面两个函数能运行，但有三处错误：准确率会偏，损失也不对。抄下来并改正。
# Find the faults. These two functions run, but three lines are wrong. Copy them and mend the lines.
#     def run_epoch(model, loader, optimizer):
#         model.eval()
#         for inputs, target in loader:
#             outputs = model(inputs).softmax(dim=1)
#             loss = F.cross_entropy(outputs, target)
#             optimizer.zero_grad()
#             loss.backward()
#             optimizer.step()
#     def share_right(model, loader):
#         model.eval()
#         shares = []
#         with torch.no_grad():
#             for inputs, target in loader:
#                 predicted = model(inputs).argmax(dim=1)
#                 shares.append((predicted == target).float().mean().item())
#         return sum(shares) / len(shares)
def run_epoch(model, loader, optimizer):
    """Train for one epoch."""
    ...


def share_right(model, loader):
    """The share of right answers over all samples, a number."""
    ...


# 9-10. 早停。每轮之后量一次验证损失；连续 patience 轮都没有比以前的最低值更低，就停止训练，
# 留下验证损失最低那一轮的权重。一直没停的话，训练到最后一轮。轮数从 1 数起。
# Early stopping. The validation loss is measured after each epoch; when patience epochs in a row
# were not below the lowest one before, training ends, and the weights of the lowest epoch are kept.
# If that never happens, training goes on to the last epoch. Epochs are counted from 1.
def stop_early(val_losses, patience):
    """val_losses: a list, one an epoch. Return (the epoch that is kept, the last one trained)."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
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
    """CrossEntropyLoss 接收原始分数，NLLLoss 接收概率的对数。nll 从每行取一个值：
    两个下标列表可以每行取一个。

    CrossEntropyLoss takes raw scores, NLLLoss takes logarithms of probabilities. nll picks one
    value of each row; two lists of indices do that.
    """
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
    """类别名里的数字减一就是编号。每个商品的概率之和是 1。clamp 可以给张量设下限。

    The digit in a label is its number plus one. The probabilities of a product sum to 1. clamp
    gives a tensor a lower bound.
    """
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
    """损失函数里已经有 softmax，所以网络里没有。最后一层也不要 ReLU：它会抹掉所有负的分数。

    The loss has a softmax of its own, so the net has none. And no ReLU on the last layer: it would
    wipe out every negative score.
    """
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
    """一行的分数都减去同一个数，softmax 不变。减去多少，能让每行最大的分数变成 0？

    Softmax does not change when the same number is subtracted from all scores of a row. Which
    number makes the largest score of each row 0?
    """
    z, _ = scores_and_labels(3, 4)
    yield "random scores (3, 4)", log_softmax(z), F.log_softmax(z, dim=1)
    for rows in [[[1000.0, 999.0, 0.0]], [[-1000.0, -1001.0, -1002.0]],
                 [[1000.0, 0.0, 1.0], [0.0, -1000.0, -1.0]]]:
        yield f"z={rows}", log_softmax(torch.tensor(rows)), \
            F.log_softmax(torch.tensor(rows), dim=1)


def check_9_5():
    """先把所有批里答对的个数和样本数加起来，最后除一次。训练模式下 dropout 的回答是随机的。

    Add up right answers and samples over all batches, then divide once. In training mode dropout
    makes the answers random.
    """
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


def check_9_6():
    """ToTensor 除以 255，并加上通道这一维。各图标准差的平均，不是全部像素的标准差。

    ToTensor divides by 255 and adds the axis of the channel. The mean of the images' deviations is
    not the deviation of all pixels.
    """
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


def check_9_7():
    """概率减去 one-hot，再除以样本数 N。

    The probabilities minus the one-hot labels, divided by N for the mean.
    """
    for samples, classes in [(1, 3), (4, 5)]:
        z, y = scores_and_labels(samples, classes, seed=samples)
        given = f"{samples} random samples of {classes} classes"
        leaf = z.clone().requires_grad_()
        F.cross_entropy(leaf, y).backward()
        yield given, gradient_of_scores(z, y), leaf.grad


def check_9_8():
    """每个学习率都从模型的一份新拷贝开始；比较的是训练之后的验证损失。

    Begin with a fresh copy of the model for each rate; compare the validation losses afterwards.
    """
    for seed, rates in [(0, [0.001, 0.3, 30.0]), (1, [30.0, 0.003, 1.0]), (2, [0.5, 0.01])]:
        torch.manual_seed(seed)
        model = nn.Linear(4, 3)
        x = torch.randn(40, 4)
        y = (x @ torch.randn(4, 3)).argmax(dim=1)
        before = copy.deepcopy(model.state_dict())
        losses = []
        for rate in rates:
            weight, bias = before["weight"].clone(), before["bias"].clone()
            for _ in range(20):
                slope = (x[:30] @ weight.T + bias).softmax(dim=1) - F.one_hot(y[:30], 3)
                weight -= rate * slope.T @ x[:30] / 30
                bias -= rate * slope.mean(dim=0)
            losses.append(F.cross_entropy(x[30:] @ weight.T + bias, y[30:]).item())
        got = choose_lr(model, x[:30], y[:30], x[30:], y[30:], rates, 20)
        yield f"rates {rates}", got, rates[losses.index(min(losses))]
        same = all(torch.equal(model.state_dict()[name], before[name]) for name in before)
        yield f"rates {rates}, the given model is unchanged", same, True


def check_9_9():
    """训练用哪个模式？损失要的是分数还是概率？最后一批较小时，怎样取平均？

    Which mode is for training? Does the loss want scores or probabilities? And how is the mean to
    be taken where the last batch is smaller?
    """
    class Noted(nn.Module):
        """One linear layer that notes its mode."""
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)
            self.modes = []

        def forward(self, x):
            self.modes.append(self.training)
            return self.layer(x)

    torch.manual_seed(9)
    x = torch.randn(10, 3)
    y = x.argmax(dim=1)
    loader = DataLoader(TensorDataset(x, y), batch_size=4)
    model = Noted()
    weight, bias = model.layer.weight.detach().clone(), model.layer.bias.detach().clone()
    for start in (0, 4, 8):
        inputs, target = x[start:start + 4], y[start:start + 4]
        slope = ((inputs @ weight.T + bias).softmax(dim=1) - F.one_hot(target, 3)) / len(target)
        weight -= 0.5 * slope.T @ inputs
        bias -= 0.5 * slope.sum(dim=0)
    run_epoch(model, loader, torch.optim.SGD(model.parameters(), lr=0.5))
    yield "run_epoch: the mode of the model", model.modes, [True] * 3
    yield "run_epoch: the weights after 3 steps", model.layer.weight, weight
    y[8:] = (y[8:] + 1) % 3             # the last batch of 4, 4, 2 is all wrong
    model = nn.Identity()
    yield "share_right: batches of 4, 4, 2, of which 4, 4, 0 are right", \
        share_right(model, DataLoader(TensorDataset(x, y), batch_size=4)), 0.8
    yield "share_right: the mode of the model", model.training, False


def check_9_10():
    """记住最低的损失和它的轮数；每轮先看它是不是新的最低，再看离它过了几轮。相等不算更低。

    Keep the lowest loss and its epoch. In each epoch ask first whether it is a new lowest one, then
    how many epochs have passed since. An equal loss is not lower.
    """
    for losses, patience, expected in [
            ([0.9, 0.7, 0.8, 0.6, 0.65, 0.64, 0.5], 2, (4, 6)), ([0.9, 0.8, 0.85, 0.7], 1, (2, 3)),
            ([0.5, 0.5, 0.5, 0.4], 2, (1, 3)), ([0.9, 0.8, 0.7], 2, (3, 3)),
            ([0.3, 0.4, 0.2, 0.4], 3, (3, 4)), ([2.0, 1.5, 1.6, 1.4, 1.45, 1.41, 1.3], 3, (7, 7))]:
        yield f"val_losses={losses} patience={patience}", stop_early(losses, patience), expected


FORBIDDEN = {"9-1": ["nll_loss", "cross_entropy", "NLLLoss", "CrossEntropyLoss"],
             "9-4": ["softmax", "log_softmax", "logsumexp", "LogSoftmax", "Softmax"],
             "9-7": ["backward", "grad", "requires_grad_"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson9_2.py and lesson9_3.py, then exercises/lecture10.py")
