import { allowedCalldata } from './allowedCalldata.ts'
import { allowedMethods } from './allowedMethods.ts'
import { allowedTargets } from './allowedTargets.ts'
import type { AnyCodec, Codec, KnownKind } from './codec.ts'
import { erc20PeriodTransfer } from './erc20PeriodTransfer.ts'
import { erc20TransferAmount } from './erc20TransferAmount.ts'
import { exactCalldata } from './exactCalldata.ts'
import { limitedCalls } from './limitedCalls.ts'
import { nativePeriodTransfer } from './nativePeriodTransfer.ts'
import { nativeTransferAmount } from './nativeTransferAmount.ts'
import { nonce } from './nonce.ts'
import { redeemer } from './redeemer.ts'
import { timestamp } from './timestamp.ts'
import type { EnforcerName } from './types.ts'
import { valueLte } from './valueLte.ts'

/** Every enforcer Ambit emits or reads, by what its caveat means. */
export const codecByKind: { readonly [Kind in KnownKind]: Codec<Kind> } = {
  allowedCalldata,
  allowedMethods,
  allowedTargets,
  erc20PeriodTransfer,
  erc20TransferAmount,
  exactCalldata,
  limitedCalls,
  nativePeriodTransfer,
  nativeTransferAmount,
  nonce,
  redeemer,
  timestamp,
  valueLte,
}

export const codecs: readonly AnyCodec[] = Object.values(codecByKind)

/** The same, by contract name. */
export const codecByName = Object.fromEntries(codecs.map((codec) => [codec.name, codec])) as Readonly<
  Record<EnforcerName, AnyCodec>
>
