import type { LocalAccount } from 'viem'
import { describe, expect, test } from 'vitest'
import { balanceOf, mint, useChain } from '../../test/rig/chain.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall, upgraded } from '../../test/rig/grant.ts'
import type { Address } from '../primitives/hex.ts'
import { redeem } from './redeem.ts'
import { revoke } from './revoke.ts'

const chain = useChain({ engine: 'edr' })
const PAYEE: Address = `0x${'9f'.repeat(20)}`

describe('redeem', () => {
  test('behavior: pay, be refused and be revoked are the same on an engine without anvil', async () => {
    const client = nodeOf(chain.rpcUrl)
    const [alice, agent] = chain.accounts as unknown as [LocalAccount, LocalAccount]
    const { environment } = chain
    await upgraded(chain, alice)
    await mint(chain, addressOf(alice), 1_000n)
    const grant = await grantOf(chain, [
      { signer: alice, delegate: addressOf(agent), caveats: payCaveats(chain, 100n) },
    ])
    const pay = (amount: bigint) =>
      redeem(client, {
        account: agent,
        grant,
        action: actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, amount)),
        environment,
      })
    expect((await pay(60n)).outcome).toMatchObject({ status: 'executed', effects: [{ to: PAYEE, amount: 60n }] })
    expect((await pay(60n)).verdict).toMatchObject({ code: 'budget_exceeded', largestAllowed: 40n })
    const revocation = await revoke(client, { account: alice, grant, environment })
    expect(revocation.revoked).toMatchObject([{ transactionHash: expect.any(String) }])
    expect((await pay(1n)).verdict).toMatchObject({ code: 'revoked' })
    expect(await balanceOf(chain, PAYEE)).toBe(60n)
  })

  test('behavior: a token’s refusal is told apart there too', async () => {
    const client = nodeOf(chain.rpcUrl)
    const [alice, agent] = chain.accounts as unknown as [LocalAccount, LocalAccount]
    const grant = await grantOf(chain, [
      { signer: alice, delegate: addressOf(agent), caveats: payCaveats(chain, 10n ** 20n) },
    ])
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 10n ** 19n))
    const result = await redeem(client, { account: agent, grant, action, environment: chain.environment })
    expect(result.verdict).toMatchObject({ code: 'execution_failed' })
    expect(result.simulation).toMatchObject({ error: { name: 'ERC20InsufficientBalance' } })
  })
})
