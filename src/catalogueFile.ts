import { checkExtensions, type Report, toExtension } from "./catalogueExtensions.js";
import { capabilitiesOf, checkAddOns, checkTiers, known } from "./catalogueTiers.js";
import { type CatalogueFile, catalogueSchema, type ProductFile } from "./config/catalogueSchema.js";
import { parseYaml, readText } from "./config/sources.js";
import type { Catalogue, Product, Setting, Tier } from "./domain/catalogue.js";
import { compareTiers } from "./domain/entitlement/order.js";
import { SeatkeeperError } from "./errors.js";
import { examined, problemLine } from "./validation.js";

/** The catalogue: from the vendor's YAML file to what the domain trusts. */

export type CatalogueResult =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly problems: readonly string[] };

/** @throws SeatkeeperError InvalidCatalogue whose sentence lists every problem with its path */
export function loadCatalogue(file: string): Catalogue {
  return orThrow(readCatalogue(file));
}

/** @throws SeatkeeperError InvalidCatalogue */
export function parseCatalogue(text: string): Catalogue {
  return orThrow(catalogueFrom(text));
}

export function readCatalogue(file: string): CatalogueResult {
  const text = readText(file);
  return text === null
    ? {
        ok: false,
        problems: [`The file ${file} cannot be read. Check the path and its permissions.`],
      }
    : catalogueFrom(text);
}

function orThrow(result: CatalogueResult): Catalogue {
  if (result.ok) {
    return result.catalogue;
  }
  const field = /^([^\s:]+):/.exec(result.problems[0] ?? "")?.[1];
  throw new SeatkeeperError("InvalidCatalogue", {
    sentence: ["The catalogue cannot be used:", ...result.problems.map((line) => `  ${line}`)].join(
      "\n",
    ),
    ...(field === undefined ? {} : { field }),
  });
}

function catalogueFrom(text: string): CatalogueResult {
  const parsed = parseYaml(text);
  if ("error" in parsed) {
    return { ok: false, problems: [`Not valid YAML: ${parsed.error}`] };
  }
  const shaped = examined(catalogueSchema, parsed.value);
  if (!shaped.ok) {
    return { ok: false, problems: shaped.problems.map(problemLine) };
  }
  const problems = crossReferences(shaped.value);
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, catalogue: toCatalogue(shaped.value) };
}

// ---------------------------------------------------------------------------------------------------------------
// What the parts say about each other

function crossReferences(file: CatalogueFile): string[] {
  const problems: string[] = [];
  const report: Report = (path, message) => problems.push(`${path}: ${message.trimEnd()}`);
  for (const [id, product] of Object.entries(file.products)) {
    checkTiers(`products.${id}`, product, report);
    checkAddOns(`products.${id}`, product, report);
    known(
      "capability",
      product.freeCapabilities,
      product.capabilities,
      `products.${id}.freeCapabilities`,
      report,
    );
    known("role", product.exemptRoles, file.roles, `products.${id}.exemptRoles`, report);
    checkOffered(`products.${id}`, product, report);
  }
  for (const [id, permission] of Object.entries(file.permissions)) {
    checkDemands(file, permission.requires, `permissions.${id}.requires`, report);
  }
  for (const [id, role] of Object.entries(file.roles)) {
    known("permission", role.permissions, file.permissions, `roles.${id}.permissions`, report);
    checkDemands(file, role.requires, `roles.${id}.requires`, report);
  }
  for (const [id, setting] of Object.entries(file.settings)) {
    checkSetting(file, setting, `settings.${id}`, report);
  }
  checkExtensions(file.extensions, report);
  checkRequired(file.requiredBeforeSettings, report);
  return problems;
}

