# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Information moves one way
#
# In a feed-forward network information enters on one side, passes layer after layer, and leaves on the other.
# Nothing comes back, so nothing is remembered.
# In this notebook you build such a network with all its gradients, measure how well anybody can predict without a
# memory, and then lend the network one: a window.
#
# - `B` examples, `T` steps of a sequence, `D` input features, `H` hidden units, `V` symbols.
# - Batch first, and weights from the right: `x @ W + b`.
# - A gradient `dz` has the shape of `z`, and says how much the loss changes when an entry of `z` does.
# - Functions are pure, and each exercise stands alone.

# %%
import numpy as np

Array = np.ndarray

# %% [markdown] statement="one_hot"
# ## Symbols as vectors: `one_hot`
#
# A network multiplies and adds.
# What should it be fed for the letter `e`?
# The number 5 would say that `e` is five times `a`.
# A vector with one place for each symbol says nothing of the kind: 1 at the symbol's own place, 0 at all others.
#
# | name | shape | meaning |
# |---|---|---|
# | `ids` | `(B, T)`, int | which symbol stands at each step, from 0 to `V - 1` |
# | `n_symbols` | int | `V`, how many symbols there are, whether or not all of them occur in `ids` |
# | returns | `(B, T, V)`, float | a vector for each step, with a single 1 |
#
# Raise a `ValueError` when an id is below 0 or above `V - 1`.
# NumPy would not tell you of the first kind: for an index of -1 it takes the last entry.
#
# **By hand**, with `B=1`, `T=2` and `V=3`:
#
# ```text
# one_hot([[2, 0]], 3) = [[[0, 0, 1], [1, 0, 0]]]
# ```

# %% [markdown] hints="one_hot"
# 1. Which matrix has, as its row 2, the vector of symbol 2?
# 2. An array can be indexed with an array of ints: `table[ids]` has the shape of `ids`, followed by the shape of a row.
#    `np.any` tells whether some id is out of range.
# 3. Raise the `ValueError` if any id is less than 0 or at least `n_symbols`. Then take the rows `ids` of `np.eye` with
#    `n_symbols` rows.


# %% exercise="one_hot" points=3 minutes=10 difficulty=1 section="ch01-symbols"
def one_hot(ids: Array, n_symbols: int) -> Array:
    """A vector with a single 1 for each symbol: ids (B, T) -> (B, T, V)."""
    ### BEGIN SOLUTION
    if np.any((ids < 0) | (ids >= n_symbols)):
        raise ValueError(f"every id must be in 0..{n_symbols - 1}")
    return np.eye(n_symbols)[ids]
    ### END SOLUTION


# %% [markdown] statement="dense_forward"
# ## One layer: `dense_forward`
#
# Each hidden unit looks at all features of an example.
# How does it make one number of them?
#
# $$h = \tanh(x W + b)$$
#
# It weighs the features, adds a bias, and presses the sum into the range between $-1$ and $1$.
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, D)` | the inputs, one example a row |
# | `W` | `(D, H)` | the weights, one unit a column |
# | `b` | `(H,)` | the bias, one for each unit, the same for all examples |
# | returns | `(B, H)` | what the units answer |
#
# **By hand**, with `B=1`, `D=2`, `H=2`:
#
# ```text
# x @ W     = [[1, 2]] @ [[0.5, -1], [0, 1]] = [[0.5, 1]]
# b         = [0, -0.5]
# their sum = [[0.5, 0.5]]
# its tanh  = [[0.4621, 0.4621]]
# ```
#
# The inputs may be as large as 1000: `np.tanh` is right for every number.

# %% [markdown] hints="dense_forward"
# 1. What is the shape of `x @ W`, and along which axis does `b` belong?
# 2. The matrix product `x @ W` does the weighing for all examples at once, and NumPy adds `b` to each row.
# 3. It is one line: `np.tanh` of the sum of two terms.


# %% exercise="dense_forward" points=3 minutes=5 difficulty=1 section="ch01-layers"
def dense_forward(x: Array, W: Array, b: Array) -> Array:
    """A layer of tanh units: x (B, D), W (D, H), b (H,) -> h (B, H)."""
    ### BEGIN SOLUTION
    return np.tanh(x @ W + b)
    ### END SOLUTION


