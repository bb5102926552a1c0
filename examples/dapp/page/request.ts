import type { PermissionRequest } from '../../../src/dapp/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { DAY, type Draft } from './draft.ts'

/**
 * The permission that the answers come to. The agent's account is the delegate and the redeemer the only one who may submit:
 * either key alone moves nothing.
 *
 * @param amount - Base units a day.
 * @param now - Unix seconds.
 */
export function requestOf(
  config: ExampleConfig,
  { draft, amount, now }: { draft: Draft; amount: bigint; now: number },
): PermissionRequest {
  return {
    chainId: config.chainId,
    to: config.agent.address,
    permission: {
      type: 'erc20-token-periodic',
      isAdjustmentAllowed: false,
      data: {
        tokenAddress: config.token.address,
        periodAmount: amount,
        periodDuration: DAY,
        ...(draft.purpose.trim() === '' ? {} : { justification: draft.purpose.trim() }),
      },
    },
    rules: [
      { type: 'expiry', data: { timestamp: now + draft.days * DAY } },
      { type: 'redeemer', data: { addresses: [config.redeemer.address] } },
      { type: 'payee', data: { addresses: [draft.payee] } },
    ],
  }
}
