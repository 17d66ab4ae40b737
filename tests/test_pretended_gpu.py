"""Every script that takes a device, on a pretended GPU: whatever was left on the CPU fails.

Tensors stay in ordinary memory, so numbers are real. What `.to("cuda")`, `device="cuda"` or an
operation on such tensors gave is marked; where marked and unmarked tensors meet, it raises as CUDA
does. The mark belongs to the storage, which views share.
"""

import contextlib
import importlib
import inspect
import io

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import TorchFunctionMode

from conftest import SCRIPTS
from scripts import SMALL, TABLE

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
RECURRENT = ("rnn_tanh", "rnn_relu", "lstm", "gru")
PACKED = ("pack_padded_sequence", "_pack_padded_sequence")
MAY_MEET = ("__set__", "copy_", "set_", "is_", "swap_tensors", *PACKED,
            "_pad_packed_sequence", "_has_compatible_shallow_copy_type")


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, PackedSequence):
        yield value.data
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


class PretendedGPU(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.marked = {}                # address: the storage itself, so that none gets its address

    def on_gpu(self, tensor):
        return tensor.untyped_storage()._cdata in self.marked

    def mark(self, value):
        for tensor in tensors_in(value):
            storage = tensor.untyped_storage()
            self.marked[storage._cdata] = storage

    def moved(self, tensor, target, options):
        """tensor.to(...), .cuda(), .cpu()"""
        device, others = None, []
        for option in target:
            if isinstance(option, torch.Tensor):
                device = CUDA if self.on_gpu(option) else CPU
                others.append(option.dtype)
            elif isinstance(option, (str, torch.device)):
                device = torch.device(option)
            else:
                others.append(option)
        device = torch.device(options.pop("device", None) or device or self.device_of(tensor))
        options.pop("non_blocking", None)
        others = [option for option in others if isinstance(option, torch.dtype)]
        result = tensor.to(*others, **options) if others or options else tensor
        if device.type != self.device_of(tensor).type and result is tensor:
            result = tensor.clone()
        if device.type == "cuda":
            self.mark(result)
        return result

    def device_of(self, tensor):
        return CUDA if self.on_gpu(tensor) else CPU

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        if func == torch.Tensor.device.__get__:
            return self.device_of(args[0])
        if func == torch.Tensor.is_cuda.__get__:
            return self.on_gpu(args[0])
        if name in ("to", "cuda", "cpu"):
            target = {"to": args[1:], "cuda": ["cuda"], "cpu": ["cpu"]}[name]
            return self.moved(args[0], target, kwargs)
        given = list(tensors_in([args, kwargs]))
        gpu = [tensor for tensor in given if self.on_gpu(tensor)]
        cpu = [tensor for tensor in given if tensor.dim() and not self.on_gpu(tensor)]
        if name in RECURRENT and args[1].dtype == torch.int64:      # packed: sizes on the CPU
            cpu = [tensor for tensor in cpu if tensor is not args[1]]
        if name in ("numpy", "__array__") and gpu:
            raise TypeError("can't convert cuda:0 device type tensor to numpy; use Tensor.cpu()")
        if name in PACKED and any(self.on_gpu(tensor) for tensor in tensors_in(args[1])):
            raise RuntimeError("'lengths' argument should be a 1D CPU int64 tensor")
        index = name in ("__getitem__", "__setitem__") and self.on_gpu(args[0])
        if gpu and cpu and not index and name not in MAY_MEET:
            raise RuntimeError(f"Expected all tensors to be on the same device ({name})")
        if name == "backward" and gpu:
            return func(*args, **kwargs)
        made_there = kwargs.get("device") is not None and torch.device(
            kwargs["device"]).type == "cuda"
        if made_there:
            kwargs["device"] = "cpu"
        result = func(*args, **kwargs)
        if made_there or (gpu and name not in ("copy_", "__setitem__")):
            packing = name in ("_pack_padded_sequence", "_pad_packed_sequence")
            self.mark(result[:1] if packing else result)        # the sizes stay on the CPU
        return result


@pytest.fixture
def on_the_gpu(small_data, monkeypatch):
    """on_the_gpu("lesson9.py"): its main() on few data."""
    monkeypatch.setattr(nn.RNNBase, "flatten_parameters", lambda self: None)

    def run(name):
        module = importlib.import_module(name[:-3])
        monkeypatch.setattr(module, "pick_device", lambda: CUDA)
        known = inspect.signature(module.main).parameters
        settings = {**SMALL, **TABLE[name].small, "epochs": 1} | small_data(module)
        gpu = PretendedGPU()
        with gpu, contextlib.redirect_stdout(io.StringIO()):
            result = module.main(**{key: settings[key] for key in settings if key in known})
        assert gpu.marked, "nothing was on the GPU"
        module.draw(result)             # without the GPU: what main() returns is on the CPU
        return gpu

    return run


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_lesson_that_takes_a_device_runs_on_a_gpu(name, on_the_gpu):
    module = importlib.import_module(name[:-3])
    if hasattr(module, "pick_device"):
        on_the_gpu(name)


# ------------------------------------------------------------------- does it see what it should?
class Left(nn.Module):
    """A net with a tensor that .to() does not know, as a beginner writes it."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.scale = torch.ones(2)

    def forward(self, x):
        return self.linear(x) * self.scale


def net_left_behind():
    nn.Linear(2, 2)(torch.ones(3, 2).to("cuda"))


def batch_left_behind():
    nn.Linear(2, 2).to("cuda")(torch.ones(3, 2))


def buffer_left_behind():
    Left().to(CUDA)(torch.ones(3, 2, device="cuda"))


def target_left_behind():
    scores = nn.Linear(2, 2).to(CUDA)(torch.ones(3, 2).to(CUDA))
    nn.CrossEntropyLoss()(scores, torch.zeros(3, dtype=torch.long))


def state_left_behind():
    nn.GRU(2, 3).to(CUDA)(torch.ones(4, 1, 2).to(CUDA), torch.zeros(1, 1, 3))


def index_of_another_device():
    return torch.arange(4)[torch.tensor([1, 2]).to(CUDA)]


def lengths_on_the_gpu():
    nn.utils.rnn.pack_padded_sequence(torch.ones(2, 3, 1).to(CUDA), torch.tensor([3, 2]).to(CUDA),
                                      batch_first=True)


def numpy_of_the_gpu():
    torch.ones(2).to(CUDA).add(1).numpy()


@pytest.mark.parametrize("mistake", [
    net_left_behind, batch_left_behind, buffer_left_behind, target_left_behind, state_left_behind,
    index_of_another_device, lengths_on_the_gpu, numpy_of_the_gpu])
def test_a_tensor_on_the_other_device_fails(mistake):
    with PretendedGPU(), pytest.raises((RuntimeError, TypeError), match=r"device|CPU|numpy"):
        mistake()


@pytest.mark.parametrize("name", ["lesson9.py", "lesson10.py", "lesson13.py"])
def test_a_lesson_whose_net_stays_on_the_cpu_fails(name, on_the_gpu, monkeypatch):
    """Its train() moves the batches to wherever the net is: then nothing was on the GPU."""
    monkeypatch.setattr(nn.Module, "to", lambda self, *given, **named: self)
    with pytest.raises((AssertionError, RuntimeError), match="GPU|same device"):
        on_the_gpu(name)


def test_training_there_and_back():
    with PretendedGPU() as gpu:
        net = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3)).to(CUDA)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        x, y = torch.randn(5, 2).to(CUDA), torch.arange(5).remainder(3).to(CUDA)
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        assert net(x).device.type == "cuda" and gpu.on_gpu(net[0].weight)
        assert net(x).detach().cpu().numpy().shape == (5, 3)
        assert isinstance(loss.item(), float)
