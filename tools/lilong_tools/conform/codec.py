"""Puts the golden vectors to another implementation, a process that answers one line of JSON to each."""

import json
import os
import select
import shlex
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from ..inputs import InputError
from .report import Result
from .vectors import OPTIONAL, Question, questions

ANSWER_S = 10.0
RESTARTS_MAX = 25
_LONGEST = 120  # characters of an answer that a report repeats
_LINE_MAX = 1 << 20


class NoAnswerError(Exception):
    """The process has ended, or keeps silent; the text says which."""


class Codec:
    """The process; started at the first question, and again after it has ended or was given up."""

    def __init__(self, command: Sequence[str], answer_s: float = ANSWER_S) -> None:
        self.starts = 0
        self._command = command
        self._answer_s = answer_s
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> "Codec":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ask(self, line: bytes) -> bytes:
        """The line that answers; NoAnswerError when there is none in time."""
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(line + b"\n")
            process.stdin.flush()
        except OSError:
            raise NoAnswerError(self._ended()) from None
        return self._line(process)

    def stop(self) -> None:
        """End the process."""
        process, self._process, self._rest = self._process, None, b""
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(1 if process.poll() is None else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise InputError(
                f"--cmd {shlex.join(self._command)}: cannot be started ({error.strerror}); "
                "give a program and its arguments"
            ) from None
        return self._process

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        deadline = time.monotonic() + self._answer_s
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                process.kill()
                self.stop()
                raise NoAnswerError(f"no answer in {self._answer_s:g} s")
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                raise NoAnswerError(self._ended())
            self._rest += data
            if len(self._rest) > _LINE_MAX:
                process.kill()
                self.stop()
                raise NoAnswerError(f"an answer of more than {_LINE_MAX} bytes")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _ended(self) -> str:
        process = self._process
        self.stop()
        return f"it ended with code {process.returncode if process else '?'} instead of an answer"


def judge(question: Question, line: bytes) -> tuple[bool | None, str]:
    """Whether an answer is right; None and a reason when the operation is one that the codec may leave out."""
    try:
        answer = json.loads(line)
    except ValueError:
        return False, f"not a line of JSON: {_short(line.decode(errors='replace'))}"
    if not isinstance(answer, dict):
        return False, f"not a JSON object: {_short(line.decode(errors='replace'))}"
    if answer.get("unsupported"):
        return (None if question.ask["op"] in OPTIONAL else False), "the codec has no such operation"
    expected = question.answer
    if expected.get("refused"):
        code = expected.get("code")
        if not answer.get("refused"):
            return False, f"accepted: {_short(line.decode(errors='replace'))}"
        if code is not None and not _same(answer.get("code"), code):
            return False, f"refused with code {answer.get('code')}, not {code}"
        return True, ""
    if answer.get("refused"):
        return False, f"refused: {_short(str(answer['refused']))}"
    wrong = [name for name, value in expected.items() if not _same(answer.get(name), value)]
    if wrong:
        said = {name: answer.get(name) for name in wrong}
        return False, f"{_short(json.dumps(said, ensure_ascii=False))}, not {_short(_plain(expected, wrong))}"
    return True, ""


def check_codec(
    command: Sequence[str], answer_s: float = ANSWER_S, asked: Iterable[Question] | None = None
) -> list[Result]:
    """Ask everything; a result for each case and id. InputError when the command cannot be started."""
    results: list[Result] = []
    with Codec(command, answer_s) as codec:
        for question in questions() if asked is None else asked:
            said = "nothing"
            if codec.starts > RESTARTS_MAX:
                verdict: tuple[bool | None, str] = False, f"given up: no answer {RESTARTS_MAX} times"
            else:
                try:
                    line = codec.ask(json.dumps(question.ask, ensure_ascii=False).encode())
                    verdict = judge(question, line)
                    said = _short(line.decode(errors="replace"))
                    if not line.lstrip().startswith(b"{"):
                        codec.stop()  # more of a traceback may follow: the next answer shall not be mixed up with it
                except NoAnswerError as error:
                    verdict = False, str(error)
            frames = () if verdict[0] is not False else _exchange(question, said)
            results += [Result(name, question.case, *verdict, frames) for name in question.ids]
    return results


def _exchange(question: Question, said: str) -> tuple[str, ...]:
    asked, right = (_short(json.dumps(one, ensure_ascii=False)) for one in (question.ask, question.answer))
    return f"asked:    {asked}", f"right:    {right}", f"answered: {said}"


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0 and true are three things."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _plain(expected: dict[str, Any], names: Sequence[str]) -> str:
    return json.dumps({name: expected[name] for name in names}, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."
