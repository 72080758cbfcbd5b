import argparse
import contextlib
import importlib
import os
import shutil
import signal
import sys
import time
import types

import spack
import spack.store

EXTENSION = os.path.join(os.environ["FAKE_SPACK_EXTENSION"], "specgraph")
DATA = os.environ["FAKE_SPACK_DATA"]
SIM = "lab-sim-2.0-iw5yw6b6c6hrzcc7edw2mpvca5shfn7w"
STAGE = "spack-stage-lab-fail-test-1.0-dyrbfqnlaiwogos4tgwu63szhjizz7aw"


def make_argument_parser():
    parser = argparse.ArgumentParser(prog="spack", add_help=False)
    parser.add_argument("-C", "--config-scope", action="append")
    parser.add_argument("-e", "--env")
    return parser


def main():
    parser = make_argument_parser()
    parser.add_argument("command", nargs=argparse.REMAINDER)
    parsed, _ = parser.parse_known_args()
    if parsed.command[0] == "install":
        return _install(parsed, parsed.command[1:])
    if parsed.command[0] == "reindex":
        return spack.store.STORE.db.reindex()
    module = _load_extension()
    command = argparse.ArgumentParser(prog="spack specgraph")
    module.setup_parser(command)
    return module.specgraph(command, command.parse_args(parsed.command[1:]))


def _load_extension():
    for name in (
        "spack.extensions",
        "spack.extensions.specgraph",
        "spack.extensions.specgraph.cmd",
    ):
        package = types.ModuleType(name)
        subfolders = name.split(".")[3:]
        package.__path__ = [os.path.join(EXTENSION, *subfolders)]
        sys.modules[name] = package
    return importlib.import_module("spack.extensions.specgraph.cmd.specgraph")


def _install(parsed, words):
    print("installing", *words, "in", parsed.env, flush=True)
    if "lab-sim" in words:
        prefix = os.path.join(spack.store.Store.root, SIM)
        shutil.copytree(os.path.join(DATA, "store", SIM), prefix)
        path = os.path.join(DATA, "specs", "lab-sim-2.0-iw5yw6b.json")
        spack.store.STORE.db.add(path, prefix, True, time.time())
        with contextlib.suppress(ValueError):
            spack.store.STORE.db.reindex()
    if "lab-fail-dep" in words:
        marks = os.path.join(spack.store.Store.root, ".spack-db", "failures")
        os.makedirs(marks)
        for name in os.listdir(os.path.join(DATA, "store", "failures")):
            shutil.copyfile(
                os.path.join(DATA, "store", "failures", name), os.path.join(marks, name)
            )
    if "lab-fail-test" in words:
        stage = os.path.join(spack.ROOT, "stage", STAGE)
        shutil.copytree(os.path.join(DATA, "store", STAGE), stage, copy_function=shutil.copyfile)
    if "hung-up" in words:
        os.kill(os.getpid(), signal.SIGHUP)
    if "killed" in words:
        os.kill(os.getpid(), signal.SIGKILL)
    return 1 if any("fail" in word for word in words) else 0
