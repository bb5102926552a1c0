import { describe, expect, it } from 'vitest'
import { checkLock, fillHoles, type Lock } from './check-lock.ts'

const INTEGRITY = 'sha512-AAAA'

function lockWith(packages: Lock['packages']): Lock {
  return { packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: INTEGRITY }, ...packages } }
}

describe('checkLock', () => {
  it('default: a complete lock has no fault', () => {
    expect(checkLock(lockWith({}), {})).toEqual([])
  })

  it('behavior: finds a package in the node_modules of any folder above', () => {
    const lock = lockWith({
      'node_modules/a/node_modules/b': {
        version: '1.0.0',
        integrity: INTEGRITY,
        optionalDependencies: { 'c-linux-x64': '1.0.0' },
      },
      'node_modules/c-linux-x64': { version: '1.0.0', integrity: INTEGRITY, optional: true },
    })
    expect(checkLock(lock, {})).toEqual([])
  })

  it('error: a hole', () => {
    const lock = lockWith({
      'node_modules/b': { integrity: INTEGRITY, optionalDependencies: { 'c-darwin-arm64': '1.2.3' } },
    })
    expect(checkLock(lock, {})).toEqual([
      { kind: 'hole', parent: 'node_modules/b', name: 'c-darwin-arm64', range: '1.2.3' },
    ])
  })

  it('error: a sibling of the same name does not fill a hole', () => {
    const lock = lockWith({
      'node_modules/b': { integrity: INTEGRITY, optionalDependencies: { c: '1.0.0' } },
      'node_modules/a/node_modules/c': { version: '1.0.0', integrity: INTEGRITY },
    })
    expect(checkLock(lock, {}).map(({ kind }) => kind)).toEqual(['hole'])
  })

  it('error: a download address, but not the link of a workspace', () => {
    const lock = lockWith({
      'node_modules/b': { version: '1.0.0', integrity: INTEGRITY, resolved: 'https://registry.example/b.tgz' },
      'node_modules/w': { resolved: 'tools/w', link: true },
    })
    expect(checkLock(lock, {})).toEqual([{ kind: 'address', path: 'node_modules/b' }])
  })

  it('error: an install script nobody decided on; false and true are both decisions', () => {
    const lock = lockWith({
      'node_modules/@s/b': { version: '1.0.0', integrity: INTEGRITY, hasInstallScript: true },
      'node_modules/c': { version: '1.0.0', integrity: INTEGRITY, hasInstallScript: true },
    })
    expect(checkLock(lock, { allowScripts: { c: false } })).toEqual([
      { kind: 'script', path: 'node_modules/@s/b', name: '@s/b' },
    ])
  })

  it('error: a package without integrity that this platform would install', () => {
    const lock = lockWith({
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0', optional: true, os: ['darwin'] },
      'node_modules/d': { version: '1.0.0', optional: true },
    })
    expect(checkLock(lock, {})).toEqual([
      { kind: 'unhashed', path: 'node_modules/b' },
      { kind: 'unhashed', path: 'node_modules/d' },
    ])
  })
})

describe('fillHoles', () => {
  const lock = lockWith({
    'node_modules/b': {
      integrity: INTEGRITY,
      dev: true,
      optionalDependencies: { '@s/c-linux-x64-musl': '1.2.3', '@s/c': '1.2.3', 'd-darwin-arm64': '^1.2.3' },
    },
  })

  it('default: adds an entry that only its own platform would fetch', () => {
    const filled = fillHoles(lock, checkLock(lock, {}))
    expect(filled.packages['node_modules/@s/c-linux-x64-musl']).toEqual({
      version: '1.2.3',
      cpu: ['x64'],
      libc: ['musl'],
      dev: true,
      optional: true,
      os: ['linux'],
    })
    expect(Object.keys(filled.packages)).toEqual(Object.keys(filled.packages).sort((a, b) => a.localeCompare(b, 'en')))
  })

  it('error: neither a name without a platform nor a range without a version is guessed', () => {
    const left = checkLock(fillHoles(lock, checkLock(lock, {})), {})
    expect(left.map((fault) => fault.kind === 'hole' && fault.name)).toEqual(['@s/c', 'd-darwin-arm64'])
  })
})
