import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import { mint, useChain } from '../../test/rig/chain.ts'
import { fusedGrant, groupOf, units } from '../../test/rig/fusedGrant.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../../test/rig/grant.ts'
import { deployHybrid } from '../../test/rig/principals.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { decide } from './decide.ts'
import { endGroup, readGroupEnded } from './endGroup.ts'
import { redeem } from './redeem.ts'
import type { NodeClient } from './rpc.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9c'.repeat(20)}`
let client: NodeClient
let people: Record<'alice' | 'agent' | 'guardian' | 'owner' | 'stranger', LocalAccount>
let hybrid: Address

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  const [alice, agent, guardian, owner, stranger] = chain.accounts as unknown as LocalAccount[]
  people = { alice, agent, guardian, owner, stranger } as typeof people
  await upgraded(chain, people.alice)
  const payer = chain.walletClient(people.stranger)
  const { environment, publicClient: reader } = chain
  hybrid = (await deployHybrid({ owner: people.owner, environment, payer: payer as never, reader })).address
  for (const account of [addressOf(people.alice), hybrid]) await mint(chain, account, units(1_000n))
})

const revocation = (group: string) => ({
  revocation: { group, guardian: addressOf(people.guardian), maxLatencySeconds: 60 },
})
const granted = (group: string, more: object = {}) =>
  fusedGrant(chain, {
    principal: people.alice,
    agent: people.agent,
    payees: [PAYEE],
    more: { ...revocation(group), ...more },
  })
const pay = (grant: Grant) => {
  const action = actionOf(chain, addressOf(people.agent), transferCall(chain.token.address, PAYEE, units(1n)))
  return redeem(client, { account: people.agent, grant, action, environment: chain.environment })
}

describe('endGroup', () => {
  test('default: the guardian ends all grants of a group, those to come too, and no others', async () => {
    const { environment } = chain
    const [first, second, other] = [await granted('one'), await granted('one'), await granted('two')]
    const group = groupOf(chain, first)
    expect(await readGroupEnded(client, { group, environment })).toBe(false)
    expect((await pay(first)).outcome).toMatchObject({ status: 'executed' })

    const ended = await endGroup(client, { account: people.guardian, group, environment })
    expect(ended).toEqual({ group, transactionHash: expect.any(String), blockNumber: expect.any(BigInt) })
    expect(await readGroupEnded(client, { group, environment })).toBe(true)
    const before = { number: ended.blockNumber - 1n }
    expect(await readGroupEnded(client, { group, environment, block: before })).toBe(false)
    for (const grant of [first, second, await granted('one')])
      expect((await pay(grant)).verdict).toMatchObject({ code: 'group_revoked' })
    expect((await pay(other)).outcome).toMatchObject({ status: 'executed' })

    const again = await endGroup(client, { account: people.guardian, group, environment })
    expect(again).toMatchObject({ transactionHash: null })
  })

  test('behavior: the principal ends it itself, with or without a guardian', async () => {
    const { environment } = chain
    for (const more of [revocation('three'), { revocation: { group: 'three', maxLatencySeconds: 60 } }]) {
      const grant = await granted('three', more)
      const { transactionHash } = await endGroup(client, {
        account: people.alice,
        group: groupOf(chain, grant),
        environment,
      })
      // A group with another guardian is another group: the first ending has not ended the second.
      expect(transactionHash).toMatch(/^0x/)
      expect((await pay(grant)).verdict).toMatchObject({ code: 'group_revoked' })
    }
  })

  test('behavior: the owner of a Hybrid principal ends its group through the account', async () => {
    const { environment } = chain
    const grant = await fusedGrant(chain, {
      principal: people.owner,
      as: hybrid,
      agent: people.agent,
      payees: [PAYEE],
      more: revocation('four'),
    })
    expect((await pay(grant)).outcome).toMatchObject({ status: 'executed' })
    const group = groupOf(chain, grant)
    const signed: Hex[] = []
    const onSigned = ({ hash }: { hash: Hex }) => void signed.push(hash)
    const ended = await endGroup(client, { account: people.owner, group, environment, onSigned })
    expect(signed).toEqual([ended.transactionHash])
    expect((await pay(grant)).verdict).toMatchObject({ code: 'group_revoked' })
  })

  test('error: an account that is neither, another chain, and an enforcer that is not there', async () => {
    const { environment } = chain
    const grant = await granted('five')
    const group = groupOf(chain, grant)
    const refused = (more: object = {}) =>
      codeOfAsync(() => endGroup(client, { account: people.stranger, group, environment, ...more }))
    expect(await refused()).toMatchObject({
      code: 'chain.wrong_account',
      details: { account: addressOf(people.stranger), delegator: group.delegator, guardian: group.guardian },
    })
    expect(await refused({ environment: { ...environment, chainId: 1 } })).toMatchObject({ code: 'chain.wrong_chain' })
    const elsewhere = { ...environment, enforcers: { TaskScopeEnforcer: PAYEE } }
    expect(await refused({ environment: elsewhere })).toMatchObject({ code: 'chain.not_deployed' })
    const token = { ...environment, enforcers: { TaskScopeEnforcer: chain.token.address } }
    expect(await refused({ environment: token, account: people.guardian })).toMatchObject({ code: 'chain.wrong_code' })
    const action = actionOf(chain, addressOf(people.agent), transferCall(chain.token.address, PAYEE, units(1n)))
    expect((await decide(client, { grant, action, environment })).verdict).toMatchObject({ verdict: 'allow' })
  })
})
