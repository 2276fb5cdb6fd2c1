import { spawnSync } from "node:child_process";

/**
 * Asks npm's registry whether something that is shipped has a known hole of level high or critical. A finding fails the
 * run. A registry that cannot be asked, or has no such service, is told and does not: what was installed is the lock file's.
 *
 *     node tools/auditDependencies.mjs
 */
const { stdout, error } = spawnSync(
  "npm",
  ["audit", "--omit=dev", "--audit-level=high", "--json"],
  { encoding: "utf8", timeout: 120_000 },
);
const report = readReport(stdout);
const counts = report?.metadata?.vulnerabilities;

if (counts === undefined) {
  const why = error?.message ?? report?.message ?? report?.error?.summary ?? "no report";
  console.log(`dependency audit: NOT DONE, the service could not be asked (${why.split("\n")[0]})`);
} else {
  const serious = counts.high + counts.critical;
  const lesser = counts.info + counts.low + counts.moderate;
  console.log(`dependency audit: ${serious} of level high or critical, ${lesser} of a lower one`);
  for (const [name, { severity, range }] of Object.entries(report.vulnerabilities ?? {})) {
    console.log(`  ${severity}: ${name} ${range}`);
  }
  if (serious > 0) process.exitCode = 1;
}

function readReport(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
