import { describeMySql } from "../support/mariadb.js";
import { describeStore } from "./contract.js";
import { openMariaDb } from "./support/mysql.js";

describeMySql("MariaDB", () => {
  describeStore("MariaDB", openMariaDb);
});
