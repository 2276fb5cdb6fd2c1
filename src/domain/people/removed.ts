import { foldName, type Fact, type Id, type Timestamp, type User } from "../directory.js";

/** Somebody who was deleted, kept aside for as long as the deletion may have been a mistake. No read shows them. */
export interface RemovedPerson {
  /** As the account was. */
  readonly user: User;
  /** What people gave: no identity provider can bring it back. */
  readonly byHand: readonly Fact[];
  readonly removedAt: Timestamp;
}

/** How an identity provider names somebody who may have been here before. */
export interface Naming {
  readonly connectionId: Id;
  readonly externalId: string | null;
  readonly userName: string;
}

/**
 * Who comes back, among those whom this connection deactivated or deleted: first whoever has the `externalId`, which is
 * the provider's own key; then whoever has the `userName`, unless the provider gives that name another `externalId`
 * now, so that it means somebody else. Where several fit, nobody comes back: it is never guessed (docs/adr/0008).
 */
export function whoReturns<T extends { readonly user: User }>(
  gone: readonly T[],
  naming: Naming,
): T | undefined {
  const own = gone.filter(({ user }) => user.connectionId === naming.connectionId);
  const byExternalId = own.filter(({ user }) => hasExternalId(user, naming.externalId));
  if (byExternalId.length === 1) return byExternalId[0];
  const byName = own.filter(
    ({ user }) => foldName(user.userName) === foldName(naming.userName) && mayBe(user, naming),
  );
  return byName.length === 1 ? byName[0] : undefined;
}

export function hasExternalId(user: User, externalId: string | null): boolean {
  return externalId !== null && user.externalId === externalId;
}

function mayBe(user: User, { externalId }: Naming): boolean {
  return user.externalId === null || externalId === null || user.externalId === externalId;
}

/** Removed people as far as this batch has to know: who was loaded, and what became of them. */
export class Removed {
  readonly #people = new Map<Id, RemovedPerson>();
  /** Those with a stored row. Whoever was made and deleted in this very batch has none. */
  readonly #stored = new Set<Id>();
  readonly #withIdentities = new Set<Id>();
  /** Id -> the name under which the person was known last. */
  readonly #erased = new Map<Id, string>();

  load(person: RemovedPerson): void {
    if (this.#stored.has(person.user.id)) return;
    this.#stored.add(person.user.id);
    this.#people.set(person.user.id, person);
  }

  get(id: Id): RemovedPerson | undefined {
    return this.#people.get(id);
  }

  all(): RemovedPerson[] {
    return [...this.#people.values()];
  }

  add(person: RemovedPerson): void {
    this.#people.set(person.user.id, person);
  }

  takeBack(id: Id, withIdentities: boolean): void {
    this.#people.delete(id);
    if (withIdentities) this.#withIdentities.add(id);
    else this.#withIdentities.delete(id);
  }

  erase({ id, userName }: User): void {
    this.#people.delete(id);
    this.#erased.set(id, userName);
  }

  /** Whether the user, if there is one again, takes the place of a stored removed person. */
  wasStored(id: Id): boolean {
    return this.#stored.has(id);
  }

  changes(users: { readonly inserted: readonly User[]; readonly deleted: readonly User[] }) {
    return {
      peopleRemoved: users.deleted.flatMap(({ id }) => this.#people.get(id) ?? []),
      peopleRestored: users.inserted
        .filter(({ id }) => this.#stored.has(id))
        .map((user) => ({ user, withIdentities: this.#withIdentities.has(user.id) })),
      peopleErased: [...this.#erased].map(([userId, userName]) => ({ userId, userName })),
    };
  }
}
