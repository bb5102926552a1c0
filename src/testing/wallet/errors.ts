import { AmbitError } from '../../errors.ts'
import type { Hex } from '../../primitives/hex.ts'

export type DevWalletErrorCode =
  | 'wallet.not_a_test_chain'
  | 'wallet.no_account'
  | 'wallet.other_environment'
  | 'wallet.no_page'

/** A dev wallet that cannot be made. What goes wrong in a request of a page is a {@link ProviderError} instead. */
export class DevWalletError extends AmbitError<DevWalletErrorCode> {
  override readonly name = 'DevWalletError'
}

/** Codes of EIP-1193, EIP-3085, EIP-5792 and JSON-RPC that the wallet answers with. */
export const REJECTED = 4001
export const UNAUTHORIZED = 4100
export const UNSUPPORTED = 4200
export const DISCONNECTED = 4900
export const UNKNOWN_CHAIN = 4902
export const UNSUPPORTED_CHAIN = 5710
export const UNKNOWN_BUNDLE = 5730
export const NO_SUCH_METHOD = -32601
export const INVALID_PARAMS = -32602
export const INTERNAL = -32603

/** What a page gets to see: the `ProviderRpcError` of EIP-1193, as any wallet would throw it. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly code: number
  readonly data: Readonly<Record<string, string | number>> | Hex | undefined

  constructor(code: number, message: string, data?: ProviderError['data'], cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.data = data
  }
}

/** The page sent something that the wallet does not take. */
export function invalid(field: string, expected: string): ProviderError {
  return new ProviderError(INVALID_PARAMS, `Invalid params: ${field} must be ${expected}.`, { field })
}
