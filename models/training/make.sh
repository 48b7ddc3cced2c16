#!/bin/sh
# Trains, evaluates and exports the model: sh models/training/make.sh [WORK]   (about two hours on one core)
# Every part is skipped when its result is there, and training resumes from its last checkpoint.
# Needs Python with torch (2.13, CPU), numpy and gguf, and g++ for torch.compile.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-build/model}
case $work in /*) ;; *) work=$PWD/$work ;; esac
python=${PYTHON:-python3}
mkdir -p "$work"
# One thread, and an allocator that keeps its memory: fresh pages cost more than the arithmetic.
export OMP_NUM_THREADS=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=268435456
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
cd "$here"
[ -f tokenizer.json ] || "$python" data.py tokenizer
[ -f heldout.jsonl ] || "$python" data.py split
"$python" train.py --work "$work" --piece a
"$python" train.py --work "$work" --piece b
[ -f "$work/own.npz" ] || "$python" own.py "$work/piece-b.pt" --out "$work/own.npz"
"$python" train.py --work "$work" --piece c
"$python" train.py --work "$work" --piece d
"$python" export.py "$work/piece-d.pt" "$work/erratum-small"
"$python" evaluate.py "$work/piece-d.pt" --out "$work/evaluation"
cp "$work/erratum-small-q8_0.gguf" ../erratum-small-q8_0.gguf
