import { createHash } from "node:crypto";

/**
 * The directory of Acorn, an invented company: what a customer's identity provider knows before it ever talks to
 * Seatkeeper. Plain data; who is active and who is in which group today lives in state.ts.
 */

export type GroupKey =
  "everyone" | "support-agents" | "team-leads" | "administrators" | "statistics" | "night-shift";

export interface Person {
  /** The part of the address before the @; never changes, also not when the person is renamed. */
  readonly key: string;
  /** The provider's own id of the person, sent as `externalId` and as persistent NameID. */
  readonly externalId: string;
  readonly userName: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly title: string;
  readonly department: string;
  readonly employeeNumber: string;
  readonly managerKey: string | null;
  readonly groups: readonly GroupKey[];
}

export interface DirectoryGroup {
  readonly key: GroupKey;
  readonly externalId: string;
  readonly displayName: string;
}

/** What a group gives is a rule of Seatkeeper (example.ts), not a matter of the directory. */
export const GROUPS: readonly DirectoryGroup[] = [
  group("everyone", "Everyone"),
  group("support-agents", "Support Agents"),
  group("team-leads", "Team Leads"),
  group("administrators", "Administrators"),
  group("statistics", "Statistics"),
  group("night-shift", "Night Shift"),
];

type Row = readonly [
  key: string,
  givenName: string,
  familyName: string,
  title: string,
  department: string,
  manager: string,
  groups: string,
];

const GROUP_OF_LETTER: Readonly<Record<string, GroupKey>> = {
  A: "support-agents",
  L: "team-leads",
  X: "administrators",
  S: "statistics",
  N: "night-shift",
};

/**
 * Letters of the last column: A Support Agents, L Team Leads, X Administrators, S Statistics, N Night Shift.
 * Everybody is in Everyone. A manager stands above the people who report to him or her.
 */
