"""Holds dashboards/*.json against the types that Grafana publishes (npm @grafana/schema, two lines of it), and against
their typed source. Needs npm and the network. Exit 0: they agree; 1: they do not; 77: npm or the registry is not there.

The JSON is written as TypeScript constants of those types, since tsc widens what it imports from JSON.
"""
import glob
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
SOURCE = os.path.join(ROOT, "dashboards", "src")
WORK = os.path.join(ROOT, "build", "dashboards")
SKIPPED = 77
PANELS = {  # panel type: (folder, file) of its options
    "timeseries": ("timeseries", "TimeSeries"), "stat": ("stat", "Stat"), "table": ("table", "Table"),
    "state-timeline": ("statetimeline", "StateTimeline"), "bargauge": ("bargauge", "BarGauge"),
}
ENDINGS = {"schema-old": ".d.ts", "schema-new": ""}  # how each line exports the types of the panels
WITH_FIELDS = {"timeseries", "table", "state-timeline"}


def run(*command, cwd):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)


def install(folder):
    done = run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", cwd=folder)
    if done.returncode != 0:
        print(f"skipped: npm cannot install: {done.stderr.strip().splitlines()[-1:]}")
        sys.exit(SKIPPED)


def constants(schema, dashboard):
    """TypeScript that compiles only where the dashboard, and each panel's options, are of the published types."""
    lines = [f"import type {{Dashboard, AnnotationQuery}} from '{schema}';",
             "import type {Plain, PrometheusAnnotation} from './plain';"]
    used = sorted({panel["type"] for panel in dashboard["panels"]} - {"row"})
    for kind in used:
        folder, name = PANELS[kind]
        lines.append(f"import type * as {name} from '{schema}/dist/esm/raw/composable/{folder}/panelcfg/x/"
                     f"{name}PanelCfg_types.gen{ENDINGS[schema]}';")
    lines.append("type Annotation = Omit<Plain<AnnotationQuery>, 'target'> & PrometheusAnnotation;")
    lines.append("type Annotations = {annotations: {list: Annotation[]}};")
    lines.append("export const dashboard: Omit<Plain<Dashboard>, 'annotations'> & Annotations = "
                 + json.dumps(dashboard, indent=1) + ";")
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            continue
        name = PANELS[panel["type"]][1]
        lines.append(f"export const options{panel['id']}: Plain<{name}.Options> = {json.dumps(panel['options'])};")
        if panel["type"] in WITH_FIELDS:
            custom = panel["fieldConfig"]["defaults"].get("custom", {})
            lines.append(f"export const fields{panel['id']}: Plain<{name}.FieldConfig> = {json.dumps(custom)};")
    return "\n".join(lines) + "\n"


def check_types(dashboard, name, schemas=("schema-old", "schema-new")):
    """tsc's complaints."""
    found = []
    for schema in schemas:
        path = os.path.join(WORK, f"{name}.{schema}.ts")
        with open(path, "w", encoding="utf-8") as file:
            file.write(constants(schema, dashboard))
        done = run("npx", "tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "node16",
                   "--moduleResolution", "node16", path, cwd=WORK)
        if done.returncode != 0:
            found += [f"{name}, {schema}: {line}" for line in done.stdout.splitlines()]
    return found


def read_all(folder):
    found = {}
    for path in glob.glob(os.path.join(folder, "*.json")):
        with open(path, encoding="utf-8") as file:
            found[os.path.basename(path)] = file.read()
    return found


def check_source():
    """The committed JSON is what the typed source writes, file by file."""
    install(SOURCE)
    written = os.path.join(WORK, "written")
    shutil.rmtree(written, ignore_errors=True)
    os.makedirs(written)
    for command in (("npx", "tsc", "-p", "."), ("node", "out/write.js", written)):
        done = run(*command, cwd=SOURCE)
        if done.returncode != 0:
            return [f"dashboards/src: {line}" for line in (done.stdout + done.stderr).splitlines()]
    wanted, committed = read_all(written), read_all(os.path.join(ROOT, "dashboards"))
    return [f"dashboards/{name} is not what dashboards/src writes: npm run build there"
            for name in sorted(wanted.keys() | committed.keys()) if wanted.get(name) != committed.get(name)]


def broken(dashboard):
    """The check itself must be able to fail: a wrong enum, a missing key, a wrong option."""
    one, two, three = (json.loads(json.dumps(dashboard)) for _ in range(3))
    one["graphTooltip"] = 7
    del two["schemaVersion"]
    next(p for p in three["panels"] if p["type"] == "timeseries")["options"]["legend"]["displayMode"] = "huge"
    return {"wrong-value": one, "missing-key": two, "wrong-option": three}


def main():
    if not shutil.which("npm"):
        print("skipped: npm is not installed")
        return SKIPPED
    os.makedirs(WORK, exist_ok=True)
    for name in ("package.json", "plain.ts"):
        shutil.copy(os.path.join(HERE, name), WORK)
    install(WORK)
    problems = check_source()
    for path in sorted(glob.glob(os.path.join(ROOT, "dashboards", "*.json"))):
        with open(path, encoding="utf-8") as file:
            dashboard = json.load(file)
        name = os.path.splitext(os.path.basename(path))[0]
        problems += check_types(dashboard, name)
        for fault, wrong in broken(dashboard).items():
            if not check_types(wrong, fault, ("schema-old",)):
                problems.append(f"the check lets {fault} pass")
    print("\n".join(problems) or "dashboards agree with @grafana/schema 11.6.0 and 13.2.3 and with their source")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
