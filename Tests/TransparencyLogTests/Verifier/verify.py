#!/usr/bin/env python3
"""Checks DeployCenter's audit log without DeployCenter: written from its documentation ("Verify the log"), sharing no code.

    verify.py bundle FILE --key VKEY [--key VKEY ...]     an exported bundle, offline
    verify.py log URL_OR_FOLDER --key VKEY [...]          a whole log from its checkpoint, tiles and entries

A URL is that of the server with /api/v1/log; it asks for a token: --token, or DEPLOYCENTER_TOKEN in the environment.

Needs Python 3.10 and the package `cryptography`. Exits with 0 where everything holds, 1 where something does not.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import unicodedata
import urllib.error
import urllib.request
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "deploycenter-audit-bundle/1"
MAXIMUM_DEPTH = 128


class Bad(Exception):
    """What is read is not what it must be."""


def sha256(data):
    return hashlib.sha256(data).digest()


def from_base64(text):
    """Standard base64 with padding; one spelling for each value."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise Bad("base64") from error
    if base64.b64encode(data).decode() != text:
        raise Bad("base64")
    return data


# JSON and its canonical form, RFC 8785


def parse(data):
    """JSON of RFC 8259, without the liberties that Python takes: no second key of one name, no NaN, no lone surrogates."""

    def unique(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise Bad("an object has a key twice")
        return dict(pairs)

    def constant(_):
        raise Bad("not JSON")

    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors.
        raise Bad("not JSON") from error
    return value


def canonical(value, depth=0):
    if value is None or value is True or value is False:
        return {None: b"null", True: b"true", False: b"false"}[value]
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if depth >= MAXIMUM_DEPTH:
        raise Bad("too deep")
    if isinstance(value, list):
        return b"[" + b",".join(canonical(element, depth + 1) for element in value) + b"]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return b"{" + b",".join(string(name) + b":" + canonical(value[name], depth + 1) for name in names) + b"}"


ESCAPES = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
ESCAPES = {code: ESCAPES.get(code, f"\\u{code:04x}") for code in [*range(32), 34, 92]}


def string(text):
    try:
        return b'"' + text.translate(ESCAPES).encode("utf-8") + b'"'
    except UnicodeEncodeError as error:
        raise Bad("half a surrogate pair") from error


def number(value):
    """As ECMAScript writes the double (ECMA-262, Number::toString)."""
    try:
        value = float(value)
    except OverflowError as error:
        raise Bad("beyond a double") from error
    if value in (float("inf"), float("-inf")):
        raise Bad("beyond a double")
    if value == 0:
        return b"0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{point - 1:+d}"
    return (sign + text).encode()


# The tree, RFC 9162


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def included(leaf, index, size, root, proof):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    place, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def extends(new_root, new_size, old_root, old_size, proof):
    """RFC 9162, 2.1.4.2."""
    if old_size > new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == sha256(b"")
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def tree_root(hashes):
    """MTH of RFC 6962, 2.1, over the hashes of leaves."""
    if not hashes:
        return sha256(b"")
    # A row's last node without a sibling moves up as it is: that is how RFC 6962 splits.
    while len(hashes) > 1:
        row = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = row + hashes[len(hashes) & ~1 :]
    return hashes[0]


# Checkpoints, c2sp.org/signed-note and c2sp.org/tlog-checkpoint


class Key:
    """`<name>+<key id>+<base64 of 0x01 and the key>`"""

    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Bad("a public key has three parts")
        self.name = parts[0]
        data = from_base64(parts[2])
        self.key_id = sha256(self.name.encode() + b"\n" + data)[:4]
        if not is_name(self.name) or len(data) != 33 or data[0] != 1 or parts[1] != self.key_id.hex():
            raise Bad("not the text of an Ed25519 key")
        self.key = Ed25519PublicKey.from_public_bytes(data[1:])

    def verifies(self, signature, text):
        try:
            self.key.verify(signature, text)
        except InvalidSignature:
            return False
        return True


def is_name(name):
    return bool(name) and not any(
        c == "+" or ord(c) < 0x20 or c in "\x85\u2028\u2029" or unicodedata.category(c) == "Zs" for c in name
    )


def checkpoint(note, keys):
    """(origin, size, root) of a note that a key of that origin signed."""
    if any(byte < 0x20 and byte != 0x0A for byte in note) or not note.endswith(b"\n"):
        raise Bad("not a note")
    text, blank, lines = note.rpartition(b"\n\n")
    if not blank or not lines:
        raise Bad("not a note")
    text += b"\n"
    lines = lines[:-1].split(b"\n")
    if len(lines) > 64:
        raise Bad("too many signatures")
    signers = []
    signatures = []
    for line in lines:
        try:
            line = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Bad("not a note") from error
        match = re.fullmatch("\u2014 ([^ ]*) ([^ ]*)", line)
        if not match or not is_name(match[1]):
            raise Bad("not a signature")
        data = from_base64(match[2])
        if len(data) <= 4:
            raise Bad("not a signature")
        signatures.append((match[1], data))
    try:
        body = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad("not a note") from error
    for name, data in signatures:
        for key in keys:
            if key.name == name and key.key_id == data[:4]:
                if not key.verifies(data[4:], text):
                    raise Bad("a wrong signature")
                signers.append(key)
    lines = body.split("\n")
    if lines.pop() != "" or len(lines) < 3 or "" in lines or not re.fullmatch("0|[1-9][0-9]{0,19}", lines[1]):
        raise Bad("not a checkpoint")
    origin, size, root = lines[0], int(lines[1]), from_base64(lines[2])
    if size >= 1 << 64 or len(root) != 32 or (size == 0 and root != sha256(b"")):
        raise Bad("not a checkpoint")
    if not any(key.name == origin for key in signers):
        raise Bad("not signed by a known key of its log")
    return origin, size, root


# Bundles


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool) and len(str(value)) <= 15