/** A capability that nothing offers would block everybody who needs it; better to hear of it here. */
function checkOffered(path: string, product: ProductFile, report: Report): void {
  const offered = new Set([
    ...product.freeCapabilities,
    ...Object.values(product.tiers).flatMap((tier) => tier.capabilities),
    ...Object.values(product.addOns).flatMap((addOn) => addOn.capabilities),
  ]);
  for (const capability of Object.keys(product.capabilities)) {
    if (!offered.has(capability)) {
      report(
        `${path}.capabilities.${capability}`,
        "No tier and no add-on offers it, so nobody who needs it could get a seat.",
      );
    }
  }
}

const ATTRIBUTE = /^(urn:[^ ]+:)?[A-Za-z][A-Za-z0-9_$-]*(\.[A-Za-z][A-Za-z0-9_$-]*)?$/;

function checkRequired(attributes: readonly string[], report: Report): void {
  for (const attribute of attributes) {
    if (!ATTRIBUTE.test(attribute)) {
      report(
        "requiredBeforeSettings",
        `"${attribute}" is not the name of an attribute, such as name.familyName or emails.`,
      );
    }
  }
}

function checkSetting(
  file: CatalogueFile,
  setting: CatalogueFile["settings"][string],
  path: string,
  report: Report,
): void {
  if (setting.type === "boolean") {
    checkDemands(file, setting.requires, `${path}.requires`, report);
  } else if (setting.type === "choice") {
    known("choice", [setting.default], setting.choices, `${path}.default`, report);
    for (const [choice, demands] of Object.entries(setting.choices)) {
      checkDemands(file, demands, `${path}.choices.${choice}`, report);
    }
  } else {
    known("product", Object.keys(setting.limits), file.products, `${path}.limits`, report);
    for (const [product, limit] of Object.entries(setting.limits)) {
      known(
        "limit",
        [limit],
        file.products[product]?.limits ?? { [limit]: "" },
        `${path}.limits.${product}`,
        report,
      );
    }
  }
}

function checkDemands(
  file: CatalogueFile,
  demands: Readonly<Record<string, string[]>>,
  path: string,
  report: Report,
): void {
  known("product", Object.keys(demands), file.products, path, report);
  for (const [product, capabilities] of Object.entries(demands)) {
    const offered = file.products[product]?.capabilities;
    if (offered !== undefined) {
      known("capability", capabilities, offered, `${path}.${product}`, report);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------
// To the domain's form

function toCatalogue(file: CatalogueFile): Catalogue {
  return {
    currency: file.currency,
    products: mapOf(file.products, toProduct),
    permissions: mapOf(file.permissions, (id, permission) => ({ id, ...permission })),
    roles: mapOf(file.roles, (id, role) => ({ id, ...role })),
    settings: mapOf(file.settings, toSetting),
    extensions: file.extensions.map(toExtension),
    requiredBeforeSettings: file.requiredBeforeSettings,
  };
}

function toProduct(id: string, product: ProductFile): Product {
  const tiers = Object.entries(product.tiers).map(([tierId, tier]): Tier => ({
    id: tierId,
    title: tier.title,
    rank: tier.rank,
    includes: tier.includes,
    capabilities: [...capabilitiesOf(product, tierId)],
    limits: tier.limits,
    pricePerMonth: tier.pricePerMonth,
    pricePerDay: tier.pricePerDay,
  }));
  return {
    id,
    title: product.title,
    tiers: tiers.sort(compareTiers),
    addOns: Object.entries(product.addOns).map(([addOnId, addOn]) => ({ id: addOnId, ...addOn })),
    everyone: product.everyone,
    freeCapabilities: product.freeCapabilities,
    exemptRoles: product.exemptRoles,
    order: product.order,
    objective: product.objective,
    tierMode: product.tierMode,
    billing: product.billing,
  };
}

function toSetting(id: string, setting: CatalogueFile["settings"][string]): Setting {
  return { id, requires: {}, choices: {}, limits: {}, ...setting };
}

function mapOf<In, Out>(
  record: Readonly<Record<string, In>>,
  convert: (id: string, value: In) => Out,
): Map<string, Out> {
  return new Map(Object.entries(record).map(([id, value]) => [id, convert(id, value)]));
}
