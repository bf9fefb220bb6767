#!/bin/sh
# Makes the documentation of the library, what `import Graft` gives and nothing else, in .build/docs/Graft.doccarchive. Needs the
# modules that `swift build -c release` leaves, and docc, which comes with Swift.
set -eu
cd "$(dirname "$0")/.."
docc=$(command -v docc || xcrun --find docc)
extract=$(command -v swift-symbolgraph-extract || xcrun --find swift-symbolgraph-extract)
build=.build/release
target=$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",/\1/p' | head -1)
rm -rf .build/docs && mkdir -p .build/docs/modules .build/docs/symbols
set --
for map in Sources/System/*/module.modulemap $build/CImage.build/module.modulemap $build/CKernels.build/module.modulemap; do
    set -- "$@" -Xcc "-fmodule-map-file=$map"
done
[ "$(uname)" != Darwin ] || set -- "$@" -sdk "$(xcrun --show-sdk-path)"
for module in Graft Zoo $(sed -n 's/^@_exported public import [a-z]* \([A-Za-z]*\)\..*/\1/p' Sources/Graft/Exports.swift | sort -u); do
    "$extract" -module-name "$module" -I $build/Modules -target "$target" -output-dir .build/docs/modules \
        -minimum-access-level public -skip-inherited-docs -skip-synthesized-members "$@"
done
python3 Docs/api.py Sources/Graft/Exports.swift .build/docs/modules .build/docs/symbols/Graft.symbols.json
"$docc" convert Sources/Graft/Graft.docc --additional-symbol-graph-dir .build/docs/symbols \
    --fallback-display-name Graft --fallback-bundle-identifier graft --warnings-as-errors \
    --output-path .build/docs/Graft.doccarchive
echo "graft: the documentation is in .build/docs/Graft.doccarchive (docc preview shows it)"
