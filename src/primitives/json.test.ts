import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, childPointer, JsonError, parseJson } from './json.ts'

const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (error instanceof JsonError) return error.code
    throw error
  }
  return 'ok'
}

describe('parseJson', () => {
  test('default', () => {
    expect(parseJson(' {"a":[1,-2.5e1,true,false,null,"x\\u00e9\\n"],"b":{}} ')).toEqual({
      a: [1, -25, true, false, null, 'xé\n'],
      b: {},
    })
  })

  test.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"k":1,"j":2,"k":1}}]'])(
    'error: %s has one key twice, of which another reader may take the other',
    (text) => {
      expect(codeOf(() => parseJson(text))).toBe('json.duplicate_key')
    },
  )

  test.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('error: key %s', (key) => {
    expect(codeOf(() => parseJson(`{"a":{"${key}":{"polluted":true}}}`))).toBe('json.forbidden_key')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test.each([
    '',
    ' ',
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '[1 2]',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    'tru',
    'truex',
    "{'a':1}",
    '"\\x"',
    '"\\u12"',
    '"a\nb"',
    '"',
    '\ufeff{}',
    '1//',
    'NaN',
    '-',
    '\u00a01',
  ])('error: %j is not JSON', (text) => {
    expect(codeOf(() => parseJson(text))).toBe('json.invalid')
  })

  test('error: text that is no string', () => {
    expect(codeOf(() => parseJson(undefined as never))).toBe('json.invalid')
  })

  test('error: an integer that would change silently', () => {
    expect(parseJson('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    expect(codeOf(() => parseJson('9007199254740993'))).toBe('json.number_out_of_range')
    expect(codeOf(() => parseJson('1e999'))).toBe('json.number_out_of_range')
    expect(codeOf(() => parseJson('9'.repeat(900_000)))).toBe('json.number_out_of_range')
  })

  test('error: half a surrogate pair', () => {
    expect(codeOf(() => parseJson('"\\ud800"'))).toBe('json.lone_surrogate')
    expect(codeOf(() => parseJson('{"\\udc00":1}'))).toBe('json.lone_surrogate')
    expect(parseJson('"\\ud83d\\ude00"')).toBe('😀')
  })

  test('error: nesting ends in a code and not in a full stack', () => {
    for (const unit of ['[', '{"a":']) {
      expect(codeOf(() => parseJson(unit.repeat(150_000)))).toBe('json.too_deep')
    }
    expect(codeOf(() => parseJson('['.repeat(64) + ']'.repeat(64)))).toBe('ok')
    expect(codeOf(() => parseJson('['.repeat(65) + ']'.repeat(65)))).toBe('json.too_deep')
    expect(codeOf(() => parseJson('[[]]', { maxDepth: 1 }))).toBe('json.too_deep')
  })

  test('error: size is counted in bytes', () => {
    expect(codeOf(() => parseJson(`"${'a'.repeat(8)}"`, { maxBytes: 10 }))).toBe('ok')
    expect(codeOf(() => parseJson(`"${'a'.repeat(9)}"`, { maxBytes: 10 }))).toBe('json.too_large')
    expect(codeOf(() => parseJson(`"${'é'.repeat(5)}"`, { maxBytes: 10 }))).toBe('json.too_large')
    expect(codeOf(() => parseJson(' '.repeat(1_048_577)))).toBe('json.too_large')
    expect(codeOf(() => parseJson(`[${'[],'.repeat(100_000)}[]]`))).toBe('json.too_large')
    expect(codeOf(() => parseJson('[1,[2]]', { maxValues: 3 }))).toBe('json.too_large')
    expect(parseJson('[1,[2]]', { maxValues: 4 })).toEqual([1, [2]])
  })

  test('behavior: a mebibyte of any shape is read or refused in under a second', () => {
    const n = 1_048_570
    const texts = [
      `[${'0,'.repeat(n / 2 - 2)}0]`,
      `"${'\\n'.repeat(n / 2 - 2)}"`,
      `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":0`).join(',')}}`,
      `[${'[],'.repeat(n / 3 - 2)}[]]`,
      ' '.repeat(n),
    ]
    for (const text of texts) {
      const before = process.cpuUsage()
      codeOf(() => parseJson(text))
      // Processor time, not wall time: the bound holds on a busy machine too.
      expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
    }
  })

  test('behavior: agrees with JSON.parse on what it accepts', () => {
    const json = fc.json({ maxDepth: 4 })
    let read = 0
    fc.assert(
      fc.property(json, (text) => {
        if (codeOf(() => parseJson(text)) !== 'ok') return
        read++
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
    expect(read).toBeGreaterThan(20)
  })

  test('behavior: one character changed gives what JSON.parse gives, or a code', () => {
    const seen = new Set<string>()
    const text =
      '{"a":[1,{"b":"x\\u0041","bb":{"c":[9007199254740991,-1.5e3]}}],"proto":"\\ud83d\\ude00","constructo":true}'
    const edit = fc.tuple(fc.nat(text.length - 1), fc.constantFrom(...'{}[]":,0189.eE-+\\udabcr _ntf\u0000'), fc.nat(2))
    fc.assert(
      fc.property(edit, ([at, unit, cut]) => {
        const edited = text.slice(0, at) + unit + text.slice(at + cut)
        const code = codeOf(() => parseJson(edited, { maxDepth: 5 }))
        seen.add(code)
        if (code === 'json.invalid') expect(() => JSON.parse(edited)).toThrow()
        if (code === 'ok') expect(parseJson(edited)).toEqual(JSON.parse(edited))
      }),
      {
        numRuns: 3_000,
        examples: [
          [[text.indexOf('"bb"') + 2, '"', 2]],
          [[text.indexOf('1,{'), '[', 0]],
          [[text.indexOf('constructo') + 10, 'r', 0]],
        ],
      },
    )
    for (const code of ['ok', 'json.invalid', 'json.duplicate_key', 'json.forbidden_key', 'json.lone_surrogate']) {
      expect(seen).toContain(code)
    }
    expect(seen).toContain('json.number_out_of_range')
  })
})

describe('canonicalJson', () => {
  test('default', () => {
    expect(canonicalJson({ b: [1, true], a: 'é"\n', '\u{1f600}': {}, '\uffff': 0 })).toBe(
      '{"a":"é\\"\\n","b":[1,true],"\u{1f600}":{},"\uffff":0}',
    )
  })

  test('behavior: order of keys does not matter, order of items does', () => {
    expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }))
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
  })

  test.each([
    ['null', null],
    ['undefined member', { a: undefined }],
    ['a hole', Object.assign(new Array<unknown>(3), { 0: 1, 2: 2 })],
    ['a fraction', 1.5],
    ['minus zero', -0],
    ['an unsafe integer', 2 ** 53],
    ['bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => 1],
    ['half a pair', '\ud800'],
    ['half a pair in a key', { '\udc00': 1 }],
  ])('error: %s', (_name, value) => {
    expect(codeOf(() => canonicalJson({ deep: [value] }))).toBe('json.not_canonical')
  })

  test('error: a cycle', () => {
    const value: Record<string, unknown> = {}
    value['self'] = value
    expect(codeOf(() => canonicalJson(value))).toBe('json.too_deep')
  })

  test('behavior: two different values never share a text', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ maxLength: 3 }),
        fc.integer({ min: -9, max: 9 }),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 2 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(value, (v) => {
        // Injective because it reads back to the value it came from.
        expect(JSON.parse(canonicalJson(v))).toEqual(v)
      }),
    )
  })
})

describe('childPointer', () => {
  test('default', () => {
    expect(childPointer('/rules', 0)).toBe('/rules/0')
    expect(childPointer('', 'a/b~c')).toBe('/a~1b~0c')
  })
})
