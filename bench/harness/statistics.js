export const sorted = (values) => [...values].sort((a, b) => a - b);

export function median(values) {
  const v = sorted(values);
  const middle = v.length >> 1;
  return v.length % 2 === 1 ? v[middle] : (v[middle - 1] + v[middle]) / 2;
}

/** Median, least and greatest; null where nothing was measured. */
export function summary(values) {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? null : { median: median(known), min: Math.min(...known), max: Math.max(...known), runs: known.length };
}

/** Looks things up in the rows of raw.jsonl. A metric is a field's name, or a function of the row. */
export class Results {
  #rows;

  constructor(rows) {
    this.#rows = rows;
  }

  #perRound(scenario, step, server, metric) {
    const value = typeof metric === 'function' ? metric : (row) => row[metric];
    const rows = this.#rows.filter((row) => row.scenario === scenario && row.step === `${step}` && row.server === server);
    return new Map(rows.map((row) => [row.round, value(row)]));
  }

  values(scenario, step, server, metric) {
    return [...this.#perRound(scenario, step, server, metric).values()];
  }

  summary(scenario, step, server, metric) {
    return summary(this.values(scenario, step, server, metric));
  }

  /** Of two servers, or two steps, in the same round: `[step, server, metric]` each. */
  ratio(scenario, [step, server, metric], [otherStep, otherServer, otherMetric]) {
    const other = this.#perRound(scenario, otherStep, otherServer, otherMetric);
    return summary([...this.#perRound(scenario, step, server, metric)].map(([round, value]) => value / other.get(round)));
  }

  failures() {
    return this.#rows.filter((row) => row.ok === false);
  }
}
