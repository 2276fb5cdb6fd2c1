import { afterAll, beforeAll, describe } from "@jest/globals";
import { administrationContract } from "./contract/administration.js";
import { billingContract } from "./contract/billing.js";
import { boundContract } from "./contract/bound.js";
import { breakGlassContract } from "./contract/breakGlass.js";
import { capacityContract } from "./contract/capacity.js";
import { poolUseContract } from "./contract/poolUse.js";
import { clientContract } from "./contract/clients.js";
import { countingContract } from "./contract/counting.js";
import { concurrencyContract } from "./contract/concurrency.js";
import { credentialContract } from "./contract/credentials.js";
import { filterContract } from "./contract/filters.js";
import { groupContract } from "./contract/groups.js";
import { holdingsContract } from "./contract/holdings.js";
import { historyContract } from "./contract/history.js";
import { leaseReturnContract } from "./contract/leaseReturns.js";
import { leaseContract } from "./contract/leases.js";
import { ledgerContract } from "./contract/ledger.js";
import { ledgerTimeContract } from "./contract/ledgerTime.js";
import { linkContract } from "./contract/links.js";
import { listContract } from "./contract/lists.js";
import { papersContract } from "./contract/papers.js";
import { provisioningLogContract } from "./contract/provisioningLog.js";
import { queueContract } from "./contract/queues.js";
import { reclaimContract } from "./contract/reclaim.js";
import { severalPoolsContract } from "./contract/severalPools.js";
import { signInContract } from "./contract/signIn.js";
import { signInLogContract } from "./contract/signInLog.js";
import { standingsContract } from "./contract/standings.js";
import { textContract } from "./contract/text.js";
import { trustContract } from "./contract/trust.js";
import { userContract } from "./contract/users.js";
import type { Open, Opened, Subject } from "./support/open.js";

/**
 * The promises of src/ports.ts. Every database keeps them; a fault found on one becomes a case for all. Of the random cases it
 * looks at a `share`.
 */
export function describeStore(name: string, open: Open, share = 1): void {
  describe(`store on ${name}`, () => {
    let opened: Opened | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.store.close();
    });
    const current = () => {
      if (opened === undefined) throw new Error("the store is not open");
      return opened;
    };
    const subject: Subject = {
      opened: current,
      store: () => current().store,
      open,
      cases: (full) => Math.ceil(full * share),
    };

    describe("administration", () => administrationContract(subject));
    describe("links", () => linkContract(subject));
    describe("credentials", () => credentialContract(subject));
    describe("standings", () => standingsContract(subject));
    describe("clients", () => clientContract(subject));
    describe("bound places", () => boundContract(subject));
    describe("users", () => userContract(subject));
    describe("text", () => textContract(subject));
    describe("groups", () => groupContract(subject));
    describe("queues", () => queueContract(subject));
    describe("several pools", () => severalPoolsContract(subject));
    describe("capacity", () => capacityContract(subject));
    describe("leases", () => leaseContract(subject));
    describe("counting", () => countingContract(subject));
    describe("lease returns", () => leaseReturnContract(subject));
    describe("pool use", () => poolUseContract(subject));
    describe("sign-in", () => signInContract(subject));
    describe("trust", () => trustContract(subject));
    describe("sign-in log", () => signInLogContract(subject));
    describe("history", () => historyContract(subject));
    describe("billing", () => billingContract(subject));
    describe("reclaim", () => reclaimContract(subject));
    describe("break-glass", () => breakGlassContract(subject));
    describe("ledger", () => ledgerContract(subject));
    describe("time in the ledger", () => ledgerTimeContract(subject));
    describe("papers", () => papersContract(subject));
    describe("holdings", () => holdingsContract(subject));
    describe("provisioning log", () => provisioningLogContract(subject));
    describe("lists", () => listContract(subject));
    describe("filters", () => filterContract(subject));
    describe("concurrency", () => concurrencyContract(subject));
  });
}
