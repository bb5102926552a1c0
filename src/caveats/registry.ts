import { allowedCalldata } from './allowedCalldata.ts'
import { allowedMethods } from './allowedMethods.ts'
import { allowedTargets } from './allowedTargets.ts'
import { approvalRevocation } from './approvalRevocation.ts'
import { argsEqualityCheck } from './argsEqualityCheck.ts'
import { blockNumber } from './blockNumber.ts'
import type { AnyCodec, Codec, KnownKind } from './codec.ts'
import { deployed } from './deployed.ts'
import { erc20BalanceChange } from './erc20BalanceChange.ts'
import { erc20PeriodTransfer } from './erc20PeriodTransfer.ts'
import { erc20Streaming } from './erc20Streaming.ts'
import { erc20TransferAmount } from './erc20TransferAmount.ts'
import { erc721BalanceChange } from './erc721BalanceChange.ts'
import { erc721Transfer } from './erc721Transfer.ts'
import { erc1155BalanceChange } from './erc1155BalanceChange.ts'
import { exactCalldata } from './exactCalldata.ts'
import { exactCalldataBatch } from './exactCalldataBatch.ts'
import { exactExecution } from './exactExecution.ts'
import { exactExecutionBatch } from './exactExecutionBatch.ts'
import { id } from './id.ts'
import { limitedCalls } from './limitedCalls.ts'
import { logicalOr } from './logicalOr.ts'
import { multiTokenPeriod } from './multiTokenPeriod.ts'
import { nativeBalanceChange } from './nativeBalanceChange.ts'
import { nativePayment } from './nativePayment.ts'
import { nativePeriodTransfer } from './nativePeriodTransfer.ts'
import { nativeStreaming } from './nativeStreaming.ts'
import { nativeTransferAmount } from './nativeTransferAmount.ts'
import { nonce } from './nonce.ts'
import { ownershipTransfer } from './ownershipTransfer.ts'
import { redeemer } from './redeemer.ts'
import { specificActionBatch } from './specificActionBatch.ts'
import { taskScope } from './taskScope/terms.ts'
import { timestamp } from './timestamp.ts'
import type { EnforcerName } from './types.ts'
import { valueLte } from './valueLte.ts'

/** Every enforcer of Delegation Framework 1.3.0, and Ambit's own, by what its caveat means. */
export const codecByKind: { readonly [Kind in KnownKind]: Codec<Kind> } = {
  allowedCalldata,
  allowedMethods,
  allowedTargets,
  approvalRevocation,
  argsEqualityCheck,
  blockNumber,
  deployed,
  erc1155BalanceChange,
  erc20BalanceChange,
  erc20PeriodTransfer,
  erc20Streaming,
  erc20TransferAmount,
  erc721BalanceChange,
  erc721Transfer,
  exactCalldata,
  exactCalldataBatch,
  exactExecution,
  exactExecutionBatch,
  id,
  limitedCalls,
  logicalOr,
  multiTokenPeriod,
  nativeBalanceChange,
  nativePayment,
  nativePeriodTransfer,
  nativeStreaming,
  nativeTransferAmount,
  nonce,
  ownershipTransfer,
  redeemer,
  specificActionBatch,
  taskScope,
  timestamp,
  valueLte,
}

export const codecs: readonly AnyCodec[] = Object.values(codecByKind)

/** The same, by contract name. */
export const codecByName = Object.fromEntries(codecs.map((codec) => [codec.name, codec])) as Readonly<
  Record<EnforcerName, AnyCodec>
>
