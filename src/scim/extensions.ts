import type { Extension, ExtensionAttribute } from "../domain/catalogue.js";
import type { AttributeDefinition, SchemaDefinition } from "./attribute.js";

/** An extension of the catalogue in the form of RFC 7643 §7. */
export function definitionOf({ id, name, description, attributes }: Extension): SchemaDefinition {
  return { id, name, description, attributes: attributes.map(attributeOf) };
}

function attributeOf(attribute: ExtensionAttribute): AttributeDefinition {
  const { type, caseExact, canonicalValues, subAttributes, ...rest } = attribute;
  const isText = type === "string" || type === "reference" || type === "binary";
  return {
    ...rest,
    type,
    ...(isText ? { caseExact } : {}),
    ...(canonicalValues.length > 0 ? { canonicalValues } : {}),
    ...(type === "reference" ? { referenceTypes: ["external"] } : {}),
    uniqueness: "none",
    ...(subAttributes.length > 0 ? { subAttributes: subAttributes.map(attributeOf) } : {}),
  };
}
