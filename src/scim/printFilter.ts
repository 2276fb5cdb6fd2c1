import type { AttributeRef, Filter } from "../ports.js";

/** A filter as text again: for logs, and for the test that reading and printing are inverse. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.map(printOperand).join(` ${filter.kind} `);
    case "not":
      return `not (${printFilter(filter.filter)})`;
    case "present":
      return `${printName(filter.attribute)} pr`;
    case "compare":
      return `${printName(filter.attribute)} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "element":
      return `${printName(filter.attribute)}[${printFilter(filter.filter)}]`;
  }
}

function printOperand(filter: Filter): string {
  const text = printFilter(filter);
  return filter.kind === "and" || filter.kind === "or" ? `(${text})` : text;
}

function printName(attribute: AttributeRef): string {
  const [first = "", ...rest] = attribute.names;
  return first.startsWith("urn:") ? `${first}:${rest.join(".")}` : attribute.names.join(".");
}
