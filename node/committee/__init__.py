"""A validator's own part in the committee, done by its node without being asked.

After every commit the node looks at what committed state awaits from this
validator and sends it. `duties` reads that from state, `members` keeps the
secrets on disk, `answers` computes, `outbox` signs and sends, `shares` serves
vote extensions, and `runtime` ties them together.
"""