// prettier-ignore
const ROWS: readonly Row[] = [
  ["ingrid.sorensen",    "Ingrid",    "Sørensen",      "Chief Executive",            "Management",       "",                 ""],
  ["tomas.alvarez",      "Tomás",     "Álvarez",       "Head of Support",            "Customer Support", "ingrid.sorensen",  "LS"],
  ["wanjiru.kamau",      "Wanjirũ",   "Kamau",         "Head of Engineering",        "Management",       "ingrid.sorensen",  ""],
  ["henrike.vogt",       "Henrike",   "Vogt",          "Head of Finance",            "Management",       "ingrid.sorensen",  ""],
  ["samir.haddad",       "سمير",      "حداد",          "Head of People",             "Management",       "ingrid.sorensen",  ""],
  ["chiara.bellini",     "Chiara",    "Bellini",       "Support Systems Manager",    "Customer Support", "tomas.alvarez",    "X"],
  ["piotr.zielinski",    "Piotr",     "Zieliński",     "Support Systems Engineer",   "Customer Support", "chiara.bellini",   "X"],
  ["maeve.obrien",       "Maeve",     "O'Brien",       "Team Lead, Western Europe",  "Customer Support", "tomas.alvarez",    "L"],
  ["hanako.yamada",      "花子",       "山田",           "Team Lead, Asia",            "Customer Support", "tomas.alvarez",    "L"],
  ["olena.kovalchuk",    "Олена",     "Ковальчук",     "Team Lead, Eastern Europe",  "Customer Support", "tomas.alvarez",    "L"],
  ["diego.nunez",        "Diego",     "Núñez",         "Team Lead, Americas",        "Customer Support", "tomas.alvarez",    "L"],
  ["ipek.yildiz",        "İpek",      "Yıldız",        "Team Lead, Nights",          "Customer Support", "tomas.alvarez",    "LN"],
  ["jean.dupont",        "Jean-Luc",  "Dupont",        "Support Analyst",            "Customer Support", "tomas.alvarez",    "AS"],
  ["ana.pavlovic",       "Ana",       "Pavlović",      "Support Analyst",            "Customer Support", "tomas.alvarez",    "AS"],
  ["kofi.mensah",        "Kofi",      "Mensah",        "Quality Analyst",            "Customer Support", "tomas.alvarez",    "AS"],
  ["zoe.muller",         "Zoë",       "Müller",        "Support Agent, German",      "Customer Support", "maeve.obrien",     "A"],
  ["lucas.martin",       "Lucas",     "Martin",        "Support Agent, French",      "Customer Support", "maeve.obrien",     "A"],
  ["aoife.byrne",        "Aoife",     "Byrne",         "Support Agent, English",     "Customer Support", "maeve.obrien",     "A"],
  ["mehmet.oz",          "Mehmet",    "Öz",            "Support Agent, Turkish",     "Customer Support", "ipek.yildiz",      "AN"],
  ["bao.nguyen",         "Bảo",       "Nguyễn",        "Support Agent, Vietnamese",  "Customer Support", "hanako.yamada",    "A"],
  ["ming.li",            "明",         "李",            "Support Agent, Chinese",     "Customer Support", "hanako.yamada",    "A"],
  ["jiwoo.kim",          "지우",       "김",            "Support Agent, Korean",      "Customer Support", "hanako.yamada",    "A"],
  ["priya.raman",        "Priya",     "Raman",         "Support Agent, Tamil",       "Customer Support", "hanako.yamada",    "A"],
  ["marek.dvorak",       "Marek",     "Dvořák",        "Support Agent, Czech",       "Customer Support", "olena.kovalchuk",  "A"],
  ["katya.ivanova",      "Катя",      "Иванова",       "Support Agent, Bulgarian",   "Customer Support", "olena.kovalchuk",  "A"],
  ["eleni.papadaki",     "Ελένη",     "Παπαδάκη",      "Support Agent, Greek",       "Customer Support", "olena.kovalchuk",  "A"],
  ["camila.rocha",       "Camila",    "Rocha",         "Support Agent, Portuguese",  "Customer Support", "diego.nunez",      "A"],
  ["mateo.quispe",       "Mateo",     "Quispe",        "Support Agent, Spanish",     "Customer Support", "diego.nunez",      "A"],
  ["noah.tremblay",      "Noah",      "Tremblay",      "Support Agent, French",      "Customer Support", "ipek.yildiz",      "AN"],
  ["leilani.kealoha",    "Leilani",   "Keāloha",       "Support Agent, English",     "Customer Support", "ipek.yildiz",      "AN"],
  ["rafael.dsouza",      "Rafael",    "D'Souza",       "Support Agent, English",     "Customer Support", "ipek.yildiz",      "AN"],
  ["astrid.lindqvist",   "Astrid",    "Lindqvist",     "Principal Engineer",         "Engineering",      "wanjiru.kamau",    ""],
  ["omar.benali",        "Omar",      "Ben Ali",       "Integration Engineer",       "Engineering",      "wanjiru.kamau",    ""],
  ["grace.hopperton",    "Grace",     "Hopperton",     "Integration Engineer",       "Engineering",      "wanjiru.kamau",    ""],
  ["yusuf.adeyemi",      "Yusuf",     "Adéyẹmí",       "Platform Engineer",          "Engineering",      "wanjiru.kamau",    ""],
  ["sofia.rossi",        "Sofía",     "Rossi",         "Controller",                 "Finance",          "henrike.vogt",     ""],
  ["bjorn.jonsson",      "Björn",     "Jónsson",       "Accountant",                 "Finance",          "henrike.vogt",     ""],
  ["thandi.ndlovu",      "Thandi",    "Ndlovu",        "Recruiter",                  "People",           "samir.haddad",     ""],
  ["joao.ferreira",      "João",      "Ferreira",      "People Partner",             "People",           "samir.haddad",     ""],
  ["elif.sahin",         "Elif",      "Şahin",         "Office Manager",             "People",           "samir.haddad",     ""],
];

export const PEOPLE: readonly Person[] = ROWS.map(person);

function person(row: Row, index: number): Person {
  const [key, givenName, familyName, title, department, manager, letters] = row;
  return {
    key,
    externalId: stableId(`person:${key}`),
    userName: `${key}@acorn.example`,
    givenName,
    familyName,
    title,
    department,
    employeeNumber: String(1001 + index),
    managerKey: manager === "" ? null : manager,
    groups: ["everyone", ...Array.from(letters, groupOfLetter)],
  };
}

function groupOfLetter(letter: string): GroupKey {
  const key = GROUP_OF_LETTER[letter];
  if (key === undefined) throw new TypeError(`no group has the letter "${letter}"`);
  return key;
}

function group(key: GroupKey, displayName: string): DirectoryGroup {
  return { key, externalId: stableId(`group:${key}`), displayName };
}

/** The same id at every start, in the form that providers use, so that a restart finds what it made before. */
function stableId(name: string): string {
  const hex = createHash("sha256").update(`acorn.example/${name}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`]
    .concat(hex.slice(20, 32))
    .join("-");
}
