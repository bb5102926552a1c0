import { describe, expect, test } from 'vitest'
import { readForm } from './form.ts'

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  readForm(new Request('http://127.0.0.1/', { method: 'POST', body, headers }))

describe('readForm', () => {
  test('default: texts by name, the first of several, nothing for what is not there', async () => {
    const form = await post(new URLSearchParams('a=1&a=2&b=%3Cb%3E'))
    expect([form.text('a'), form.text('b'), form.text('c'), form.text('toString')]).toEqual(['1', '<b>', '', ''])
  })

  test('behavior: a chosen file by its text, a field of that name too, and what is empty is absent', async () => {
    const data = new FormData()
    data.append('file', new File(['{"a":1}'], '../../evil.json'))
    data.append('none', new File([], ''))
    data.append('field', 'typed')
    data.append('blank', '')
    const form = await post(data)
    const names = ['file', 'none', 'field', 'blank', 'absent']
    expect(await Promise.all(names.map((name) => form.file(name)))).toEqual([
      '{"a":1}',
      undefined,
      'typed',
      undefined,
      undefined,
    ])
    // A file is no text of a field: nobody reads its name.
    expect(form.text('file')).toBe('')
  })

  test.each([
    ['JSON', '{}', 'application/json'],
    ['another multipart than it says', '--x', 'multipart/form-data; boundary=y'],
  ])('error: %s', async (_what, body, type) => {
    await expect(post(body, { 'content-type': type })).rejects.toMatchObject({ code: 'console.bad_form' })
  })
})
