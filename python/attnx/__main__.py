"""`python -m attnx …` is `attnx …`."""
import os
import sys

from ._program import Error, program

try:
    found = program()
except Error as error:
    sys.exit(f"attnx: {error}")
os.execv(found, ["attnx", *sys.argv[1:]])
