"""count.py FILE...: adds up JUnit files; skipped tests are named, never counted as passed. Exit 1 on a failure."""
import sys
import xml.etree.ElementTree as tree

passed = failed = 0
for file in sys.argv[1:]:
    for case in tree.parse(file).getroot().iter('testcase'):
        kinds = {child.tag for child in case}
        if 'skipped' in kinds or case.get('status') in ('notrun', 'disabled'):
            print(f"skipped: {case.get('classname')} {case.get('name')}")
        elif kinds & {'failure', 'error'} or case.get('status') == 'fail':
            print(f"failed: {case.get('classname')} {case.get('name')}")
            failed += 1
        else:
            passed += 1
print(f'{passed} passed, {failed} failed')
sys.exit(1 if failed or not passed else 0)
