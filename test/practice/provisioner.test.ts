import { beforeEach, describe, expect, it } from "@jest/globals";
import { PEOPLE } from "../../src/practice/directory.js";
import { createProvisioner, ProvisioningRefused } from "../../src/practice/provisioner.js";
import type { Provisioner } from "../../src/practice/provisioner.js";
import type { Exchange } from "../../src/practice/scimClient.js";
import { DIALECT_IDS, openDirectory } from "../../src/practice/state.js";
import type { CurrentPerson, Directory, DirectoryState } from "../../src/practice/state.js";
import { fakeScim } from "./support/fakeScim.js";
import type { FakeScim } from "./support/fakeScim.js";

let saved: DirectoryState;
let directory: Directory;
let server: FakeScim;
let provisioner: Provisioner;
let watched: Exchange[];

function watch(exchange: Exchange): void {
  watched.push(exchange);
}

function zoe(): CurrentPerson {
  return directory.person("zoe.muller")!;
}

function open(state: unknown): void {
  directory = openDirectory(state, (next) => void (saved = structuredClone(next)));
  provisioner = createProvisioner(directory, server);
  watched = [];
}

beforeEach(() => {
  server = fakeScim();
  open(undefined);
});

describe("the first sync", () => {
  it.each(DIALECT_IDS)("in the dialect %s creates everybody and every group once", async (id) => {
    directory.setDialect(id);
    await provisioner.syncAll(watch);

    expect(server.users.size).toBe(PEOPLE.length);
    expect(server.groups.size).toBe(6);
    expect(directory.people().every((person) => person.scimId !== null)).toBe(true);
    expect(watched.length).toBe(server.calls.length);
  });

  it("looks for everybody before it creates anybody, and creates managers first", async () => {
    await provisioner.syncAll(watch);
    const created = server.calls.filter((call) => call.method === "POST").map((call) => call.path);

    expect(created.filter((path) => path === "/Users")).toHaveLength(PEOPLE.length);
    for (const person of directory.people()) {
      const user = JSON.stringify(server.users.get(person.scimId!));
      const manager = person.managerKey === null ? null : directory.person(person.managerKey);
      if (manager) expect(user).toContain(`"manager":{"value":"${manager.scimId!}"}`);
    }
  });

  it("sends several requests at a time, but never more than eight", async () => {
    await provisioner.syncAll(watch);

    expect(server.mostAtOnce()).toBeGreaterThan(1);
    expect(server.mostAtOnce()).toBeLessThanOrEqual(8);
  });
});

describe("a restart", () => {
  it("with the same data finds everything and sends no change", async () => {
    await provisioner.syncAll(watch);
    open(saved);
    await provisioner.syncAll(watch);

    expect(new Set(watched.map((exchange) => exchange.method))).toEqual(new Set(["GET"]));
    expect(server.users.size).toBe(PEOPLE.length);
  });

  it("after the IdP lost its own file takes over the accounts that are there", async () => {
    await provisioner.syncAll(watch);
    open(undefined);
    await provisioner.syncAll(watch);

    expect(watched.some((exchange) => exchange.method === "POST")).toBe(false);
    expect(server.users.size).toBe(PEOPLE.length);
    expect(directory.people().every((person) => person.scimId !== null)).toBe(true);
  });

  it("with a damaged file begins afresh", () => {
    open({ dialect: "klingon", people: 3 });

    expect(directory.people()).toHaveLength(PEOPLE.length);
  });

  it("does not bring back who was deleted, and creates nobody who is switched off", async () => {
    await provisioner.syncAll(watch);
    await provisioner.remove(zoe(), watch);
    await provisioner.deactivate(directory.person("kofi.mensah")!, watch);
    server = fakeScim();
    open(saved);
    await provisioner.syncAll(watch);

    expect(server.users.size).toBe(PEOPLE.length - 2);
    expect(zoe()).toMatchObject({ deleted: true, scimId: null });
  });
});

describe("a change", () => {
  beforeEach(async () => {
    await provisioner.syncAll(watch);
    watched = [];
  });

  it("of the group leaves every other group but Everyone", async () => {
    await provisioner.moveTo(directory.person("mehmet.oz")!, "team-leads", watch);
    const groups = watched.map((exchange) => exchange.path);

    expect(directory.person("mehmet.oz")!.currentGroups).toEqual(["everyone", "team-leads"]);
    expect(groups).toHaveLength(3);
    expect(new Set(groups).size).toBe(3);
  });

  it("is remembered only when the server accepted it", async () => {
    server.failNext("PATCH", 500);

    await expect(provisioner.deactivate(zoe(), watch)).rejects.toThrow(ProvisioningRefused);
    expect(zoe().active).toBe(true);
    expect(watched.at(-1)!.status).toBe(500);
  });

  it("of a name is taken back when the server refuses it", async () => {
    server.failNext("PATCH", 400);

    await expect(provisioner.rename(zoe(), "Meyer", watch)).rejects.toThrow(ProvisioningRefused);
    expect(zoe().familyName).toBe("Müller");
  });

  it.each(DIALECT_IDS)("deletion and restoration in %s ends with one account", async (id) => {
    directory.setDialect(id);
    await provisioner.remove(zoe(), watch);
    expect(zoe()).toMatchObject({ active: false, deleted: true });
    await provisioner.restore(zoe(), watch);

    const accounts = [...server.users.values()].filter((one) => one["userName"] === zoe().userName);
    expect(accounts).toHaveLength(1);
    expect(zoe()).toMatchObject({ active: true, deleted: false, scimId: accounts[0]!["id"] });
    expect(zoe().currentGroups).toEqual(["everyone", "support-agents"]);
  });
});
