"""Lesson 13.7: five grades of sentiment. Does a GRU grade opinions better than a bag of words?

    GRU:           words -> embedding -> both directions, packed -> cat(h[-2], h[-1]) -> 5 scores
    bag of words:  5 scores for each word, added up: the order of the words is lost

On the 600 opinions that ship it does not: they are too few to learn what the order of words means.

Run:     python liuer/lesson13_7.py --phrase "Not bad at all"       (--help lists the settings)
         python liuer/lesson13_7.py --train train.tsv --epochs 3 --batch_size 256   (Kaggle's file)
Prints:  test accuracy GRU 40.8%, bag of words 47.5%, majority 20.0%, always neutral 20.0%
Notes:   liuer/README.md, lecture 13
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

from files import check_words, read_opinions, tokenize, vocabulary
from utils import DATA, BadInput, finite, pick_device, progress, settings, show

GRADES = ["0 negative", "1 somewhat negative", "2 neutral", "3 somewhat positive", "4 positive"]
PAD, BOS, EOS, UNK = range(4)       # the places of <pad>, <bos>, <eos>, <unk> in a vocabulary


def split(rows, path):
    """Every fifth sentence with all its phrases is for the test; no phrase stands in both parts."""
    sentences = {}                              # as a dict: each once, in the order of the file
    for sentence, _, _ in rows:
        sentences[sentence] = True
    held_out = set(list(sentences)[4::5])
    test_rows = [row for row in rows if row[0] in held_out]
    tested = {tuple(row[1]) for row in test_rows}
    train_rows = [row for row in rows if row[0] not in held_out and tuple(row[1]) not in tested]
    if not train_rows or not test_rows:
        raise BadInput(f"{path}: expected 5 sentences with their own words, got {len(sentences)}")
    return train_rows, test_rows


def encode(sentences, words):
    """The numbers of a sentence's words and of <eos>, padded to the longest sentence: (N, T)."""
    check_words(sentences)
    numbers = {}
    for number, word in enumerate(words):
        numbers[word] = number
    rows = []
    for sentence in sentences:
        row = [numbers.get(word, UNK) for word in sentence]
        rows.append(torch.tensor(row + [EOS]))
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


class OpinionDataset(Dataset):
    """Phrases as numbers of words, padded to the longest of a batch, and the place of each grade
    in a list of grades."""

    def __init__(self, rows, words, grades):
        self.words = words
        self.phrases = []
        places = []
        for _, phrase, grade in rows:
            self.phrases.append(phrase)
            places.append(grades.index(grade))
        self.y = torch.tensor(places)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return encode([self.phrases[index]], self.words)[0], self.y[index]      # (T,), ()

    def __getitems__(self, indices):            # a batch at once: only together they can be padded
        phrases = [self.phrases[i] for i in indices]
        return encode(phrases, self.words), self.y[indices]                     # (N, T), (N,)


class SentimentClassifier(nn.Module):
    def __init__(self, words, classes, hidden_size=64, dropout=0.5, pad=0):
        super().__init__()
        self.embedding = nn.Embedding(words, hidden_size, padding_idx=pad)
        nn.init.normal_(self.embedding.weight, std=0.1)     # N(0, 1) would drown what is learned
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden_size, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):                               # (N, T) padded
        lengths = (x != self.embedding.padding_idx).sum(dim=1).cpu()    # (N,)
        x = self.dropout(self.embedding(x))             # (N, T, E)
        x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(x)                              # (2, N, H)  forward, backward
        h = torch.cat([h[-2], h[-1]], dim=1)            # (N, 2H)
        return self.fc(self.dropout(h))                 # (N, C)


def train_classifier(model, loader, criterion, optimizer):
    """One epoch; return the mean loss of a phrase."""
    model.train()
    device = next(model.parameters()).device
    total = count = 0
    for inputs, target in loader:
        inputs, target = inputs.to(device), target.to(device)
        outputs = model(inputs)                 # forward
        loss = criterion(outputs, target)
        optimizer.zero_grad()
        loss.backward()                         # backward
        optimizer.step()                        # update
        total += loss.item() * len(target)      # the last batch is smaller
        count += len(target)
    return total / count


def grade_name(value, grades):
    """"4 positive" on the scale of five; of two grades only the number is known."""
    return GRADES[value] if len(grades) > 2 else str(value)


@torch.no_grad()
def grade(model, loader):
    """The probability of each grade for each phrase (N, C)."""
    model.eval()
    device = next(model.parameters()).device
    parts = []
    for inputs, _ in loader:
        parts.append(model(inputs.to(device)).softmax(dim=1).cpu())
    return torch.cat(parts)


