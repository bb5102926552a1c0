import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { useFolder } from '../../test/rig/cli.ts'
import { fileName, Home, homePath } from './home.ts'
import { takeLock } from './lock.ts'

const folder = useFolder()
const fresh = (name: string) => new Home(join(folder.path, name))

describe('homePath', () => {
  test('default', () => {
    expect(homePath('/a', { AMBIT_HOME: '/b', XDG_DATA_HOME: '/c' })).toBe('/a')
    expect(homePath(undefined, { AMBIT_HOME: '/b', XDG_DATA_HOME: '/c' })).toBe('/b')
    expect(homePath(undefined, { AMBIT_HOME: '', XDG_DATA_HOME: '/c' })).toBe('/c/ambit')
    expect(homePath(undefined, {})).toMatch(/\.local\/share\/ambit$/)
  })
})

describe('Home', () => {
  test('default', () => {
    const home = fresh('default')
    const path = home.file('grants', 'a.json')
    home.write(path, 'one')
    home.write(path, 'two')
    expect(home.read(path)).toBe('two')
    expect(home.list('grants')).toEqual(['a'])
    expect(home.remove(path)).toBe(true)
    expect(home.remove(path)).toBe(false)
    expect(home.read(path)).toBeUndefined()
  })

  test('behavior: the folder is 0700 and files are 0600 whatever the umask, and nothing temporary stays', () => {
    const before = process.umask(0)
    try {
      const home = fresh('modes')
      home.write(home.file('keystores', 'a.json'), '{}')
      home.create(home.file('keystores', 'b.json'), '{}')
      for (const path of [home.path, join(home.path, 'keystores')]) expect(statSync(path).mode & 0o777).toBe(0o700)
      for (const name of ['a', 'b']) expect(home.mode(home.file('keystores', `${name}.json`))).toBe(0o600)
      expect(readdirSync(join(home.path, 'keystores'))).toEqual(['a.json', 'b.json'])
    } finally {
      process.umask(before)
    }
  })

  test('behavior: create never replaces a file', () => {
    const home = fresh('create')
    const path = home.file('keystores', 'a.json')
    home.create(path, 'first')
    expect(codeOf(() => home.create(path, 'second')).code).toBe('home.exists')
    expect(home.read(path)).toBe('first')
    expect(readdirSync(join(home.path, 'keystores'))).toEqual(['a.json'])
  })

  test.each([0o777, 0o770, 0o702])('error: mode %o lets others plant a grant or a stop', (mode) => {
    const path = join(folder.path, `open-${mode}`)
    mkdirSync(path)
    chmodSync(path, mode)
    expect(codeOf(() => new Home(path)).code).toBe('home.unsafe_permissions')
  })

  test('error: a file is no folder', () => {
    const path = join(folder.path, 'file')
    writeFileSync(path, '')
    expect(codeOf(() => new Home(path)).code).toBe('home.unusable')
    expect(codeOf(() => new Home(join(path, 'below'))).code).toBe('home.unusable')
  })
})

describe('fileName', () => {
  test.each(['../issuer', '..', '.', '', 'a/b', 'a\\b', '.hidden', 'a..b', 'a\u0000b', 'a\nb', `a${'b'.repeat(90)}`])(
    'error: %j leaves its folder or hides in it',
    (name) => {
      expect(codeOf(() => fileName(name)).code).toBe('home.bad_name')
    },
  )
})

describe('takeLock', () => {
  test('behavior: one holds it, the next waits for the first', async () => {
    const home = fresh('lock')
    const order: string[] = []
    const release = await takeLock(home, 'chain', () => {})
    const second = takeLock(home, 'chain', () => {
      order.push('waits')
      order.push('released')
      release()
    }).then((free) => {
      order.push('taken')
      free()
    })
    await second
    expect(order).toEqual(['waits', 'released', 'taken'])
  })

  test('behavior: the lock of a process that is gone is taken over', async () => {
    const home = fresh('stale')
    writeFileSync(home.file('locks', 'chain.lock'), '999999999 dead\n')
    const release = await takeLock(home, 'chain', () => {})
    expect(home.read(home.file('locks', 'chain.lock'))).toMatch(new RegExp(`^${process.pid} `))
    release()
    expect(readdirSync(join(home.path, 'locks'))).toEqual([])
  })

  test('behavior: of many at once each has it alone', async () => {
    const home = fresh('many')
    writeFileSync(home.file('locks', 'chain.lock'), 'not a process')
    let inside = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const release = await takeLock(home, 'chain', () => {})
        most = Math.max(most, ++inside)
        await new Promise((next) => setImmediate(next))
        inside--
        release()
      }),
    )
    expect(most).toBe(1)
  })
})
