import { describeStore } from "./contract.js";
import { openFile, openMemory } from "./support/sqlite.js";

describeStore("SQLite in memory", openMemory);
describeStore("SQLite file", openFile);
