import { describe, expect, test } from 'vitest'
import { deployedContracts, isArtifactFresh } from './artifacts.ts'
import { deployments, frameworkErrors, knownCode, staleFiles } from './generate.ts'

describe('deployedContracts', () => {
  test('behavior: every artifact was made from the source as it is', () => {
    const contracts = deployedContracts()
    expect(contracts).toContain('contracts/testing/TestToken.sol')
    expect(contracts).toContain('contracts/enforcer/TaskScopeEnforcer.sol')
    expect(contracts.filter((source) => !isArtifactFresh(source))).toEqual([])
  })
})

describe('staleFiles', () => {
  test('behavior: the canonical addresses, code and errors are those of the kit', async () => {
    const generated = await deployments()
    expect(staleFiles([generated, await knownCode(), await frameworkErrors()])).toEqual([])
    expect(staleFiles([{ ...generated, text: `${generated.text} ` }])).toEqual([generated.path])
    expect(staleFiles([{ path: 'src/chain/generated/absent.ts', text: '' }])).toEqual(['src/chain/generated/absent.ts'])
  })
})
