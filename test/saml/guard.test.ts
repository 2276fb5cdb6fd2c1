import { describe, expect, it } from "@jest/globals";
import {
  METADATA_LIMITS,
  RESPONSE_LIMITS,
  decodeMessage,
  decodeUtf8,
  readXml,
} from "../../src/saml/guard.js";
import { attempt } from "../../src/saml/reasons.js";

const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");
const repeat = (text: string, count: number) => text.repeat(count);

describe("the encoding of a message", () => {
  it("is base64 with or without line breaks", () => {
    const encoded = base64("<a>äöü</a>");

    expect(decodeMessage(encoded)).toEqual({ ok: true, value: "<a>äöü</a>" });
    expect(decodeMessage(encoded.replace(/(.{4})/g, "$1\r\n"))).toMatchObject({ ok: true });
  });

  it.each([
    ["is absent", undefined, "NotBase64"],
    ["is given twice", ["PGEvPg==", "PGEvPg=="], "NotBase64"],
    ["is empty", "", "NotBase64"],
    ["has a blank", "PGEv Pg==", "NotBase64"],
    ["has characters of base64url", "PGE_Pg==", "NotBase64"],
    ["lacks its padding", "PGEvPg", "NotBase64"],
    ["has padding in the middle", "PGE=PGE=", "NotBase64"],
    ["has left-over bits", "PGEvPh==", "NotBase64"],
    ["is longer than 192 KB", repeat("A", 192 * 1024 + 4), "MessageTooLarge"],
    ["is not UTF-8 inside", base64(Buffer.from([0x3c, 0x61, 0xff, 0x3e])), "NotUtf8"],
    ["is an overlong UTF-8 form", base64(Buffer.from([0xc0, 0xbc])), "NotUtf8"],
  ])("refuses a message that %s", (_, encoded, reason) => {
    expect(decodeMessage(encoded)).toMatchObject({ ok: false, reason });
  });

  it("ends lines as XML demands, so that all stages see the same text", () => {
    expect(decodeUtf8(Buffer.from("<a>\r\n\r\n\r</a>"))).toBe("<a>\n\n\n</a>");
  });
});

