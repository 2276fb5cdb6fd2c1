import type { Command } from "commander";
import { certificatesOf } from "../actions/certificateReport.js";
import { presentCertificates } from "../admin/certificates.js";
import type { Connection } from "../domain/directory.js";
import { type Cli, databaseCommand } from "./command.js";
import { addressed } from "./connectionNamed.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";

/** `seatkeeper connection certificates` and `connection refresh`. */
export function addCertificateCommands(inOrganisation: (name: string) => Command, cli: Cli): void {
  databaseCommand(
    cli,
    inOrganisation("certificates")
      .argument("<connection>", "id or name")
      .description(
        "which certificates of the identity provider count, until when, and where they come from",
      ),
    async (context, args) => shown(context, await addressed(context, args)),
  );
  databaseCommand(
    cli,
    inOrganisation("refresh")
      .argument("<connection>", "id or name")
      .description("read the identity provider's metadata at its address now"),
    async (context, args) => {
      const connection = await addressed(context, args);
      const cause = context.cause("connection.metadataRefreshed");
      await context.deps.trust.refreshMetadata(connection, cause);
      return shown(context, await addressed(context, args));
    },
  );
}

async function shown({ deps }: CommandContext, connection: Connection): Promise<Result> {
  const json = presentCertificates(await certificatesOf(deps.store, connection));
  const { metadata, items } = json;
  const rows = items.map(({ expiresAt, verifiedAt, ...item }) => ({
    ...item,
    until: expiresAt.slice(0, 10),
    worked: verifiedAt?.slice(0, 10) ?? "not yet",
  }));
  const list = table(rows, ["state", "until", "daysLeft", "worked", "subject", "fingerprint"]);
  if (metadata === null) return { json, text: list };
  const { url, refreshedAt, nextRefreshAt, failedAt, failure } = metadata;
  const source = sheet({
    "metadata address": url,
    "last read": refreshedAt,
    "next time": nextRefreshAt,
    ...(failure === null ? {} : { "failed on": failedAt, because: failure }),
  });
  return { json, text: `${source}\n\n${list}` };
}
