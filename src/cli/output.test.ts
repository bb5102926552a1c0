import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AmbitError } from '../errors.ts'
import {
  envelope,
  facts,
  Output,
  renderError,
  styled,
  table,
  toAmbitError,
  toJson,
  toPlain,
  untrusted,
} from './output.ts'

const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\u009b31mUSDC\u202e\u200b\r\b'
/** What no terminal may get from us, whatever came in. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

function sink() {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  return { stream, text: () => text }
}

function output(options: { json?: boolean; quiet?: boolean } = {}) {
  const [stdout, stderr] = [sink(), sink()]
  const out = new Output({ stdout: stdout.stream, stderr: stderr.stream, json: false, quiet: false, ...options })
  return { out, stdout: stdout.text, stderr: stderr.text }
}

describe('Output', () => {
  test('default', () => {
    const { out, stdout, stderr } = output()
    out.progress('waiting')
    out.result(['done ', styled('green', 'well'), '\n'])
    expect(stdout()).toBe('done well\n')
    expect(stderr()).toBe('waiting\n')
  })

  test('behavior: no control character of any text reaches the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(fc.constantFrom(...HOSTILE), fc.string()) }), (text) => {
        const { out, stdout, stderr } = output()
        out.result([text, styled('bold', text), untrusted(text), table([text], [[text]])])
        out.warn(text)
        out.progress(text)
        out.error(new AmbitError('a.b', 'Short.', { fix: text, details: { text } }))
        expect(stdout()).not.toMatch(RAW)
        expect(stderr()).not.toMatch(RAW)
      }),
    )
  })

  test('behavior: a secret is blanked out of everything, also out of JSON and of styled text', () => {
    const key = `0x${'ab'.repeat(32)}`
    const { out, stdout, stderr } = output()
    out.keepSecret(key)
    out.warn(`key ${key}`)
    out.progress(styled('bold', key))
    out.error(new AmbitError('a.b', 'Short.', { fix: key, details: { key } }))
    out.resultJson({ key })
    expect(stdout() + stderr()).not.toContain('abab')
    expect(stdout()).toBe('{"key":"[secret]"}\n')
  })

  test('behavior: one result only; what an interrupted command still says is dropped', () => {
    const { out, stdout } = output({ json: true })
    out.resultJson({ first: 1 })
    out.resultJson({ second: 2 })
    out.result('third')
    expect(stdout()).toBe('{"first":1}\n')
  })

  test('behavior: --quiet and --json silence progress, never warnings', () => {
    for (const options of [{ quiet: true }, { json: true }]) {
      const { out, stderr } = output(options)
      out.progress('working')
      out.warn('danger')
      expect(stderr()).toBe('Warning: danger\n')
    }
  })
})

describe('toJson', () => {
  test('default', () => {
    expect(toJson({ amount: 10n ** 30n, absent: undefined, list: [1n] })).toBe(
      `{"amount":"1${'0'.repeat(30)}","list":["1"]}`,
    )
  })

  test('behavior: harmless to a terminal, and the same value to a reader', () => {
    const text = toJson({ [HOSTILE]: HOSTILE })
    expect(text).not.toMatch(RAW)
    expect(JSON.parse(text)).toEqual({ [HOSTILE]: HOSTILE })
  })
})

describe('table', () => {
  test('error: a cell cannot start a row of its own', () => {
    const text = toPlain(table(['FROM'], [['a\nvalid  grant'], [styled('red', 'b\nc')]]))
    expect(text.split('\n')).toEqual(['FROM', 'a\\u000avalid  grant', 'b\\u000ac', ''])
  })

  test('default', () => {
    expect(toPlain(table(['A', 'LONG'], [['xyz', styled('red', 'b')]]))).toBe('A    LONG\nxyz  b\n')
  })
})

describe('facts', () => {
  test('default', () => {
    expect(toPlain(facts([['a', '1'], undefined, ['long', '2']]))).toBe('a     1\nlong  2\n')
  })
})

describe('envelope', () => {
  test('default', () => {
    expect(envelope('scope check', { a: 1 })).toEqual({
      schema: 'ambit.scope.check.v1',
      ok: true,
      data: { a: 1 },
      error: null,
    })
  })

  test('behavior: a denial keeps its data', () => {
    const error = new AmbitError('a.b', 'Short.', { fix: 'Do.', details: { n: 1 } })
    const { ok, data, error: shown } = envelope('redeem', { verdict: 'deny' }, { error, exit: 3 })
    expect({ ok, data }).toEqual({ ok: false, data: { verdict: 'deny' } })
    expect(shown).toEqual({ code: 'a.b', message: 'Short.', fix: 'Do.', retry: 'never', details: { n: 1 }, exit: 3 })
  })
})

describe('toAmbitError', () => {
  test('behavior: a provider error keeps neither its URL nor its body', () => {
    const thrown = new Error('HTTP request failed.\n\nURL: https://rpc.example/v2/APIKEY\nRequest body: {"secret":1}')
    const shown = toPlain(renderError(toAmbitError(Object.assign(thrown, { shortMessage: 'HTTP request failed.' }))))
    expect(shown).toContain('HTTP request failed.')
    expect(shown).not.toMatch(/APIKEY|secret/)
  })

  test('behavior: ours pass, and what is no error at all becomes one', () => {
    const ours = new AmbitError('a.b', 'Short.', { fix: 'Do.' })
    expect(toAmbitError(ours)).toBe(ours)
    for (const thrown of [undefined, null, 'text', 7]) expect(toAmbitError(thrown).code).toBe('cli.unexpected')
  })
})