def read(line):
    """A line's value after its canonical form, so that 1.0 is 1."""
    return parse(canonical(parse(line)))


def read_proof(value):
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Bad("not a proof")
    hashes = [from_base64(text) for text in value]
    if any(len(data) != 32 for data in hashes):
        raise Bad("not a proof")
    return hashes


class Scope:
    def __init__(self, value):
        if not isinstance(value, dict) or not {"from", "to"} <= set(value) <= {"from", "to", "streams"}:
            raise Bad("scope")
        self.first, self.last = value["from"], value["to"]
        if not is_integer(self.first) or not is_integer(self.last) or self.first < 1 or self.last < self.first - 1:
            raise Bad("scope")
        self.position = self.first
        self.streams = value.get("streams") if "streams" in value else None
        if "streams" in value:
            if not isinstance(self.streams, dict):
                raise Bad("scope")
            for ends in self.streams.values():
                if not isinstance(ends, list) or len(ends) != 2 or not all(map(is_integer, ends)):
                    raise Bad("scope")
                if ends[0] < 1 or ends[1] < ends[0]:
                    raise Bad("scope")
            self.version = {name: ends[0] for name, ends in self.streams.items()}

    def place(self, envelope):
        """(problem, position) or nothing."""
        position, stream, version = envelope["position"], envelope["stream"], envelope["streamVersion"]
        if not self.first <= position <= self.last:
            return [("scope", position)]
        if position < self.position:
            return [("order", position)]
        expected, self.position = self.position, position + 1
        if self.streams is None:
            return [] if position == expected else [("missing", expected)]
        if stream not in self.streams or not self.streams[stream][0] <= version <= self.streams[stream][1]:
            return [("scope", position)]
        if version < self.version[stream]:
            return [("order", position)]
        expected, self.version[stream] = self.version[stream], version + 1
        return [] if version == expected else [("missing", position)]

    def end(self):
        if self.streams is None:
            return [("missing", self.position)] if self.position <= self.last else []
        return [("missing", None)] if any(self.version[s] <= ends[1] for s, ends in self.streams.items()) else []


ENVELOPE = {
    "id": str, "metadata": str, "payload": str, "position": int, "recordedAt": str, "schemaVersion": int, "stream": str,
    "streamVersion": int, "type": str,
}  # fmt: skip


def check_event(line, size, root, scope):
    try:
        event = read(line)
        needed = {"envelope", "payload", "metadata", "proof"}
        if not isinstance(event, dict) or not needed <= set(event) <= needed | {"opened"}:
            raise Bad("event")
        envelope, proof = event["envelope"], read_proof(event["proof"])
        if not isinstance(envelope, dict) or set(envelope) != set(ENVELOPE):
            raise Bad("envelope")
        for name, kind in ENVELOPE.items():
            if not (is_integer(envelope[name]) if kind is int else isinstance(envelope[name], str)):
                raise Bad("envelope")
        if envelope["position"] < 1:
            raise Bad("envelope")
    except Bad:
        return [("malformed", None)]
    position = envelope["position"]
    found = []
    for name in ("payload", "metadata"):
        if sha256(canonical(event[name])).hex() != envelope[name]:
            found.append((name, position))
    if not included(leaf_hash(canonical(envelope)), position - 1, size, root, proof):
        found.append(("proof", position))
    return found + scope.place(envelope)


