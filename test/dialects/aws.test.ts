import { expect, it } from "@jest/globals";
import { onEachDatabase } from "../e2e/databases.js";
import { patchOp } from "../support/patchOp.js";
import { addGroup, addUser, dialectWorld, membersOf, path } from "./world.js";

/** Case 50: clients that were written for AWS IAM Identity Center, over sockets, on both databases. */

const MOST_CHANGES = 100;
const PEOPLE = 120;

onEachDatabase("a client made for AWS", (freshDatabaseUrl) => {
  const world = dialectWorld("generic", freshDatabaseUrl);

  const people = () => Promise.all(Array.from({ length: PEOPLE }, () => addUser(world.idp)));
  const parts = (ids: readonly string[]) => [ids.slice(0, MOST_CHANGES), ids.slice(MOST_CHANGES)];
  const listed = (ids: readonly string[]) => ids.map((value) => ({ value }));

  /** Never a startIndex: an empty cursor to begin with, then what each answer says. */
  async function walk(base: string, afterFirst = () => Promise.resolve()): Promise<string[]> {
    const found: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const answer = await world.idp.scim("GET", path(base, { count: "50", cursor }));
      const resources: { id: string }[] = answer.body.Resources;
      expect([answer.status, resources.length > 0]).toEqual([200, true]);
      if (cursor === "") await afterFirst();
      found.push(...resources.map(({ id }) => id));
      cursor = answer.body.nextCursor;
    }
    return found;
  }

  it.each([
    [
      "as one operation",
      (op: string, ids: string[]) => [{ op, path: "members", value: listed(ids) }],
    ],
    [
      "as an operation each",
      (op: string, ids: string[]) =>
        ids.map((id) =>
          op === "add"
            ? { op, path: "members", value: listed([id]) }
            : { op, path: `members[value eq "${id}"]` },
        ),
    ],
  ])(
    "case 50 (AWS): a hundred membership changes a PATCH, %s, fill and empty a group",
    async (_how, operations) => {
      const ids = await people();
      const group = await addGroup(world.idp, "Support");
      const change = async (op: string, part: string[]) =>
        (await world.idp.scim("PATCH", `/Groups/${group}`, patchOp(...operations(op, part))))
          .status;
      const [most, rest] = parts(ids) as [string[], string[]];

      expect([await change("add", most), await change("add", rest)]).toEqual([204, 204]);
      expect((await membersOf(world.idp, group)).sort()).toEqual([...ids].sort());
      expect(await change("remove", most)).toBe(204);
      expect((await membersOf(world.idp, group)).sort()).toEqual([...rest].sort());
      expect(await change("remove", rest)).toBe(204);
      expect(await membersOf(world.idp, group)).toEqual([]);
    },
  );

  it("case 50 (AWS): a client that knows cursors alone sees everybody once while others come and go; the index stays the default", async () => {
    const ids = await people();
    const { pagination } = (await world.idp.scim("GET", "/ServiceProviderConfig")).body;
    expect(pagination).toMatchObject({
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
    });

    const found = await walk("/Users", async () => {
      // Somebody of the first page goes: by index, everybody behind would move up and one be passed over.
      const [first] = (await world.idp.scim("GET", "/Users?count=1")).body.Resources;
      expect((await world.idp.scim("DELETE", `/Users/${first.id}`)).status).toBe(204);
    });
    expect(found.sort()).toEqual([...ids].sort());

    const byDefault = (await world.idp.scim("GET", "/Users?count=50")).body;
    expect([byDefault.startIndex, byDefault.totalResults]).toEqual([1, PEOPLE - 1]);
    for (let made = 0; made < 3; made += 1) await addGroup(world.idp, `Group ${made}`);
    expect(new Set(await walk("/Groups")).size).toBe(3);
  });
});
