export const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** The body of a PATCH (RFC 7644 §3.5.2). What the operations are is the test's own affair: they may be wrong. */
export function patchOp(...Operations: readonly unknown[]) {
  return { schemas: [PATCH_OP], Operations };
}