# %% [markdown]
# ### See it: no notion of order
#
# "heart" and "earth" have the same letters.
# One layer reads each word letter by letter; every column of the picture is its answer to one letter.
# What tells the two pictures apart?

# %% active="ipynb" alt="Answers of eight units to the letters of heart and of earth: the columns are the same, in another order."
# import matplotlib.pyplot as plt
#
# rng = np.random.default_rng(1)
# W, b = rng.normal(size=(26, 8)), rng.normal(size=8)
# figure, both = plt.subplots(1, 2, figsize=(5, 3), dpi=150, layout="constrained", sharey=True)
# columns = []
# for word, axes in zip(("heart", "earth"), both, strict=True):
#     ids = np.array([[ord(letter) - ord("a") for letter in word]])
#     h = dense_forward(one_hot(ids, 26)[0], W, b)
#     columns.append({letter: answer for letter, answer in zip(word, h, strict=True)})
#     picture = axes.imshow(h.T, cmap="PuOr", vmin=-1, vmax=1)
#     axes.set_xticks(range(5), list(word), fontsize=12)
#     axes.set_title(word)
# both[0].set_ylabel("unit")
# figure.colorbar(picture, ax=both, label="answer", shrink=0.7)
# plt.show()
# same = all(np.array_equal(columns[0][letter], columns[1][letter]) for letter in "heart")
# print("same answer to the same letter, wherever it stands:", same)

# %% [markdown]
# Nothing but the order of the columns: what the layer answers to `r` does not depend on what it has read before.

# %% [markdown] statement="dense_backward"
# ## Who is to blame: `dense_backward`
#
# The layer has answered $h$, and somebody further on knows how the loss changes with $h$.
# How does it change with everything that went into the layer?
#
# Call the sum inside $z = x W + b$, so that $h = \tanh(z)$.
# The slope of $\tanh$ is $1 - \tanh^2$, and $\tanh(z)$ is at hand: it is $h$.
#
# $$dz = dh \odot (1 - h^2), \qquad dx = dz\, W^\top, \qquad dW = x^\top dz, \qquad db = \sum_{n} dz_n$$
#
# $\odot$ multiplies entry by entry, and $n$ counts the examples.
#
# | name | shape | meaning |
# |---|---|---|
# | `dh` | `(B, H)` | the gradient of the loss with respect to `h`: all that arrives from outside |
# | `x`, `h` | `(B, D)`, `(B, H)` | what went into the layer, and what it answered |
# | `W` | `(D, H)` | its weights |
# | returns | `dx (B, D)`, `dW (D, H)`, `db (H,)` | in this order |
#
# Everything that you need is handed over: nothing of the forward pass has to be computed again, and the bias is not
# needed.
# If the loss is a mean over the examples, `dh` already says so: here the examples are summed, never averaged.
#
# **By hand**, with `B=1`, `D=2`, `H=2`:
#
# ```text
# dh = [[4, 1]]   h = [[0.5, 0]]   x = [[1, 2]]   W = [[1, 0], [2, -1]]
# dz = [[4*(1 - 0.25), 1*(1 - 0)]] = [[3, 1]]
# dx = [[3*1 + 1*0, 3*2 + 1*(-1)]] = [[3, 5]]
# dW = [[1*3, 1*1], [2*3, 2*1]]    = [[3, 1], [6, 2]]
# db = [3, 1]
# ```

# %% [markdown] hints="dense_backward"
# 1. If `z` of one example and one unit grows a little, by how much does `h` grow? And which entries of `x`, `W` and `b`
#    move that `z`?
# 2. Compute `dz` first, entry by entry; it has the shape of `h`. The other three follow from it, and their shapes leave
#    little choice: which product of `dz` and `W` is `(B, D)`, which one of `x` and `dz` is `(D, H)`?
# 3. `dz` is `dh` times `1 - h**2`. Then `dx` is `dz` times `W` transposed, `dW` is `x` transposed times `dz`, both with
#    `@`, and `db` is the sum of `dz` over axis 0.


