import { readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { support } from "../domain/scene.js";
import { preset, Story } from "./scenario.js";

/** The presets as stories. A line that is not as expected fails with the whole line. */

describe("config/presets", () => {
  it("has a story here for each preset", () => {
    expect(readdirSync("config/presets").sort()).toEqual([
      "derived-tiers.yaml",
      "locked-and-shared.yaml",
      "named-or-concurrent.yaml",
      "people-without-a-seat.yaml",
      "pool-with-invitations.yaml",
    ]);
  });

  it("locked-and-shared: rule 14, Jason, Ciara and Pat; Lisa always gets in", () => {
    const chosen = preset("locked-and-shared");
    new Story(chosen, { locked: 1, shared: 1 }, [support({ everyone: false })]).tell(`
      lisa is created        | locked: -; shared: -
      jason is created       | shared: -
      ciara is created       | shared: -
      pat is created         | shared: -
      lisa is given locked   | locked: lisa
      jason signs in         | shared: jason; locked: lisa
      2 days pass            | shared: jason
      ciara signs in         | shared: ciara
      lisa signs in          | locked: lisa; shared: ciara
      1 day pass             | shared: ciara
      pat signs in           | shared: pat; waiting: -
      pat signs out          | shared: -
      jason signs in         | shared: jason
      lisa loses locked      | locked: -
      lisa signs in          | shared: lisa
    `);
  });

  it("derived-tiers: the tier follows from what somebody may do, and nobody is without a seat", () => {
    const tiers = ["standard", "professional", "enterprise"];
    new Story(preset("derived-tiers"), { seats: 1 }, [support()], tiers).tell(`
      ann is created         | seats: ann=standard
      bob is created         | seats: ann=standard bob=standard
      ann may reports        | seats: ann=professional bob=standard
      ann may admin          | seats: ann=enterprise bob=standard
      ann may not reports    | seats: ann=enterprise bob=standard
      ann may not admin      | seats: ann=standard bob=standard
      bob is deactivated     | seats: ann=standard
    `);
  });

  it("pool-with-invitations: an invitation takes a licence, and only a deletion gives it back", () => {
    const chosen = preset("pool-with-invitations");
    new Story(chosen, { licences: 2 }, [support({ everyone: false })]).tell(`
      ann is created         | licences: -; pending: -
      ann joins Red          | licences: -; pending: ann
      ann signs in           | licences: ann; pending: -
      ann joins Blue         | licences: ann
      bob is created         | licences: ann
      bob joins Red          | licences: ann; pending: bob
      cem is created         | pending: bob
      cem joins Red          | licences: ann; pending: bob
      ann leaves Red         | licences: ann
      ann leaves Blue        | licences: -; parked: ann
      cem leaves Red         | pending: bob
      cem joins Red          | pending: bob; parked: ann
      ann joins Blue         | licences: ann; parked: -
      ann is deactivated     | licences: -; suspended: ann
      ann is activated       | licences: ann; suspended: -
      ann is deactivated     | licences: -; suspended: ann
      cem leaves Red         | pending: bob
      ann is deleted         | suspended: -
      cem joins Blue         | pending: bob cem
    `);
  });

  it("people-without-a-seat: rule 94, one licence serves different people in turn", () => {
    const chosen = preset("people-without-a-seat");
    new Story(chosen, { assigned: 1 }, [support({ everyone: false })]).tell(`
      recruiter is created          | assigned: -
      trainer is created            | assigned: -
      admin is created              | assigned: -
      recruiter is given assigned   | assigned: recruiter
      trainer is given assigned     | assigned: recruiter; waiting: -
      trainer loses assigned        | assigned: recruiter
      recruiter loses assigned      | assigned: -; parked: recruiter
      trainer is given assigned     | assigned: trainer; parked: recruiter
      90 days pass                  | assigned: trainer
      trainer loses assigned        | assigned: -; parked: recruiter trainer
      recruiter is given assigned   | assigned: recruiter; parked: trainer
    `);
  });

  it("named-or-concurrent: rule 104, the next operator is not served until one leaves", () => {
    const chosen = preset("named-or-concurrent");
    new Story(chosen, { named: 1, concurrent: 2 }, [support()]).tell(`
      boss is created        | named: -
      boss is given named    | named: boss
      o1 is created          | concurrent: -
      o2 is created          | concurrent: -
      o3 is created          | concurrent: -
      o1 signs in            | concurrent: o1
      o2 signs in            | concurrent: o1 o2
      o3 signs in            | concurrent: o1 o2; waiting: -
      boss signs in          | named: boss; concurrent: o1 o2
      o1 signs out           | concurrent: o2
      o3 signs in            | concurrent: o2 o3
      20 minutes pass        | concurrent: o2 o3
      o1 signs in            | concurrent: o1
    `);
  });
});
