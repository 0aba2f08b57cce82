"""Small checks shared by the strict doubles. Each adds a sentence to `problems` and says whether the value was right."""
import re

URL = re.compile(r"^https?://[^\s/?#<>\"]+[^\s<>\"]*$")
RFC3339 = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")


def string(problems, where, value, longest, shortest=1):
    if not isinstance(value, str):
        problems.append(f"{where}: not a string")
    elif not shortest <= len(value) <= longest:
        problems.append(f"{where}: {len(value)} characters, allowed {shortest} to {longest}")
    elif any("\ud800" <= c <= "\udfff" for c in value):
        problems.append(f"{where}: a lone surrogate is not text")
    else:
        return True
    return False


def keys(problems, where, value, required, optional=()):
    """An object with all the required keys and none but the optional ones beside them."""
    if not isinstance(value, dict):
        problems.append(f"{where}: not an object")
        return False
    missing = [k for k in required if k not in value]
    unknown = [k for k in value if k not in required and k not in optional]
    problems += [f"{where}: {k} is missing" for k in missing] + [f"{where}: unknown key {k}" for k in unknown]
    return not missing and not unknown


def one_of(problems, where, value, allowed):
    if not isinstance(value, str) or value not in allowed:
        problems.append(f"{where}: {value!r:.80} is none of {', '.join(sorted(allowed))}")
        return False
    return True


def url(problems, where, value, longest=3000, schemes=("http", "https")):
    if not string(problems, where, value, longest):
        return False
    if not URL.match(value) or value.split(":", 1)[0] not in schemes:
        problems.append(f"{where}: {value!r:.80} is not a URL of {'/'.join(schemes)}")
        return False
    return True


def json_content(problems, request):
    kind = request.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "application/json":
        problems.append(f"content type {kind!r:.80} is not application/json")
        return False
    return True
