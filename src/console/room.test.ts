import { describe, expect, test } from 'vitest'
import { html } from './html.ts'
import { createRoom, more } from './room.ts'

const part = (text: string) => html`${text}`

describe('createRoom', () => {
  test('default: takes what fits, to the byte', () => {
    const room = createRoom(5)
    expect(`${room.take(part('abc'))}`).toBe('abc')
    expect(room.take(part('abc'))).toBe(false)
    expect(`${room.take(part('ab'))}`).toBe('ab')
    expect(room.take(part('a'))).toBe(false)
    // Bytes, not letters.
    expect(createRoom(5).take(part('漢漢'))).toBe(false)
    expect(`${createRoom(6).take(part('漢漢'))}`).toBe('漢漢')
  })

  test('behavior: a list in its order, up to the first for which there is no room, and how many are left', () => {
    const room = createRoom(6)
    const { shown, hidden } = room.list(['ab', 'cd', 'efgh', 'i'], 10, part)
    expect([shown.map(String), hidden]).toEqual([['ab', 'cd'], 2])
    expect(createRoom().list([1, 2, 3], 2, (n) => html`${n}`)).toMatchObject({ hidden: 1 })
    expect(createRoom().list([], 2, part)).toEqual({ shown: [], hidden: 0 })
  })
})

describe('more', () => {
  test('default: nothing where nothing is hidden', () => {
    expect([more(-1, 'x'), more(0, 'x'), `${more(1, 'x')}`]).toEqual([
      false,
      false,
      '<p class="quiet">and 1 more x</p>',
    ])
  })
})
