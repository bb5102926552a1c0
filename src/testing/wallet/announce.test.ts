import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from '../../../test/codes.ts'
import { announceProvider, walletInfo } from './announce.ts'
import type { DevWalletProvider } from './types.ts'

const provider: DevWalletProvider = { request: async () => null, on() {}, removeListener() {} }

/** The window of a page is an `EventTarget`, and that is all that EIP-6963 needs of it. */
const place = globalThis as { window?: EventTarget }
let heard: { info: { name: string; uuid: string }; provider: unknown }[]
beforeEach(() => {
  heard = []
  place.window = new EventTarget()
  place.window.addEventListener('eip6963:announceProvider', (event) => heard.push((event as CustomEvent).detail))
})
afterEach(() => {
  delete place.window
})

const ask = () => place.window?.dispatchEvent(new Event('eip6963:requestProvider'))

describe('announceProvider', () => {
  it('default: at once, and whenever a page asks', () => {
    const info = walletInfo()
    announceProvider(info, provider)
    ask()
    expect(heard).toEqual([
      { info, provider },
      { info, provider },
    ])
    expect(heard[0]?.provider).toBe(provider)
  })

  it('behavior: after it was stopped it is silent', () => {
    const stop = announceProvider(walletInfo(), provider)
    stop()
    ask()
    expect(heard).toHaveLength(1)
  })

  it('behavior: what is announced cannot be changed by who hears it', () => {
    announceProvider(walletInfo(), provider)
    const [detail] = heard
    expect(Object.isFrozen(detail)).toBe(true)
    expect(Object.isFrozen(detail?.info)).toBe(true)
  })

  it('error: where there is no page', () => {
    delete place.window
    expect(codeOf(() => announceProvider(walletInfo(), provider)).code).toBe('wallet.no_page')
  })
})

describe('walletInfo', () => {
  it('default: a name, an id of its own, an icon that is loaded from nowhere', () => {
    const info = walletInfo()
    expect(info).toMatchObject({ name: 'Ambit dev wallet', rdns: 'dev.ambit.wallet' })
    expect(info.icon).toMatch(/^data:image\/svg\+xml,/)
    expect(info.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(walletInfo().uuid).not.toBe(info.uuid)
    expect(walletInfo('Mine').name).toBe('Mine')
  })
})
