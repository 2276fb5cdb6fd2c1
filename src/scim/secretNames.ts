/** What a provider may call a secret although no schema has it: "newPassword1", "pass_word", "passwordHash". No secretary. */
export const SECRET_WORDS =
  "pass[\\W_]{0,4}(?:word|wd|phrase|code)|pwd|secret(?!ar)|token|assertion|credential|samlresponse|(?:api|private)[\\W_]{0,4}key";

const SECRET_IN_NAME = new RegExp(SECRET_WORDS, "i");

/** Whether a text may hold a secret, because it names one. */
export function namesSecret(text: string): boolean {
  return SECRET_IN_NAME.test(text);
}
