import { afterEach, describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import { useChain } from '../../test/rig/chain.ts'
import { commandContext } from '../../test/rig/context.ts'
import { nodeOf } from '../../test/rig/grant.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Options } from './command.ts'
import { chooseLowering, loweringText } from './lowering.ts'
import type { Session } from './session.ts'

const chain = useChain()
const enforcer = () => chain.environment.enforcers['TaskScopeEnforcer'] as Address
let code: Hex | undefined

afterEach(async () => {
  if (code !== undefined) await chain.testClient.setCode({ address: enforcer(), bytecode: code })
})

const choose = (options: Options = {}, env: Record<string, string> = {}, asked = true) => {
  const session = { environment: chain.environment, node: nodeOf(chain.rpcUrl) } as Session
  return chooseLowering(commandContext('unused', options, env), asked ? session : undefined)
}
const become = async (bytecode: Hex) => {
  code = await chain.publicClient.getCode({ address: enforcer() })
  await chain.testClient.setCode({ address: enforcer(), bytecode })
}

describe('chooseLowering', () => {
  test('default: what is deployed, with the code that is known', async () => {
    const chosen = await choose()
    expect(chosen).toEqual({ lowering: 'fused', why: 'its enforcer is deployed here' })
    expect(loweringText(chosen)).toBe('fused: its enforcer is deployed here')
    await become('0x')
    expect(await choose()).toMatchObject({ lowering: 'framework' })
  })

  test('behavior: what is named goes before the chain, the flag before the environment', async () => {
    expect(await choose({ lowering: 'framework' }, { AMBIT_LOWERING: 'fused' })).toEqual({
      lowering: 'framework',
      why: 'as asked for',
    })
    expect(await choose({}, { AMBIT_LOWERING: 'framework' })).toMatchObject({ lowering: 'framework' })
    expect(await choose({}, { AMBIT_LOWERING: '' })).toMatchObject({ lowering: 'fused' })
    expect(await choose({ lowering: 'fused' }, {}, false)).toMatchObject({ lowering: 'fused' })
  })

  test('behavior: without a chain the framework’s, which is everywhere', async () => {
    expect(await choose({}, {}, false)).toEqual({
      lowering: 'framework',
      why: 'no chain was asked what is deployed there',
    })
  })

  test('error: no such lowering, and other code at the enforcer’s address', async () => {
    expect(await codeOfAsync(() => choose({ lowering: 'both' }))).toMatchObject({ code: 'cli.usage' })
    await become('0x6001')
    expect(await codeOfAsync(() => choose())).toMatchObject({ code: 'chain.wrong_code' })
  })
})
