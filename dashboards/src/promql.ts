// Exact increments in PromQL. increase() knows nothing of a series that is born at 12 and extrapolates what it knows;
// here every event counts once: a born series in full where its target was being scraped before or its process is
// young, a grown one by the difference, a reset one from zero. Needs a step that is at least the scrape interval.

const step = '$__interval';

// Several families in one selector would collide once their names are gone: the name becomes the label `family`.
function named(samples: string, families: boolean): string {
  return families ? `label_replace(${samples}, "family", "$1", "__name__", "(.+)")` : samples;
}

/** Events of each series of `selector` in the step. `families`: the selector names more than one metric. */
export function events(selector: string, families = false): string {
  const now = named(`last_over_time(${selector}[${step}])`, families);
  const before = named(`last_over_time(${selector}[${step}] offset ${step})`, families);
  const wasScraped = `min_over_time(up[${step}] offset ${step}) == 1 or envoy_server_uptime < 120`;
  return (
    `((${now} unless ${before}) and on (job, instance) (${wasScraped}))` +
    ` or (${now} - ${before} >= 0)` +
    ` or (${now} < ${before})`
  );
}

export function sumBy(labels: string[], expression: string): string {
  return `sum by (${labels.join(', ')}) (${expression})`;
}

/** Sums that are not 0: a mesh has thousands of pods and pairs to which nothing happened. */
export function happened(labels: string[], expression: string): string {
  return `${sumBy(labels, expression)} > 0`;
}

export function replaced(expression: string, label: string, from: string, pattern: string): string {
  return `label_replace(${expression}, "${label}", "$1", "${from}", "${pattern}")`;
}
