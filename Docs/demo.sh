#!/bin/sh
# What `make demo` runs: get the pictures, train a new head, predict. Every command is shown before it runs.
set -eu
graft=${GRAFT:-.build/release/graft}
output=runs/demo

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
if [ ! -t 1 ]; then say() { printf '\n%s\n' "$*"; }; fi

say "1. The pictures: pizza, steak and sushi (15.7 MB)"
echo "$ graft fetch pizza_steak_sushi"
if data=$("$graft" fetch pizza_steak_sushi --print-path); then
    kind="photographs"
else
    data=Tests/Fixtures/sample
    kind="ray-traced pictures, not photographs"
    echo "No network, so the bundled sample is used instead: $kind, in $data"
fi

say "2. Train a new head on $kind"
echo "$ graft train Docs/demo.yaml --set data.train=$data/train --set data.test=$data/test --output $output"
"$graft" train Docs/demo.yaml --set "data.train=$data/train" --set "data.test=$data/test" --output "$output"

say "3. Predict three of the test pictures"
set --
for class in pizza steak sushi; do
    set -- "$@" "$(find "$data/test/$class" -name '*.jpg' | sort | head -n 1)"
done
echo "$ graft predict $output/model.npz $*"
"$graft" predict "$output/model.npz" "$@"

say "Open $output/report.html in a browser to see what it learnt."
