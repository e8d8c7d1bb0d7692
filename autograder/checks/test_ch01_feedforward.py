"""What is right in ch01_feedforward: symbols as vectors, layers and their gradients, bounds and windows.

Arguments: the function judged, and rng, device, reference; see `autograder.checks`.
"""

from functools import partial

import numpy as np

from autograder.checks import CheckFailed, inputs, weight
from autograder.checks.compare import (
    STATE,
    expect_close,
    expect_count,
    expect_entries,
    expect_error,
    expect_results,
    expect_shape,
    expect_unchanged,
    expect_whole,
)
from autograder.checks.inputs import ALL, DIFFERENT, EQUAL, SMALL
from autograder.checks.inputs import ch01_feedforward as cases

SYMBOLS = ("example", "step", "symbol")
LOSS = {"the loss": (), "dlogits": ("row", "symbol")}
DENSE = {"dx": ("example", "feature"), "dW": ("feature", "unit"), "db": ("unit",)}
MLP = {"dW1": ("feature", "unit"), "db1": ("unit",), "dW2": ("unit", "symbol"), "db2": ("symbol",)}
WINDOWS = {"X": ("window", "place"), "y": ("window",)}


@weight(0.5)
def test_one_hot_returns_a_vector_a_step(one_hot, rng):
    """A vector comes back for each example and each step: the shape is (B, T, V), and the numbers are floats."""
    for sizes in ALL:
        vectors = one_hot(cases.symbols(rng, sizes), sizes.V)
        expect_shape(vectors, (sizes.B, sizes.T, sizes.V), "the array of vectors", SYMBOLS)


@weight(6)
def test_one_hot_marks_each_symbol(one_hot, rng, reference):
    """Each vector is 1 at its own symbol and 0 elsewhere, also where some symbols do not occur."""
    for sizes in ALL:
        for ids in cases.symbols(rng, sizes), np.full((sizes.B, sizes.T), sizes.V - 1), np.eye(3, 4, dtype=int):
            n_symbols = max(sizes.V, 2)
            expect_close(one_hot(ids, n_symbols), reference.one_hot(ids, n_symbols), "a vector", SYMBOLS)


def test_one_hot_refuses_unknown_symbols(one_hot, rng):
    """An id of V or above, or below 0, raises a ValueError."""
    for sizes in (SMALL, DIFFERENT):
        for wrong in (sizes.V, -1, sizes.V + 3, -sizes.V, -sizes.V - 1):
            ids = cases.symbols(rng, sizes)
            ids[-1, -1] = wrong
            expect_error(partial(one_hot, ids, sizes.V), "ValueError", f"for the id {wrong} with V = {sizes.V}")


@weight(0.5)
def test_one_hot_in_any_layout(one_hot, rng, reference):
    """The ids count, not their order in memory."""
    for sizes in (EQUAL, DIFFERENT):
        for (ids,) in inputs.layouts((cases.symbols(rng, sizes),)):
            expect_close(one_hot(ids, sizes.V), reference.one_hot(ids, sizes.V), "a vector", SYMBOLS)


