"""How the program is asked, and what becomes of its answers."""
import ast
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from support import ROOT, SAMPLE, stand_in

import attnx


class Asking(unittest.TestCase):
    def fails(self, code, ask):
        with self.assertRaises(attnx.Error) as caught:
            ask()
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def test_inspect_tells_the_geometry_that_the_sample_was_built_with(self):
        facts = attnx.inspect(SAMPLE)
        self.assertEqual([facts[key] for key in ("layer_count", "head_count", "head_count_kv", "head_dim_k")], [4, 4, 2, 32])
        self.assertEqual(facts.model["path"], SAMPLE)
        self.assertEqual((facts.command, facts.findings), ("inspect", []))

    def test_kv_cost_of_a_geometry_is_two_times_layers_heads_dimensions_tokens_and_bytes(self):
        cost = attnx.kv_cost(layers=32, kv_heads=8, head_dim=128, ctx="8k")
        self.assertEqual(cost["total_bytes"], 2 * 32 * 8 * 128 * 8192 * 2)
        self.assertIsNone(cost.model)

    def test_a_list_is_what_commas_are_on_the_command_line(self):
        rows = attnx.kv_cost(SAMPLE, ctx=[2048, 4096], cache_type_k=["f16", "q8_0"], cache_type_v=("f16", "q8_0"))["rows"]
        self.assertEqual([(row["context_allocated"], row["cache_type_k"]) for row in rows],
                         [(2048, "f16"), (4096, "f16"), (2048, "q8_0"), (4096, "q8_0")])

    def test_true_is_an_option_without_a_value_and_false_none_at_all(self):
        self.assertEqual(attnx.kv_cost(SAMPLE, ctx="2k", as_server=True)["configuration_from"], "server")
        self.assertEqual(attnx.kv_cost(SAMPLE, ctx="2k", as_server=False, parallel=None)["configuration_from"], "library")

    def test_values_that_begin_with_a_dash_are_values(self):
        self.assertEqual(len(attnx.ask("attend", SAMPLE, prompt="the cat", layer=-1)["tokens"]), 3)

    def test_every_command_can_be_asked_with_text_or_ids(self):
        tokens = attnx.ask("tokenize", SAMPLE, prompt="the cat sat")["tokens"]
        self.assertEqual(len(tokens), 4)
        ids = [token["id"] for token in tokens]
        self.assertEqual([each["id"] for each in attnx.ask("attend", SAMPLE, prompt=iter(ids))["tokens"]], ids)

    def test_a_file_that_is_not_there_is_an_error_with_code_message_and_path(self):
        error = self.fails("cannot-open", lambda: attnx.inspect("missing.gguf"))
        self.assertEqual(error.path, "missing.gguf")
        self.assertEqual(str(error), f"missing.gguf: {error.message} [cannot-open]")
        again = pickle.loads(pickle.dumps(error))  # as pools of processes hand it on
        self.assertEqual((again.code, str(again)), (error.code, str(error)))

    def test_a_byte_at_fault_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "cut.gguf")
            path.write_bytes(pathlib.Path(SAMPLE).read_bytes()[:100])
            error = self.fails("bad-count", lambda: attnx.inspect(path))
        self.assertIn(f"byte {error.offset}: ", str(error))

    def test_what_is_not_in_the_model_and_what_is_no_option_are_errors(self):
        self.fails("not-found", lambda: attnx.attend(SAMPLE, "the cat", layer=1, head=99))
        self.fails("usage", lambda: attnx.inspect(SAMPLE, no_such_option=1))

    def test_options_that_this_module_sets_are_refused(self):
        for name in ("format", "json", "help", "version"):
            with self.assertRaises(TypeError):
                attnx.inspect(SAMPLE, **{name: True})

    def test_names_are_names_whatever_they_look_like(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, ATTNX_PROGRAM=attnx.program()):
            before = os.getcwd()
            sample = os.path.abspath(SAMPLE)
            os.chdir(folder)
            try:
                for name in ("--help", "-", "$(touch hit) `touch hit`; touch hit.gguf", "漢字.gguf"):
                    shutil.copy(sample, name)
                    self.assertEqual(attnx.inspect(name)["layer_count"], 4, name)
                self.assertNotIn("hit", os.listdir())
            finally:
                os.chdir(before)


class Program(unittest.TestCase):
    def test_that_is_not_there_is_said_to_be_missing(self):
        with mock.patch.dict(os.environ, ATTNX_PROGRAM="/no/such/program"), self.assertRaises(attnx.Error) as caught:
            attnx.inspect(SAMPLE)
        self.assertEqual(caught.exception.code, "no-program")

    def test_that_cannot_be_run_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "attnx")
            path.write_bytes(b"\x7fELF")
            path.chmod(0o755)
            with mock.patch.dict(os.environ, ATTNX_PROGRAM=str(path)), self.assertRaises(attnx.Error) as caught:
                attnx.inspect(SAMPLE)
        self.assertEqual(caught.exception.code, "cannot-run")
        self.assertIn("Exec format error", caught.exception.message)

    def test_without_an_answer_says_what_it_said(self):
        for script, said in (("echo why >&2; exit 3", "status 3: why"), ("kill -9 $$", "signal 9")):
            with stand_in(script), self.assertRaises(attnx.Error) as caught:
                attnx.inspect(SAMPLE)
            self.assertEqual((caught.exception.code, caught.exception.message), ("no-answer", f"attnx ended with {said}"))

    def test_of_another_schema_is_not_misread(self):
        with stand_in("echo '{\"schema\": 2, \"result\": {}}'"), self.assertRaises(attnx.Error) as caught:
            attnx.inspect(SAMPLE)
        self.assertEqual(caught.exception.code, "other-schema")

    def test_is_what_the_version_is_of_and_python_m_runs(self):
        said = subprocess.run([sys.executable, "-B", "-m", "attnx", "--version"], check=True, capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}).stdout
        self.assertEqual(said, f"attnx {attnx.__version__}\n")


class Module(unittest.TestCase):
    def test_is_written_for_the_oldest_python_that_the_wheel_asks_for(self):
        for path in (ROOT / "python/attnx").glob("*.py"):
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


if __name__ == "__main__":
    unittest.main()
