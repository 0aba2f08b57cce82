"""What the formats of our description mean, so that what schemathesis makes up by it is right."""
import schemathesis
from hypothesis import strategies as st

WORD = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,20}", fullmatch=True)
TEXT = st.from_regex(r"[a-zA-Z0-9 _.-]{0,20}", fullmatch=True)
OPERATOR = st.sampled_from(["=", "!=", "=~", "!~"])

schemathesis.openapi.format("matcher", st.builds('{}{}"{}"'.format, WORD, OPERATOR, TEXT))
EDGE_SIDES = ["source_namespace", "source_workload", "destination_namespace", "destination_service"]
NAME = st.from_regex(r"[a-zA-Z0-9_.-]{1,20}", fullmatch=True)
schemathesis.openapi.format("edge-matcher", st.builds('{}="{}"'.format, st.sampled_from(EDGE_SIDES), NAME))
schemathesis.openapi.format("future-date-time", st.builds("2{}-01-01T00:00:00Z".format, st.integers(100, 999)))
TAG = st.from_regex(r'(W/)?"[0-9]{1,6}(-[0-9a-f]{16})?"', fullmatch=True)
schemathesis.openapi.format("etag", st.one_of(st.just("*"), TAG))
schemathesis.openapi.format("cursor", st.just(""))
