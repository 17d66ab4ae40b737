"""Exercises of lecture 10: convolutional nets. 10-1 is the course's.

在写着 ... 的地方写你的代码，然后运行 / write your own code where ... stands, then run:
    python liuer/exercises/lecture10.py                 每题一行 / a line for each exercise
    python liuer/exercises/lecture10.py --hint 10-1      提示 / a hint
"""

import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from check import run
from torch import nn


# 10-1. 三个卷积层，然后三个线性层（形状见下）。每次池化之后、线性层之间用 ReLU。
# 有一个卷积需要 padding 才能保持 (4,4)，是哪一个？
# Three convolutions, then three linear layers:
#   (1,28,28) conv 5x5, pool (10,12,12) conv 5x5, pool (20,4,4) conv 3x3, pool (40,2,2)
#   flat 160, linear 80, linear 40, linear 10; ReLU after each pool and between the linear layers.
# One convolution needs padding to keep its (4,4). Which one?
class DeeperNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = ...
        self.conv2 = ...
        self.conv3 = ...
        self.fc1 = ...
        self.fc2 = ...
        self.fc3 = ...

    def forward(self, x):
        """x (N, 1, 28, 28): raw scores (N, 10)."""
        return ...


# 10-2. 卷积的输出有多宽？dilation 为 d 的卷积核中间有空隙：相邻两个数隔 d 个像素，
# 所以大小为 3、dilation 为 2 的核覆盖 5 个像素。
# How many pixels wide is the output of a convolution? A kernel with dilation d has holes: its
# numbers lie d pixels apart, so a kernel of 3 with dilation 2 spans 5 pixels.
def output_size(size, kernel, padding, stride, dilation):
    """All whole numbers, padding on both sides."""
    return ...


# 10-3. 卷积本身，用循环写：不用 conv2d、unfold 等函数。
# The convolution itself, in plain loops: without conv2d, unfold and the like.
def convolve(x, weight, bias):
    """x (C, H, W), weight (O, C, K, K), bias (O,): a tensor (O, H - K + 1, W - K + 1)."""
    return ...


# 10-4. 保存和加载。只保存权重（state_dict），加载到一个新建的网络里；返回的网络处于 eval 模式。
# Save and load. Keep the weights alone (state_dict) and load them into a newly made net; the net
# that is returned is in evaluation mode.
def save_weights(model, path):
    """Write the file; return nothing."""
    ...


def load_net(make_net, path):
    """make_net() gives an untrained net of the same class; return it with the saved weights."""
    return ...


# 10-5. 第十课的网络换成别的图像大小：5x5 卷积到 10 个通道，2x2 池化，5x5 卷积到 20 个通道，
# 2x2 池化，展平，线性层。线性层读入多少个特征？
# Lesson 10's net on images of another size: conv 5x5 to 10 channels, pool by 2, conv 5x5 to 20
# channels, pool by 2, flatten, linear. How many features does the linear layer read?
def flat_features(height, width):
    """320 for 28 x 28. Pooling drops a row or column that is left over."""
    return ...


# 10-6. 混淆矩阵：第 i 行第 j 列是“真实类别 i、判为 j”的样本数。由它求每一类的查准率（判为这一类
# 的样本里，判对的比例）和查全率（这一类的样本里，判对的比例）；分母为 0 时结果是 0。
# A confusion matrix: row i, column j counts the samples of class i that were taken for class j. For
# each class find the precision (of those taken for it, the share that are) and the recall (of those
# that are of it, the share that was found); 0 where nothing is to be divided by.
def confusion(target, predicted, classes):
    """target, predicted (N,) numbers of classes; return whole numbers (C, C)."""
    return ...


def precision_and_recall(matrix):
    """matrix (C, C) of whole numbers; return the pair of both, (C,) each."""
    return ...