# %% exercise="dense_backward" points=6 minutes=25 difficulty=2 section="ch01-reverse"
def dense_backward(dh: Array, x: Array, h: Array, W: Array) -> tuple[Array, Array, Array]:
    """Gradients of a tanh layer: dh (B, H), x (B, D), h (B, H), W (D, H) -> dx (B, D), dW (D, H), db (H,)."""
    ### BEGIN SOLUTION
    dz = dh * (1 - h**2)
    dx = dz @ W.T
    dW = x.T @ dz
    db = dz.sum(axis=0)
    return dx, dW, db
    ### END SOLUTION


# %% [markdown] statement="softmax_cross_entropy"
# ## How surprised: `softmax_cross_entropy`
#
# A network that predicts the next symbol gives each of the `V` symbols a score, a *logit*.
# Softmax turns the scores of a row into probabilities:
#
# $$p_v = \frac{e^{\ell_v}}{\sum_u e^{\ell_u}}$$
#
# Then the right symbol turns up.
# The surprise is $-\log$ of the probability it was given: 0 when the network was sure of it, large when it was sure of
# something else.
# The loss is the mean surprise of all rows that count.
# How does it change with each logit?
# The answer is short.
# For a row that counts, with $n$ such rows in all:
#
# $$d\ell_v = \frac{p_v - [v = \mathrm{target}]}{n}$$
#
# where $[\dots]$ is 1 if what it holds is true, and 0 if not.
# A row that does not count adds nothing to the loss, and its gradient is zero.
#
# | name | shape | meaning |
# |---|---|---|
# | `logits` | `(N, V)` | the scores |
# | `targets` | `(N,)`, int | the right symbol of each row, from 0 to `V - 1` |
# | `mask` | `(N,)` | which rows count: bool, or the numbers 0 and 1 |
# | returns | `loss`, `dlogits (N, V)` | a float, in nats (the natural logarithm); the gradient of the loss |
#
# - The rest is padding: its targets and logits are valid numbers, and mean nothing.
# - When no row counts, the loss is 0.0 and the gradient is all zeros.
# - Logits may be as large as 1e4 and as small as -1e4, in one row or in different ones, and the result is finite and
#   right all the same.
#   But $e^{10000}$ is more than a float can hold, and the $\log$ of a probability that has become 0 is infinite.
#   The way out is to subtract from each row its own largest logit, which changes no probability:
#
# $$-\log p_v = \log \sum_u e^{\ell_u - m} - (\ell_v - m), \qquad m = \max_u \ell_u$$
#
# **By hand**, with two rows of `V=3`, of which the first counts:
#
# ```text
# logits  = [[0, 0, log 2], [7, 8, 9]]   targets = [0, 1]   mask = [1, 0]
# p       = [0.25, 0.25, 0.5] in the first row
# loss    = -log 0.25 = 1.3863
# dlogits = [[-0.75, 0.25, 0.5], [0, 0, 0]]
# ```

# %% [markdown] hints="softmax_cross_entropy"
# 1. Take one row that counts. What are its shifted logits, its probabilities, its surprise, its gradient? Then ask:
#    over what is the mean taken, and what if there is nothing to take it over?
# 2. Work on all rows at once, in this order:
#
#    ```text
#    logits -> shifted (N, V) -> log of the sum of exp (N, 1) -> log p (N, V) -> p (N, V)
#                                                                   |              |
#                                              surprise of each row (N,)     dlogits (N, V)
#    ```
#
#    `keepdims=True` keeps the axis of length 1 that NumPy needs to stretch. `array[np.arange(N), targets]` picks one
#    entry of each row. Turn the mask into bools before you use it.
# 3. `log_p` is the shifted logits minus the log of the sum of their exponentials, row by row. The loss is the sum of
#    `-log_p` at the targets of the rows that count, divided by their number, or by 1 when there are none. The gradient
#    starts as `np.exp(log_p)`, loses 1 at each row's target, is set to zero in the rows that do not count, and is
#    divided by the same number.


# %% exercise="softmax_cross_entropy" points=8 minutes=45 difficulty=3 section="ch01-surprise"
def softmax_cross_entropy(logits: Array, targets: Array, mask: Array) -> tuple[float, Array]:
    """Mean cross-entropy of the rows that count: logits (N, V), targets (N,), mask (N,) -> loss, dlogits (N, V)."""
    ### BEGIN SOLUTION
    rows, counted = np.arange(len(targets)), mask.astype(bool)
    n = max(counted.sum(), 1)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[rows, targets][counted].sum() / n
    dlogits = np.exp(log_p)
    dlogits[rows, targets] -= 1
    dlogits[~counted] = 0
    return float(loss), dlogits / n
    ### END SOLUTION


