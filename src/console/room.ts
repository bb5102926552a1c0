import { type Html, html } from './html.ts'

/**
 * Bytes that the parts of one page may fill together. With its frame and the style sheet a page then has at most thirty
 * kilobytes, whatever is granted and whoever writes the texts: what counts first is asked first.
 */
export const PAGE_BYTES = 16_000

/** What is left of a page. */
export type Room = {
  /** The part, where there is room for it. */
  take(part: Html): Html | false
  /** Items from the first on, at most so many, up to the one for which there is no room; of the others only how many they are. */
  list<item>(items: readonly item[], most: number, render: (item: item) => Html): { shown: Html[]; hidden: number }
}

export function createRoom(bytes = PAGE_BYTES): Room {
  let left = bytes
  const take = (part: Html): Html | false => {
    const size = new TextEncoder().encode(`${part}`).length
    if (size > left) return false
    left -= size
    return part
  }
  return {
    take,
    list(items, most, render) {
      const shown: Html[] = []
      for (const item of items.slice(0, most)) {
        const part = take(render(item))
        if (part === false) break
        shown.push(part)
      }
      return { shown, hidden: items.length - shown.length }
    },
  }
}

/** `and 3 more sentences`, where some are not shown. */
export function more(hidden: number, what: string): Html | false {
  return hidden > 0 && html`<p class="quiet">and ${hidden} more ${what}</p>`
}