def check_bundle(data, keys):
    """A list of (line, position, problem), empty where everything holds."""
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    problem = "malformed"
    try:
        header = read(lines[0] if lines else b"")
        needed = {"format", "checkpoint", "scope"}
        if not isinstance(header, dict) or not needed <= set(header) <= needed | {"growth"}:
            raise Bad("header")
        if header["format"] != FORMAT or not isinstance(header["checkpoint"], str):
            raise Bad("header")
        scope = Scope(header["scope"])
        if "growth" in header:
            growth = header["growth"]
            if not isinstance(growth, dict) or set(growth) != {"since", "proof"} or not isinstance(growth["since"], str):
                raise Bad("header")
            path = read_proof(growth["proof"])
        problem = "checkpoint"
        origin, size, root = checkpoint(header["checkpoint"].encode(), keys)
        if "growth" in header:
            problem = "growth"
            old_origin, old_size, old_root = checkpoint(growth["since"].encode(), keys)
            if old_origin != origin or not extends(root, size, old_root, old_size, path):
                raise Bad("growth")
        problem = "scope"
        if scope.last > size:
            raise Bad("scope")
    except Bad:
        return [(1, None, problem)]
    findings = []
    for index, line in enumerate(lines[1:], start=2):
        findings += [(index, position, problem) for problem, position in check_event(line, size, root, scope)]
    findings += [(len(lines) + 1, position, problem) for problem, position in scope.end()]
    return findings


# Whole logs, c2sp.org/tlog-tiles


token = None


def fetch(base, path):
    """None where there is no such file."""
    if not re.match("https?://", base):
        file = Path(base) / path
        return file.read_bytes() if file.is_file() else None
    try:
        request = urllib.request.Request(f"{base.rstrip('/')}/{path}")
        if token:
            # Not to wherever an answer may point.
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def tile_suffix(index, width):
    text = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03d}/" + text
    return text + (f".p/{width}" if width < 256 else "")


def check_log(base, keys):
    """Recomputes the root from the leaves' tiles, and compares what else is served with them; a list of problems."""
    note = fetch(base, "checkpoint")
    if note is None:
        return ["there is no checkpoint"]
    try:
        origin, size, root = checkpoint(note, keys)
    except Bad as error:
        return [f"checkpoint: {error}"]
    problems = []
    row, level = [], 0
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        suffix = tile_suffix(index, width)
        data = fetch(base, "tile/0/" + suffix)
        if data is None or len(data) != 32 * width:
            return problems + [f"position {256 * index + 1}: tile/0/{suffix} is missing or of a wrong length"]
        hashes = [data[i : i + 32] for i in range(0, len(data), 32)]
        entries = fetch(base, "tile/entries/" + suffix)
        if entries is not None:
            problems += check_entries(entries, hashes, 256 * index)
        row.append(hashes)
    leaves = [leaf for hashes in row for leaf in hashes]
    if tree_root(leaves) != root:
        problems.append("the leaves do not have the checkpoint's root")
    hashes = leaves
    while len(hashes) >= 256:
        level += 1
        hashes = [tree_root(hashes[i : i + 256]) for i in range(0, len(hashes) // 256 * 256, 256)]
        for index in range((len(hashes) + 255) // 256):
            expected = hashes[256 * index : 256 * index + 256]
            path = f"tile/{level}/" + tile_suffix(index, len(expected))
            if fetch(base, path) != b"".join(expected):
                problems.append(f"{path} does not follow from the leaves")
    return problems


def check_entries(data, hashes, start):
    problems, offset = [], 0
    for index, leaf in enumerate(hashes):
        length = int.from_bytes(data[offset : offset + 2], "big")
        entry = data[offset + 2 : offset + 2 + length]
        offset += 2 + length
        if leaf_hash(entry) != leaf:
            return [f"position {start + index + 1}: the entry does not have the leaf's hash"]
    return problems if offset == len(data) else [f"position {start + len(hashes)}: more entries than leaves"]


# The command, and what DeployCenter's tests ask for, line by line


def batch(folder):
    """Answers the lines of the file `questions` about parts of the file `data`, a line each, for tests that ask thousands:
    `canonical <offset> <length>` or `bundle <offset> <length> <key> …`."""
    whole = (Path(folder) / "data").read_bytes()
    for line in (Path(folder) / "questions").read_text().splitlines():
        ask, offset, length, *keys = line.split(" ")
        data = whole[int(offset) : int(offset) + int(length)]
        if ask == "canonical":
            try:
                answer = sha256(canonical(parse(data))).hex()
            except Bad:
                answer = None
        else:
            answer = check_bundle(data, [Key(text) for text in keys])
        print(json.dumps(answer))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["bundle", "log", "batch"])
    parser.add_argument("source")
    parser.add_argument("--key", action="append", default=[], help="a public key, <name>+<key id>+<base64>")
    parser.add_argument("--token", default=os.environ.get("DEPLOYCENTER_TOKEN"), help="sent as bearer token to URLs")
    arguments = parser.parse_args()
    global token
    token = arguments.token
    if arguments.command == "batch":
        return batch(arguments.source)
    if not arguments.key:
        parser.error("at least one --key")
    keys = [Key(text) for text in arguments.key]
    if arguments.command == "bundle":
        findings = check_bundle(Path(arguments.source).read_bytes(), keys)
        problems = [
            f"line {line}: {problem}" + ("" if position is None else f" at position {position}")
            for line, position, problem in findings
        ]
    else:
        problems = check_log(arguments.source, keys)
    for problem in problems:
        print(problem)
    print("FAILED" if problems else "verified")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    sys.exit(main())
