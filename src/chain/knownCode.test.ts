import { createRequire } from 'node:module'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { mint, useChain } from '../../test/rig/chain.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall, upgraded } from '../../test/rig/grant.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import { codecs } from '../caveats/registry.ts'
import type { EnforcerName } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { checkDeployment } from './checkDeployment.ts'
import { decide } from './decide.ts'
import { enforcersOf, type KnownContract } from './knownCode.ts'
import type { NodeClient } from './rpc.ts'

const chain = useChain()
let client: NodeClient
beforeAll(() => {
  client = nodeOf(chain.rpcUrl)
})

type Name = EnforcerName | KnownContract
const placeOf = (name: Name): Address => {
  const { manager, implementations, enforcers } = chain.environment
  if (name === 'DelegationManager') return manager
  if (name === 'HybridDeleGator') return implementations.hybrid
  return name === 'EIP7702StatelessDeleGator' ? implementations.stateless7702 : (enforcers[name] as Address)
}
const codeOf = async (name: Name) => (await chain.publicClient.getCode({ address: placeOf(name) })) as Hex
const setCode = (name: Name, code: Hex) => chain.testClient.setCode({ address: placeOf(name), bytecode: code })
/** One byte of other code, at the place given in bytes. */
const changed = (code: Hex, at: number): Hex => {
  const digit = 2 + at * 2
  return `0x${code.slice(2, digit)}${code[digit] === '0' ? '1' : '0'}${code.slice(digit + 1)}`
}
/** The enforcer of ours is looked at where it is named. */
const every = () => ({ environment: chain.environment, enforcers: codecs.map(({ name }) => name) })
const size = (code: Hex) => (code.length - 2) / 2

