/** A receiver has said that it will never take this event: offering it again would only hold up those behind it. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
}
