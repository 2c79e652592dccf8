#!/usr/bin/env bash
# The wheel holds all of tern: built as docs/python.md says, installed into a folder of its own, it passes tests there.
# usage: wheel_test.sh PYTHON BUILD_DIR FOLDER
set -euo pipefail
python=$1 build=$2 folder=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$python" -c 'import setuptools, wheel, pip' || {
  echo "wheel_test.sh: pip, setuptools or wheel is missing (Debian: apt-get install python3-pip python3-setuptools python3-wheel)" >&2
  exit 1
}
rm -rf "$folder"
mkdir -p "$folder"
# A copy, since setuptools writes beside its sources.
cp -r "$here/.." "$folder/source"
sed -i "s|^ROOT = .*|ROOT = pathlib.Path('$(cd "$here/../../../.." && pwd)')|" "$folder/source/setup.py"
TERN_BUILD_DIR=$build "$python" -m pip -q wheel --no-build-isolation --no-deps --no-index -w "$folder" "$folder/source"
wheel=$(echo "$folder"/tern-*.whl)
case $wheel in
  */tern-*-cp311-abi3-linux_*.whl) ;;
  *) echo "wheel_test.sh: $wheel is not for the limited API of 3.11" >&2; exit 1 ;;
esac
"$python" -m pip -q install --no-index --no-deps --target "$folder/installed" "$wheel"
for file in py.typed __init__.pyi _tern.abi3.so; do
  [ -e "$folder/installed/tern/$file" ] || { echo "wheel_test.sh: the wheel lacks $file" >&2; exit 1; }
done
if ldd "$folder/installed/tern/_tern.abi3.so" | grep libtern; then
  echo "wheel_test.sh: the library is not inside" >&2
  exit 1
fi
cd "$here"
PYTHONPATH=$folder/installed PYTHONDONTWRITEBYTECODE=1 "$python" -m unittest -q test_statements
