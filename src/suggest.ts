import { distance } from "fastest-levenshtein";

/**
 * "Did you mean": the known word nearest to one that is not known. Used wherever a person writes names by hand:
 * configuration, catalogue, requests to the API, commands.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const folded = word.toLowerCase();
  let best: string | undefined;
  // A third of the letters may differ; beyond that a suggestion is a guess and misleads.
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(folded, candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

const LISTED_MAX = 12;

/** The second half of a sentence about an unknown name: the nearest known one, else the whole list if it is short. */
export function suggestion(word: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearest(word, names);
  if (near !== undefined) {
    return `Did you mean "${near}"?`;
  }
  if (names.length === 0) {
    return "None exists yet.";
  }
  return names.length <= LISTED_MAX ? `Known: ${names.join(", ")}.` : "";
}

/** `There is no team "x". Did you mean "y"?` */
export function unknownName(kind: string, word: string, known: Iterable<string>): string {
  return `There is no ${kind} "${word}". ${suggestion(word, known)}`.trimEnd();
}
