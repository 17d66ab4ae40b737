"""The lecture's training loop, for the benchmark to compare with: every image passes through
ToTensor and Normalize each time it is used, and a DataLoader stacks the batch of 64.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from utils import DATA


def train(model, epochs, batch_size=64, lr=0.01, momentum=0.5, seed=0):
    torch.manual_seed(seed)
    transform = transforms.Compose([transforms.ToTensor(),
                                    transforms.Normalize((0.1307,), (0.3081,))])
    train_dataset = datasets.MNIST(root=DATA, train=True, download=False, transform=transform)
    train_loader = DataLoader(train_dataset, shuffle=True, batch_size=batch_size)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    for epoch in range(1, epochs + 1):
        running_loss = 0.0
        for batch_idx, (inputs, target) in enumerate(train_loader):
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, target)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            if batch_idx % 300 == 299:
                print(f"[{epoch}, {batch_idx + 1:5d}] loss: {running_loss / 300:.3f}", flush=True)
                running_loss = 0.0
