/**
 * A browser without a screen: cookies, redirects and forms, nothing else. It presses the buttons of the practice page
 * and carries SAML messages, so that the whole round trip is tested where no browser is installed.
 */
export interface Robot {
  get(url: string): Promise<Page>;
  /** Whether the page has such a form. */
  offers(page: Page, action: string): boolean;
  /** Submits the form of the page whose action is (or ends with) this one, with fields changed. */
  submit(page: Page, action: string, fields?: Readonly<Record<string, string>>): Promise<Page>;
  /** The same, without a look at the page that comes then. */
  send(page: Page, action: string, fields?: Readonly<Record<string, string>>): Promise<void>;
  /** Submits the only form of the page, as its script would. */
  goOn(page: Page): Promise<Page>;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const REDIRECTS_MAX = 10;

export function createRobot(): Robot {
  // Like a browser's, by host: cookies ignore ports.
  const jars = new Map<string, Map<string, { value: string; path: string }>>();

  function remember(url: URL, headers: Headers): void {
    const jar = jars.get(url.hostname) ?? new Map<string, { value: string; path: string }>();
    jars.set(url.hostname, jar);
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? "/";
      const gone = attributes.some((one) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(one));
      if (gone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), { value: pair.slice(at + 1), path });
    }
  }

  function cookies(url: URL): string {
    return [...(jars.get(url.hostname) ?? [])]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join("; ");
  }

  async function ask(
    first: URL,
    origin: string | null,
    body: URLSearchParams | null,
    turnsMax = REDIRECTS_MAX,
  ): Promise<Page> {
    let url = first;
    let sent = body;
    for (let turn = 0; turn < turnsMax; turn += 1) {
      const headers: Record<string, string> = { cookie: cookies(url) };
      if (sent !== null && origin !== null) headers["origin"] = origin;
      const response = await fetch(url, {
        method: sent === null ? "GET" : "POST",
        headers,
        body: sent,
        redirect: "manual",
      });
      remember(url, response.headers);
      const location = response.headers.get("location");
      const isLast = turnsMax === 1 || location === null;
      if (isLast || response.status < 300 || response.status > 399) {
        const { status, headers: answered } = response;
        return { url: url.href, status, text: await response.text(), headers: answered };
      }
      url = new URL(location, url);
      sent = null;
    }
    throw new Error("too many redirects");
  }

  function post(
    page: Page,
    form: Form,
    fields: Readonly<Record<string, string>>,
    turnsMax?: number,
  ) {
    const body = new URLSearchParams({ ...form.fields, ...fields });
    return ask(new URL(form.action, page.url), new URL(page.url).origin, body, turnsMax);
  }

  return {
    get: (url) => ask(new URL(url), null, null),
    offers: (page, action) => formWith(page, action) !== undefined,
    async submit(page, action, fields = {}) {
      return post(page, knownForm(page, action), fields);
    },
    async send(page, action, fields = {}) {
      await post(page, knownForm(page, action), fields, 1);
    },
    async goOn(page) {
      const [form, ...others] = formsOf(page.text);
      if (form === undefined || others.length > 0) {
        throw new Error(`${page.url} (${page.status}) has not exactly one form: ${page.text}`);
      }
      return post(page, form, {});
    },
  };
}

interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

function formWith(page: Page, action: string): Form | undefined {
  return formsOf(page.text).find((one) => one.action.endsWith(action));
}

function knownForm(page: Page, action: string): Form {
  const form = formWith(page, action);
  if (form === undefined) throw new Error(`no form ${action} on ${page.url}`);
  return form;
}

function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(
    ([, attributes = "", inner = ""]) => {
      const inputs = [...inner.matchAll(/<input\b([^>]*)>/g)]
        .map(([, text = ""]) => text)
        .filter((text) => attribute(text, "type") === "hidden");
      const fields = inputs.map(
        (text) => [attribute(text, "name"), attribute(text, "value")] as const,
      );
      return { action: attribute(attributes, "action"), fields: Object.fromEntries(fields) };
    },
  );
}

function attribute(text: string, name: string): string {
  return unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

function unescape(text: string): string {
  return text.replace(/&(#\d+|\w+);/g, (whole, name: string) =>
    name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : (ENTITIES[name] ?? whole),
  );
}
