"""Lesson 13: sequence to class. A bidirectional GRU reads a name and tells its language.

    letters -> embedding -> GRU, 2 layers, both directions -> last state of each -> linear
    h = cat(h[-2], h[-1])   forward after the last letter, backward after the first
    names are padded to one length, and packing keeps the padding out of the GRU

Run:     python liuer/lesson13.py                   (--help lists the settings)
         python liuer/lesson13.py --save names.pt
         python liuer/lesson13.py --load names.pt --name "Nguyen, O'Neill"
Lecture: python liuer/lesson13.py --epochs 100 --lr 0.001 --dropout 0 --no-falling --test_each
         (its settings; on its own names, which do not ship: 84.4 % at best)
Prints:  test accuracy 71.13% (always the most frequent label: 6.73%)
Notes:   liuer/README.md, lecture 13
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, Dataset

import files
from utils import BadInput, finite, pick_device, progress, settings, show

HIDDEN_SIZE = 100
N_LAYER = 2
N_CHARS = 128       # the letters of ASCII, each by its code


class NameDataset(Dataset):
    """Names and the number of each one's country in country_list."""

    def __init__(self, pairs, country_list):
        self.names, self.countries = [], []
        for name, country in pairs:
            self.names.append(name)
            self.countries.append(country_list.index(country))

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        return self.names[index], self.countries[index]


class RNNClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, output_size, n_layers=1, bidirectional=True,
                 dropout=0.0):
        super().__init__()
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.n_directions = 2 if bidirectional else 1
        between = dropout if n_layers > 1 else 0.0          # ours: dropout between the layers
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, n_layers, batch_first=True,
                          bidirectional=bidirectional, dropout=between)
        self.fc = nn.Linear(hidden_size * self.n_directions, output_size)

    def _init_hidden(self, embedding):      # ours: batch, device and dtype as in the embedding
        return embedding.new_zeros(self.n_layers * self.n_directions, len(embedding),
                                   self.hidden_size)

    def forward(self, inputs, seq_lengths):                 # (N, T) padded, (N,)
        embedding = self.embedding(inputs)                  # (N, T, H)  ours: no .t()
        hidden = self._init_hidden(embedding)               # (layers·directions, N, H)
        gru_input = pack_padded_sequence(embedding, seq_lengths, batch_first=True,
                                         enforce_sorted=False)
        _, hidden = self.gru(gru_input, hidden)             # (layers·directions, N, H)
        if self.n_directions == 2:
            hidden_cat = torch.cat([hidden[-2], hidden[-1]], dim=1)     # (N, 2H)  top layer
        else:
            hidden_cat = hidden[-1]                         # (N, H)
        return self.fc(hidden_cat)                          # (N, C)


def number_letters(names):
    """The number of each letter: its code in ASCII; from 128 on the other letters of the names."""
    letters = {}
    for i in range(N_CHARS):
        letters[chr(i)] = i
    for name in names:
        for letter in name:
            if letter not in letters:
                letters[letter] = len(letters)
    return letters


def name2list(name, letters):
    """The numbers of a name's letters, 0 for a letter that is not known, and how many they are."""
    arr = [letters.get(letter, 0) for letter in name]
    return arr, len(arr)


def make_tensors(names, countries, letters):
    """Names as numbers, padded with 0 (N, T); their lengths (N,); the countries (N,)."""
    sequences, lengths = [], []
    for name in names:
        arr, length = name2list(name, letters)
        sequences.append(arr)
        lengths.append(length)
    seq_tensor = torch.zeros(len(names), max(lengths), dtype=torch.long)
    for i, arr in enumerate(sequences):
        seq_tensor[i, :len(arr)] = torch.tensor(arr)
    # ours: not sorted by length, enforce_sorted=False does that. The lengths stay on the CPU
    return seq_tensor, torch.tensor(lengths), torch.as_tensor(countries)


def trainModel(classifier, loader, criterion, optimizer, scheduler, letters):
    """One epoch; return the mean loss of a name."""
    classifier.train()
    device = next(classifier.parameters()).device
    total_loss = total = 0
    for names, countries in loader:
        inputs, seq_lengths, target = make_tensors(names, countries, letters)
        inputs, target = inputs.to(device), target.to(device)
        output = classifier(inputs, seq_lengths)            # forward
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()                                     # backward
        optimizer.step()                                    # update
        if scheduler:
            scheduler.step()                                # ours: the learning rate falls
        total_loss += loss.item() * len(target)
        total += len(target)
    return total_loss / total


@torch.no_grad()
def testModel(classifier, loader, letters, n_country):
    """Share of right answers; and how often each country (row) was taken for each (column)."""
    classifier.eval()
    device = next(classifier.parameters()).device
    confusion = torch.zeros(n_country, n_country)
    for names, countries in loader:
        inputs, seq_lengths, target = make_tensors(names, countries, letters)
        output = classifier(inputs.to(device), seq_lengths)
        pred = output.argmax(dim=1).cpu()
        for i in range(len(target)):
            confusion[target[i], pred[i]] += 1
    return (confusion.diag().sum() / confusion.sum()).item(), confusion


def tell_new_letters(names, letters):
    """Say which letters training has not seen, with a name that has each."""
    new = {}
    for name in names:
        for letter in name:
            if letter not in letters:
                new[letter] = name
    some = [f"{letter} in {name}" for letter, name in new.items()]
    if new:
        print(f"letters that training has not seen: {len(new)}: {', '.join(some[:5])}")


def split_names(text):
    """"Nguyen, O'Neill" -> ["nguyen", "o'neill"]; Chinese commas are understood too."""
    names = []
    for part in text.replace("，", ",").replace("、", ",").split(","):
        if files.plain(part):
            names.append(files.plain(part))
    if not names:
        raise BadInput(f"--name: expected names with commas between, got {text!r}")
    return names


