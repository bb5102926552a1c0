process.env.DO_NOT_TRACK = '1'

import * as core from '@metamask/delegation-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { packTerms } from '../../test/vectors/taskScope/pack.ts'
import { concatBytes, type Hex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { encodeCaveat } from './caveat.ts'
import type { KnownCaveat } from './codec.ts'
import { codecByKind } from './registry.ts'
import type { BalanceDirection, Execution, RevocationMethod } from './types.ts'

const environment = await baseEnvironment()

describe('encodeCaveat', () => {
  test('behavior: the same bytes as the framework’s own encoder, for every kind', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyKnownCaveat({ oracleBounds: true }), (caveat) => {
        seen.add(caveat.kind)
        expect(encodeCaveat(environment, caveat).terms).toBe(oracle(caveat))
      }),
      { numRuns: 500 },
    )
    expect([...seen].sort()).toEqual(Object.keys(codecByKind).sort())
  })
})

/** The framework's own encoder says the same bytes: an oracle that shares no code with ours. */
function oracle(caveat: KnownCaveat): Hex {
  switch (caveat.kind) {
    case 'allowedCalldata':
      return core.createAllowedCalldataTerms({ startIndex: Number(caveat.start), value: caveat.value })
    case 'allowedMethods':
      return core.createAllowedMethodsTerms({ selectors: [...caveat.selectors] })
    case 'allowedTargets':
      return core.createAllowedTargetsTerms({ targets: [...caveat.targets] })
    case 'erc20PeriodTransfer':
      return core.createERC20TokenPeriodTransferTerms({
        tokenAddress: caveat.token,
        periodAmount: caveat.amount,
        periodDuration: caveat.duration,
        startDate: caveat.start,
      } as never)
    case 'erc20TransferAmount':
      return core.createERC20TransferAmountTerms({ tokenAddress: caveat.token, maxAmount: caveat.limit })
    case 'approvalRevocation': {
      const has = (method: RevocationMethod) => caveat.methods.includes(method)
      return core.createApprovalRevocationTerms({
        erc20Approve: has('erc20Approve'),
        erc721Approve: has('erc721Approve'),
        erc721SetApprovalForAll: has('setApprovalForAll'),
        permit2Approve: has('permit2Approve'),
        permit2Lockdown: has('permit2Lockdown'),
        permit2InvalidateNonces: has('permit2InvalidateNonces'),
      })
    }
    case 'argsEqualityCheck':
      return core.createArgsEqualityCheckTerms({ args: caveat.args })
    case 'blockNumber':
      return core.createBlockNumberTerms({ afterThreshold: caveat.after, beforeThreshold: caveat.before })
    case 'deployed':
      return core.createDeployedTerms({
        contractAddress: caveat.address,
        salt: caveat.salt,
        bytecode: caveat.bytecode,
      })
    case 'erc1155BalanceChange':
      return core.createERC1155BalanceChangeTerms({
        ...change(caveat),
        tokenId: caveat.tokenId,
        balance: caveat.amount,
      })
    case 'erc20BalanceChange':
      return core.createERC20BalanceChangeTerms({ ...change(caveat), balance: caveat.amount })
    case 'erc721BalanceChange':
      return core.createERC721BalanceChangeTerms({ ...change(caveat), amount: caveat.amount })
    case 'nativeBalanceChange':
      return core.createNativeBalanceChangeTerms({ ...change({ ...caveat, token: '0x' }), balance: caveat.amount })
    case 'erc20Streaming':
      return core.createERC20StreamingTerms({ tokenAddress: caveat.token, ...stream(caveat) })
    case 'nativeStreaming':
      return core.createNativeTokenStreamingTerms(stream(caveat))
    case 'erc721Transfer':
      return core.createERC721TransferTerms({ tokenAddress: caveat.token, tokenId: caveat.tokenId })
    case 'exactCalldataBatch':
      return core.createExactCalldataBatchTerms({ executions: caveat.executions.map(execution) })
    case 'exactExecutionBatch':
      return core.createExactExecutionBatchTerms({ executions: caveat.executions.map(execution) })
    case 'exactExecution':
      return core.createExactExecutionTerms({ execution: execution(caveat) })
    case 'id':
      return core.createIdTerms({ id: caveat.id })
    case 'logicalOr':
      return core.createLogicalOrWrapperTerms({
        caveatGroups: caveat.groups.map((group) =>
          group.map(({ meaning, args }) => ({ ...encodeCaveat(environment, meaning), args })),
        ),
      })
    case 'multiTokenPeriod':
      return core.createMultiTokenPeriodTerms({
        tokenConfigs: caveat.periods.map(({ token, amount, duration, start }) => ({
          token,
          periodAmount: amount,
          periodDuration: Number(duration),
          startDate: Number(start),
        })),
      })
    case 'nativePayment':
      return core.createNativeTokenPaymentTerms({ recipient: caveat.recipient, amount: caveat.amount })
    case 'ownershipTransfer':
      return core.createOwnershipTransferTerms({ contractAddress: caveat.target })
    case 'specificActionBatch': {
      // The framework's encoder knows the layout of release 1.3.0 only: the first value goes in by hand.
      const { token, recipient, amount, first } = caveat
      const old = core.createSpecificActionERC20TransferBatchTerms({
        tokenAddress: token,
        recipient,
        amount,
        target: first.target,
        calldata: first.data,
      })
      return concatBytes(sliceBytes(old, 0, 92), uintToBytes(first.value, 32), sliceBytes(old, 92))
    }
    case 'exactCalldata':
      return core.createExactCalldataTerms({ calldata: caveat.data })
    case 'limitedCalls':
      return core.createLimitedCallsTerms({ limit: Number(caveat.limit) })
    case 'nativePeriodTransfer':
      return core.createNativeTokenPeriodTransferTerms({
        periodAmount: caveat.amount,
        periodDuration: caveat.duration,
        startDate: caveat.start,
      } as never)
    case 'nativeTransferAmount':
      return core.createNativeTokenTransferAmountTerms({ maxAmount: caveat.limit })
    case 'nonce':
      return core.createNonceTerms({ nonce: `0x${caveat.nonce.toString(16)}` })
    case 'redeemer':
      return core.createRedeemerTerms({ redeemers: [...caveat.redeemers] })
    case 'taskScope':
      // The framework does not know it: a second encoder of our own, from the contract's table.
      return packTerms(caveat)
    case 'timestamp':
      return core.createTimestampTerms({ afterThreshold: Number(caveat.after), beforeThreshold: Number(caveat.before) })
    case 'valueLte':
      return core.createValueLteTerms({ maxValue: caveat.max })
  }
}

function change({ token, recipient, direction }: { token: Hex; recipient: Hex; direction: BalanceDirection }) {
  const changeType = direction === 'increase' ? core.BalanceChangeType.Increase : core.BalanceChangeType.Decrease
  return { tokenAddress: token, recipient, changeType }
}

function stream({
  initial,
  max,
  perSecond,
  start,
}: {
  initial: bigint
  max: bigint
  perSecond: bigint
  start: bigint
}) {
  return { initialAmount: initial, maxAmount: max, amountPerSecond: perSecond, startTime: Number(start) }
}

function execution({ target, value, data }: Execution) {
  return { target, value, callData: data }
}
