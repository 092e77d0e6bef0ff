"""The attention of any language model in a GGUF file: a thin door to the program attnx.

    import attnx

    attnx.inspect("model.gguf")["attention_kind"]
    attnx.kv_cost("model.gguf", ctx=["8k", "128k"])["rows"]
    seen = attnx.attend("model.gguf", "The cat sat on the mat")
    seen.weights[5, 3]  # what head 3 of the sixth layer pays: queries by keys, a NumPy array
    seen                # in a notebook: the page of `attnx view`

Options are those of the command line, `--cache-type-k q8_0` as cache_type_k="q8_0".
"""
from __future__ import annotations

from ._attention import Attention, Token, attend
from ._program import Answer, Error, Model, ask, program

__all__ = ["Answer", "Attention", "Error", "Token", "ask", "attend", "inspect", "kv_cost", "program"]


def inspect(model: Model, **options: object) -> Answer:
    """What is in the file: `attnx inspect`."""
    return ask("inspect", model, **options)


def kv_cost(model: Model | None = None, **options: object) -> Answer:
    """What a context takes in memory: `attnx kv-cost`. Without a model, of a geometry given by options."""
    return ask("kv-cost", model, **options)


def __getattr__(name: str) -> str:
    if name == "__version__":  # the program's: there is no other
        from ._program import version

        return version()
    raise AttributeError(f"module 'attnx' has no attribute {name!r}")
