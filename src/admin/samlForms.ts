import { z } from "zod";

/** The part of a connection's form that says how sign-ins and sign-outs go. */

const URL_MAX = 2_048;
const NAME_MAX = 300;
const LIST_MAX = 10;

const url = z.string().min(1).max(URL_MAX, "The address is too long.");
const binding = z.enum(["redirect", "post"]);

export const flowFields = {
  requestBinding: binding.optional(),
  ssoPostUrl: url.nullable().optional(),
  signRequests: z.boolean().optional(),
  forceAuthn: z.boolean().optional(),
  authnContexts: z
    .array(z.string().trim().min(1, "A name is expected.").max(NAME_MAX))
    .max(LIST_MAX, `At most ${String(LIST_MAX)} are expected.`)
    .optional(),
  idpInitiated: z.boolean().optional(),
  offerEncryption: z.boolean().optional(),
  singleLogout: z.boolean().optional(),
  logout: z
    .strictObject({ url, binding: binding.optional(), responseUrl: url.optional() })
    .nullable()
    .optional(),
};
