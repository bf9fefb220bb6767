#!/bin/sh
# A tour of the three ways Graft is used: a backbone registered in code, a head retargeted by configuration, weights
# that travel. Every command is shown before it runs; the first mismatch ends the tour with an error.
#
#     GRAFT=.build/release/graft PYTHON=.cache/Interop/bin/python sh Docs/tour.sh      (make test-interop runs it)
#
# TOUR_SKIP_OUTSIDE=1 leaves out the first step, which has to be compiled.
set -eu
cd "$(dirname "$0")/.."
root=$PWD

absolute() { case $1 in /*) echo "$1" ;; */*) echo "$root/$1" ;; *) command -v "$1" ;; esac; }
program=$(absolute "${GRAFT:-.build/release/graft}")
interpreter=$(absolute "${PYTHON:-.cache/Interop/bin/python}")
export GRAFT="$program"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
if [ ! -t 1 ]; then say() { printf '\n%s\n' "$*"; }; fi
graft() { echo "$ graft $*"; "$program" "$@"; }
python() { echo "$ python $*"; script=$1; shift; "$interpreter" -B "$root/Tests/Interop/$script" "$@"; }
wrong() { echo "tour: $*" >&2; exit 1; }
# A command that has to end with the status 1 and one line that has these words in it.
refused() {
    words=$1; shift
    echo "$ graft $*"
    status=0; "$program" "$@" 2> refusal || status=$?
    cat refusal
    [ "$status" -eq 1 ] || wrong "status $status in place of 1"
    [ "$(wc -l < refusal)" -eq 1 ] || wrong "the refusal is not one line"
    grep -q "$words" refusal || wrong "the refusal does not say: $words"
}

say "1. Register a backbone, a head and a weight source from outside"
if [ "${TOUR_SKIP_OUTSIDE:-0}" = 1 ]; then
    echo "left out: TOUR_SKIP_OUTSIDE is set"
else
    echo "$ swift run -c release --package-path Tests/Outside --scratch-path .build/outside"
    swift run -c release --package-path Tests/Outside --scratch-path .build/outside
fi

# From here on in a folder of its own, with the bundled pictures under the name `sample`.
folder=$(mktemp -d "${TMPDIR:-/tmp}/graft-tour.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
ln -s "$root/Tests/Fixtures/sample" sample

say "2. A checkpoint from elsewhere becomes a Graft model"
python tour.py checkpoint elsewhere.pth 1 sample/train
graft import elsewhere.pth base.npz --backbone mobilenet_v3_small

say "3. Retarget its head by configuration, without training"
cat > tour.yaml <<'YAML'
backbone: mobilenet_v3_small
weights: base.npz
head: {kind: linear, dropout: 0.2}
data: {train: sample/train, test: sample/test}
train: {epochs: 20, optimizer: {kind: adam, learning_rate: 0.003}, seed: 42}
cache: false
YAML
echo "$ cat tour.yaml"
cat tour.yaml
graft retarget base.npz tour.yaml retargeted.npz
# ImageNet has a class of this name too, so its row is kept.
python tour.py rows base.npz retargeted.npz pizza=pizza

say "4. Train it on the bundled sample"
graft train tour.yaml --output run
graft selftest run/model.npz

say "5. Export it to all four formats"
for format in npz safetensors pth onnx; do
    graft export run/model.npz "out.$format"
done

say "6. Run each in PyTorch or ONNX Runtime, and compare the logits with Graft's"
python tour.py logits run/model.npz sample/test out.npz out.safetensors out.pth out.onnx

say "7. Import back, and compare bits"
for format in npz safetensors pth; do
    graft import "out.$format" "back-$format.npz"
done
python tour.py bits run/model.npz back-npz.npz back-safetensors.npz back-pth.npz

say "8. Edit the classes without losing what was learnt"
graft classes run/model.npz edited.npz --remove steak --rename pizza=pizza_slice --add ramen \
    --order sushi,ramen,pizza_slice
python tour.py rows run/model.npz edited.npz pizza=pizza_slice sushi=sushi
graft selftest edited.npz

say "9. Export the head alone, and join it with its base"
graft export run/model.npz head.npz --head-only
graft import head.npz joined.npz --base base.npz
python tour.py bits run/model.npz joined.npz

say "10. Any other base is refused"
python tour.py checkpoint other.pth 2 sample/train
refused "the head was trained on another base" import head.npz wrong.npz --base other.pth
refused "the head was trained on another base" import head.npz wrong.npz --base efficientnet_lite0
[ ! -e wrong.npz ] || wrong "a refused import wrote a file"

say "The tour is over: all as it must be."
