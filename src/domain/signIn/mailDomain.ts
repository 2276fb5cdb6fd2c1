/** Domains of e-mail addresses, by which an organisation's sign-in is found (docs/adr/0032). */

const LENGTH_MAX = 253;
const LABELS = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
/** Anything that would make an address of more than a host. */
const NOT_A_HOST = /[\s/\\?#@:[\]%]/;

/** In ASCII and lower case, as DNS knows it ("Bücher.example" -> "xn--bcher-kva.example"); null: it is no domain. */
export function mailDomain(text: string): string | null {
  const trimmed = text.trim().replace(/\.$/, "");
  if (trimmed === "" || trimmed.length > LENGTH_MAX || NOT_A_HOST.test(trimmed)) return null;
  if (!URL.canParse(`https://${trimmed}`)) return null;
  const { hostname } = new URL(`https://${trimmed}`);
  return hostname.length <= LENGTH_MAX && LABELS.test(hostname) ? hostname : null;
}

/** What stands behind the last @; null: it is no e-mail address. */
export function domainOfAddress(address: string): string | null {
  const trimmed = address.trim();
  const at = trimmed.lastIndexOf("@");
  return at < 1 || trimmed.length > 320 ? null : mailDomain(trimmed.slice(at + 1));
}

/** Of providers where anybody can have an address. */
const PUBLIC = new Set(
  [
    "126.com 163.com aim.com aol.com att.net bluewin.ch btinternet.com charter.net comcast.net cox.net daum.net duck.com",
    "fastmail.com fastmail.fm foxmail.com free.fr freenet.de gmail.com googlemail.com hanmail.net hey.com hushmail.com icloud.com",
    "inbox.lv inbox.ru interia.pl laposte.net libero.it list.ru mac.com mail.com mail.ru mailbox.org mailfence.com mailinator.com",
    "me.com msn.com naver.com neuf.fr o2.pl orange.fr pm.me posteo.de posteo.net proton.me protonmail.ch protonmail.com qq.com",
    "rambler.ru rediffmail.com rocketmail.com runbox.com sbcglobal.net seznam.cz sfr.fr sina.com sky.com t-online.de tuta.com",
    "tutamail.com tutanota.com tutanota.de ukr.net verizon.net virgilio.it wanadoo.fr web.de wp.pl ymail.com zoho.com zohomail.com",
  ]
    .join(" ")
    .split(" "),
);
/** Under many endings: yahoo.co.jp, gmx.at. */
const PUBLIC_FAMILIES = new Set(["gmx", "hotmail", "live", "outlook", "yahoo", "yandex"]);

/** Nobody can have such a domain to himself. */
export function isPublicMail(domain: string): boolean {
  const labels = domain.split(".");
  const isFamily = (index: number) =>
    PUBLIC_FAMILIES.has(labels[index] ?? "") &&
    labels.slice(index + 1).every((label) => label.length <= 3);
  return (
    labels.some((_, index) => PUBLIC.has(labels.slice(index).join("."))) ||
    (labels.length >= 2 && isFamily(labels.length - 2)) ||
    (labels.length >= 3 && isFamily(labels.length - 3))
  );
}