# %% [markdown] statement="mlp_backward"
# ## Two layers, in reverse: `mlp_backward`
#
# A network of two layers, a *multilayer perceptron*, answers in two steps:
#
# $$h = \tanh(x W_1 + b_1), \qquad \ell = h W_2 + b_2$$
#
# The loss is known at the far end, as the gradient of the logits $\ell$.
# How does it reach the weights of the first layer?
# Only through $h$: so walk back the way the numbers came, last step first.
#
# ```text
# x --W1,b1--> z --tanh--> h --W2,b2--> logits
# dx           dz <------- dh <-------- dlogits
#               |                          |
#            dW1, db1                  dW2, db2
# ```
#
# At each arrow the chain rule asks the same two things: what do the weights of this arrow owe, and what is handed on?
#
# | name | shape | meaning |
# |---|---|---|
# | `dlogits` | `(B, V)` | the gradient of the loss with respect to the logits: all that arrives from outside |
# | `x`, `h` | `(B, D)`, `(B, H)` | the input, and the hidden layer's answer to it |
# | `W1`, `W2` | `(D, H)`, `(H, V)` | the weights |
# | returns | `dW1 (D, H)`, `db1 (H,)`, `dW2 (H, V)`, `db2 (V,)` | in this order: the first layer first |
#
# The hidden layer has a $\tanh$, the second layer has none.
# `dlogits` already holds the mean over the examples, where there is one: sum, and divide by nothing.
# The gradient of `x` is not asked for.
#
# **By hand**, with `B=1`, `D=1`, `H=1`, `V=2`:
#
# ```text
# dlogits = [[1, -1]]   x = [[3]]   h = [[0.5]]   W2 = [[2, 4]]
# dW2 = [[0.5*1, 0.5*(-1)]]  = [[0.5, -0.5]]
# db2 = [1, -1]
# dh  = [[1*2 + (-1)*4]]     = [[-2]]
# dz  = [[-2 * (1 - 0.25)]]  = [[-1.5]]
# dW1 = [[3 * (-1.5)]]       = [[-4.5]]
# db1 = [-1.5]
# ```

# %% [markdown] hints="mlp_backward"
# 1. Cover the first layer with your hand. What do `W2` and `b2` owe, given `dlogits`? And what does the layer before
#    them hear?
# 2. Second layer: `dW2` pairs `h` with `dlogits`, `db2` sums over the examples, and `dh` goes back through `W2`
#    transposed. Then through the tanh, whose slope is $1 - h^2$. Then the first layer, where `x` has the part of `h`.
# 3. `dW2` is `h` transposed times `dlogits`, `dh` is `dlogits` times `W2` transposed, `dz` is `dh` times `1 - h**2`
#    entry by entry, and `dW1` is `x` transposed times `dz`. Each bias takes the sum over axis 0 of what its layer
#    hears: `dz` for the first, `dlogits` for the second.


# %% exercise="mlp_backward" points=6 minutes=30 difficulty=2 section="ch01-reverse"
def mlp_backward(dlogits: Array, x: Array, h: Array, W1: Array, W2: Array) -> tuple[Array, Array, Array, Array]:
    """Gradients of two layers: dlogits (B, V), x (B, D), h (B, H), W1, W2 -> dW1 (D, H), db1 (H,), dW2 (H, V), db2."""
    ### BEGIN SOLUTION
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(axis=0)
    dh = dlogits @ W2.T
    dz = dh * (1 - h**2)
    dW1 = x.T @ dz
    db1 = dz.sum(axis=0)
    return dW1, db1, dW2, db2
    ### END SOLUTION


# %% [markdown]
# ### See it: a network learns
#
# "One or the other, but not both" is the classic that no single layer can learn.
# Your three functions can: `dense_forward`, `softmax_cross_entropy` and `mlp_backward`, two hundred times.
# A network that knows nothing gives each answer the probability one half.
# This one begins with random weights, which are a little worse than that: near which loss should the curve start, and
# where should it end?

