import type { NodeClient } from '../chain/rpc.ts'
import { DappError, type DappErrorCode } from './errors.ts'

type Request = (
  args: { method: string; params: unknown },
  options: { retryCount: number; dedupe: boolean },
) => Promise<unknown>

/**
 * One request to a wallet, its answer not yet believed. Never sent twice: each shows a person a dialog.
 *
 * @throws {@link DappError} by the wallet's EIP-1193 code, with viem's error as the cause.
 */
export async function askWallet(client: NodeClient, method: string, params: unknown): Promise<unknown> {
  try {
    return await (client.request as Request)({ method, params }, { retryCount: 0, dedupe: false })
  } catch (cause) {
    throw walletError(cause, method)
  }
}

/** What a wallet's error means. The wallet's own text stays in the cause. */
export function walletError(cause: unknown, method: string): DappError {
  const walletCode = codeOf(cause)
  const code = (walletCode !== null && CODES[walletCode]) || 'dapp.wallet_failed'
  return new DappError(code, { details: { method, walletCode }, retry: RETRY[code] ?? 'never', cause })
}

const CODES: Readonly<Record<number, DappErrorCode>> = {
  4001: 'dapp.rejected',
  4100: 'dapp.unauthorized',
  4200: 'dapp.unsupported_method',
  4900: 'dapp.disconnected',
  4901: 'dapp.disconnected',
  4902: 'dapp.wrong_network',
  5700: 'dapp.unsupported_capability',
  5710: 'dapp.wrong_network',
  [-32601]: 'dapp.unsupported_method',
  [-32602]: 'dapp.invalid_params',
  [-32004]: 'dapp.unsupported_method',
}

/** A wallet that is cut off or breaks in the middle may have granted already. */
const RETRY: Partial<Record<DappErrorCode, 'safe' | 'reconcile'>> = {
  'dapp.disconnected': 'reconcile',
  'dapp.wallet_failed': 'reconcile',
}

const MAX_DEPTH = 16

/** The first code in the chain of causes: viem wraps what it does not know. */
function codeOf(error: unknown): number | null {
  try {
    let current = error
    for (let depth = 0; depth < MAX_DEPTH && typeof current === 'object' && current !== null; depth++) {
      const { code } = current as { code?: unknown }
      if (typeof code === 'number' && code in CODES) return code
      current = (current as { cause?: unknown }).cause
    }
  } catch {}
  return null
}
