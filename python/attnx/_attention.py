"""What a model attended to, as Python wants it: tokens, an array, the page in a notebook, bertviz."""
from __future__ import annotations

import functools
import html
import importlib
import math
import mmap
import os
import tempfile
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from ._program import Answer, Error, Model, Prompt, ask, refuse

if TYPE_CHECKING:
    import numpy

# Options of `attend` that choose what is run and looked at, which `view` has, too; the others choose what is told of it.
_OF_VIEW = ("file", "tokens", "chat", "no_special", "layers", "heads", "generate", "threads", "max_memory", "numerics")


class Token(NamedTuple):
    id: int
    piece: str  # bytes that are no whole character are U+FFFD
    generated: bool


def _wanted(name: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as failure:
        raise ImportError(f"{what} needs {name}: pip install {name}") from failure


class Attention:
    """What each head of a model paid to the tokens of a text. In a notebook it shows itself as the page of `attnx view`."""

    def __init__(self, model: Model, prompt: Prompt | None, options: dict[str, object], answer: Answer, maps: mmap.mmap):
        self._asked = model, prompt, {name: value for name, value in options.items() if name in _OF_VIEW}
        self._maps = maps
        self.answer = answer  # of `attnx attend --no-maps`: every metric of every head, and what else options asked for
        self.tokens = [Token(each["id"], each["piece"], each["generated"]) for each in answer["tokens"]]
        self.layers: list[int] = [each["layer"] for each in answer["layers"]]  # of the first axis of `weights`
        self.heads: list[list[int]] = [each["heads"] for each in answer["layers"]]  # of the second, layer by layer
        self.windows: list[int | None] = [each["window"] for each in answer["layers"]]  # None: the layer sees everything

    @functools.cached_property
    def weights(self) -> numpy.ndarray:
        """[layer, head, query, key], float32; 0 where masked. Places on the first two axes are those of `layers` and
        `heads`, which are numbers of the model where all were looked at."""
        numpy = _wanted("numpy", "Attention.weights")
        shape = len(self.layers), len(self.heads[0]), len(self.tokens), len(self.tokens)
        values = numpy.frombuffer(self._maps, dtype="<f4", offset=len(self._maps) - 4 * math.prod(shape))
        return values.reshape(shape)

    def to_bertviz(self) -> tuple[list, list[str]]:
        """As bertviz takes it: a tensor [1, head, query, key] of each layer, and the tokens.

        bertviz.head_view(*seen.to_bertviz()), bertviz.model_view(*seen.to_bertviz())"""
        torch = _wanted("torch", "Attention.to_bertviz()")
        layers = [torch.from_numpy(self.weights[at : at + 1]) for at in range(len(self.layers))]
        return layers, [token.piece for token in self.tokens]

    def page(self, **options: object) -> str:
        """The page of `attnx view`, HTML in one piece, of the same model, text and heads. Options are those of `view`.
        The model is run once more."""
        refuse(options, "output")
        model, prompt, asked = self._asked
        with tempfile.TemporaryDirectory(prefix="attnx-") as folder:
            path = os.path.join(folder, "page.html")
            ask("view", model, prompt=prompt, **{**asked, **options, "output": path})
            with open(path, encoding="utf-8") as file:
                return file.read()

    def _repr_html_(self) -> str:
        try:
            page = self.page()
        except Error as error:
            return f"<p>{html.escape(repr(self))} cannot be shown: {html.escape(str(error))}</p>"
        # A frame with an origin of its own: nothing in it reaches the notebook.
        return ('<iframe sandbox="allow-scripts allow-downloads" title="Attention" width="100%" height="720" '
                f'style="border:0" srcdoc="{html.escape(page)}"></iframe>')

    def __repr__(self) -> str:
        heads = sum(len(each) for each in self.heads)
        return f"<attnx.Attention: {len(self.tokens)} tokens, {len(self.layers)} layers, {heads} heads>"


def attend(model: Model, prompt: Prompt | None = None, **options: object) -> Attention:
    """Runs the model on a text (or token ids) and keeps what it attended to. Options are those of `attnx attend`:
    layers="0-3", heads="5.3", generate=20, chat=True, numerics="float" …

    Maps lie in a temporary file (TMPDIR), which goes when they are no longer used."""
    refuse(options, "output", "no_maps")
    if prompt is not None and not isinstance(prompt, str):
        prompt = list(prompt)
    with tempfile.TemporaryDirectory(prefix="attnx-") as folder:
        path = os.path.join(folder, "maps.npy")
        answer = ask("attend", model, prompt=prompt, no_maps=True, output=path, **options)
        with open(path, "rb") as file:
            maps = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return Attention(model, prompt, options, answer, maps)