# %% active="ipynb" alt="The loss starts near log 2, drops steeply within some fifty steps, and ends close to zero."
# x = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
# targets, everyone = np.array([0, 1, 1, 0]), np.ones(4, bool)
# rng = np.random.default_rng(0)
# W1, b1, W2, b2 = rng.normal(scale=0.5, size=(2, 8)), np.zeros(8), rng.normal(scale=0.5, size=(8, 2)), np.zeros(2)
# losses = []
# for step in range(200):
#     h = dense_forward(x, W1, b1)
#     loss, dlogits = softmax_cross_entropy(h @ W2 + b2, targets, everyone)
#     losses.append(loss)
#     for weights, gradient in zip((W1, b1, W2, b2), mlp_backward(dlogits, x, h, W1, W2), strict=True):
#         weights -= 0.5 * gradient
# print(f"loss at the start {losses[0]:.2f}, at the end {losses[-1]:.2f}; log 2 = {np.log(2):.2f}")
# print("answers:", (dense_forward(x, W1, b1) @ W2 + b2).argmax(axis=1), "targets:", targets)
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# axes.plot(losses)
# axes.axhline(np.log(2), linestyle="--", color="black")
# axes.text(199, np.log(2) + 0.02, "knows nothing: log 2", ha="right")
# axes.set(xlabel="step", ylabel="loss in nats", ylim=(0, 0.85))
# plt.show()

# %% [markdown] statement="memoryless_accuracy"
# ## As good as it gets: `memoryless_accuracy`
#
# Somebody sees one symbol and has to say which one comes next, with no memory of what came before.
# How often can they be right at best?
# No network is needed to find out, only counting.
#
# The best they can do is to answer each symbol `s` with the symbol that follows it most often:
#
# $$\text{accuracy} = \frac{\sum_s \max_c\, \mathrm{count}(s \to c)}{\text{number of pairs}}$$
#
# $\mathrm{count}(s \to c)$ says how many times `c` stands right after `s`, in all sequences together.
#
# | name | type | meaning |
# |---|---|---|
# | `sequences` | list of 1-D int arrays | symbols are the ids 0, 1, 2, ...; lengths may differ |
# | returns | float | the best share of right answers, over all pairs of neighbours |
#
# - A pair never reaches from one sequence into the next: what ends one has nothing to do with what begins another.
# - A sequence of one symbol, or of none, has no pairs; in all sequences together there is at least one pair.
# - Where two symbols follow `s` equally often, one answer has to be chosen, and only that one is right.
#
# **By hand**:
#
# ```text
# sequences: [0, 1, 0, 2, 0, 1] and [2, 2]
# pairs:     0->1, 1->0, 0->2, 2->0, 0->1   and  2->2
# after 0:   1 twice, 2 once      best: 2 right
# after 1:   0 once               best: 1 right
# after 2:   0 once, 2 once       best: 1 right
# accuracy = (2 + 1 + 1) / 6 = 0.6667
# ```

# %% [markdown] hints="memoryless_accuracy"
# 1. In the example, what would you write down while reading the pairs one after another?
# 2. Keep a table: for each symbol, how often each other symbol came after it. A dict of dicts will do, or a `Counter`
#    for each symbol, or a square array. `zip(ids[:-1], ids[1:])` walks along the pairs of one sequence.
# 3. Count all pairs of all sequences. Then, for each symbol in the table, take the largest of its counts, add these up,
#    and divide once by the number of all pairs.


# %% exercise="memoryless_accuracy" points=5 minutes=25 difficulty=2 section="ch01-memoryless"
def memoryless_accuracy(sequences: list[Array]) -> float:
    """The best next-symbol accuracy of a predictor that sees one symbol: a list of arrays (T,) -> a number."""
    ### BEGIN SOLUTION
    counts: dict[int, dict[int, int]] = {}
    n_pairs = 0
    for ids in sequences:
        for current, following in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
            after = counts.setdefault(current, {})
            after[following] = after.get(following, 0) + 1
            n_pairs += 1
    return sum(max(after.values()) for after in counts.values()) / n_pairs
    ### END SOLUTION