@torch.no_grad()
def tell_countries(classifier, names, letters, country_list):
    """Print the three likeliest countries of each name."""
    classifier.eval()
    device = next(classifier.parameters()).device
    tell_new_letters(names, letters)
    for name in names:
        inputs, seq_lengths, _ = make_tensors([name], [0], letters)
        p = classifier(inputs.to(device), seq_lengths)[0].softmax(dim=0)    # (C,)
        line = name
        for i in p.argsort(descending=True)[:3]:
            line += f" | {country_list[i]} {p[i]:.1%}"
        print(line)


def load_classifier(path):
    """The net that --save wrote, the letters, the countries and the result of its test."""
    content = files.load(path)
    try:
        letters, country_list = content["letters"], content["country_list"]
        classifier = RNNClassifier(len(letters), HIDDEN_SIZE, len(country_list), N_LAYER)
        classifier.load_state_dict(content["weights"])
        return classifier, letters, country_list, content["result"]
    except (KeyError, TypeError, AttributeError, RuntimeError):
        raise BadInput(f"{path}: expected a net that lesson13.py --save wrote") from None


def main(epochs=11, batch_size=256, lr=0.007, dropout=0.4, falling=True, test_each=False, seed=0,
         train=None, test=None, name=None, save=None, load=None):
    """Train on names with their language, then tell the language of names never seen.

    epochs: passes over the training names
    batch_size: names a step
    lr: learning rate of Adam (at the start)
    dropout: share of the first layer's outputs that training leaves out, below 1
    falling: let the learning rate fall to 0
    test_each: test after every epoch, as the lecture does; else only once, at the end
    seed: of the initial weights and the order of the names
    train: CSV of name,label or folder of LABEL.txt; alone, a tenth of its names is the test
    test: the same, with names to test on
    name: one name or several with commas between: tell their language
    save: keep the trained net in this file
    load: take the net from this file in place of training
    """
    if dropout >= 1:
        raise BadInput(f"--dropout: expected less than 1, got {dropout}")
    asked = split_names(name) if name is not None else []
    if load:
        classifier, letters, country_list, result = load_classifier(load)
        tell_countries(classifier, asked, letters, country_list)
        print(f"test accuracy {result['accuracy']:.2%} when {load} was saved")
        return result
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    train_pairs, test_pairs = files.read_name_parts(train, test)
    country_list = sorted({country for _, country in train_pairs + test_pairs})
    n_country = len(country_list)
    train_set = NameDataset(train_pairs, country_list)
    test_set = NameDataset(test_pairs, country_list)
    train_loader = DataLoader(train_set, batch_size, shuffle=True)
    test_loader = DataLoader(test_set, 500)
    letters = number_letters(train_set.names)
    tell_new_letters(test_set.names, letters)

    # 2. Define model
    classifier = RNNClassifier(len(letters), HIDDEN_SIZE, n_country, N_LAYER, dropout=dropout)
    classifier.to(device)
    parameters = sum(p.numel() for p in classifier.parameters())
    print(f"{n_country} labels, {parameters:,} parameters")

    # 3. Loss and optimizer: settings were chosen on held-out training names
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(classifier.parameters(), lr)
    scheduler = None
    if falling:
        scheduler = torch.optim.lr_scheduler.LinearLR(
            optimizer, start_factor=1, end_factor=0, total_iters=epochs * len(train_loader))

    # 4. Training cycle
    losses, acc_list = [], []
    for epoch in range(1, epochs + 1):
        batches = progress(train_loader, f"epoch {epoch}/{epochs}")
        losses.append(finite(trainModel(
            classifier, batches, criterion, optimizer, scheduler, letters)))
        line = f"epoch {epoch:3d}/{epochs} | loss {losses[-1]:.4f}"
        if test_each:
            acc_list.append(testModel(classifier, test_loader, letters, n_country)[0])
            line += f" | test accuracy {acc_list[-1]:.2%}"
        if epoch in (1, epochs) or epoch % max(1, epochs // 10) == 0:
            print(line)

    accuracy, confusion = testModel(classifier, test_loader, letters, n_country)
    counts = [train_set.countries.count(i) for i in range(n_country)]
    baseline = test_set.countries.count(counts.index(max(counts))) / len(test_set)
    result = {"losses": losses, "acc_list": acc_list, "accuracy": accuracy, "baseline": baseline,
              "confusion": confusion, "country_list": country_list}
    if save:
        weights = {key: value.cpu() for key, value in classifier.state_dict().items()}
        files.save(save, {"letters": letters, "country_list": country_list, "weights": weights,
                          "result": result})
        print(f"the net is kept in {save}")
    tell_countries(classifier, asked, letters, country_list)
    print(f"test accuracy {accuracy:.2%} (always the most frequent label: {baseline:.2%})")
    return result


def draw(result):
    """The confusion matrix: row by row, where the test names of a language went."""
    import matplotlib.pyplot as plt

    ticks = [files.drawable(country) for country in result["country_list"]]
    confusion = result["confusion"]
    shares = confusion / confusion.sum(dim=1, keepdim=True).clamp(min=1)
    figure, axes = plt.subplots(figsize=(8, 7.5), layout="constrained")
    image = axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, label="share of the names with this label", shrink=0.8)
    axes.set_xticks(range(len(ticks)), ticks, rotation=90)
    axes.set_yticks(range(len(ticks)), ticks)
    axes.set(xlabel="predicted", ylabel="true",
             title=f"test names, accuracy {result['accuracy']:.2%}")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13")
