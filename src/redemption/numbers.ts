/**
 * Numbers of signed requests that share one word of the enforcer's storage. The first of them opens the word; each other one
 * sets one more of its 256 bits, for 17,100 gas less.
 */
export type NumberRun = {
  /** What all its numbers have in front of their last eight bits; below 2^56. */
  word: bigint
  /** How many of them have been given out, from the lowest on: 1 to 256. */
  taken: number
}

/** Numbers of one word. */
export const RUN = 256

/**
 * The next number for a request, and the run as it is then: to be kept durably before anybody signs, for what is kept is what is
 * never given out again. Without a run, or where one is full, a new word begins.
 *
 * @param random - 56 random bits. Whoever else signs with the same key draws a word of its own, so that two who know nothing of
 * each other never meet; neither does one who has lost its run.
 */
export function nextNumber(run: NumberRun | null, random: () => bigint): { number: bigint; run: NumberRun } {
  const { word, taken } = run === null || run.taken >= RUN ? { word: random(), taken: 0 } : run
  return { number: (word << 8n) | BigInt(taken), run: { word, taken: taken + 1 } }
}
