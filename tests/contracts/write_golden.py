"""Write the golden samples anew: `python -m tests.contracts.write_golden`."""

from __future__ import annotations

import json

from tests.contracts.catalogue import label, messages, sample
from tests.contracts.test_golden import GOLDEN


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for path in GOLDEN.glob("*.json"):
        path.unlink()
    for cls in messages():
        (GOLDEN / f"{label(cls)}.json").write_text(json.dumps(sample(cls).to_wire(), indent=2) + "\n")


if __name__ == "__main__":
    main()
