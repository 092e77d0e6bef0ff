"""tools/make-wheel: what is in a wheel, and which programs it takes."""
import base64
import csv
import hashlib
import importlib.machinery
import importlib.util
import io
import pathlib
import struct
import sys
import tarfile
import tempfile
import unittest
import zipfile

from support import ROOT

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("make_wheel", str(ROOT / "tools/make-wheel"))
make_wheel = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_wheel", LOADER))
LOADER.exec_module(make_wheel)

X86_64, RISCV = 62, 243
LOAD, INTERPRETER = 1, 3


def elf(machine=X86_64, segment=LOAD):
    """The header of a 64-bit program with one segment (elf(5))."""
    return (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
            + struct.pack("<II", segment, 0) + bytes(48))


class Wheel(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def make(self, program):
        tarball = pathlib.Path(self.folder.name, "attnx-7.8.9-linux-x86_64.tar.xz")
        files = {"bin/attnx": program, "share/man/man1/attnx.1": b"man", "share/doc/attnx/LICENSE": b"licence",
                 "share/doc/attnx/THIRD-PARTY-NOTICES": b"notices", "share/doc/attnx/README.md": b"readme"}
        with tarfile.open(tarball, "w:xz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo("attnx-7.8.9-linux-x86_64/" + name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return make_wheel.make(tarball, ROOT / "python", self.folder.name)

    def test_has_the_program_the_module_and_what_belongs_to_them(self):
        path = self.make(elf())
        self.assertEqual(path.name, "attnx-7.8.9-py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl")
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            self.assertEqual(wheel.read("attnx-7.8.9.data/scripts/attnx"), elf())
            self.assertEqual(wheel.getinfo("attnx-7.8.9.data/scripts/attnx").external_attr >> 16, 0o100755)
            self.assertIn("Version: 7.8.9\n", wheel.read("attnx-7.8.9.dist-info/METADATA").decode())
        for module in (ROOT / "python/attnx").glob("*.py"):
            self.assertIn(f"attnx/{module.name}", names)
        for name in ("data/data/share/man/man1/attnx.1", "dist-info/LICENSE", "dist-info/THIRD-PARTY-NOTICES"):
            self.assertIn("attnx-7.8.9." + name, names)

    def test_records_every_file_with_its_hash_and_itself_without(self):
        with zipfile.ZipFile(self.make(elf())) as wheel:
            rows = {name: rest for name, *rest in csv.reader(io.StringIO(wheel.read("attnx-7.8.9.dist-info/RECORD").decode()))}
            self.assertEqual(set(rows), set(wheel.namelist()))
            self.assertEqual(rows.pop("attnx-7.8.9.dist-info/RECORD"), ["", ""])
            for name, (digest, size) in rows.items():
                kind, _, text = digest.partition("=")
                self.assertEqual((kind, int(size)), ("sha256", len(wheel.read(name))))
                self.assertEqual(base64.urlsafe_b64decode(text + "="), hashlib.sha256(wheel.read(name)).digest())

    def test_is_the_same_whenever_it_is_made(self):
        first = self.make(elf()).read_bytes()
        self.assertEqual(self.make(elf()).read_bytes(), first)

    def test_takes_only_programs_that_load_no_libraries_and_have_a_tag(self):
        for program in (elf(segment=INTERPRETER), elf(machine=RISCV), b"#!/bin/sh\n"):
            with self.assertRaises(SystemExit):
                self.make(program)


if __name__ == "__main__":
    unittest.main()
