#!/usr/bin/env python3
"""Prints the package's copyright file (DEP-5): what is linked into the program, whose it is, and under
which licence. Read from cargo and from the sources of the crates, so that no crate can be forgotten.

    systemd/debian/copyright.py TARGET...      e.g. aarch64-unknown-linux-musl; run in the tree

Where a crate may be used under one of several licences, those count that `deny.toml` allows.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

# Debian has these texts in /usr/share/common-licenses.
COMMON = {"Apache-2.0": "Apache-2.0"}
# The others are taken from a crate that has nothing else in its file: licence → crate, file.
TEXTS = {
    "MIT": ("memchr", "LICENSE-MIT"),
    "BSD-3-Clause": ("subtle", "LICENSE"),
    "ISC": ("untrusted", "LICENSE.txt"),
    "Zlib": ("zlib-rs", "LICENSE"),
    "Unicode-3.0": ("tinystr", "LICENSE"),
    "CDLA-Permissive-2.0": ("webpki-roots", "LICENSE"),
}
LLVM_EXCEPTION = """As an exception, if, as a result of your compiling your source code, portions of this
Software are embedded into an Object form of such source code, you may redistribute such embedded
portions in such Object form without complying with the conditions of Sections 4(a), 4(b) and 4(d) of
the License."""
# Linked in, and no crates: what rustc and the C side of the target bring.
RUNTIME = [
    ("rust-std/*", "The Rust Project contributors", "MIT or Apache-2.0",
     "The standard library of Rust with the crates it is made of."),
    ("musl/*", "2005-2025 Rich Felker, et al.", "MIT", "The C library."),
    ("llvm-runtimes/*", "The LLVM contributors", "Apache-2.0 with LLVM-exception",
     "compiler-rt and libunwind."),
]
# Copyright lines of licence files, not the sentences about copyright in them.
CLAIM = re.compile(
    r"^[\s*#/-]*((?:portions )?(?:copyright\b|©|\(c\)(?=\s*[12]\d\d\d)).*)$", re.IGNORECASE)
NO_CLAIM = re.compile(
    r"copyright (notice|owner|holder|law|licen[cs]e|and permission|interest|statement|assignment)"
    r"|[\[{]yyyy[\]}]|^copyright:?$", re.IGNORECASE)
SPDX = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+-]+)")


def fail(words):
    sys.exit(f"copyright: {words}")


def cargo(*words):
    return subprocess.run(["cargo", *words], check=True, capture_output=True, text=True).stdout


def linked(target):
    """Name and version of every crate whose code is in the program."""
    tree = cargo("tree", "--locked", "--package", "pairbox", "--edges", "normal,no-proc-macro",
                 "--target", target, "--prefix", "none", "--format", "{p}")
    return {tuple(line.split()[:2]) for line in tree.splitlines() if line}


def notices(folder):
    """The files in which a crate says whose it is."""
    return sorted(path for path in folder.iterdir() if path.is_file()
                  and re.match(r"(LICEN[CS]E|COPY|NOTICE|UNLICENSE|AUTHORS)", path.name, re.IGNORECASE))


def claims(package):
    """Who has the copyright, in the crate's own words."""
    found = []
    folder = Path(package["manifest_path"]).parent
    for path in notices(folder):
        for line in path.read_text(errors="replace").splitlines():
            claim = CLAIM.match(line)
            if claim and not NO_CLAIM.search(claim[1]):
                words = re.sub(r"^(copyright|\(c\)|©|[\s:,])+", "", claim[1], flags=re.IGNORECASE)
                words = words.strip().rstrip(".,")
                if words and words not in found:
                    found.append(words)
    if found:
        return found
    people = [re.sub(r"\s*<.*>", "", author) for author in package["authors"]]
    return people or [f"The authors of {package['name']}"]


def headers(package):
    """Licences named in the heads of a crate's sources."""
    found = set()
    for path in (Path(package["manifest_path"]).parent / "src").rglob("*.rs"):
        with path.open(errors="replace") as source:
            found.update(SPDX.findall(source.read(1000)))
    return found


