#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image from the uploaded zip, which lies in /autograder/source.
#
# Not tried on Gradescope itself. What its documentation leaves open:
# - The base image is Ubuntu 22.04 unless another is chosen. 22.04 has python3.11 among its packages (as a late
#   pre-release), 24.04 has python3.12; the first that can be had is taken. `python3` itself is Gradescope's and stays.
# - Whether bubblewrap may make namespaces inside their container. If not, the grader says so and gives no score; see
#   UNSAFE in run_autograder.
# - In the assignment's settings, ask for more than the default memory of a container: torch alone takes half of it.
set -euo pipefail

# The address of PyTorch's CPU builds, as PyTorch's installation page gives it. Where it is empty, torch comes with
# several gigabytes of CUDA libraries, which may be more than the image is allowed.
TORCH_INDEX=""

autograder=${AUTOGRADER:-/autograder}
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap util-linux

python=""
for version in 3.11 3.12 3.13; do
    if apt-get install -y --no-install-recommends "python$version" "python$version-venv"; then
        python="python$version"
        break
    fi
done
if [ -z "$python" ]; then
    echo "There is no Python 3.11, 3.12 or 3.13 for this image; choose Ubuntu 22.04 or 24.04." >&2
    exit 1
fi

cd "$autograder/source"
chmod 0700 "$autograder/source"  # the tests and the solutions; what a submission may see, the sandbox puts in place
if [ -n "$TORCH_INDEX" ]; then
    "$python" -m venv .venv
    .venv/bin/python -m pip install --disable-pip-version-check --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.txt)"
fi
"$python" -m course setup
