#!/bin/sh
# Runs both programs of the example: ./15_sharing_with_python.sh PATH_OF_THE_PROGRAM [URL]
# Without a url on a server of their own. It ends with 77 where redis-server or Python's dogpile.cache is not installed.
set -eu
[ $# -gt 0 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
"$python" -c 'import dogpile.cache, redis' 2>/dev/null || { echo "dogpile.cache is not installed"; exit 77; }
[ $# -gt 1 ] || exec "$here/with_server.sh" redis "$0" "$1" @url@

program=$1
url=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$python" "$here/15_sharing_with_python.py" "$url" >"$directory/python" &
other=$!
until grep -q creates "$directory/python"; do
    kill -0 $other 2>/dev/null || { wait $other; exit 1; }
    sleep 0.05
done
"$program" "$url" | tee "$directory/cpp" # it waits for Python's value
wait $other
cat "$directory/python"
grep -q 'Ada was made by Python' "$directory/cpp"
