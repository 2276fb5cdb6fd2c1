import { fstatSync, writeSync } from "node:fs";
import { SeatkeeperError } from "../errors.js";

/**
 * Standard output as it must be for `ledger export acme > acme.jsonl`: `console.log` says nothing of a disk that is full, and
 * what is cut off would pass for the whole. @throws SeatkeeperError Unavailable
 */
export function lineWriter(): (line: string) => void {
  let write: ((line: string) => void) | undefined;
  // Opened with the first line: a server has none, and its log has an output of its own.
  return (line) => (write ??= writerTo(process.stdout))(line);
}

function writerTo(stream: typeof process.stdout): (line: string) => void {
  const kind = fstatSync(stream.fd);
  if (stream.isTTY || kind.isFIFO() || kind.isSocket()) {
    // Who reads no further, such as `head`, has what they want.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
    return (line) => void stream.write(`${line}\n`);
  }
  return (line) => writeWhole(stream.fd, Buffer.from(`${line}\n`));
}

/** A disk that fills up takes a part first, and says so by the number of bytes alone. */
function writeWhole(file: number, bytes: Buffer): void {
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    const sentence = `The output could not be written to its end (${code}).`;
    throw new SeatkeeperError("Unavailable", { sentence, cause });
  }
}
