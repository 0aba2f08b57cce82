// Exact increments in PromQL. increase() knows nothing of a series that is born at 12 and extrapolates what it knows;
// here every event counts once: a born series in full where its target was being scraped before or its process is
// young, a grown one by the difference, a reset one from zero. Needs a step that is at least the scrape interval.

const step = '$__interval';
const twoSteps = '2 * $__interval_ms / 1000'; // seconds

// What tells the age of a counter's process, by how the counter's name begins. ztunnel has nothing of the kind.
const ages = [
  {names: 'meshwarden_', age: `time() - last_over_time(process_start_time_seconds[${step}])`},
  {names: 'pilot_', age: `last_over_time(istiod_uptime_seconds[${step}])`},
  {names: '', age: `last_over_time(envoy_server_uptime[${step}])`},
];

// Several families in one selector would collide once their names are gone: the name becomes the label `family`.
function named(samples: string, families: boolean): string {
  return families ? `label_replace(${samples}, "family", "$1", "__name__", "(.+)")` : samples;
}

/** Events of each series of `selector` in the step. `families`: the selector names more than one metric. */
export function events(selector: string, families = false): string {
  const now = named(`last_over_time(${selector}[${step}])`, families);
  const before = named(`last_over_time(${selector}[${step}] offset ${step})`, families);
  const wasScraped = `max_over_time(up[${step}] offset ${step}) == 1`;
  const young = `${ages.find(({names}) => selector.startsWith(names))!.age} < ${twoSteps}`;
  return (
    `((${now} unless ${before}) and on (job, instance) (${wasScraped} or ${young}))` +
    ` or (${now} - ${before} >= 0)` +
    ` or (${now} < ${before})`
  );
}

export function sumBy(labels: string[], expression: string): string {
  return `sum by (${labels.join(', ')}) (${expression})`;
}

/** Those of the whole range, for an instant: the steps added up. */
export function inRange(sum: string): string {
  return `sum_over_time((${sum})[$__range:${step}])`;
}

/** Sums that are not 0: a mesh has thousands of pods and pairs to which nothing happened. */
export function happened(labels: string[], expression: string): string {
  return `${sumBy(labels, expression)} > 0`;
}

export function replaced(expression: string, label: string, from: string, pattern: string): string {
  return `label_replace(${expression}, "${label}", "$1", "${from}", "${pattern}")`;
}