# 10-7. 自适应池化：不论输入的边长是多少，输出都是 size x size（AdaptiveMaxPool2d），所以后面的
# 线性层总是合适。边长为 n 时，第 i 个窗口从 i * n / size（向下取整）开始，到 (i + 1) * n / size
# （向上取整）之前为止；行和列一样。
# Adaptive pooling: whatever the sides of the input, size x size comes out (AdaptiveMaxPool2d), so
# the linear layer behind it always fits. Of a side n, window i begins at i * n / size rounded down
# and ends before (i + 1) * n / size rounded up; rows and columns alike.
def adaptive_max_pool(x, size):
    """x (C, H, W): the largest number of each window (C, size, size). Without PyTorch's pooling."""
    return ...


# Checks: 以下不用填写 / nothing to fill in below -------------------------------------------------
def deeper_by_functions(model, x):
    for conv, padding in [(model.conv1, 0), (model.conv2, 0), (model.conv3, 1)]:
        x = F.conv2d(x, conv.weight, conv.bias, padding=padding).relu()
        x = F.max_pool2d(x, 2)
    x = x.reshape(len(x), 160)
    for layer in (model.fc1, model.fc2):
        x = F.linear(x, layer.weight, layer.bias).relu()
    return F.linear(x, model.fc3.weight, model.fc3.bias)


def check_10_1():
    """5x5 卷积让边长减少 4，池化再减半。在 forward 的每一行后面打印 x.shape。
    最后一层输出原始分数。

    A 5x5 convolution takes 4 off each side, pooling halves what is left. Print x.shape after each
    line of forward. The last layer gives raw scores.
    """
    torch.manual_seed(0)
    model, x = DeeperNet(), torch.randn(3, 1, 28, 28)
    shapes = {"conv1": (10, 1, 5, 5), "conv2": (20, 10, 5, 5), "conv3": (40, 20, 3, 3),
              "fc1": (80, 160), "fc2": (40, 80), "fc3": (10, 40)}
    for name, shape in shapes.items():
        yield f"the shape of {name}.weight", getattr(model, name).weight.shape, shape
    yield "all parameters", sum(p.numel() for p in model.parameters()), 29_050
    got = model(x)
    yield "the shape of model(x), x (3, 1, 28, 28)", got.shape, (3, 10)
    yield "model(x), 3 random pictures", got, deeper_by_functions(model, x)
    model.fc3.bias.data -= 5            # now all scores are below 0
    yield "model(x), where the scores are negative", model(x), deeper_by_functions(model, x)


def check_10_2():
    """画出补零后的一行，让卷积核（连同空隙）从 0, stride, 2 stride, ... 开始：最后一个位置在哪里？

    Draw the padded row and let the kernel, holes included, begin at 0, stride, 2 stride, ...: what
    is its last place?
    """
    for size, kernel, padding, stride, dilation in [
            (28, 5, 0, 1, 1), (28, 5, 2, 1, 1), (28, 3, 1, 2, 1), (12, 3, 0, 1, 2),
            (32, 4, 1, 3, 2), (7, 7, 0, 1, 1), (11, 2, 0, 2, 1), (30, 5, 3, 4, 3)]:
        conv = nn.Conv1d(1, 1, kernel, stride, padding, dilation)
        given = f"size={size} kernel={kernel} padding={padding} stride={stride} dilation={dilation}"
        yield given, output_size(size, kernel, padding, stride, dilation), \
            conv(torch.zeros(1, 1, size)).shape[2]


def check_10_3():
    """每个输出通道、每行、每列各一个数：x 的一个窗口乘以一个卷积核，
    对窗口的所有通道、行、列求和。不翻转。

    One number for each output channel, row and column: a window of x times one kernel, added up
    over all channels, rows and columns of the window. Nothing is flipped.
    """
    picture = torch.tensor([[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4],
                            [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]]).float().view(1, 5, 5)
    weight = torch.arange(1.0, 10.0).view(1, 1, 3, 3)
    yield "the picture of the notes", convolve(picture, weight, torch.zeros(1)), \
        [[[211, 295, 262], [259, 282, 214], [251, 253, 169]]]
    generator = torch.Generator().manual_seed(0)
    for c, h, w, o, k in [(1, 3, 3, 1, 2), (2, 4, 6, 3, 3), (3, 5, 4, 2, 1)]:
        x = torch.randn(c, h, w, generator=generator)
        weight = torch.randn(o, c, k, k, generator=generator)
        bias = torch.randn(o, generator=generator)
        yield f"random x {(c, h, w)}, weight {(o, c, k, k)}", convolve(x, weight, bias), \
            F.conv2d(x, weight, bias)


