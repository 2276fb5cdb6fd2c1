import type { KeyTurn } from "../domain/signIn/keyTurns.js";

/** Part of src/ports.ts, which everybody imports. */

/** A row of `secrets`. */
export interface SealedSecret {
  readonly name: string;
  readonly value: string;
}

/** The deployment's own keys: whose turn it is, and the sealed keys themselves (`Administration.readSecret`). */
export interface Keys {
  listTurns(): Promise<KeyTurn[]>;
  /** @throws SeatkeeperError Uniqueness when the name is taken: somebody else was faster */
  addTurn(turn: KeyTurn): Promise<void>;
  /** Inserts or replaces. */
  saveTurn(turn: KeyTurn): Promise<void>;
  listSecrets(): Promise<SealedSecret[]>;
  /** Only while it still has the value `before`. */
  replaceSecret(name: string, before: string, after: string): Promise<boolean>;
  deleteSecret(name: string): Promise<void>;
}
