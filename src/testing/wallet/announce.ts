import { DevWalletError } from './errors.ts'
import type { DevWalletInfo, DevWalletProvider } from './types.ts'

/** A square with the outline of a gate: drawn here, so that no page loads it from anywhere. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%23123c3a'/%3E%3Cpath d='M8 25V14a8 8 0 0 1 16 0v11M13 25V14m6 11V14M8 19h16' fill='none' stroke='%23f2b84b' stroke-width='2'/%3E%3C/svg%3E"

/** Who the wallet is. The `uuid` is of this instance, as EIP-6963 asks. */
export function walletInfo(name = 'Ambit dev wallet'): DevWalletInfo {
  return { uuid: crypto.randomUUID(), name, icon: ICON, rdns: 'dev.ambit.wallet' }
}

/**
 * Announces a provider by EIP-6963, now and whenever a page asks. Returns how to stop that.
 *
 * @throws {@link DevWalletError} `wallet.no_page` where there is no window to announce it in.
 */
export function announceProvider(info: DevWalletInfo, provider: DevWalletProvider): () => void {
  const page: EventTarget | undefined = globalThis.window
  if (page === undefined) {
    throw new DevWalletError('wallet.no_page', 'There is no page to announce the wallet in.', {
      fix: 'Call announce in a browser; elsewhere hand the provider over yourself.',
    })
  }
  const detail = Object.freeze({ info: Object.freeze({ ...info }), provider })
  const announce = () => page.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  page.addEventListener('eip6963:requestProvider', announce)
  announce()
  return () => page.removeEventListener('eip6963:requestProvider', announce)
}
