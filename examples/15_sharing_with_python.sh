#!/bin/sh
# Runs both programs of the example on a server of their own: ./15_sharing_with_python.sh PATH_OF_THE_PROGRAM
# It ends with 77 where redis-server or Python's dogpile.cache is not installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
command -v redis-server >/dev/null || { echo "redis-server is not installed"; exit 77; }
"$python" -c 'import dogpile.cache, redis' 2>/dev/null || { echo "dogpile.cache is not installed"; exit 77; }

directory=$(mktemp -d)
redis-server --port 0 --unixsocket "$directory/socket" --save '' --appendonly no >"$directory/log" &
server=$!
trap 'kill $server; wait $server; rm -rf "$directory"' EXIT
tries=0
until [ -S "$directory/socket" ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat "$directory/log"; exit 1; }
    sleep 0.05
done

url=unix://$directory/socket
"$python" "$here/15_sharing_with_python.py" "$url" >"$directory/python" &
other=$!
until grep -q creates "$directory/python"; do
    kill -0 $other 2>/dev/null || { wait $other; exit 1; }
    sleep 0.05
done
"$1" "$url" | tee "$directory/cpp" # it waits for Python's value
wait $other
cat "$directory/python"
grep -q 'Ada was made by Python' "$directory/cpp"
