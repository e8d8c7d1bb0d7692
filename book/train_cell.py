"""Trains the networks whose cells the page lab_cell reads, and writes ``book/data/cell.npz``.

    python -m book.train_cell

It is run once, by hand, and takes some minutes on one core. The text is the source of 26 modules of the standard
library of the Python that runs it; which Python that was, and the SHA-256 of the text, stand in the file.
The weights are kept in 8 bits each: a row's largest weight is 127.
"""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
from pathlib import Path

import numpy as np
import torch

from book.datasets import FOLDER, SYMBOLS, ids_of
from book.language import Reader, reader_bits, train_reader

MODULES = """
argparse ast bdb calendar cgi codecs configparser csv datetime decimal difflib doctest enum ftplib gettext
heapq imaplib locale mailbox optparse pathlib pickle shutil statistics tarfile zipfile
"""
H, EMBED, STEPS, B, T, TOP = 128, 16, 8000, 32, 100, 4e-3


def source() -> str:
    """The modules one after another."""
    folder = Path(sysconfig.get_path("stdlib"))
    return "".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in MODULES.split())


def in_bytes(weights: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """weights (M, N) -> whole numbers of 8 bits (M, N), and the scale of each row (M, 1)."""
    scale = weights.abs().amax(dim=1, keepdim=True) / 127
    return (weights / scale).round().to(torch.int8).numpy(), scale.half().numpy()


def packed(net: Reader) -> dict[str, np.ndarray]:
    """The weights under the names of the exercises, matrices in 8 bits with their scales, biases in 16."""
    loop = dict(net.loop.named_parameters())
    Wx, Wh = loop["weight_ih_l0"], loop["weight_hh_l0"]
    matrices = {"embed": net.embed.weight, "Wx": Wx, "Wh": Wh, "Wy": net.output.weight}
    arrays = {"b": (loop["bias_ih_l0"] + loop["bias_hh_l0"]).half().numpy(), "by": net.output.bias.half().numpy()}
    for name, weights in matrices.items():
        arrays[name], arrays[f"{name}_scale"] = in_bytes(weights)
    return arrays


def main(seeds: list[int]) -> None:
    """Train one network a seed, and write them all."""
    torch.set_num_threads(1)
    text = source()
    digest = hashlib.sha256(text.encode()).hexdigest()
    ids = torch.tensor(ids_of(text))
    cut = len(ids) * 19 // 20
    arrays = {"python": np.array(platform.python_version()), "sha256": np.array(digest), "steps": np.array(STEPS)}
    for seed in seeds:
        torch.manual_seed(seed)
        net = Reader(torch.nn.LSTM, len(SYMBOLS), EMBED, H)
        for step, loss in train_reader(net, ids[:cut], STEPS, B, T, TOP):
            if step % 1000 == 0:
                print(f"seed {seed}, step {step}: {loss:.3f} nats", flush=True)
        print(f"seed {seed}: {reader_bits(net, ids[cut:]):.3f} bits per character on the last twentieth", flush=True)
        with torch.no_grad():
            arrays |= {f"{name}_{seed}": array for name, array in packed(net).items()}
        np.savez_compressed(FOLDER / "cell.npz", **arrays)  # type: ignore[arg-type]  # its own flag comes first


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [0, 1])
