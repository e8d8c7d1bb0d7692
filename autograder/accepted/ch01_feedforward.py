"""Right answers to ch01_feedforward as other people write them; each is named ``<exercise>__<style>``."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import scipy.special
import torch
from torch import Tensor, nn

Array = np.ndarray


def one_hot__loops(ids, n_symbols):
    B, T = ids.shape
    vectors = np.zeros((B, T, n_symbols))
    for n in range(B):
        for t in range(T):
            if not 0 <= ids[n, t] < n_symbols:
                raise ValueError(f"symbol {ids[n, t]} is unknown")
            vectors[n, t, ids[n, t]] = 1
    return vectors


def one_hot__compared(ids, n_symbols):
    if ids.min() < 0 or ids.max() > n_symbols - 1:
        raise ValueError
    return (ids[..., np.newaxis] == np.arange(n_symbols)).astype(np.float32)


def one_hot__put_along_axis(ids, n_symbols):
    print("ids from", ids.min(), "to", ids.max())
    if not np.isin(ids, np.arange(n_symbols)).all():
        raise ValueError("ids")
    out = np.zeros(ids.shape + (n_symbols,))  # noqa: RUF005 as many people write it
    np.put_along_axis(out, ids[:, :, None], 1.0, axis=2)
    return out


def one_hot__flat(ids: Array, n_symbols: int) -> Array:
    flat = ids.reshape(-1)
    if any(i < 0 or i >= n_symbols for i in flat):
        raise ValueError(flat)
    rows = np.zeros((flat.size, n_symbols))
    rows[np.arange(flat.size), flat] = 1
    return rows.reshape(*ids.shape, n_symbols)


def dense_forward__loops(x, W, b):
    h = np.empty((x.shape[0], W.shape[1]))
    for n, j in itertools.product(range(h.shape[0]), range(h.shape[1])):
        h[n, j] = math.tanh(sum(x[n, d] * W[d, j] for d in range(W.shape[0])) + b[j])
    return h


def dense_forward__einsum(x, W, b):
    z = np.einsum("nd,dh->nh", x, W)
    z += b
    return np.tanh(z, out=z)


def dense_forward__bias_as_a_weight(x, W, b):
    with_one = np.hstack([x, np.ones((x.shape[0], 1))])
    return np.tanh(with_one @ np.vstack([W, b]))


def dense_forward__float32(x, W, b):
    x, W, b = (array.astype(np.float32) for array in (x, W, b))
    return np.tanh(np.dot(x, W) + b)


def dense_forward__through_a_sigmoid(x, W, b):
    z = np.clip(x @ W + b.reshape(1, -1), -300, 300)
    return 2 / (1 + np.exp(-2 * z)) - 1


def dense_backward__loops(dh, x, h, W):
    B, H = dh.shape
    D = x.shape[1]
    dx, dW, db = np.zeros((B, D)), np.zeros((D, H)), np.zeros(H)
    for n in range(B):
        for j in range(H):
            dz = dh[n, j] * (1 - h[n, j]) * (1 + h[n, j])
            db[j] += dz
            for d in range(D):
                dx[n, d] += dz * W[d, j]
                dW[d, j] += dz * x[n, d]
    return [dx, dW, db]


def dense_backward__einsum(dh, x, h, W):
    dz = dh - dh * h * h
    return np.einsum("bh,dh->bd", dz, W), np.einsum("bd,bh->dh", x, dz), np.einsum("bh->h", dz)


def dense_backward__outer_products(dh, x, h, W):
    dx, dW, db = [], np.zeros_like(W), np.zeros(W.shape[1])
    for upstream, inputs, answers in zip(dh, x, h, strict=True):
        dz = upstream * (1 - np.square(answers))
        dx.append(W @ dz)
        dW = dW + np.outer(inputs, dz)
        db = db + dz
    return np.array(dx), dW, db


def dense_backward__jacobian(dh, x, h, W):
    jacobians = np.stack([np.diag(1 - row**2) for row in h])  # (B, H, H)
    dz = np.matmul(dh[:, None, :], jacobians)[:, 0]
    warnings.warn("Jacobians are large", stacklevel=2)
    return tuple([np.dot(dz, np.transpose(W)), np.dot(np.transpose(x), dz), np.add.reduce(dz)])


def dense_backward__float32(dh, x, h, W):
    dh, x, h, W = (np.float32(array) for array in (dh, x, h, W))
    dz = dh * (1 - h**2)
    return dz @ W.T, x.T @ dz, dz.sum(0)


def dense_backward__bias_as_a_weight(dh, x, h, W):
    dz = dh / np.cosh(np.arctanh(h)) ** 2
    both = np.column_stack([x, np.ones(len(x))]).T @ dz
    return dz @ W.T, both[:-1], both[-1]


def softmax_cross_entropy__loops(logits, targets, mask):
    N, V = logits.shape
    n = sum(1 for m in mask if m)
    loss, dlogits = 0.0, np.zeros((N, V))
    for row in range(N):
        if not mask[row]:
            continue
        top = max(logits[row])
        total = sum(math.exp(value - top) for value in logits[row])
        loss += math.log(total) + top - logits[row, targets[row]]
        for v in range(V):
            dlogits[row, v] = (math.exp(logits[row, v] - top) / total - (v == targets[row])) / n
    return (loss / n if n else 0.0), dlogits


def softmax_cross_entropy__weights(logits, targets, mask):
    weights = mask / max(np.sum(mask), 1)
    top = np.sort(logits, axis=1)[:, -1:]
    log_p = logits - top - np.log(np.sum(np.exp(logits - top), axis=1, keepdims=True))
    picked = np.take_along_axis(log_p, targets[:, None], axis=1)[:, 0]
    one_hot = np.arange(logits.shape[1])[None] == targets[:, None]
    return -np.sum(weights * picked), (np.exp(log_p) - one_hot) * weights[:, None]


def softmax_cross_entropy__counted_rows(logits, targets, mask):
    rows = np.flatnonzero(mask)
    dlogits = np.zeros(logits.shape)
    if rows.size == 0:
        return 0.0, dlogits
    z, y = logits[rows], targets[rows]
    z = z - np.max(z, axis=1)[:, None]
    p = np.exp(z)
    total = p.sum(axis=1)
    losses = np.log(total) - z[np.arange(rows.size), y]
    p /= total[:, None]
    p[np.arange(rows.size), y] -= 1
    dlogits[rows] = p / rows.size
    return np.mean(losses), dlogits


def softmax_cross_entropy__logaddexp(logits: Array, targets: Array, mask: Array) -> list:
    keep = np.asarray(mask) == 1
    log_total = np.logaddexp.reduce(logits, axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        surprise = np.array([t - row[y] for t, row, y in zip(log_total, logits, targets, strict=True)])
        loss = np.nan_to_num(surprise[keep].mean())
    dlogits = np.exp(logits - log_total[:, None]) - np.eye(logits.shape[1])[targets]
    return [np.array(loss), np.where(keep[:, None], dlogits, 0.0) / max(1, np.count_nonzero(keep))]


def softmax_cross_entropy__vectors(logits, targets, mask):
    columns = logits.T - logits.T.max(axis=0)
    log_p = (columns - np.log(np.exp(columns).sum(axis=0))).T
    one_hot = np.zeros(logits.shape)
    one_hot[np.arange(len(logits)), targets] = 1
    counted = np.array([1.0 if m else 0.0 for m in mask])
    n = counted.sum() or 1.0
    loss = -((log_p * one_hot).sum(axis=1) @ counted) / n
    print("perplexity", np.exp(min(loss, 100)))
    return np.float64(loss), ((np.exp(log_p) - one_hot).T * counted).T / n


def mlp_backward__two_layers(dlogits, x, h, W1, W2):
    def linear(upstream: Array, inputs: Array, W: Array) -> tuple[Array, Array, Array]:
        return upstream @ W.T, inputs.T @ upstream, np.sum(upstream, axis=0)

    dh, dW2, db2 = linear(dlogits, h, W2)
    _, dW1, db1 = linear(dh * (1 - h * h), x, W1)
    return dW1, db1, dW2, db2


def mlp_backward__one_example_at_a_time(dlogits, x, h, W1, W2):
    gradients = [np.zeros(W1.shape), np.zeros(W1.shape[1]), np.zeros(W2.shape), np.zeros(W2.shape[1])]
    for upstream, inputs, hidden in zip(dlogits, x, h, strict=True):
        dz = (W2 @ upstream) * (1 - hidden**2)
        shares = np.outer(inputs, dz), dz, np.outer(hidden, upstream), upstream
        gradients = [gradient + share for gradient, share in zip(gradients, shares, strict=True)]
    return gradients


def mlp_backward__einsum(dlogits, x, h, W1, W2):
    dz = np.einsum("bv,hv,bh->bh", dlogits, W2, 1 - h**2)
    return (
        np.einsum("bd,bh->dh", x, dz),
        np.einsum("bh->h", dz),
        np.einsum("bh,bv->hv", h, dlogits),
        np.einsum("bv->v", dlogits),
    )


def mlp_backward__float32(dlogits, x, h, W1, W2):
    dlogits, x, h, W1, W2 = [a.astype("f4") for a in (dlogits, x, h, W1, W2)]
    dz = np.dot(dlogits, W2.T) * (1 - h**2)
    return np.dot(x.T, dz), dz.sum(axis=0), np.dot(h.T, dlogits), dlogits.sum(axis=0)


def mlp_backward__biases_as_weights(dlogits, x, h, W1, W2):
    ones = np.ones((len(x), 1))
    second = np.concatenate([h, ones], axis=1).T @ dlogits
    dz = (W2 @ dlogits.T).T * (1 - h) * (1 + h)
    first = np.concatenate([x, ones], axis=1).T @ dz
    return first[:-1], first[-1], second[:-1], second[-1]


def memoryless_accuracy__counters(sequences):
    after = defaultdict(Counter)
    for ids in sequences:
        for current, following in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
            after[current][following] += 1
    right = sum(counter.most_common(1)[0][1] for counter in after.values())
    return right / sum(sum(counter.values()) for counter in after.values())


def memoryless_accuracy__square_of_counts(sequences):
    V = max(int(ids.max()) for ids in sequences if ids.size) + 1
    counts = np.zeros((V, V), dtype=np.int64)
    for ids in sequences:
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return np.max(counts, axis=1).sum() / counts.sum()


def memoryless_accuracy__unique(sequences):
    pairs = np.concatenate([np.stack([s[:-1], s[1:]], 1) for s in sequences if len(s) > 1])
    kinds, often = np.unique(pairs, axis=0, return_counts=True)
    return np.array(sum(often[kinds[:, 0] == s].max() for s in np.unique(kinds[:, 0])) / len(pairs))


def memoryless_accuracy__answers(sequences: list[Array]) -> float:
    """Finds the best answers first, and then tries them."""
    pairs = [(int(s), int(c)) for ids in sequences for s, c in itertools.pairwise(ids)]
    often = Counter(pairs)
    best: dict[int, int] = {}
    for (s, c), count in sorted(often.items()):
        if s not in best or count > often[s, best[s]]:
            best[s] = c
    print("answers:", best)
    return float(np.mean([best[s] == c for s, c in pairs]))


def memoryless_accuracy__sorted_pairs(sequences):
    pairs = sorted((int(ids[t]), int(ids[t + 1])) for ids in sequences for t in range(len(ids) - 1))
    right = 0
    for _, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        right += max(len(list(same)) for _, same in itertools.groupby(group))
    return np.float32(right / len(pairs))


def context_windows__loops(ids, k):
    T = ids.shape[0]
    X, y = np.zeros((T - k, k), dtype=int), np.zeros(T - k, dtype=int)
    for n in range(T - k):
        for place in range(k):
            X[n, place] = ids[n + place]
        y[n] = ids[n + k]
    return X, y


def context_windows__sliding_view(ids, k):
    windows = np.lib.stride_tricks.sliding_window_view(ids, k + 1)
    return windows[:, :-1], windows[:, -1]


def context_windows__index_matrix(ids, k):
    places = np.arange(len(ids) - k)[:, None] + np.arange(k)
    return [np.take(ids, places), np.take(ids, np.arange(k, len(ids)))]


def context_windows__columns(ids, k):
    T = len(ids)
    warnings.warn("columns", stacklevel=1)
    X = np.column_stack([ids[place : T - k + place] for place in range(k)])
    return X, ids[-(T - k) :]


def context_windows__append(ids: Array, k: int) -> tuple[Array, Array]:
    window, X, y = list(ids[:k]), [], []
    for symbol in ids[k:]:
        X.append(list(window))
        y.append(symbol)
        window = [*window[1:], symbol]
    return np.array(X, np.int32), np.array(y, np.int32)


class WindowMLP__view(nn.Module):
    def __init__(self, n_symbols: int, k: int, n_embed: int, n_hidden: int):
        super().__init__()
        self.k, self.n_embed = k, n_embed
        self.output = nn.Linear(n_hidden, n_symbols)
        self.hidden = nn.Linear(n_embed * k, n_hidden, bias=True)
        self.embed = nn.Embedding(n_symbols, n_embed)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids).view(-1, self.k * self.n_embed)
        return self.output(self.hidden(x).tanh())


class _Layers(nn.Module):
    """The layers, with an initialisation of its own."""

    def __init__(self, n_symbols, k, n_embed, n_hidden):
        super(_Layers, self).__init__()  # noqa: UP008 as many people write it
        self.embed = nn.Embedding(n_symbols, n_embed)
        self.hidden = nn.Linear(k * n_embed, n_hidden)
        self.output = nn.Linear(n_hidden, n_symbols)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.1)


class WindowMLP__functional(_Layers):
    def forward(self, ids):
        rows = nn.functional.embedding(ids, self.embed.weight)
        h = torch.tanh(nn.functional.linear(torch.flatten(rows, start_dim=1), self.hidden.weight, self.hidden.bias))
        return h @ self.output.weight.T + self.output.bias


class WindowMLP__concatenated(_Layers):
    def forward(self, ids):
        rows = [self.embed(ids[:, place]) for place in range(ids.shape[1])]
        print("windows", tuple(ids.shape))
        return nn.Sequential(self.hidden, nn.Tanh(), self.output)(torch.cat(rows, dim=-1))


class WindowMLP__one_hot(_Layers):
    def forward(self, ids):
        places = torch.arange(self.embed.num_embeddings, device=ids.device)
        one_hot = (ids.unsqueeze(-1) == places).to(self.embed.weight.dtype)
        x = torch.einsum("bkv,ve->bke", one_hot, self.embed.weight).reshape(ids.shape[0], -1)
        return self.output(torch.tanh(self.hidden(x)))


class WindowMLP__float32(_Layers):
    def forward(self, ids):
        x = self.embed.weight.float()[ids].flatten(1)
        h = torch.tanh(nn.functional.linear(x, self.hidden.weight.float(), self.hidden.bias.float()))
        return nn.functional.linear(h, self.output.weight.float(), self.output.bias.float())


def _noted(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @functools.wraps(forward)
    def wrapper(self: nn.Module, ids: Tensor) -> Tensor:
        warnings.warn("called", stacklevel=2)
        return forward(self, ids)

    return wrapper


class WindowMLP__decorated(_Layers):
    @_noted
    def forward(self, ids):
        assert ids.dim() == 2
        x = self.embed(ids.long()).reshape(len(ids), -1)
        return (self.hidden(x).tanh() @ self.output.weight.t()).add_(self.output.bias)


# Written from the exercise notebook alone, before any hint was opened.


def softmax_cross_entropy__log_softmax_of_scipy(logits, targets, mask):
    keep = np.asarray(mask).astype(bool)
    dlogits = np.zeros(logits.shape)
    n = keep.sum()
    if n == 0:
        return 0.0, dlogits
    logp = scipy.special.log_softmax(logits[keep], axis=1)
    rows = np.arange(n)
    right = targets[keep]
    loss = -logp[rows, right].mean()
    g = np.exp(logp)
    g[rows, right] -= 1
    dlogits[keep] = g / n
    return float(loss), dlogits


class WindowMLP__registered_twice(nn.Module):
    def __init__(self, n_symbols, k, n_embed, n_hidden):
        super().__init__()
        self.embed = nn.Embedding(n_symbols, n_embed)
        self.hidden = nn.Linear(k * n_embed, n_hidden)
        self.output = nn.Linear(n_hidden, n_symbols)
        self.net = nn.Sequential(self.embed, nn.Flatten(1), self.hidden, nn.Tanh(), self.output)

    def forward(self, ids):
        return self.net(ids)
