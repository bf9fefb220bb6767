"""Runs every test_… function of the modules named test_… beside this file, each in a folder of its own.

    GRAFT=.build/release/graft python Tests/Interop/run.py [WORD [MODULE]]

With a word, only the tests with that word in their names; with a module, those of that one, whatever its name.
"""

import importlib
import pathlib
import sys
import tempfile
import time
import traceback

word = sys.argv[1] if len(sys.argv) > 1 else ""
passed = failed = 0
modules = f"{sys.argv[2]}.py" if len(sys.argv) > 2 else "test_*.py"
for path in sorted(pathlib.Path(__file__).parent.glob(modules)):
    module = importlib.import_module(path.stem)
    for name, test in sorted(vars(module).items()):
        if not name.startswith("test_") or word not in name:
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="graft-interop-") as folder:
            try:
                note = test(folder)
                passed += 1
                print(f"passed  {path.stem}.{name} ({time.monotonic() - start:.1f} s){': ' + note if note else ''}", flush=True)
            except Exception:
                failed += 1
                traceback.print_exc()
                print(f"FAILED  {path.stem}.{name}", flush=True)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)