# %% [markdown] statement="context_windows"
# ## A window on the past: `context_windows`
#
# A network without memory can be lent one: show it the last `k` symbols, side by side.
# Which inputs and targets does a stream of symbols give?
#
# Every place with `k` symbols before it gives one example.
# Its input is these `k` symbols, the oldest first, and its target is the symbol at that place.
#
# | name | shape | meaning |
# |---|---|---|
# | `ids` | `(T,)`, int | the stream |
# | `k` | int | the length of the window; `T > k >= 1` |
# | returns | `X (T-k, k)`, `y (T-k,)`, both int | windows and their targets, in the order of the stream |
#
# The target must not stand in its own window, and a window never wraps around from the end of the stream to its start.
#
# **By hand**, with `T=6` and `k=2`:
#
# ```text
# ids = [3, 1, 4, 1, 5, 9]
# X   = [[3, 1], [1, 4], [4, 1], [1, 5]]
# y   = [4, 1, 5, 9]
# ```

# %% [markdown] hints="context_windows"
# 1. In the example, where in `ids` does window number 2 begin, and where does it end? Where does its target stand?
# 2. Window `n` begins at place `n` and has `k` symbols, so its target stands at place `n + k`. There are `T - k` such
#    windows.
# 3. Collect `ids[n : n + k]` for every `n` from 0 to `T - k - 1` and stack them. The targets are all of `ids` but the
#    first `k`.


# %% exercise="context_windows" points=4 minutes=15 difficulty=1 section="ch01-window"
def context_windows(ids: Array, k: int) -> tuple[Array, Array]:
    """Each run of k symbols, and the symbol after it: ids (T,) -> X (T-k, k), y (T-k,)."""
    ### BEGIN SOLUTION
    X = np.stack([ids[n : n + k] for n in range(len(ids) - k)])
    y = ids[k:]
    return X, y
    ### END SOLUTION


# %% [markdown]
# ### See it: how much memory does a word need?
#
# The introduction that this course follows says that a network which has forgotten `n`, `e`, `u` can hardly know what
# comes after the `r` of "neuron".
# Count it: is that so?
# And in ten words with an `r`, what do windows of 1, 2, 3 and 4 letters buy?

# %% active="ipynb" alt="Best accuracy against the window's length: for neuron alone it is 1 throughout; for ten words it rises with each letter, steeply from 1 to 2."
# words = "neuron heart word pearl forget learn store memory nerve march".split()
#
#
# def best_accuracy(words, k):
#     """A window is one big symbol: then the best that can be done with it is a matter of pairs again."""
#     seen, pairs = {}, []
#     for word in words:
#         ids = np.array([ord(letter) - ord("a") for letter in word])
#         padded = np.concatenate([np.full(k - 1, 26), ids])
#         for window, target in zip(*context_windows(padded, k), strict=True):
#             number = seen.setdefault(tuple(window), 27 + len(seen))  # letters are 0 to 25, windows 27 and more
#             pairs.append(np.array([number, target]))
#     return memoryless_accuracy(pairs)
#
#
# lengths = [1, 2, 3, 4]
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# for name, chosen, style in (('"neuron" alone', ["neuron"], "s--"), ("ten words", words, "o-")):
#     best = [best_accuracy(chosen, k) for k in lengths]
#     axes.plot(lengths, best, style, label=name)
#     print(f"{name}:", *(f"{value:.3f}" for value in best))
# axes.set(xlabel="letters that are seen", ylabel="best possible accuracy", ylim=(0, 1.05), xticks=lengths)
# axes.legend(loc="lower right")
# plt.show()

# %% [markdown]
# In "neuron" every letter says what follows it: no memory is needed.
# In the ten words it is: one letter gets 26 of 42 right, four get 40.
# No memory, however long, gets the last two: a word that begins with `ne`, or with `m`, may go on in either of two ways.
# A window is a memory, then.
# Its price: somebody has to choose its length beforehand, and every further letter costs weights.

# %%
import torch

