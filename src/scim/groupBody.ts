import type { Group } from "../domain/directory.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { Member } from "../ports.js";
import type { ScimAnswer } from "./answer.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { isWanted, type Projection } from "./projection.js";
import { memberOf, serialise } from "./serialise.js";

/**
 * One group as a client sees it. A large group never stands in memory as a whole: its members are read, written and
 * forgotten page by page, as fast as the client takes them. Who changes the group meanwhile may or may not be seen; the
 * version is that of the beginning, so that a change on top of it (If-Match) is refused.
 */
export async function groupBody(
  deps: ScimDeps,
  call: ScimCall,
  group: Group,
  projection: Projection | null,
): Promise<Pick<ScimAnswer, "body" | "stream">> {
  const { baseUrl } = call;
  const shown = (members: readonly Member[] | null): JsonObject =>
    serialise(
      deps.schemas.group,
      { ...group, baseUrl, computed: members === null ? undefined : membersOf(members, baseUrl) },
      projection,
    );
  if (!isWanted(projection, "members")) return { body: shown(null) };
  const pages = pagesOf(deps, call, group.id);
  const { value: first = [] } = await pages.next();
  if (first.length < PAGE) return { body: shown(first) };
  // A plugin sees whole bodies only.
  if (call.plugin.shape !== undefined) return { body: shown([...first, ...(await rest(pages))]) };
  return { stream: piecesOf(shown, first, pages) };
}

/**
 * Nobody is written as an empty list. RFC 7643 §2.5 calls that and leaving it out the same, but clients do not: Authentik adds
 * nobody to a group whose members are left out.
 */
export function membersOf(members: readonly Member[], baseUrl: string): JsonObject {
  return { members: members.map((member) => memberOf(member, baseUrl)) };
}

const PAGE = 1_000;

type Pages = AsyncGenerator<readonly Member[], undefined>;

async function* pagesOf({ store }: ScimDeps, { scope }: ScimCall, groupId: string): Pages {
  for (let after: string | null = null; ;) {
    const page: readonly Member[] = await store.directory.memberPage(scope, groupId, {
      after,
      limit: PAGE,
    });
    yield page;
    after = page.at(-1)?.userId ?? null;
    if (page.length < PAGE) return;
  }
}

async function rest(pages: Pages): Promise<Member[]> {
  const members: Member[] = [];
  for await (const page of pages) members.push(...page);
  return members;
}

/** The text of the resource, with the members last. */
async function* piecesOf(
  shown: (members: readonly Member[] | null) => JsonObject,
  first: readonly Member[],
  pages: Pages,
): AsyncGenerator<string> {
  yield `${JSON.stringify(shown(null)).slice(0, -1)},"members":[`;
  let separator = "";
  for (let page = first; page.length > 0; page = (await pages.next()).value ?? []) {
    const members: JsonValue = shown(page)["members"] ?? [];
    yield separator + JSON.stringify(members).slice(1, -1);
    separator = ",";
  }
  yield "]}";
}
