import { changePlugin } from "./connections.js";
import type { SeatkeeperApi } from "./api.js";
import { createQueue } from "./bounded.js";
import { DIALECTS } from "./dialects.js";
import type { Insight } from "./insight.js";
import type { Happening, Move } from "./page/model.js";
import { movesOf } from "./page/sentences.js";
import type { LedgerLine } from "./page/sentences.js";
import { ProvisioningRefused } from "./provisioner.js";
import type { Provisioner, Watch } from "./provisioner.js";
import type { Exchange } from "./scimClient.js";
import { DIALECT_IDS } from "./state.js";
import type { CurrentPerson, Directory } from "./state.js";

/** What the buttons do. Each ends with a happening: what was sent, what was answered, which seats moved. */
export interface Actions {
  /** The form's action and its one field, if it has one. False when there is no such action. */
  perform(action: string, person: CurrentPerson, value: string): Promise<boolean>;
  switchDialect(value: string): Promise<void>;
  /** A sign-in leaves the page; what it moved is told when it comes back. */
  signInStarts(person: CurrentPerson): Promise<void>;
  /** What moved by this person's sign-in since it began, and by no other. */
  signInEnded(user: Arrived): Promise<readonly Move[]>;
  lastHappening(): Happening | null;
}

/** Who came, as the token says it. */
export interface Arrived {
  /** Seatkeeper's id. */
  readonly sub: string;
  readonly userName: string;
  readonly name: string | null;
}

export interface ActionParts {
  readonly directory: Directory;
  readonly provisioner: Provisioner;
  readonly insight: Insight;
  readonly api: SeatkeeperApi;
  readonly connectionId: string;
}

type Work = (watch: Watch) => Promise<void>;

export function createActions(parts: ActionParts): Actions {
  const { directory, insight } = parts;
  // One click after another, so that each panel tells its own story.
  const enqueue = createQueue();
  let last: Happening | null = null;
  /** By user name: two tabs may be on their way at once. */
  const signInFrom = new Map<string, number>();

  async function movesSince(position: number, tells = everything): Promise<Move[]> {
    await insight.settled();
    const lines = tells(await insight.entriesAfter(position));
    return movesOf(lines, await insight.namesFor(lines));
  }

  async function happen(title: string, work: Work): Promise<void> {
    await enqueue(async () => {
      const exchanges: Exchange[] = [];
      const before = await insight.newestPosition();
      const failure = await failureOf(() => work((exchange) => void exchanges.push(exchange)));
      last = { title, exchanges, failure, moves: await movesSince(before) };
    });
  }

  return {
    async perform(action, person, value) {
      const planned = planOf(parts, action, person, value);
      if (planned === null) return false;
      await happen(planned.title, planned.work);
      return true;
    },

    async switchDialect(value) {
      const dialect = DIALECT_IDS.find((id) => id === value);
      if (dialect === undefined) return;
      await happen(`The practice IdP now speaks like ${DIALECTS[dialect].title}.`, async () => {
        await changePlugin(parts.api, parts.connectionId, dialect);
        directory.setDialect(dialect);
      });
    },

    async signInStarts(person) {
      signInFrom.set(person.userName, await insight.newestPosition());
      const title = `${person.displayName} went to sign in and has not come back.`;
      const failure = person.active
        ? null
        : "The account is switched off: Seatkeeper refuses even a genuine assertion.";
      last = { title, exchanges: [], moves: [], failure };
    },

    async signInEnded({ sub, userName, name }) {
      // Who did not begin here has a story that begins now.
      const from = signInFrom.get(userName) ?? (await insight.newestPosition());
      signInFrom.delete(userName);
      const moves = await movesSince(from, (lines) => linesOfSignIn(lines, sub));
      last = { title: `${name ?? userName} signed in.`, exchanges: [], moves, failure: null };
      return moves;
    },

    lastHappening: () => last,
  };
}

function everything(lines: readonly LedgerLine[]): readonly LedgerLine[] {
  return lines;
}

/**
 * Without what was clicked meanwhile in another tab, and without the sign-ins of others. Lines of one request belong
 * together: who takes a seat over, and who loses it.
 */
export function linesOfSignIn(lines: readonly LedgerLine[], userId: string): LedgerLine[] {
  const own = new Set<string | null>();
  const others = new Set<string | null>();
  for (const { cause, userId: whose } of lines) {
    if (cause.action === "signIn") (whose === userId ? own : others).add(cause.requestId);
  }
  return lines.filter(({ cause: { type, requestId } }) => {
    if (type === "scim" || type === "admin") return false;
    return requestId === null || own.has(requestId) || !others.has(requestId);
  });
}

interface Planned {
  readonly title: string;
  readonly work: Work;
}

function planOf(
  { provisioner, directory }: ActionParts,
  action: string,
  person: CurrentPerson,
  value: string,
): Planned | null {
  const name = person.displayName;
  switch (action) {
    case "deactivate":
      return { title: `You deactivated ${name}.`, work: (w) => provisioner.deactivate(person, w) };
    case "reactivate":
      return { title: `You reactivated ${name}.`, work: (w) => provisioner.reactivate(person, w) };
    case "delete":
      return { title: `You deleted ${name}.`, work: (w) => provisioner.remove(person, w) };
    case "restore":
      return { title: `You restored ${name}.`, work: (w) => provisioner.restore(person, w) };
    case "rename":
      return renamePlan(provisioner, person, value);
    case "move": {
      const group = directory.group(value);
      if (group === undefined) return null;
      const title = `You moved ${name} to ${group.displayName}.`;
      return { title, work: (w) => provisioner.moveTo(person, group.key, w) };
    }
    default:
      return null;
  }
}

const NAME_LENGTH_MAX = 60;

function renamePlan(
  provisioner: Provisioner,
  person: CurrentPerson,
  value: string,
): Planned | null {
  const familyName = value.trim().slice(0, NAME_LENGTH_MAX);
  if (familyName === "") return null;
  const title = `You gave ${person.displayName} the family name ${familyName}.`;
  return { title, work: (w) => provisioner.rename(person, familyName, w) };
}

/** A refusal is part of what happened; anything else is a mistake of this program and goes on as an error. */
async function failureOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof ProvisioningRefused) return error.message;
    throw error;
  }
}
