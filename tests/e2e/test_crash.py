"""kill -9 at 20 random moments, in a storm whose targets fail half of the time (crash.py; `make bench` kills 200 times)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crash  # noqa: E402


def test_nothing_is_lost_and_nothing_doubled(tmp_path):
    result = crash.run(str(tmp_path), 20)
    assert result["ok"], "\n".join(result["wrong"])
    assert result["failed_requests"] > result["requests"] / 5, "the targets were to fail"
