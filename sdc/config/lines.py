"""On which line of a TOML text does every key stand?

``tomllib`` forgets positions, yet a clerk needs the line. This scanner walks over a text that
``tomllib`` has accepted already, so it may be lenient: it never decides whether a text is valid.
"""

from __future__ import annotations

import tomllib

Path = tuple[str | int, ...]


def locate_keys(text: str) -> dict[Path, int]:
    """First line (1-based) of every table, key and array element of a valid TOML text; O(length).

    >>> lines = locate_keys('a = 1\\n[t]\\nb = [\\n  2,\\n  3,\\n]\\n[[u]]\\nc = {d = 4}\\n')
    >>> lines["t", "b"], lines["t", "b", 1], lines["u", 0, "c", "d"]
    (3, 5, 8)
    """
    return _Scanner(text).run()


def nearest(lines: dict[Path, int], path: Path) -> int | None:
    """Line of a path, or of the closest thing above it that is written down.

    >>> nearest({("a",): 4}, ("a", "b", 0)), nearest({}, ("a",))
    (4, None)
    """
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _Scanner:
    """One pass over the characters; ``at`` is the position, ``lines`` what was found so far."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        prefix: Path = ()
        while self._skip(" \t\r\n"):
            if self.text.startswith("[[", self.at):
                prefix = self._header(2)
            elif self.text[self.at] == "[":
                prefix = self._header(1)
            else:
                self._pair(prefix)
        return self.lines

    def _skip(self, blank: str) -> bool:
        """Step over blanks and comments; False at the end."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in blank:
                self.at += 1
            else:
                return True
        return False

    def _note(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)

    def _header(self, width: int) -> Path:
        """``[a.b]`` or ``[[a.b]]``: the path that the keys below it begin with."""
        start = self.at
        self.at += width
        keys = self._keys("]")
        self.at += width
        path: Path = ()
        for i, key in enumerate(keys):
            path = (*path, key)
            last = i == len(keys) - 1
            if width == 2 and last:
                self._note(path, start)
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        self._note(path, start)
        return path

    def _keys(self, end: str) -> list[str]:
        """A dotted key up to ``end``, which is not consumed."""
        keys = []
        while self._skip(" \t.") and self.text[self.at] != end:
            start = self.at
            if self.text[self.at] in "\"'":
                self._string()
                quoted = self.text[start : self.at]
                keys.append(str(tomllib.loads(f"k = {quoted}")["k"]))
            else:
                while self.text[self.at] not in " \t." + end:
                    self.at += 1
                keys.append(self.text[start : self.at])
        return keys

    def _pair(self, prefix: Path) -> None:
        start = self.at
        path = (*prefix, *self._keys("="))
        for depth in range(len(prefix) + 1, len(path) + 1):
            self._note(path[:depth], start)
        self.at += 1
        self._skip(" \t")
        self._value(path)

    def _value(self, path: Path) -> None:
        char = self.text[self.at]
        if char == "[":
            self._members(path, "]")
        elif char == "{":
            self._members(path, "}")
        elif char in "\"'":
            self._string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _members(self, path: Path, end: str) -> None:
        """The elements of an array or the pairs of an inline table."""
        self.at += 1
        index = 0
        while self._skip(" \t\r\n,") and self.text[self.at] != end:
            if end == "}":
                self._pair(path)
            else:
                self._note((*path, index), self.at)
                self._value((*path, index))
                index += 1
        self.at += 1

    def _string(self) -> None:
        """Step over a string of any of the four kinds."""
        quote = self.text[self.at]
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(fence)
        while not self.text.startswith(fence, self.at):
            self.at += 2 if self.text[self.at] == "\\" and quote == '"' else 1
        self.at += len(fence)
        # up to two quotation marks may stand directly before a closing fence of three
        while len(fence) == 3 and self.text.startswith(quote, self.at):
            self.at += 1