def check_10_4():
    """torch.save 和 torch.load 各一次；权重用 load_state_dict 装进网络。
    整个网络存下来，换一个程序就打不开。

    One torch.save and one torch.load; load_state_dict puts the weights into the net. A net saved as
    a whole cannot be opened by another program.
    """
    torch.manual_seed(4)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    model(torch.randn(9, 3))            # the running means of the batch norm move
    made = []

    def make_net():
        layers = nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2)
        made.append(nn.Sequential(*layers))
        return made[-1]

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "net.pt")
        save_weights(model, path)
        content = torch.load(path, weights_only=True) if Path(path).exists() else None
        yield "the names in the file", list(content or []), list(model.state_dict())
        net = load_net(make_net, path)
    yield "is it the net that make_net made", net is made[-1] if made else False, True
    yield "net.training", getattr(net, "training", "no net"), False
    x = torch.randn(5, 3)
    yield "net(x), 5 random samples", net(x), model.eval()(x)


def check_10_5():
    """高度走一遍四层，宽度再走一遍；不要向上取整。

    Go through the four layers with the height, then with the width; never round up.
    """
    conv1, conv2 = nn.Conv2d(1, 10, 5), nn.Conv2d(10, 20, 5)
    for height, width in [(28, 28), (32, 32), (30, 45), (16, 27)]:
        x = torch.zeros(1, 1, height, width)
        x = F.max_pool2d(conv2(F.max_pool2d(conv1(x), 2)), 2)
        yield f"height={height} width={width}", flat_features(height, width), x.numel()


def check_10_6():
    """查准率沿混淆矩阵的一个方向求和，查全率沿另一个方向。对角线上是判对的。

    For the precision add up along one direction of the matrix, for the recall along the other. The
    right answers are on the diagonal.
    """
    for target, predicted, classes in [([0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 0, 2], 3),
                                       ([0, 1, 1, 3], [0, 0, 0, 0], 4)]:
        expected = [[0] * classes for _ in range(classes)]
        for true, answer in zip(target, predicted, strict=True):
            expected[true][answer] += 1
        given = f"target={target} predicted={predicted}"
        got = confusion(torch.tensor(target), torch.tensor(predicted), classes)
        yield f"confusion, {given}", got, expected
        precision, recall = [], []
        for k in range(classes):
            taken = sum(row[k] for row in expected)
            precision.append(expected[k][k] / taken if taken else 0.0)
            recall.append(expected[k][k] / sum(expected[k]) if sum(expected[k]) else 0.0)
        got = precision_and_recall(torch.tensor(expected))
        yield f"precision and recall, {given}", got, (precision, recall)


def check_10_7():
    """两层循环，每个窗口取 amax。向上取整：-(-a // b)。窗口可以重叠。

    Two loops, and amax over each window. -(-a // b) divides and rounds up. Windows may overlap.
    """
    generator = torch.Generator().manual_seed(7)
    for channels, height, width, size in [(1, 4, 4, 2), (2, 5, 7, 4), (3, 3, 9, 4), (2, 8, 10, 1)]:
        x = torch.randn(channels, height, width, generator=generator)
        yield f"random x of {channels} x {height} x {width}, size={size}", \
            adaptive_max_pool(x, size), F.adaptive_max_pool2d(x, size)


FORBIDDEN = {"10-3": ["conv2d", "unfold", "Conv2d", "Unfold", "conv_transpose2d"],
             "10-7": ["adaptive_max_pool2d", "AdaptiveMaxPool2d", "max_pool2d", "MaxPool2d"]}

if __name__ == "__main__":
    run(globals(), then="Next: liuer/lesson10_2.py, then exercises/lecture11.py")