describe('readKnownCode', () => {
  let honest: Map<Name, Hex>
  beforeAll(async () => {
    const accounts = ['DelegationManager', 'HybridDeleGator', 'EIP7702StatelessDeleGator'] as const
    const names: Name[] = [...accounts, ...codecs.map(({ name }) => name)]
    honest = new Map(await Promise.all(names.map(async (name) => [name, await codeOf(name)] as const)))
  })
  afterEach(async () => {
    for (const [name, code] of honest) if ((await codeOf(name)) !== code) await setCode(name, code)
  })

  test('error: every contract, one after the other, with one byte of other code', async () => {
    for (const [name, code] of honest) {
      await setCode(name, changed(code, 40 + ((name.length * 31) % (size(code) - 200))))
      await expect(checkDeployment(client, every())).rejects.toMatchObject({
        code: 'chain.wrong_code',
        details: { contracts: [expect.stringContaining(`${name} ${placeOf(name)} `)] },
      })
      await setCode(name, code)
    }
    await expect(checkDeployment(client, every())).resolves.toHaveLength(honest.size)
  })

  test('error: what a constructor wrote names another manager', async () => {
    for (const name of [
      'HybridDeleGator',
      'EIP7702StatelessDeleGator',
      'LogicalOrWrapperEnforcer',
      'NativeTokenPaymentEnforcer',
      'TaskScopeEnforcer',
    ] as const) {
      const code = honest.get(name) ?? '0x'
      await setCode(name, code.replace(chain.environment.manager.slice(2), 'ab'.repeat(20)) as Hex)
      await expect(checkDeployment(client, every())).rejects.toMatchObject({
        code: 'chain.wrong_code',
        details: { contracts: [expect.stringContaining(name)] },
      })
      await setCode(name, code)
    }
  })

  test('error: an enforcer of ours that takes itself for another one: requests signed for that one would pass', async () => {
    const code = honest.get('TaskScopeEnforcer') ?? '0x'
    await setCode('TaskScopeEnforcer', code.replace(placeOf('TaskScopeEnforcer').slice(2), 'ab'.repeat(20)) as Hex)
    await expect(checkDeployment(client, every())).rejects.toMatchObject({
      code: 'chain.wrong_code',
      details: { contracts: [expect.stringContaining('TaskScopeEnforcer')] },
    })
    // Its last bytes are as much a part of it as its first.
    await setCode('TaskScopeEnforcer', changed(code, size(code) - 1))
    await expect(checkDeployment(client, every())).rejects.toMatchObject({ code: 'chain.wrong_code' })
  })

  test('error: a manager that signs for another chain', async () => {
    const code = honest.get('DelegationManager') ?? '0x'
    const word = (chainId: number) => `7f${chainId.toString(16).padStart(64, '0')}`
    expect(code).toContain(word(chain.chainId))
    await setCode('DelegationManager', code.replace(word(chain.chainId), word(1)) as Hex)
    await expect(checkDeployment(client, every())).rejects.toMatchObject({
      code: 'chain.wrong_code',
      details: { contracts: [expect.stringContaining('DelegationManager')] },
    })
  })

  test('error: the layout of release 1.3.0 where the known chains have a later one', async () => {
    const name = 'SpecificActionERC20TransferBatchEnforcer'
    const published: Hex = createRequire(import.meta.url)('@metamask/delegation-abis/bytecode')[name]
    await setCode(name, `0x${published.slice(published.indexOf('f3fe60806040') + 4)}`)
    await expect(checkDeployment(client, every())).rejects.toMatchObject({
      code: 'chain.wrong_code',
      details: { contracts: [expect.stringContaining(name)] },
    })
    const enforcers: EnforcerName[] = ['NonceEnforcer']
    await expect(checkDeployment(client, { environment: chain.environment, enforcers })).resolves.toHaveLength(4)
  })

  test('error: no code at all', async () => {
    await setCode('IdEnforcer', '0x')
    await expect(checkDeployment(client, every())).rejects.toMatchObject({
      code: 'chain.not_deployed',
      details: { missing: [`IdEnforcer ${placeOf('IdEnforcer')}`] },
    })
  })

  test('behavior: another build of the same code is the same code', async () => {
    const code = honest.get('NonceEnforcer') ?? '0x'
    await setCode('NonceEnforcer', changed(code, size(code) - 30))
    await expect(checkDeployment(client, every())).resolves.toHaveLength(honest.size)
  })

  test('error: nothing is decided under an enforcer of other code, and other enforcers are not looked at', async () => {
    const [principal, agent] = [chain.accounts[0], chain.accounts[1]]
    await upgraded(chain, principal)
    await mint(chain, addressOf(principal), 100n)
    const delegate = addressOf(agent)
    const grant = await grantOf(chain, [{ signer: principal, delegate, caveats: payCaveats(chain, 100n) }])
    const action = actionOf(chain, delegate, transferCall(chain.token.address, delegate, 1n))
    const parameters = { grant, action, environment: chain.environment }
    const code = honest.get('TimestampEnforcer') ?? '0x'
    await setCode('TimestampEnforcer', changed(code, 500))
    await expect(decide(nodeOf(chain.rpcUrl), parameters)).rejects.toMatchObject({
      code: 'chain.wrong_code',
      details: { contracts: [expect.stringContaining('TimestampEnforcer')] },
    })
    await setCode('TimestampEnforcer', code)
    await setCode('IdEnforcer', '0x')
    const asked = nodeOf(chain.rpcUrl)
    expect((await decide(asked, parameters)).verdict.verdict).toBe('allow')
    // What it asked once it does not ask again, of this deployment.
    await setCode('TimestampEnforcer', changed(code, size(code) - 30).slice(0, -2) as Hex)
    expect((await decide(asked, parameters)).verdict.verdict).toBe('allow')
    const other = { ...parameters, environment: { ...chain.environment } }
    await expect(decide(asked, other)).rejects.toMatchObject({ code: 'chain.wrong_code' })
  })
})

describe('assertKnownEnforcers', () => {
  test('behavior: what is known once stays known: no enforcer can end itself or run other code as itself', async () => {
    for (const { name } of codecs) {
      const found = opcodes(await codeOf(name))
      expect(found.has(0xf1) || found.has(0xfd)).toBe(true)
      // SELFDESTRUCT, DELEGATECALL, CALLCODE
      expect([name, [0xff, 0xf4, 0xf2].filter((opcode) => found.has(opcode))]).toEqual([name, []])
    }
  })
})

/** The instructions in code, without what they push and without the compiler's last 53 bytes. */
function opcodes(code: Hex): Set<number> {
  const bytes = Buffer.from(code.slice(2), 'hex').subarray(0, -53)
  const found = new Set<number>()
  for (let at = 0; at < bytes.length; at++) {
    const opcode = bytes[at] as number
    found.add(opcode)
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f
  }
  return found
}

describe('enforcersOf', () => {
  test('default: each once, wrapped ones included, unknown ones left out', () => {
    const { environment } = chain
    const nonce = { meaning: { kind: 'nonce', nonce: 0n }, args: '0x' } as const
    const caveats = [
      encodeCaveat(environment, { kind: 'id', id: 1n }),
      encodeCaveat(environment, { kind: 'id', id: 2n }),
      encodeCaveat(environment, { kind: 'logicalOr', groups: [[nonce]] }),
      { enforcer: `0x${'77'.repeat(20)}`, terms: '0x', args: '0x' } as const,
    ]
    expect(enforcersOf(caveats, environment)).toEqual(['IdEnforcer', 'LogicalOrWrapperEnforcer', 'NonceEnforcer'])
  })
})
