/**
 * The address that a text says, or null. The parser passes over line breaks and other control characters and lets a host be called
 * almost anything; but the text itself is kept, and goes into forms, headers and tokens. So it has to be what it leads to.
 */
export function webAddress(text: string): URL | null {
  if (CONTROL_CHARACTERS.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  return HOST.test(url.hostname) ? url : null;
}

// eslint-disable-next-line no-control-regex -- refusing control characters is the point
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;
/** A name in letters, digits, hyphens, underscores and dots, an address in brackets, or none, as in what is no web address. */
const HOST = /^(?:[\w.-]*|\[[\da-f:.]+\])$/i;