@weight(0.5)
def test_one_hot_is_pure(one_hot, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        one_hot(cases.symbols(rng, sizes), sizes.V)
        expect_unchanged(one_hot)


@weight(0.5)
def test_dense_forward_returns_a_number_a_unit(dense_forward, rng):
    """Each unit answers each example: the shape is (B, H)."""
    for sizes in ALL:
        expect_shape(dense_forward(*cases.dense(rng, sizes)), (sizes.B, sizes.H), "the answer", STATE)


@weight(3)
def test_dense_forward_computes_every_unit(dense_forward, rng, reference):
    """The answer is tanh(x W + b), example by example and unit by unit."""
    for sizes in ALL:
        case = cases.dense(rng, sizes)
        expect_close(dense_forward(*case), reference.dense_forward(*case), "the answer", STATE)


def test_dense_forward_at_extremes(dense_forward, rng, reference):
    """Inputs of a thousand, or too small to matter, give a finite and right answer."""
    for sizes in (SMALL, DIFFERENT):
        for case in cases.dense(rng, sizes, inputs.huge), cases.dense(rng, sizes, inputs.tiny):
            expect_close(dense_forward(*case), reference.dense_forward(*case), "the answer", STATE)


@weight(0.5)
def test_dense_forward_in_any_layout(dense_forward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(cases.dense(rng, sizes)):
            expect_close(dense_forward(*case), reference.dense_forward(*case), "the answer", STATE)


@weight(0.5)
def test_dense_forward_is_pure(dense_forward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        dense_forward(*cases.dense(rng, sizes))
        expect_unchanged(dense_forward)


@weight(0.5)
def test_dense_backward_returns_three_gradients(dense_backward, rng):
    """Three gradients come back, dx, dW, db, each with the shape of what it belongs to."""
    for sizes in ALL:
        dh, x, h, W = cases.dense_back(rng, sizes)
        returned = dense_backward(dh, x, h, W)
        expect_count(returned, tuple(DENSE))
        for one, like, name in zip(returned, (x, W, dh[0]), DENSE, strict=True):
            expect_shape(one, like.shape, name)


def test_dense_backward_adds_up_over_examples(dense_backward, rng):
    """Each example gives its share: dW and db of two examples are the sums of their own, never a mean."""
    for sizes in (cases.SQUARE, DIFFERENT):
        case = cases.first_examples(cases.dense_back(rng, sizes), 2, 3)
        flipped = *(array[::-1] for array in case[:3]), case[3]
        alone = [dense_backward(*cases.first_examples(c, 1, 3)) for c in (case, flipped)]
        together = dense_backward(*case)  # the last call: the one that is shown
        for returned in (together, *alone):
            expect_count(returned, tuple(DENSE))
        for index, (name, like) in enumerate((("dW", case[3]), ("db", case[0][0])), 1):
            for returned in alone:
                expect_shape(returned[index], like.shape, f"{name} of one example")
            expect_close(together[index], alone[0][index] + alone[1][index], f"{name} of two examples", DENSE[name])


@weight(2)
def test_dense_backward_reaches_the_bias(dense_backward, rng, reference):
    """The upstream gradient goes back through the tanh, by its slope 1 - h**2: db is right."""
    for sizes in ALL:
        case = cases.dense_back(rng, sizes)
        returned = dense_backward(*case)
        expect_count(returned, tuple(DENSE))
        expect_close(returned[2], reference.dense_backward(*case)[2], "db", DENSE["db"])


@weight(4)
def test_dense_backward_reaches_everything(dense_backward, rng, reference):
    """dx, dW and db are right, each entry of them."""
    for sizes in ALL:
        case = cases.dense_back(rng, sizes)
        expect_results(dense_backward(*case), reference.dense_backward(*case), DENSE)


def test_dense_backward_is_linear_in_dh(dense_backward, rng, reference):
    """What arrives from outside may be zero, or as large as 30: the gradients grow with it."""
    for sizes in (SMALL, DIFFERENT):
        for size in (0.0, 30.0):
            case = cases.dense_back(rng, sizes, size)
            expect_results(dense_backward(*case), reference.dense_backward(*case), DENSE, scale=max(size, 1))


@weight(0.5)
def test_dense_backward_in_any_layout(dense_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(cases.dense_back(rng, sizes)):
            expect_results(dense_backward(*case), reference.dense_backward(*case), DENSE)


@weight(0.5)
def test_dense_backward_is_pure(dense_backward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        dense_backward(*cases.dense_back(rng, sizes))
        expect_unchanged(dense_backward)


@weight(2)
def test_softmax_cross_entropy_measures_the_surprise(softmax_cross_entropy, rng, reference):
    """When every row counts, the loss is the mean of -log p over all rows, p the probability of the row's target."""
    for N, V in cases.ROWS:
        logits, targets, mask = cases.scores(rng, N, V)
        case = logits, targets, mask | True
        returned = softmax_cross_entropy(*case)
        expect_count(returned, tuple(LOSS))
        expect_close(returned[0], reference.softmax_cross_entropy(*case)[0], "the loss")


@weight(2)
def test_softmax_cross_entropy_has_a_gradient(softmax_cross_entropy, rng, reference):
    """When every row counts, dlogits is p less 1 at the target, divided by the number of rows."""
    for N, V in cases.ROWS:
        logits, targets, mask = cases.scores(rng, N, V)
        case = logits, targets, mask | True
        expect_results(softmax_cross_entropy(*case), reference.softmax_cross_entropy(*case), LOSS)


@weight(3)
def test_softmax_cross_entropy_leaves_padding_out(softmax_cross_entropy, rng, reference):
    """Only rows that count enter the loss, the gradient, and the number that both are divided by."""
    for N, V in cases.ROWS:
        case = cases.scores(rng, N, V)
        expect_results(softmax_cross_entropy(*case), reference.softmax_cross_entropy(*case), LOSS)


@weight(0.5)
def test_softmax_cross_entropy_takes_numbers_as_mask(softmax_cross_entropy, rng, reference):
    """A mask may be made of the numbers 0 and 1 in place of False and True."""
    for N, V in cases.ROWS[1:]:
        logits, targets, mask = cases.scores(rng, N, V)
        for kind in (int, float):
            case = logits, targets, mask.astype(kind)
            expect_results(softmax_cross_entropy(*case), reference.softmax_cross_entropy(*case), LOSS)


def test_softmax_cross_entropy_of_nothing(softmax_cross_entropy, rng, reference):
    """When no row counts, the loss is 0.0 and the gradient is all zeros."""
    for N, V in cases.ROWS:
        logits, targets, mask = cases.scores(rng, N, V)
        case = logits, targets, mask & False
        expect_results(softmax_cross_entropy(*case), reference.softmax_cross_entropy(*case), LOSS)


@weight(2)
def test_softmax_cross_entropy_at_extremes(softmax_cross_entropy, rng, reference):
    """Logits around 1e4, 0 and -1e4, in one row or in different ones, give finite and right results."""
    for N, V in (*cases.ROWS, (6, 5)):
        case = cases.extreme_scores(rng, N, V)
        for mask in (case[2], case[2] | True):
            given = *case[:2], mask
            expect_results(softmax_cross_entropy(*given), reference.softmax_cross_entropy(*given), LOSS)


@weight(0.5)
def test_softmax_cross_entropy_in_any_layout(softmax_cross_entropy, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for N, V in cases.ROWS[1:3]:
        for case in inputs.layouts(cases.scores(rng, N, V)):
            expect_results(softmax_cross_entropy(*case), reference.softmax_cross_entropy(*case), LOSS)


@weight(0.5)
def test_softmax_cross_entropy_is_pure(softmax_cross_entropy, rng):
    """Nothing that is passed in is modified."""
    for N, V in cases.ROWS[1:]:
        softmax_cross_entropy(*cases.scores(rng, N, V))
        expect_unchanged(softmax_cross_entropy)


@weight(0.5)
def test_mlp_backward_returns_four_gradients(mlp_backward, rng):
    """Four gradients come back, dW1, db1, dW2, db2, each with the shape of what it belongs to."""
    for sizes in (cases.SQUARE, *ALL):
        dlogits, x, h, W1, W2 = cases.mlp_back(rng, sizes)
        returned = mlp_backward(dlogits, x, h, W1, W2)
        expect_count(returned, tuple(MLP))
        for one, like, name in zip(returned, (W1, h[0], W2, dlogits[0]), MLP, strict=True):
            expect_shape(one, like.shape, name)


@weight(2)
def test_mlp_backward_reaches_the_second_layer(mlp_backward, rng, reference):
    """The layer next to the loss comes first: dW2 and db2 are right."""
    for sizes in (cases.SQUARE, *ALL):
        case = cases.mlp_back(rng, sizes)
        returned, expected = mlp_backward(*case), reference.mlp_backward(*case)
        expect_count(returned, tuple(MLP))
        for index, name in ((2, "dW2"), (3, "db2")):
            expect_close(returned[index], expected[index], name, MLP[name])


@weight(4)
def test_mlp_backward_reaches_the_first_layer(mlp_backward, rng, reference):
    """Handed on through W2 and through the tanh, the gradient is right in the first layer too: dW1 and db1."""
    for sizes in (cases.SQUARE, *ALL):
        case = cases.mlp_back(rng, sizes)
        returned, expected = mlp_backward(*case), reference.mlp_backward(*case)
        expect_count(returned, tuple(MLP))
        for index, name in ((1, "db1"), (0, "dW1")):
            expect_close(returned[index], expected[index], name, MLP[name])


def test_mlp_backward_is_linear_in_dlogits(mlp_backward, rng, reference):
    """What arrives from outside may be zero, or as large as 30: the gradients grow with it."""
    for sizes in (SMALL, DIFFERENT):
        for size in (0.0, 30.0):
            case = cases.mlp_back(rng, sizes, size)
            expect_results(mlp_backward(*case), reference.mlp_backward(*case), MLP, scale=max(size, 1))


@weight(0.5)
def test_mlp_backward_in_any_layout(mlp_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(cases.mlp_back(rng, sizes)):
            expect_results(mlp_backward(*case), reference.mlp_backward(*case), MLP)


@weight(0.5)
def test_mlp_backward_is_pure(mlp_backward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        mlp_backward(*cases.mlp_back(rng, sizes))
        expect_unchanged(mlp_backward)


@weight(2)
def test_memoryless_accuracy_of_one_sequence(memoryless_accuracy, rng, reference):
    """In one sequence, a pair is right when its second symbol is the one that follows its first most often."""
    for length, n_symbols in ((6, 2), (12, 3), (40, 5), (60, 11)):
        for case in cases.streams(rng, (length,), n_symbols), cases.tied(rng, n_symbols):
            expect_close(memoryless_accuracy(case), reference.memoryless_accuracy(case), "the accuracy")


@weight(3)
def test_memoryless_accuracy_of_several_sequences(memoryless_accuracy, rng, reference):
    """Pairs are counted in all sequences together, and none reaches from one sequence into the next."""
    few = [
        cases.streams(rng, lengths, n_symbols) for lengths, n_symbols in (((3, 3), 2), ((5, 2, 4), 3), ((2,) * 9, 4))
    ]
    for case in (*few, cases.telling(rng, (9, 60, 4, 40), 8)):
        expect_close(memoryless_accuracy(case), reference.memoryless_accuracy(case), "the accuracy")


def test_memoryless_accuracy_of_short_sequences(memoryless_accuracy, rng, reference):
    """Sequences of one symbol, or of none, have no pairs and change nothing."""
    few = [cases.streams(rng, lengths, 3) for lengths in ((1, 2, 1), (0, 7), (1, 1, 1, 30))]
    for case in (*few, cases.telling(rng, (1, 40, 0, 25, 1), 8)):
        expect_close(memoryless_accuracy(case), reference.memoryless_accuracy(case), "the accuracy")


@weight(0.5)
def test_memoryless_accuracy_in_any_layout(memoryless_accuracy, rng, reference):
    """The ids count, not how they lie in memory, nor which kind of int they are."""
    for sequences in (cases.telling(rng, (60, 40), 12), cases.streams(rng, (60, 40), 40)):
        for kind in (np.int64, np.int32, np.uint8):
            case = [np.repeat(ids.astype(kind), 2)[::2] for ids in sequences]
            expect_close(memoryless_accuracy(case), reference.memoryless_accuracy(case), "the accuracy")


@weight(0.5)
def test_memoryless_accuracy_is_pure(memoryless_accuracy, rng):
    """Nothing that is passed in is modified: neither the list nor an array in it."""
    for lengths in ((5,), (3, 6, 2)):
        memoryless_accuracy(cases.streams(rng, lengths, 3))
        expect_unchanged(memoryless_accuracy)


@weight(2)
def test_context_windows_holds_the_past(context_windows, rng, reference):
    """Each row of X holds k symbols in a row, the oldest first; the first row begins where the stream begins."""
    for T, k in ((4, 2), (7, 3), (8, 4), (12, 5)):
        ids = rng.permutation(20)[:T]
        returned = context_windows(ids, k)
        expect_count(returned, tuple(WINDOWS))
        expect_whole(returned[0], reference.context_windows(ids, k)[0], "X", WINDOWS["X"])


@weight(2)
def test_context_windows_asks_for_the_next(context_windows, rng, reference):
    """Each target is the symbol right after its window."""
    for T, k in ((4, 2), (7, 3), (8, 4), (12, 5)):
        ids = rng.permutation(20)[:T]
        returned = context_windows(ids, k)
        expect_count(returned, tuple(WINDOWS))
        expect_whole(returned[1], reference.context_windows(ids, k)[1], "y", WINDOWS["y"])


def test_context_windows_at_the_edges(context_windows, rng, reference):
    """A window of one symbol, and a stream with room for one window only, are nothing special."""
    for T, k in ((2, 1), (5, 1), (4, 3), (9, 8)):
        ids = rng.integers(5, size=T)
        returned, expected = context_windows(ids, k), reference.context_windows(ids, k)
        expect_count(returned, tuple(WINDOWS))
        for one, right, name in zip(returned, expected, WINDOWS, strict=True):
            expect_whole(one, right, name, WINDOWS[name])


@weight(0.5)
def test_context_windows_in_any_layout(context_windows, rng, reference):
    """The ids count, not how they lie in memory."""
    for T, k in ((6, 2), (11, 4)):
        ids = np.repeat(rng.integers(9, size=T), 2)[::2]
        returned, expected = context_windows(ids, k), reference.context_windows(ids, k)
        expect_count(returned, tuple(WINDOWS))
        for one, right, name in zip(returned, expected, WINDOWS, strict=True):
            expect_whole(one, right, name, WINDOWS[name])


@weight(0.5)
def test_context_windows_is_pure(context_windows, rng):
    """Nothing that is passed in is modified."""
    for T, k in ((4, 2), (9, 3)):
        context_windows(rng.integers(9, size=T), k)
        expect_unchanged(context_windows)


def test_WindowMLP_has_its_three_layers(WindowMLP, rng, reference):
    """The layers embed, hidden and output are found by PyTorch, with parameters of the right shapes."""
    for sizes in (SMALL, DIFFERENT):
        given = sizes.V, sizes.T, sizes.D, sizes.H
        expected, returned = reference.WindowMLP.parameters(*given), WindowMLP.parameters(*given)
        expect_entries(returned, expected, "the parameters")
        for name, shape in expected.items():
            if str(returned[name]) != str(shape):
                where = f"for n_symbols = {sizes.V}, k = {sizes.T}, n_embed = {sizes.D} and n_hidden = {sizes.H}"
                message = f"{name} has the shape {returned[name]}; {shape} is expected"
                raise CheckFailed(f"{where}, {message}", expected, returned)


@weight(5)
def test_WindowMLP_computes_the_logits(WindowMLP, rng, reference, device):
    """The embeddings of the window, end to end, go through hidden, tanh and output."""
    for sizes in (cases.SHORT, *ALL):
        case = *cases.window_mlp(rng, sizes), device
        expect_close(WindowMLP.forward(*case), reference.WindowMLP.forward(*case), "a logit", ("example", "symbol"))


@weight(3)
def test_WindowMLP_lets_gradients_through(WindowMLP, rng, reference, device):
    """Right gradients reach all five parameters, the embedding's among them."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        case = *cases.window_mlp(rng, sizes), rng.normal(size=(sizes.B, sizes.V)), device
        expected, returned = reference.WindowMLP.gradients(*case), WindowMLP.gradients(*case)
        expect_entries(returned, expected, "the gradients")
        for name, gradient in expected.items():
            if returned[name] is None:
                raise CheckFailed(f"no gradient reaches {name}", gradient)
            expect_close(returned[name], gradient, f"the gradient of {name}")


def test_WindowMLP_stays_on_its_device(WindowMLP):
    """Moved to a GPU, the module leaves no tensor behind on the CPU."""
    for sizes in (SMALL, DIFFERENT):
        clash = str(WindowMLP.device_clash(sizes.V, sizes.T, sizes.D, sizes.H, sizes.B))
        if clash:
            cure = "make tensors with device=ids.device, and what belongs to the module as a parameter"
            raise CheckFailed(f"a tensor would stay on the CPU (seen in {clash[:200]}); {cure}")


@weight(0.5)
def test_WindowMLP_is_pure(WindowMLP, rng):
    """The tensor ids that is passed in is not modified."""
    for sizes in (SMALL, DIFFERENT):
        WindowMLP.forward(*cases.window_mlp(rng, sizes))
        expect_unchanged(WindowMLP)
