import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/** A name server on this machine that knows TXT records only (RFC 1035), by UDP and by TCP. */
export interface NameServer {
  /** For `Resolver.setServers`. */
  readonly address: string;
  /** How each question about the name came. */
  asked(name: string): ("udp" | "tcp")[];
  close(): Promise<void>;
}

/** `records`: each a list of strings of at most 255 bytes. */
export type Answer =
  | { readonly records: readonly (readonly string[])[] }
  | { readonly code: "nxDomain" | "serverFailure" }
  | "silent";

const CODES = { nxDomain: 3, serverFailure: 2 };
const TXT = 16;
/** RFC 1035 §4.2.1. */
const UDP_BYTES_MAX = 512;

export async function startNameServer(zone: Readonly<Record<string, Answer>>): Promise<NameServer> {
  const questions: { readonly name: string; readonly by: "udp" | "tcp" }[] = [];
  const udp = createSocket("udp4");
  udp.on("message", (question, { port, address }) => {
    const answer = answerTo(question, "udp");
    if (answer !== null) udp.send(answer, port, address);
  });
  const { tcp, port } = await listen();
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  return {
    address: `127.0.0.1:${String(port)}`,
    asked: (name) => questions.filter((one) => one.name === name).map(({ by }) => by),
    close: async () => {
      udp.close();
      tcp.close();
      await once(tcp, "close");
    },
  };

  function answerTo(question: Buffer, by: "udp" | "tcp"): Buffer | null {
    const { name, bytes } = readName(question);
    questions.push({ name, by });
    const answer = zone[name] ?? { code: "nxDomain" as const };
    if (answer === "silent") return null;
    const records = "records" in answer ? answer.records.map(recordOf) : [];
    const asked = question.subarray(12, 12 + bytes + 4);
    const code = "code" in answer ? CODES[answer.code] : 0;
    const whole = message({ id: question.subarray(0, 2), asked, code, records, isCut: false });
    if (by === "tcp" || whole.length <= UDP_BYTES_MAX) return whole;
    return message({ id: question.subarray(0, 2), asked, code, records: [], isCut: true });
  }

  async function listen(): Promise<{ readonly tcp: Server; readonly port: number }> {
    const tcp = createServer((socket) => {
      socket.on("data", (data) => {
        const answer = answerTo(data.subarray(2), "tcp");
        if (answer !== null) socket.write(Buffer.concat([uint16(answer.length), answer]));
      });
      socket.on("error", () => socket.destroy());
    });
    tcp.listen(0, "127.0.0.1");
    await once(tcp, "listening");
    return { tcp, port: (tcp.address() as AddressInfo).port };
  }
}

interface Message {
  readonly id: Buffer;
  readonly asked: Buffer;
  readonly code: number;
  readonly records: readonly Buffer[];
  readonly isCut: boolean;
}

/** RFC 1035 §4.1.1: an answer, recursion wanted and available. */
function message({ id, asked, code, records, isCut }: Message): Buffer {
  const flags = 0x8180 | (isCut ? 0x0200 : 0) | code;
  const counts = [1, records.length, 0, 0].map(uint16);
  return Buffer.concat([id, uint16(flags), ...counts, asked, ...records]);
}

/** The name is a pointer to that of the question (RFC 1035 §4.1.4). */
function recordOf(strings: readonly string[]): Buffer {
  const parts = strings.map((text) =>
    Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]),
  );
  const data = Buffer.concat(parts);
  const head = [0xc00c, TXT, 1, 0, 60, data.length].map(uint16);
  return Buffer.concat([...head, data]);
}

/** @returns the name in small letters, and how many bytes it takes */
function readName(question: Buffer): { readonly name: string; readonly bytes: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.subarray(at + 1, at + 1 + length).toString("latin1"));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), bytes: at + 1 - 12 };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