def compare(y_pred, y_test, grades):
    """Print and return how often each gave the right grade, and a grade at most one off."""
    value = torch.tensor(grades)                # of each place
    right, near = {}, {}
    for name, predicted in y_pred.items():
        off = (value[predicted] - value[y_test]).abs()
        right[name] = (off == 0).float().mean().item()
        near[name] = (off <= 1).float().mean().item()
    gru_right = y_pred["GRU"] == y_test
    bag_right = y_pred["bag of words"] == y_test
    differ = (gru_right != bag_right).sum().item()
    chance = 2 * differ ** 0.5 / len(y_test)    # two standard deviations of the difference
    verdict = "beats" if right["GRU"] > right["bag of words"] else "does not beat"
    print(f"the GRU {verdict} the bag of words (less than {chance:.1%} between them may be chance)")
    if len(grades) > 2:
        print("within one grade", ", ".join(f"{name} {near[name]:.1%}" for name in near))
    print("test accuracy", ", ".join(f"{name} {right[name]:.1%}" for name in right))
    return right, near


def main(epochs=16, batch_size=16, lr=0.005, seed=0, train=str(DATA / "opinions.tsv"), phrase=None):
    """Train a GRU and a bag of words on graded phrases; compare them on others.

    epochs: passes over the training phrases
    batch_size: phrases a step
    lr: learning rate of Adam
    seed: of the initial weights, the order of the phrases and the dropout
    train: TSV file with the columns Phrase, Sentiment (0 to 4) and perhaps SentenceId
    phrase: a phrase to grade
    """
    if phrase is not None and not tokenize(phrase):
        raise BadInput(f"--phrase: expected words, got {phrase!r}")
    torch.manual_seed(seed)
    device = pick_device()

    # 1. Prepare data
    rows = read_opinions(train)
    train_rows, test_rows = split(rows, train)
    grades = sorted({value for _, _, value in rows})        # 0 to 4, or those that the file has
    words = vocabulary([tokens for _, tokens, _ in train_rows], least=1)
    train_dataset = OpinionDataset(train_rows, words, grades)
    test_dataset = OpinionDataset(test_rows, words, grades)
    train_loader = DataLoader(train_dataset, batch_size, shuffle=True, collate_fn=tuple)
    test_loader = DataLoader(test_dataset, 250, collate_fn=tuple)
    new = count = 0
    for inputs, _ in test_loader:
        new += (inputs == UNK).sum().item()
        count += (inputs >= UNK).sum().item()               # no padding and no <eos>
    print(f"{len(train_rows):,} phrases to train on, {len(words) - 4:,} different words | "
          f"{len(test_rows):,} to test, {new / count:.0%} of their words are new")

    # 2. Define model: a bag of words adds up a row of scores for each word
    bag = nn.EmbeddingBag(len(words), len(grades), mode="sum", padding_idx=PAD)
    nn.init.zeros_(bag.weight)                              # a word not learned says nothing
    models = {"GRU": SentimentClassifier(len(words), len(grades)), "bag of words": bag}

    # 3. Loss and optimizer: one Adam each; settings were chosen on held-out training phrases
    criterion = nn.CrossEntropyLoss()

    # 4. Training cycle
    losses, y_pred = {}, {}
    for name, model in models.items():
        model.to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        losses[name] = []
        for epoch in range(1, epochs + 1):
            loader = progress(train_loader, f"epoch {epoch}/{epochs}")
            losses[name].append(finite(train_classifier(model, loader, criterion, optimizer)))
            if epoch in (1, epochs) or epoch % max(1, epochs // 4) == 0:
                print(f"{name:12} | epoch {epoch:2d}/{epochs} | loss {losses[name][-1]:.4f}")
        y_pred[name] = grade(model, test_loader).argmax(dim=1)                  # (N,)
        if phrase is not None:
            x = encode([tokenize(phrase)], words)
            p = grade(model, [(x, None)])[0]                                    # (C,)
            answer = phrase
            for i in p.argsort(descending=True)[:3].tolist():
                answer += f" | {grade_name(grades[i], grades)} {p[i]:.0%}"
            print(answer)

    y = train_dataset.y
    y_pred["majority"] = torch.full_like(test_dataset.y, y.mode().values.item())
    if len(grades) > 2 and 2 in grades:
        y_pred["always neutral"] = torch.full_like(test_dataset.y, grades.index(2))
    right, near = compare(y_pred, test_dataset.y, grades)
    return {"losses": losses, "y_pred": y_pred, "y_test": test_dataset.y, "grades": grades,
            "accuracy": right, "near": near}


def draw(result):
    """The confusion of grades of both models: how many test phrases of a grade got which."""
    import matplotlib.pyplot as plt

    size = len(result["grades"])
    names = [grade_name(value, result["grades"]) for value in result["grades"]]
    figure, grid = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained", sharey=True)
    for axes, name in zip(grid, ["GRU", "bag of words"]):
        count = torch.zeros(size, size)
        for true, given in zip(result["y_test"], result["y_pred"][name]):
            count[true, given] += 1
        shares = count / count.sum(dim=1, keepdim=True).clamp(min=1)    # of the phrases of a grade
        axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
        for true in range(size):
            for given in range(size):
                color = "white" if shares[true, given] > 0.6 else "black"
                axes.text(given, true, int(count[true, given]), ha="center", va="center",
                          color=color)
        axes.set(title=f"{name}: {result['accuracy'][name]:.1%} right", xlabel="grade given")
        axes.set_xticks(range(size), result["grades"])
    grid[0].set_yticks(range(size), names)
    grid[0].set(ylabel="grade of the phrase")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson13_7")