describe("the guard", () => {
  // prettier-ignore
  const REFUSED: readonly (readonly [title: string, xml: string, reason: string])[] = [
    ["N-37 several roots",                     "<a/><b/>",                                         "SeveralRoots"],
    ["N-38 text before the root",              "junk<a/>",                                         "TextOutsideRoot"],
    ["N-38 text after the root",               "<a/>junk",                                         "TextOutsideRoot"],
    ["N-38 a byte order mark",                 "\ufeff<a/>",                                       "TextOutsideRoot"],
    ["N-39 an attribute twice",                `<a b="1" b="2"/>`,                                 "NotWellFormed"],
    ["N-39 an attribute twice by namespace",   `<a xmlns:p="u:x" xmlns:q="u:x" p:b="1" q:b="2"/>`, "NotWellFormed"],
    ["N-41 a document type",                   "<!DOCTYPE a><a/>",                                 "DoctypeRefused"],
    ["N-41 a document type after the root",    "<a/><!DOCTYPE a>",                                 "DoctypeRefused"],
    ["N-42 an external entity",                `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "DoctypeRefused"],
    ["N-43 entities in entities",              `<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>`,    "DoctypeRefused"],
    ["an entity that is not predefined",       "<a>&nbsp;</a>",                                    "EntityRefused"],
    ["an entity in an attribute",              `<a b="&x;"/>`,                                     "EntityRefused"],
    ["an entity without a name",               "<a>& b</a>",                                       "NotWellFormed"],
    ["a reference to character 0",             "<a>&#0;</a>",                                      "NotWellFormed"],
    ["N-11 a comment",                         "<a>x<!-- y -->z</a>",                              "CommentRefused"],
    ["a comment before the root",              "<!-- y --><a/>",                                   "CommentRefused"],
    ["N-10 a processing instruction",          "<a>x<?y z?></a>",                                  "InstructionRefused"],
    ["a processing instruction at the start",  `<?xml-stylesheet href="x"?><a/>`,                  "InstructionRefused"],
    ["N-12 CDATA",                             "<a>x<![CDATA[y]]></a>",                            "CdataRefused"],
    ["another encoding",                       `<?xml version="1.0" encoding="UTF-7"?><a/>`,       "EncodingRefused"],
    ["UTF-16",                                 `<?xml version="1.0" encoding="UTF-16"?><a/>`,      "EncodingRefused"],
    ["XML 1.1",                                `<?xml version="1.1"?><a/>`,                        "EncodingRefused"],
    ["a declaration in the middle",            `<a><?xml version="1.0"?></a>`,                     "InstructionRefused"],
    ["a tag that is not closed",               "<a><b></a>",                                       "NotWellFormed"],
    ["a document that ends early",             "<a><b>",                                           "NotWellFormed"],
    ["N-49 no XML at all",                     "hello",                                            "TextOutsideRoot"],
    ["N-49 nothing",                           "",                                                 "NotWellFormed"],
    ["a prefix that is not bound",             "<p:a/>",                                           "NotWellFormed"],
    ["an undeclared prefix",                   `<a xmlns:p=""/>`,                                  "NotWellFormed"],
    ["a namespace that is not absolute",       `<a xmlns:p="1"/>`,                                 "NamespaceRefused"],
    ["a namespace that is a path",             `<a xmlns="/x/y"/>`,                                "NamespaceRefused"],
    ["quotes in a namespace",                  `<a xmlns:p='u" ID="x'/>`,                          "NamespaceRefused"],
    ["a blank in a namespace",                 `<a xmlns="urn:x "/>`,                              "NamespaceRefused"],
    ["a line break in a namespace",            `<a xmlns="urn:&#10;x"/>`,                          "NamespaceRefused"],
    ["a prefix that objects inherit",          `<a xmlns:__proto__="urn:x"/>`,                     "NamespaceRefused"],
    ["another meaning of xml",                 `<a xmlns:xml="urn:x"/>`,                           "NotWellFormed"],
    ["control characters",                     "<a>\u0001</a>",                                    "NotWellFormed"],
    ["a lone surrogate",                       "<a>&#xD800;</a>",                                  "NotWellFormed"],
  ];

  it.each(REFUSED)("refuses %s", (_, xml, reason) => {
    expect(readXml(xml, RESPONSE_LIMITS)).toMatchObject({ ok: false, reason });
  });

  it.each([
    ["predefined entities and characters", "<a>&lt;&amp;&gt;&quot;&apos;&#228;&#x1F600;</a>"],
    ["a declaration", `<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a/>\n`],
    ["blanks around the root", "\n <a/> \n"],
    ["1,000 children", `<a>${repeat("<b/>", 1_000)}</a>`],
    ["depth 32", repeat("<a>", 32) + repeat("</a>", 32)],
    ["an attribute called __proto__", `<a __proto__="x"/>`],
  ])("lets %s pass", (_, xml) => {
    expect(readXml(xml, RESPONSE_LIMITS)).toMatchObject({ ok: true });
  });

  it("reads names, attributes and text as XML says", () => {
    const xml = `<p:a xmlns:p="urn:p" x="1 &amp; 2" p:y="3">one<b>two</b>three</p:a>`;

    expect(readXml(xml, RESPONSE_LIMITS)).toEqual({
      ok: true,
      value: {
        namespace: "urn:p",
        name: "a",
        attributes: [
          { namespace: "", name: "x", value: "1 & 2" },
          { namespace: "urn:p", name: "y", value: "3" },
        ],
        text: "onethree",
        children: [{ namespace: "", name: "b", attributes: [], children: [], text: "two" }],
      },
    });
  });

  it("skips comments in metadata only", () => {
    expect(readXml("<!-- x --><a/>", METADATA_LIMITS)).toMatchObject({ ok: true });
  });
});

describe("the guard's time", () => {
  /** The most that 192 KB of base64 can hold. */
  const LENGTH_MAX = 144 * 1024;
  const full = (begin: string, unit: string) =>
    begin + repeat(unit, Math.floor((LENGTH_MAX - begin.length) / unit.length));
  /** Milliseconds of computing, the least of several: how long it takes besides is up to the machine. */
  const leastTime = (work: () => unknown): number => {
    const times = Array.from({ length: 7 }, () => {
      const begun = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1_000;
    });
    return Math.min(...times);
  };
  const wide = (count: number) => `<a>${repeat("<b/>", count)}</a>`;
  const attributes = (count: number) =>
    Array.from({ length: count }, (_, index) => ` a${index}="x"`).join("");

  it.each([
    ["N-44 50,000 siblings", wide(50_000), "TooManyChildren"],
    ["50,000 elements in rows of 500", `<r>${repeat(wide(500), 100)}</r>`, "TooManyElements"],
    ["N-45 20,000 levels", repeat("<a>", 20_000), "TooDeep"],
    ["100,000 levels", repeat("<a>", 100_000), "TooDeep"],
    ["100,000 attributes", `<a${attributes(100_000)}/>`, "TooManyAttributes"],
    [
      "100,000 namespaces",
      `<a${attributes(100_000).replaceAll(" a", " xmlns:a")}/>`,
      "TooManyAttributes",
    ],
    ["a long attribute", full(`<a b="`, "x"), "NotWellFormed"],
    ["a long name", full("<", "a"), "NotWellFormed"],
    ["a long comment", full("<a><!--", "-x"), "CommentRefused"],
    ["a long instruction", full("<a><?x ", "?x"), "InstructionRefused"],
    ["a long CDATA section", full("<a><![CDATA[", "]]x"), "CdataRefused"],
    ["a long document type", full("<!DOCTYPE a [", "<!ENTITY x 'y'>"), "DoctypeRefused"],
    ["a long XML declaration", full("<?xml ", "x"), "NotWellFormed"],
    ["many character references", full("<a>", "&#65;"), "TooManyReferences"],
    ["many entity references in an attribute", full(`<a b="`, "&lt;"), "TooManyReferences"],
    ["a long entity name", full("<a>&", "x"), "NotWellFormed"],
    ["nothing but <", full("", "<"), "NotWellFormed"],
    ["nothing but ]", full("<a>", "]"), "NotWellFormed"],
    ["nothing but &", full("", "&"), "TooManyReferences"],
    ["characters outside the basic plane", full("<a>", "\u{1F600}"), "NotWellFormed"],
  ])("is linear: %s", (_, xml, reason) => {
    expect(readXml(xml, RESPONSE_LIMITS)).toMatchObject({ ok: false, reason });
    expect(leastTime(() => readXml(xml, RESPONSE_LIMITS))).toBeLessThan(50);
  });

  it("is linear for base64 that is almost right", () => {
    const encoded = `${repeat("A", 192 * 1024 - 1)}!`;

    expect(decodeMessage(encoded)).toMatchObject({ ok: false, reason: "NotBase64" });
    expect(leastTime(() => decodeMessage(encoded))).toBeLessThan(50);
  });
});

describe("a stage", () => {
  it("lets mistakes of ours through instead of calling them a refusal", () => {
    expect(() =>
      attempt(() => {
        throw new TypeError("a bug");
      }),
    ).toThrow("a bug");
  });
});
