"""A process that commits one version after the other and says so; test_store_crash.py kills it.

    python store_writer.py DIRECTORY LAST [pause]

With `pause` it prepares the next version, says so, and waits to be killed.
"""

from __future__ import annotations

import random
import sys
import time
from hashlib import sha256

from assay.state.store import Store


def changes(version: int) -> dict[bytes, bytes | None]:
    """What a version changes: overwritten, new and deleted records."""
    draw = random.Random(version)
    return {
        b"key%d" % draw.randrange(2000): None if draw.random() < 0.2 else draw.randbytes(40)
        for _ in range(300)
    }


def bulk(version: int) -> bytes:
    """Bytes that a version keeps, and the next one drops."""
    return random.Random(-version).randbytes(50_000)


def records(version: int) -> dict[bytes, bytes]:
    """All records of a version."""
    held: dict[bytes, bytes | None] = {}
    for earlier in range(1, version + 1):
        held.update(changes(earlier))
    return {key: value for key, value in held.items() if value is not None}


def main(directory: str, last: int, pause: bool) -> None:
    with Store.open(directory, create=True, retain_versions=4) as store:
        while store.version < last:
            version = store.version + 1
            data = bulk(version)
            puts = {(b"%d" % version, sha256(data).digest()): data}
            drops = [b"%d" % (version - 1)]
            prepared = store.prepare(version, changes(version), puts, drops)
            if pause:
                print("prepared", version, flush=True)
                time.sleep(600)
            store.commit(prepared)
            print("committed", version, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["pause"])
