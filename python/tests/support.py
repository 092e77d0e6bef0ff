"""What tests of the module share: the program and the sample model that the build made (tests/CMakeLists.txt)."""
import contextlib
import os
import pathlib
import sys
import tempfile
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = os.environ.get("ATTNX_SAMPLE", "sample.gguf")
PROMPT = "the cat sat on the mat and the cat sat on the"

if "ATTNX_INSTALLED" not in os.environ:  # otherwise the wheel's module is tested
    sys.path.insert(0, str(ROOT / "python"))


@contextlib.contextmanager
def stand_in(script):
    """Another program in the place of attnx."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "attnx")
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        with mock.patch.dict(os.environ, ATTNX_PROGRAM=str(path)):
            yield


@contextlib.contextmanager
def without(module):
    """As if it were not installed."""
    with mock.patch.dict(sys.modules, {module: None}):
        yield
