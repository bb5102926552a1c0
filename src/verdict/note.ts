import type { Crossing } from './held.ts'
import type { Passage } from './taskScope/passage.ts'

/** What a caveat with the rules of a whole scope says of an action that it lets pass, or would if somebody confirmed. */
export type Note = {
  hop: number
  caveat: number
  passage: Passage
  /** A charge above its threshold that nobody has confirmed. */
  crossing: Crossing | null
}
