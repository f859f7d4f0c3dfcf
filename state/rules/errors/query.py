"""Questions about committed state."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class QueryError(AssayError):
    """A query is refused."""

    codespace = "query"


class UnknownPath(QueryError):
    """No query has this path."""

    code = 1


class BadQuery(QueryError):
    """The query's data are malformed."""

    code = 2


class HeightNotKept(QueryError):
    """The height is not committed yet, or no longer kept."""

    code = 3


class NotFound(QueryError):
    """Nothing is stored there."""

    code = 4


class QueryFailed(QueryError):
    """The node failed to answer; its log says why."""

    code = 5
