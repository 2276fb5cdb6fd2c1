import { seatOf } from "../waiting/queue.js";
import { refuse, type Verdict } from "../verdict.js";
import type { World } from "../world.js";
import { resourceKey, type Resource, type ResourceState } from "./rows.js";

/** What the application says about its resources. */

export type ResourceDraft = Pick<Resource, "kind" | "id" | "product" | "userId" | "indispensable">;

/** More would make the message about the loss of one seat too long. */
const OWNED_MAX = 1_000;

/** New, or changed: another owner, another product. What is switched on stays so; a new one is as the owner's seat says. */
export function registerResource(
  world: World,
  draft: ResourceDraft,
): Verdict<{ resource: Resource; isNew: boolean }> {
  const before = world.resources.get(resourceKey(draft));
  if (!world.users.has(draft.userId)) {
    return refuse("NotFound", { field: "owner", sentence: "There is no such user." });
  }
  const isHere = before?.userId === draft.userId;
  if (!isHere && world.resources.group(draft.userId).length >= OWNED_MAX) {
    return refuse("Conflict", {
      field: "owner",
      sentence: `One person owns at most ${String(OWNED_MAX)} resources.`,
    });
  }
  const state = stateFor(world, draft, before);
  const resource: Resource = {
    organisationId: world.organisation.id,
    ...draft,
    state,
    before: isHere ? before.before : null,
    updatedAt: world.now,
  };
  world.resources.set(resource);
  return { ok: { resource, isNew: before === undefined } };
}

/** With another owner it waits to be switched on only if it was off before. */
function stateFor(world: World, draft: ResourceDraft, before: Resource | undefined): ResourceState {
  const mayBeOn = hasSeat(world, draft);
  if (before === undefined || before.state === "enabled") return mayBeOn ? "enabled" : "disabled";
  return mayBeOn ? "ready" : "disabled";
}

/** What needs no seat, and what others rely on, is on whoever owns it. */
function hasSeat(world: World, { product, userId, indispensable }: ResourceDraft): boolean {
  return product === null || indispensable || seatOf(world, userId, product) !== undefined;
}

/** By the owner's will: rule 87 holds it off while there is no seat. */
export function switchResource(
  world: World,
  named: Pick<Resource, "kind" | "id">,
  isOn: boolean,
): Verdict<{ resource: Resource }> {
  const resource = world.resources.get(resourceKey(named));
  if (resource === undefined) return refuse("NotFound");
  if (isOn && !hasSeat(world, resource)) {
    return refuse("Conflict", {
      sentence: "The owner has no seat of the product, so this stays switched off.",
    });
  }
  const off: ResourceState = hasSeat(world, resource) ? "ready" : "disabled";
  const changed: Resource = {
    ...resource,
    state: isOn ? "enabled" : off,
    before: null,
    updatedAt: world.now,
  };
  world.resources.set(changed);
  return { ok: { resource: changed } };
}

export function forgetResource(
  world: World,
  named: Pick<Resource, "kind" | "id">,
): Verdict<{ resource: Resource }> {
  const resource = world.resources.get(resourceKey(named));
  if (resource === undefined) return refuse("NotFound");
  world.resources.delete(resourceKey(named));
  return { ok: { resource } };
}