# %% [markdown] statement="WindowMLP"
# ## The window's network in PyTorch: `WindowMLP`
#
# Now the network that looks through the window.
# Instead of one-hot vectors it has an *embedding*: a table with a row of `n_embed` numbers for each symbol, learned like
# any other weight.
# The rows of the `k` symbols are laid end to end, and two layers follow:
#
# ```text
# ids (B, k) --embed--> (B, k, n_embed) --flatten--> (B, k*n_embed) --hidden, tanh--> (B, n_hidden) --output--> (B, V)
# ```
#
# Each layer must be an attribute of the module, under these names and of these sizes, so that it can be trained, saved
# and loaded:
#
# | attribute | layer | its parameters |
# |---|---|---|
# | `embed` | `torch.nn.Embedding` | `weight (n_symbols, n_embed)` |
# | `hidden` | `torch.nn.Linear` with bias | `weight (n_hidden, k*n_embed)`, `bias (n_hidden,)` |
# | `output` | `torch.nn.Linear` with bias | `weight (n_symbols, n_hidden)`, `bias (n_symbols,)` |
#
# `forward(ids)` takes the windows, ints of shape `(B, k)`, the oldest symbol first, and returns the logits,
# `(B, n_symbols)`, as they come out of `output`: the loss applies the softmax itself.
# Gradients must reach all five parameters, and no other parameter is needed.
# A tensor that you make in `forward` belongs on the device of `ids`; a check acts as if that were a GPU.
#
# **By hand**, with `V=2`, `k=2`, `n_embed=1`, `n_hidden=1` and the window `[[1, 0]]`:
#
# ```text
# embed.weight   = [[1], [3]]              the two rows, end to end: [3, 1]
# hidden.weight  = [[0.5, -1]], bias = [0]   0.5*3 - 1*1 = 0.5, its tanh 0.4621
# output.weight  = [[1], [-1]], bias = [0, 1]
# logits         = [[0.4621, 0.5379]]
# ```

# %% [markdown] hints="WindowMLP"
# 1. Which of PyTorch's layers looks up rows of a table, and how many numbers does the layer behind it receive for one
#    window?
# 2. Make the three layers in `__init__`, each assigned to `self`: PyTorch finds only what is assigned so, and not what
#    stands in a plain list. `tensor.flatten(1)` keeps axis 0 and joins all the others.
# 3. `self.embed` is an `Embedding` of `n_symbols` and `n_embed`, `self.hidden` a `Linear` from `k * n_embed` to
#    `n_hidden`, `self.output` a `Linear` from there to `n_symbols`. In `forward`: look up, flatten from axis 1, apply
#    `hidden`, then `torch.tanh`, then `output`.


# %% exercise="WindowMLP" points=6 minutes=20 difficulty=2 section="ch01-window" library="torch"
class WindowMLP(torch.nn.Module):
    """Predicts the next symbol from the last k: an embedding and two layers."""

    def __init__(self, n_symbols: int, k: int, n_embed: int, n_hidden: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.embed = torch.nn.Embedding(n_symbols, n_embed)
        self.hidden = torch.nn.Linear(k * n_embed, n_hidden)
        self.output = torch.nn.Linear(n_hidden, n_symbols)
        ### END SOLUTION

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """ids (B, k) -> logits (B, n_symbols)."""
        ### BEGIN SOLUTION
        x = self.embed(ids).flatten(1)
        h = torch.tanh(self.hidden(x))
        return self.output(h)
        ### END SOLUTION


# %% [markdown]
# ### See it: the network meets its bound
#
# Counting has told what is possible with a window.
# Does training get there?
# A `WindowMLP` for each length learns the ten words; beside its accuracy stands the best there is.

# %% active="ipynb"
# for k in (1, 2, 3, 4):
#     examples = []
#     for word in words:
#         ids = np.array([26] * (k - 1) + [ord(letter) - ord("a") for letter in word])
#         examples.append(context_windows(ids, k))
#     X, y = (torch.tensor(np.concatenate(part)) for part in zip(*examples, strict=True))
#     torch.manual_seed(0)
#     model = WindowMLP(27, k, 8, 32)
#     for step in range(500):
#         loss = torch.nn.functional.cross_entropy(model(X), y)
#         gradients = torch.autograd.grad(loss, list(model.parameters()))
#         with torch.no_grad():
#             for weights, gradient in zip(model.parameters(), gradients, strict=True):
#                 weights -= gradient
#     accuracy = (model(X).argmax(dim=1) == y).double().mean().item()
#     print(f"window of {k}: trained {accuracy:.3f}, best possible {best_accuracy(words, k):.3f}")

# %% [markdown]
# It does: the trained network gets right what can be got right, and not one more.
# What it lacks is not training but letters that it cannot see.