def licence(package, allowed):
    """The licence of a crate in DEP-5's words, and a remark."""
    stated = package["license"] or fail(f"{package['name']} names no licence")
    if any(header.startswith("AGPL") for header in headers(package)):
        return "AGPL-3.0-only", f"The manifest says {stated}; the headers of the sources say this."
    parts = [part.strip(" ()") for part in stated.split(" AND ")]
    chosen = []
    for part in parts:
        names = [name.strip(" ()") for name in re.split(r" OR |/", part)]
        usable = sorted(name for name in names if name in allowed and " " not in name)
        chosen.append(" or ".join(usable) or fail(f"{package['name']}: none of {part} is allowed"))
    return ", and ".join(chosen) if any(" or " in c for c in chosen) else " and ".join(chosen), None


def folded(text):
    """As DEP-5 wants the lines of a text: one space before each, a dot for an empty one."""
    lines = re.sub(r"\n\s*\n\s*\n+", "\n\n", text).strip("\n").splitlines()
    return "\n".join(" " + line.rstrip() if line.strip() else " ." for line in lines)


def text_of(name, packages):
    if name in COMMON:
        return f"On Debian systems the text is in /usr/share/common-licenses/{COMMON[name]}."
    if name == "AGPL-3.0-only":
        return Path("LICENSE").read_text()
    if name == "Apache-2.0 with LLVM-exception":
        where = "On Debian systems the text of Apache-2.0 is in /usr/share/common-licenses/Apache-2.0."
        return f"{where}\n\n{LLVM_EXCEPTION}"
    crate, file = TEXTS.get(name) or fail(f"the text of {name} is not known")
    package = next(p for p in packages.values() if p["name"] == crate)
    path = next((p for p in notices(Path(package["manifest_path"]).parent)
                 if p.name.startswith(file.removesuffix(".txt"))), None)
    lines = (path or fail(f"{crate} has no {file}")).read_text().splitlines()
    return "\n".join(line.removeprefix("//").removeprefix(" ") if line.startswith("//") else line
                     for line in lines if not (CLAIM.match(line) and not NO_CLAIM.search(line)))


def paragraph(files, copyright_lines, name, remark):
    yield "Files: " + "\n ".join(files)
    yield "Copyright: " + "\n ".join(copyright_lines)
    yield f"License: {name}"
    if remark:
        yield f"Comment: {remark}"
    yield ""


def main(targets):
    if not targets:
        fail("which target?")
    with open("deny.toml", "rb") as file:
        allowed = set(tomllib.load(file)["licenses"]["allow"])
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1"))
    packages = {(p["name"], "v" + p["version"]): p for p in metadata["packages"]}
    crates = sorted(set().union(*map(linked, targets)) - {("pairbox", own_version(packages))})

    groups = defaultdict(list)
    for crate in crates:
        package = packages[crate]
        name, remark = licence(package, allowed)
        groups[(tuple(claims(package)), name, remark)].append(f"{crate[0]}-{crate[1][1:]}/*")

    out = ["Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
           "Upstream-Name: pairbox",
           "Comment: The program is linked with the crates below, which are not in its own tree;",
           f" each is named by the folder it is unpacked to. There are {len(crates)}.", ""]
    out += paragraph(["*"], ["The pairbox authors"], "AGPL-3.0-only", None)
    for (holders, name, remark), files in sorted(groups.items(), key=lambda group: group[1]):
        out += paragraph(files, holders, name, remark)
    for files, holder, name, remark in RUNTIME:
        out += paragraph([files], [holder], name, remark)

    used = {part for _, name, _ in groups for part in re.split(r",? and | or ", name)}
    for name in sorted(used | {"AGPL-3.0-only", "Apache-2.0", "Apache-2.0 with LLVM-exception", "MIT"}):
        out += [f"License: {name}", folded(text_of(name, packages)), ""]
    print("\n".join(out).rstrip())


def own_version(packages):
    return next(version for name, version in packages if name == "pairbox")


if __name__ == "__main__":
    main(sys.argv[1:])
