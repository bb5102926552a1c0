import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEvents } from './events.ts'

describe('createEvents', () => {
  it('default: who listens hears it, in the order in which they came', () => {
    const { on, emit } = createEvents()
    const heard: string[] = []
    on('chainChanged', (chainId) => heard.push(`first ${chainId}`))
    on('chainChanged', (chainId) => heard.push(`second ${chainId}`))
    on('accountsChanged', () => heard.push('other'))
    emit('chainChanged', '0x1')
    expect(heard).toEqual(['first 0x1', 'second 0x1'])
  })

  it('behavior: the same listener counts once, and is gone when it is taken away', () => {
    const { on, removeListener, emit } = createEvents()
    let heard = 0
    const listener = () => {
      heard += 1
    }
    on('accountsChanged', listener)
    on('accountsChanged', listener)
    emit('accountsChanged', [])
    removeListener('accountsChanged', listener)
    removeListener('chainChanged', listener)
    emit('accountsChanged', [])
    expect(heard).toBe(1)
  })

  it('behavior: one that takes itself away while it listens takes nobody else’s turn', () => {
    const { on, removeListener, emit } = createEvents()
    const heard: string[] = []
    const once = () => {
      heard.push('once')
      removeListener('accountsChanged', once)
    }
    on('accountsChanged', once)
    on('accountsChanged', () => heard.push('always'))
    emit('accountsChanged', [])
    emit('accountsChanged', [])
    expect(heard).toEqual(['once', 'always', 'always'])
  })

  it('error: one that throws stops nobody else, and is not silent', () => {
    const code = `
      import { createEvents } from ${JSON.stringify(join(import.meta.dirname, 'events.ts'))}
      const { on, emit } = createEvents()
      on('accountsChanged', () => { throw new TypeError('of the page') })
      on('accountsChanged', () => console.log('heard'))
      emit('accountsChanged', [])
      console.log('went on')`
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
    })
    expect(stdout).toBe('heard\nwent on\n')
    expect(stderr).toContain('TypeError: of the page')
    expect(status).toBe(1)
  })
})
