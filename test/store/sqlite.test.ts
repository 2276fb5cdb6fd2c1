import { describeStore } from "./contract.js";
import { openFile, openMemory } from "./support/sqlite.js";

// It is sent the same statements as a file.
describeStore("SQLite in memory", openMemory, 1 / 4);
describeStore("SQLite file", openFile);
