"""architecture.py: holds every include of ours against the table of ARCHITECTURE.md, and what is confined to one folder.

Run by ctest and by hand; prints each breach as file:line: what. Exit 1 on any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAY_INCLUDE = {
    'model': set(),
    'io': {'model'},
    'collector': {'model', 'io'},
    'rules': {'model'},
    'anomaly': {'model'},
    'policy': {'model'},
    'incidents': {'model'},
    'notify': {'model', 'io', 'incidents'},
    'web': {'model', 'incidents'},
    'rehearsal': {'model', 'io'},
    'config': {'model', 'io', 'collector', 'rules', 'anomaly', 'policy', 'incidents', 'notify', 'web', 'rehearsal'},
    'app': {'model', 'io', 'collector', 'rules', 'anomaly', 'policy', 'incidents', 'notify', 'web', 'rehearsal', 'config'},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([\w./-]+)[>"]')
CLOCK = re.compile(r'\b(system_clock|steady_clock|high_resolution_clock)::now\b|\b(gettimeofday|clock_gettime|std::time)\s*\(')
SQL = re.compile(r'"[^"]*\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|BEGIN\s+IMMEDIATE)\b')


def breaches(folder, file, number, line):
    include = INCLUDE.match(line)
    header = file.suffix in ('.hpp', '.h')
    if include:
        target = include[1]
        other = target.split('/')[0]
        if other in MAY_INCLUDE and other != folder and other not in MAY_INCLUDE[folder]:
            yield f'{folder}/ may not include {other}/'
        if target.startswith('boost/beast') and folder != 'web':
            yield 'Boost.Beast belongs to web/'
        if target.startswith('curl/') and folder != 'io':
            yield 'libcurl belongs to io/'
        if target.startswith('sqlite3') and not file.name.startswith('sqlite'):
            yield 'SQLite belongs to incidents/sqlite*'
        if target == 'nlohmann/json.hpp' and header:
            yield 'headers take <nlohmann/json_fwd.hpp>'
    if folder != 'io' and CLOCK.search(line):
        yield 'only io/ reads a clock; time is an argument'
    if SQL.search(line) and not (folder == 'incidents' and file.name.startswith(('sqlite', 'postgres'))):
        yield 'SQL belongs to incidents/sqlite* and incidents/postgres*'


def main():
    found, files = 0, 0
    for folder in MAY_INCLUDE:
        for file in sorted((ROOT / folder).rglob('*')):
            if file.suffix not in ('.hpp', '.cpp', '.h'):
                continue
            files += 1
            for number, line in enumerate(file.read_text().splitlines(), 1):
                for what in breaches(folder, file, number, line):
                    print(f'{file.relative_to(ROOT)}:{number}: {what}')
                    found += 1
    print(f'{files} files, {found} breaches')
    return 1 if found or not files else 0


if __name__ == '__main__':
    sys.exit(main())
