"""The command line: `python -m gateline check k8s/`."""

import sys

from gateline import _native


def main() -> int:
    """Run the command line with the words of this process; return the exit code."""
    return _native.main(["gateline", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
