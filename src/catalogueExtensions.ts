import type {
  ExtensionAttributeFile,
  ExtensionFile,
  SubAttributeFile,
} from "./config/catalogueSchema.js";
import type { Extension, ExtensionAttribute } from "./domain/catalogue.js";

/** The extensions of the catalogue: what SCIM or this server cannot do with them is said when the file is read. */

export type Report = (path: string, message: string) => void;

export function checkExtensions(extensions: readonly ExtensionFile[], report: Report): void {
  extensions.forEach((extension, index) => {
    const path = `extensions[${String(index)}]`;
    checkUrn(extensions, index, `${path}.id`, report);
    checkNames(extension.attributes, `${path}.attributes`, report);
    for (const [name, attribute] of Object.entries(extension.attributes)) {
      const at = `${path}.attributes.${name}`;
      checkAttribute(attribute, at, report);
      checkParts(attribute, at, report);
      if (extension.resource === "Group") checkOfGroup(attribute, at, report);
    }
  });
}

/** A name begins with its URN, so no URN may begin with another one. */
const TAKEN = [
  "urn:ietf:params:scim:api",
  "urn:ietf:params:scim:schemas:core",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
  "urn:okta:scim:schemas:core",
  "urn:seatkeeper",
];

function checkUrn(
  extensions: readonly ExtensionFile[],
  index: number,
  path: string,
  report: Report,
): void {
  const urn = fold(extensions[index]?.id ?? "");
  const standard = TAKEN.find((taken) => begins(urn, fold(taken)) || begins(fold(taken), urn));
  if (standard !== undefined) {
    report(
      path,
      `"${standard}" belongs to a schema that is always there. Choose a URN of your own.`,
    );
  }
  const others = extensions.slice(0, index).map(({ id }) => id);
  const other = others.find((id) => begins(urn, fold(id)) || begins(fold(id), urn));
  if (other !== undefined) {
    report(
      path,
      fold(other) === urn
        ? "Another extension has this URN already."
        : `This URN and "${other}" begin alike up to a colon, so attributes could be taken for each other.`,
    );
  }
}

function begins(text: string, start: string): boolean {
  return text === start || text.startsWith(`${start}:`);
}

/** RFC 7643 §2.1: names are compared without regard to letter case. */
function checkNames(attributes: Readonly<Record<string, unknown>>, path: string, report: Report) {
  const known = new Map<string, string>();
  for (const name of Object.keys(attributes)) {
    const other = known.get(fold(name));
    if (other !== undefined) {
      report(`${path}.${name}`, `"${other}" is the same name: letter case does not count.`);
    }
    if (name in Object.prototype) {
      report(`${path}.${name}`, "This name cannot be used.");
    }
    known.set(fold(name), name);
  }
}

function checkAttribute(
  attribute: SubAttributeFile | ExtensionAttributeFile,
  path: string,
  report: Report,
): void {
  const { mutability, returned, uniqueness } = attribute;
  if (mutability === "readOnly") {
    report(`${path}.mutability`, "Nobody could ever give a value to a read-only attribute.");
  }
  if (mutability === "writeOnly" || returned === "never") {
    const key = mutability === "writeOnly" ? "mutability" : "returned";
    report(`${path}.${key}`, "Secrets are not kept, so a value that is never shown would be lost.");
  }
  if (uniqueness !== "none") {
    report(`${path}.uniqueness`, 'Only "none" is supported: uniqueness is checked for userName.');
  }
  if (attribute.type !== "string" && attribute.type !== "reference") {
    checkNoText(attribute, path, report);
  }
}

function checkNoText(
  { canonicalValues, caseExact }: SubAttributeFile | ExtensionAttributeFile,
  path: string,
  report: Report,
): void {
  if (canonicalValues.length > 0) {
    report(`${path}.canonicalValues`, "Only texts have canonical values.");
  }
  if (caseExact !== undefined) {
    report(`${path}.caseExact`, "Letter case means something for texts only.");
  }
}

function checkParts(attribute: ExtensionAttributeFile, path: string, report: Report): void {
  const { type, multiValued, subAttributes } = attribute;
  const parts = Object.entries(subAttributes);
  if (type === "complex" && parts.length === 0) {
    report(`${path}.subAttributes`, "Missing. A complex attribute consists of sub-attributes.");
  }
  if (type !== "complex" && parts.length > 0) {
    report(`${path}.subAttributes`, 'Only an attribute with "type: complex" has sub-attributes.');
  }
  checkNames(subAttributes, `${path}.subAttributes`, report);
  for (const [name, part] of parts) {
    const at = `${path}.subAttributes.${name}`;
    checkAttribute(part, at, report);
    if (part.multiValued) {
      report(`${at}.multiValued`, "A list inside of a complex attribute is not supported.");
    }
    if (part.mutability === "immutable" && multiValued) {
      report(
        `${at}.mutability`,
        "The elements of a list can be replaced, so no part can be fixed.",
      );
    }
  }
}

/** The change of a group is worked out without reading the group, which a list or a merge would need. */
function checkOfGroup(
  { type, multiValued }: ExtensionAttributeFile,
  path: string,
  report: Report,
): void {
  if (type === "complex" || multiValued) {
    report(path, "An attribute of a group is a single value without parts.");
  }
}

function fold(text: string): string {
  return text.toLowerCase();
}

// ---------------------------------------------------------------------------------------------------------------
// To the domain's form

export function toExtension(file: ExtensionFile): Extension {
  const { id, name, resource, attributes } = file;
  return {
    id,
    name,
    description: file.description ?? name,
    resource,
    attributes: Object.entries(attributes).map(([each, { subAttributes, ...attribute }]) => ({
      ...toAttribute(each, attribute),
      subAttributes: Object.entries(subAttributes).map(([part, of]) => toAttribute(part, of)),
    })),
  };
}

function toAttribute(
  name: string,
  attribute: Omit<ExtensionAttributeFile, "subAttributes">,
): ExtensionAttribute {
  const { type, multiValued, required, canonicalValues, mutability, returned } = attribute;
  return {
    name,
    type,
    multiValued,
    description: attribute.description ?? name,
    required,
    caseExact: attribute.caseExact ?? (type === "reference" || type === "binary"),
    canonicalValues,
    mutability: mutability === "immutable" ? "immutable" : "readWrite",
    returned: returned === "always" || returned === "request" ? returned : "default",
    subAttributes: [],
  };
}
