import { DataTypes } from "sequelize";
import type { Model, ModelAttributes, ModelStatic, Sequelize } from "sequelize";
import type { PoolLimits, PoolRow } from "../rows/seats.js";
import type { OrganisationRow } from "../rows/directory.js";
import type { RuleRow } from "../rows/entitlements.js";
import type { ConnectionRow, TokenRow } from "../rows/administration.js";

/**
 * Sequelize models of the tables that people change by hand: few rows, so that convenience counts more than speed.
 * They describe the columns that the code uses; the migrations make the tables (src/store/migrations).
 */
export interface Models {
  readonly organisations: Table<OrganisationRow>;
  readonly connections: Table<ConnectionRow>;
  readonly tokens: Table<TokenRow>;
  readonly pools: Table<StoredPool>;
  readonly rules: Table<RuleRow>;
  readonly secrets: Table<SecretRow>;
}

type Table<Row extends object> = ModelStatic<Model<Row, Partial<Row>>>;

type StoredPool = PoolRow & PoolLimits & { readonly ceiling: number };

export interface SecretRow {
  readonly name: string;
  readonly value: string;
}

// Functions, because Sequelize writes into the objects that it is given.
function key() {
  return { type: DataTypes.STRING, primaryKey: true };
}
function text() {
  return { type: DataTypes.TEXT };
}
function integer() {
  return { type: DataTypes.INTEGER };
}
function time() {
  return { type: DataTypes.BIGINT };
}

export function defineModels(sequelize: Sequelize): Models {
  return {
    organisations: define<OrganisationRow>(sequelize, "organisations", {
      id: key(),
      slug: text(),
      name: text(),
      createdAt: time(),
    }),
    connections: define<ConnectionRow>(sequelize, "connections", {
      id: key(),
      organisationId: text(),
      name: text(),
      plugin: text(),
      enabled: integer(),
      saml: text(),
      lastProvider: text(),
      applicationUrl: text(),
      assignments: integer(),
      version: integer(),
      createdAt: time(),
    }),
    tokens: define<TokenRow>(sequelize, "tokens", {
      publicId: key(),
      kind: text(),
      organisationId: text(),
      connectionId: text(),
      hash: text(),
      label: text(),
      createdAt: time(),
      expiresAt: time(),
      lastUsedAt: time(),
      revokedAt: time(),
      principalId: text(),
      scopes: text(),
    }),
    pools: definePools(sequelize),
    rules: define<RuleRow>(sequelize, "rules", {
      organisationId: key(),
      id: key(),
      name: text(),
      connectionId: text(),
      matching: text(),
      gives: text(),
      createdAt: time(),
    }),
    secrets: define<SecretRow>(sequelize, "secrets", { name: key(), value: text() }),
  };
}

function definePools(sequelize: Sequelize): Models["pools"] {
  return define<StoredPool>(sequelize, "pools", {
    organisationId: key(),
    id: key(),
    name: text(),
    product: text(),
    tiers: text(),
    kind: text(),
    capacity: integer(),
    used: integer(),
    ceiling: integer(),
    priority: integer(),
    policy: text(),
    overage: integer(),
    autoscaleMax: integer(),
    version: integer(),
    createdAt: time(),
  });
}

function define<Row extends object>(
  sequelize: Sequelize,
  table: string,
  attributes: ModelAttributes<Model<Row, Partial<Row>>>,
): Table<Row> {
  // Our own `createdAt` is a plain number given by the caller's clock.
  return sequelize.define<Model<Row, Partial<Row>>>(table, attributes, {
    timestamps: false,
    freezeTableName: true,
  });
}
