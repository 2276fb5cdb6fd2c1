import { percentile, table } from "../support/measure.mjs";

const OURS = "seatkeeper";

/**
 * What was measured, our ratio to each of the others (above 1: we are faster), and how the costs grow.
 *
 * @param {Map<string, import("./measureServer.mjs").Result[]>} results
 * @returns {string} Markdown
 */
export function report(results) {
  const medians = new Map([...results].map(([name, rounds]) => [name, medianOf(rounds)]));
  const names = [...medians.keys()];
  const rows = [...new Set([...medians.values()].flatMap((result) => [...result.keys()]))];
  const figures = rows.map((row) => [
    row,
    ...names.map((name) => shown(medians.get(name)?.get(row))),
  ]);
  const ours = medians.get(OURS);
  const others = names.filter((name) => name !== OURS);
  const ratios = rows
    .filter((row) => ours?.has(row))
    .map((row) => [
      row,
      ...others.map((name) => ratio(ours?.get(row), medians.get(name)?.get(row))),
    ]);
  const parts = [table([["", ...names], ...figures])];
  if (ours !== undefined && others.length > 0) {
    parts.push(table([[`${OURS}, times as fast as`, ...others], ...ratios]));
  }
  parts.push(scaling(medians));
  return parts.join("\n\n");
}

function medianOf(rounds) {
  const result = new Map();
  for (const name of new Set(rounds.flatMap((round) => [...round.keys()]))) {
    const found = rounds.flatMap((round) => round.get(name) ?? []);
    const p99s = found.flatMap(({ p99 }) => p99 ?? []);
    result.set(name, {
      unit: found[0].unit,
      value: percentile(
        found.map(({ value }) => value),
        0.5,
      ),
      ...(p99s.length === 0 ? {} : { p99: percentile(p99s, 0.5) }),
    });
  }
  return result;
}

function shown(figure) {
  if (figure === undefined) return "-";
  const { value, unit, p99 } = figure;
  const text = unit === "/s" ? `${rounded(value)}/s` : `${rounded(value)} ${unit}`;
  return p99 === undefined ? text : `${text} (p99 ${rounded(p99)} ms)`;
}

function rounded(value) {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

function ratio(ours, theirs) {
  if (ours === undefined || theirs === undefined) return "-";
  const factor = ours.unit === "/s" ? ours.value / theirs.value : theirs.value / ours.value;
  return rounded(factor);
}

/**
 * How much a server's figures depend on the size of what it holds: the cost at the large end in multiples of the cost at
 * the small one.
 */
function scaling(medians) {
  const names = [...medians.keys()];
  const rows = [...new Set([...medians.values()].flatMap((result) => [...result.keys()]))];
  const pairs = [
    ...pairsOf(rows, /^look-up by userName, (\d+) users, 1 conn\.$/),
    ...pairsOf(rows, /^group of (\d+): add one$/),
    ...pairsOf(rows, /^group of (\d+): remove one$/),
    ["page of 100 by index, start", "page of 100 by index, end"],
    ["page of 100 by cursor, start", "page of 100 by cursor, end"],
  ];
  const lines = pairs.map(([small, large]) => [
    `${large}, against ${small}`,
    ...names.map((name) => ratio(medians.get(name)?.get(small), medians.get(name)?.get(large))),
  ]);
  return table([["costs, as a multiple", ...names], ...lines]);
}

/** The rows of a workload at its smallest and at its largest size. */
function pairsOf(rows, pattern) {
  const sized = rows
    .flatMap((row) => {
      const size = pattern.exec(row)?.[1];
      return size === undefined ? [] : [{ row, size: Number(size) }];
    })
    .sort((a, b) => a.size - b.size);
  const [first] = sized;
  const last = sized.at(-1);
  return first === undefined || last === undefined || first === last ? [] : [[first.row, last.row]];
}
