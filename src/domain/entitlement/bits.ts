/** Sets of small whole numbers, 32 to a word, so that "contains everything required" is one operation per word. */

export type Bits = Int32Array;

export function emptyBits(words: number): Bits {
  return new Int32Array(words);
}

export function wordsFor(size: number): number {
  return Math.max(1, Math.ceil(size / 32));
}

export function addBit(bits: Bits, bit: number): void {
  bits[bit >> 5] = wordOf(bits, bit >> 5) | (1 << (bit & 31));
}

export function removeBit(bits: Bits, bit: number): void {
  bits[bit >> 5] = wordOf(bits, bit >> 5) & ~(1 << (bit & 31));
}

export function hasBit(bits: Bits, bit: number): boolean {
  return (wordOf(bits, bit >> 5) & (1 << (bit & 31))) !== 0;
}

export function addAll(bits: Bits, more: Bits): void {
  for (let word = 0; word < bits.length; word += 1) {
    bits[word] = wordOf(bits, word) | wordOf(more, word);
  }
}

export function isSubset(bits: Bits, of: Bits): boolean {
  for (let word = 0; word < bits.length; word += 1) {
    if ((wordOf(bits, word) & ~wordOf(of, word)) !== 0) return false;
  }
  return true;
}

/** In ascending order. */
export function listBits(bits: Bits): number[] {
  const list: number[] = [];
  for (let word = 0; word < bits.length; word += 1) {
    for (let left = wordOf(bits, word); left !== 0; left &= left - 1) {
      list.push(word * 32 + 31 - Math.clz32(left & -left));
    }
  }
  return list;
}

/** For sets that are filled again and again. Written as loops: `fill` and `set` take longer for a word or two. */
export function clearBits(bits: Bits): void {
  for (let word = 0; word < bits.length; word += 1) bits[word] = 0;
}

export function copyBits(bits: Bits, from: Bits): void {
  for (let word = 0; word < bits.length; word += 1) bits[word] = wordOf(from, word);
}

function wordOf(bits: Bits, word: number): number {
  return bits[word] ?? 0;
}
