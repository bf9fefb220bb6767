"""Makes one symbol graph of several: what `import Graft` gives, with all members of it.

    python3 Docs/api.py Sources/Graft/Exports.swift FOLDER_OF_GRAPHS OUT.symbols.json

A type's extensions are left out where the compiler extracts re-exported types, so each module is extracted by itself, and
here its exported part is taken over.
"""

import json
import pathlib
import re
import sys

exports, folder, out = map(pathlib.Path, sys.argv[1:])
wanted = set(re.findall(r"^@_exported public import \w+ (\w+\.\w+)", exports.read_text(), re.M))
merged = {"symbols": [], "relationships": []}
for path in sorted(folder.glob("*.symbols.json")):
    graph = json.loads(path.read_text())
    # An extension of another module's type is in a file named MODULE@OTHER.
    module, _, extended = path.name.removesuffix(".symbols.json").partition("@")
    home = extended or module
    known = set()
    for symbol in graph["symbols"]:
        top = f"{home}.{symbol['pathComponents'][0]}"
        if home in ("Zoo", "Graft") or top in wanted:
            merged["symbols"].append(symbol)
            known.add(symbol["identifier"]["precise"])
    merged["relationships"] += [link for link in graph["relationships"] if link["source"] in known]
    if module == "Graft" and not extended:
        merged |= {"metadata": graph["metadata"], "module": graph["module"]}
out.write_text(json.dumps(merged))
