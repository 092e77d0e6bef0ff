#!/bin/sh
# attend beside a peer that computes and saves the same maps: whole processes, with maps kept and with metrics alone.
#
#   ATTNX_BENCH_MAPS_PEER=./llama-maps tests/bench/attention.sh build/bench MODEL.gguf …
#
# The peer is called as PEER MODEL TOKENS THREADS FILE (llama_maps.cpp beside this is one). Ratios are to the peer.
# ATTNX_BENCH_TOKENS, ATTNX_BENCH_THREADS and ATTNX_BENCH_RUNS say otherwise than 16 to 2048 tokens, one and two threads,
# five rounds. Maps go to a folder below TMPDIR, where 2048 tokens take gigabytes; those of the command before are removed,
# so that each finds as much memory.
set -eu
build=$1
shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/attnx-bench.XXXXXX")
trap 'rm -rf "$folder"' EXIT
for model in "$@"; do
    for count in ${ATTNX_BENCH_TOKENS:-16 128 512 2048}; do
        tokens=$(awk -v n="$count" 'BEGIN { for (x = i = 1; i <= n; ++i) { x = (x * 7919 + 17) % 30011; printf "%s%d", (i > 1 ? "," : ""), x + 100 } }')
        attend="$build/attnx attend $model --tokens $tokens --max-memory 16GiB"
        for threads in ${ATTNX_BENCH_THREADS:-1 2}; do
            echo "$(basename "$model"), $count tokens, $threads threads: the peer, maps, metrics"
            "$build/tests/bench/attnx_bench_compare" -n "${ATTNX_BENCH_RUNS:-5}" \
                -b "rm -f $folder/peer $folder/maps.npy $folder/maps.npy.json" \
                "$ATTNX_BENCH_MAPS_PEER $model $tokens $threads $folder/peer" \
                "$attend -t $threads -o $folder/maps.npy" "$attend -t $threads" | cut -c 1-70
        done
    done
done
