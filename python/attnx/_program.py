"""The program attnx: where it is, how it is asked, and what it answers."""
from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
from typing import Iterable, Iterator, Union

Model = Union[str, "os.PathLike[str]"]
Prompt = Union[str, Iterable[int]]

SCHEMA = 1  # of the JSON that is understood here


class Error(Exception):
    """attnx cannot answer. `code` is stable (docs/json.md); `message` is a line for people; `path` and `offset` say
    where, or are None. Beside the codes of the program: `no-program`, `cannot-run`, `no-answer`, `other-schema`."""

    def __init__(self, code: str, message: str, path: str | None = None, offset: int | None = None):
        super().__init__(code, message, path, offset)
        self.code, self.message, self.path, self.offset = code, message, path, offset

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        byte = "" if self.offset is None else f"byte {self.offset}: "
        return f"{where}{byte}{self.message} [{self.code}]"


class Answer(dict):
    """The `result` of a command (docs/json.md). Beside it `command`, `model` and `findings`, what is odd about the file."""

    def __init__(self, document: dict):
        super().__init__(document["result"])
        self.command: str = document["command"]
        self.model: dict | None = document["model"]
        self.findings: list[dict] = document["findings"]


def _places() -> Iterator[str]:
    """Where the program may be, the surest first."""
    named = os.environ.get("ATTNX_PROGRAM")
    if named:
        yield named
        return
    try:
        for file in importlib.metadata.files("attnx") or []:
            if file.name == "attnx" and file.parent.name == "bin":
                yield str(file.locate())
    except importlib.metadata.PackageNotFoundError:
        pass
    yield os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin", "attnx")  # pip --target
    on_path = shutil.which("attnx")
    if on_path:
        yield on_path


def program() -> str:
    """The program that is run: ATTNX_PROGRAM, the one installed with this module, or that of PATH."""
    for place in _places():
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return os.path.abspath(place)
    raise Error("no-program", "the program attnx was not found: install the wheel of attnx, or name it by ATTNX_PROGRAM")


def _run(arguments: list[str], text: bytes | None = None) -> subprocess.CompletedProcess:
    given = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    try:
        return subprocess.run([program(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **given)
    except OSError as failure:
        raise Error("cannot-run", f"{failure.filename or 'attnx'}: {failure.strerror or failure}") from failure


def version() -> str:
    return _run(["--version"]).stdout.decode().split()[-1]


def _path(model: Model) -> str:
    text = os.fspath(model)
    return os.path.join(".", text) if text.startswith("-") else text  # a name, never an option or standard input


def refuse(options: dict[str, object], *names: str) -> None:
    for name in names:
        if name in options:
            raise TypeError(f"{name!r} is no option here: this module sets it")


def _options(options: dict[str, object]) -> Iterator[str]:
    """`--cache-type-k=q8_0` of cache_type_k="q8_0", `--chat` of chat=True, `--ctx=8k,32k` of ctx=["8k", "32k"]."""
    refuse(options, "format", "json", "help", "version")
    for name, value in options.items():
        if value is None or value is False:
            continue
        spelled = "--" + name.replace("_", "-")
        if value is True:
            yield spelled
        elif isinstance(value, Iterable) and not isinstance(value, str):
            yield f"{spelled}={','.join(str(each) for each in value)}"
        else:
            yield f"{spelled}={value}"


def _answered(done: subprocess.CompletedProcess) -> Answer:
    try:
        document = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip()
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        raise Error("no-answer", f"attnx ended with {how}{': ' if said else ''}{said}") from None
    if document.get("schema") != SCHEMA:
        raise Error("other-schema", f"{program()} answers in schema {document.get('schema')}, not {SCHEMA}: its version and "
                                    "that of this module differ")
    if "error" in document:
        raise Error(*(document["error"][key] for key in ("code", "message", "path", "offset")))
    return Answer(document)


def ask(command: str, model: Model | None = None, *, prompt: Prompt | None = None, **options: object) -> Answer:
    """What `attnx COMMAND MODEL` answers, any command. `prompt`: a text, or token ids. Options are those of the command
    line. Raises Error where attnx cannot answer."""
    arguments = [command, "--json"]
    if model is not None:
        arguments.append(_path(model))
    text = None
    if isinstance(prompt, str):
        text = prompt.encode()
        arguments.append("-")
    elif prompt is not None:
        options["tokens"] = prompt
    return _answered(_run([*arguments, *_options(options)], text))
