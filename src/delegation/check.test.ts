import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { checkChain } from './check.ts'
import type { ChainFacts, CheckName } from './facts.ts'
import { hashDelegation } from './hash.ts'
import { signDelegation } from './sign.ts'
import { recoverSigner } from './signature.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from './types.ts'

const at = (digits: string): Address => `0x${digits.repeat(40 / digits.length)}`
const principal = privateKeyToAccount(`0x${'17'.repeat(32)}`)
const agent = privateKeyToAccount(`0x${'18'.repeat(32)}`)
const principalAddress = principal.address.toLowerCase() as Address
const agentAddress = agent.address.toLowerCase() as Address
const subAgent = at('5a')

const environment: Environment = {
  chainId: 31_337,
  framework: '1.3.0',
  manager: at('db'),
  entryPoint: at('e0'),
  simpleFactory: at('e1'),
  implementations: { hybrid: at('e2'), multiSig: at('e3'), stateless7702: at('e4') },
  enforcers: { TimestampEnforcer: at('c1'), NonceEnforcer: at('c2') },
}
const domain = { chainId: environment.chainId, manager: environment.manager }

const caveats = (nonce: bigint) => [
  encodeCaveat(environment, { kind: 'timestamp', after: 1_000n, before: 2_000n }),
  encodeCaveat(environment, { kind: 'nonce', nonce }),
]

async function makeRoot(change: Partial<Delegation> = {}): Promise<Delegation> {
  const delegation: Delegation = {
    delegator: principalAddress,
    delegate: agentAddress,
    authority: ROOT_AUTHORITY,
    caveats: caveats(7n),
    salt: `0x${'a1'.repeat(32)}`,
    signature: '0x',
    ...change,
  }
  return signDelegation(principal, { delegation, ...domain, accept: ['open_delegate'] })
}

async function makeLeaf(root: Delegation, change: Partial<Delegation> = {}): Promise<Delegation> {
  const delegation: Delegation = {
    delegator: agentAddress,
    delegate: subAgent,
    authority: hashDelegation(root),
    caveats: caveats(3n),
    salt: `0x${'a2'.repeat(32)}`,
    signature: '0x',
    ...change,
  }
  return signDelegation(agent, { delegation, ...domain, accept: ['open_delegate'] })
}

const root = await makeRoot()
const leaf = await makeLeaf(root)
const [leafHash, rootHash] = [hashDelegation(leaf), hashDelegation(root)]

const facts: ChainFacts = {
  environment,
  now: 1_500n,
  paused: false,
  codes: { [principalAddress]: 'delegated7702', [agentAddress]: 'none' },
  disabled: { [rootHash]: false, [leafHash]: false },
  nonces: { [principalAddress]: 7n, [agentAddress]: 3n },
}

/** The rows that are no pass, as `check link result code`. */
function faults(delegations: readonly Delegation[], changed: ChainFacts = facts): string[] {
  return checkChain(delegations, changed).rows.flatMap((row) =>
    row.result === 'pass' ? [] : [`${row.check} ${row.link} ${row.result} ${row.code}`],
  )
}

/** Facts in which nothing about other hashes is missing: so that only the fault under test shows. */
const about = (...delegations: Delegation[]): ChainFacts => ({
  ...facts,
  disabled: Object.fromEntries(delegations.map((it) => [hashDelegation(it), false])),
})

describe('checkChain', () => {
  test('default: a chain that the manager accepts is valid, with a row for each question', () => {
    const check = checkChain([leaf, root], facts)
    expect(check.rows.filter((row) => row.result !== 'pass')).toEqual([])
    expect(check).toMatchObject({ status: 'valid', hashes: [leafHash, rootHash] })
    const questions = (link: number | null) =>
      check.rows.filter((row) => row.link === link).map((row): CheckName => row.check)
    expect(questions(null)).toEqual(['form', 'order', 'paused'])
    const each = ['unique', 'delegate', 'signature', 'caveats', 'enabled', 'time', 'nonce']
    expect(questions(0)).toEqual(['authority', 'adjacency', ...each])
    expect(questions(1)).toEqual(['root', ...each.toSpliced(3, 0, 'code')])
  })

  test('behavior: without facts nothing reads as passed', () => {
    expect(checkChain([leaf, root], { environment }).status).toBe('unavailable')
    expect(faults([leaf, root], { environment })).toEqual([
      'signature 0 unavailable not_read',
      'enabled 0 unavailable not_read',
      'time 0 unavailable not_read',
      'nonce 0 unavailable not_read',
      'signature 1 unavailable not_read',
      'code 1 unavailable not_read',
      'enabled 1 unavailable not_read',
      'time 1 unavailable not_read',
      'nonce 1 unavailable not_read',
      'paused null unavailable not_read',
    ])
  })

  test('behavior: every single fact that is missing makes the chain unavailable, and only that', () => {
    const holes: [Partial<Record<keyof ChainFacts, unknown>>, string[]][] = [
      [{ now: undefined }, ['time 0 unavailable not_read', 'time 1 unavailable not_read']],
      [{ paused: undefined }, ['paused null unavailable not_read']],
      [{ codes: { [principalAddress]: 'delegated7702' } }, ['signature 0 unavailable not_read']],
      [{ codes: { [agentAddress]: 'none' } }, ['signature 1 unavailable not_read', 'code 1 unavailable not_read']],
      [{ disabled: { [leafHash]: false } }, ['enabled 1 unavailable not_read']],
      [{ nonces: { [agentAddress]: 3n } }, ['nonce 1 unavailable not_read']],
    ]
    for (const [hole, expected] of holes) {
      const changed = { ...facts, ...hole } as ChainFacts
      expect(faults([leaf, root], changed)).toEqual(expected)
      expect(checkChain([leaf, root], changed).status).toBe('unavailable')
    }
  })

  test('behavior: a contract’s own answer decides about its signature, even where a key would agree', () => {
    const contract: ChainFacts = { ...facts, codes: { ...facts.codes, [principalAddress]: 'contract' } }
    expect(faults([leaf, root], contract)).toEqual(['signature 1 unavailable not_read'])
    const answered = (accepted: boolean) => ({ ...contract, contractSignatures: { [rootHash]: accepted } })
    expect(faults([leaf, root], answered(false))).toEqual(['signature 1 fail signature_refused'])
    expect(faults([leaf, { ...root, signature: '0x1234' }], answered(true))).toEqual([])
  })

  test('behavior: recovery can be replaced by one that remembers', () => {
    const asked: Hex[] = []
    const recover: ChainFacts['recover'] = (digest, signature) => {
      asked.push(signature)
      return recoverSigner(digest, signature)
    }
    expect(checkChain([leaf, root], { ...facts, recover }).status).toBe('valid')
    expect(asked).toEqual([leaf.signature, root.signature])
  })

  test('error: a chain written root first, or without its root', async () => {
    expect(faults([root, leaf])).toContain('order 0 fail root_first')
    expect(faults([leaf])).toEqual(['root 0 fail not_a_root', 'code 0 fail no_code'])
  })

  test('error: a leaf put under another root of the same delegate', async () => {
    const other = await makeRoot({ salt: `0x${'b1'.repeat(32)}` })
    expect(faults([leaf, other], about(leaf, other))).toEqual(['authority 0 fail broken_authority'])
  })

  test('error: a link by somebody to whom nothing was delegated', async () => {
    const elsewhere = await makeRoot({ delegate: at('99') })
    const stolen = await makeLeaf(elsewhere)
    expect(faults([stolen, elsewhere], about(stolen, elsewhere))).toEqual(['adjacency 0 fail not_the_delegate'])
  })

  test('error: an open delegate anywhere', async () => {
    const open = await makeRoot({ delegate: ANY_DELEGATE })
    const under = await makeLeaf(open)
    expect(faults([under, open], about(under, open))).toEqual(['delegate 1 fail open_delegate'])
    const openLeaf = await makeLeaf(root, { delegate: ANY_DELEGATE })
    expect(faults([openLeaf, root], about(openLeaf, root))).toEqual(['delegate 0 fail open_delegate'])
  })

  test('error: the same link twice', () => {
    expect(faults([leaf, leaf, root])).toContain('unique 1 fail duplicate')
  })

  test('error: any change after signing', () => {
    const changed: Partial<Delegation>[] = [
      { delegate: at('66') },
      { salt: `0x${'b1'.repeat(32)}` },
      { caveats: [] },
      { caveats: [...leaf.caveats].reverse() },
      { caveats: [encodeCaveat(environment, { kind: 'timestamp', after: 0n, before: 9_999n })] },
    ]
    for (const change of changed) {
      const tampered = { ...leaf, ...change }
      expect(faults([tampered, root], about(tampered, root))).toContain('signature 0 fail other_signer')
    }
    expect(faults([{ ...leaf, signature: '0x' }, root])).toEqual(['signature 0 fail bad_signature'])
    expect(faults([{ ...leaf, signature: root.signature }, root])).toEqual(['signature 0 fail other_signer'])
    const elsewhere = { ...facts, environment: { ...environment, chainId: 1 } }
    expect(faults([leaf, root], elsewhere)).toEqual(['signature 0 fail other_signer', 'signature 1 fail other_signer'])
  })

  test('error: a principal without code', () => {
    const codes = { [principalAddress]: 'none', [agentAddress]: 'none' } as const
    expect(faults([leaf, root], { ...facts, codes })).toEqual(['code 1 fail no_code'])
  })

  test('error: revoked, at either end, one by one or by nonce', () => {
    const disabled = (hash: Hex) => ({ ...facts, disabled: { ...facts.disabled, [hash]: true } })
    expect(faults([leaf, root], disabled(rootHash))).toEqual(['enabled 1 fail revoked'])
    expect(faults([leaf, root], disabled(leafHash))).toEqual(['enabled 0 fail revoked'])
    const nonces = { [principalAddress]: 8n, [agentAddress]: 3n }
    expect(faults([leaf, root], { ...facts, nonces })).toEqual(['nonce 1 fail group_revoked'])
    expect(faults([leaf, root], { ...facts, paused: true })).toEqual(['paused null fail paused'])
  })

  test('error: outside its time, whose bounds are both exclusive', async () => {
    const when = (now: bigint) => faults([root], { ...facts, now })
    expect(when(1_000n)).toEqual(['time 0 fail not_yet_valid'])
    expect(when(1_001n)).toEqual([])
    expect(when(1_999n)).toEqual([])
    expect(when(2_000n)).toEqual(['time 0 fail expired'])
  })

  test('error: caveats that are not understood are never valid', async () => {
    const unknown = await makeRoot({ caveats: [...caveats(7n), { enforcer: at('f7'), terms: '0x', args: '0x' }] })
    expect(faults([unknown], about(unknown))).toEqual(['caveats 0 unavailable unknown_caveat'])
    const malformed = await makeRoot({ caveats: [{ enforcer: at('c1'), terms: '0x01', args: '0x' }] })
    expect(faults([malformed], about(malformed))).toEqual(['caveats 0 unavailable unknown_caveat'])
  })

  test('error: what has not the form of a chain is not looked at further', () => {
    const invalid = (delegations: readonly Delegation[]) => {
      const { status, rows, hashes } = checkChain(delegations, facts)
      expect({ status, hashes, count: rows.length }).toEqual({ status: 'invalid', hashes: [], count: 1 })
      return faults(delegations)[0]
    }
    expect(invalid([])).toBe('form null fail empty')
    expect(invalid(Array(9).fill(root))).toBe('form null fail too_many_links')
    expect(invalid([root, { ...root, caveats: Array(17).fill(root.caveats[0]) }])).toBe('form 1 fail too_many_caveats')
    expect(invalid([{ ...root, salt: '0x01' }])).toBe('form null fail malformed')
    expect(invalid([{ ...root, signature: `0x${'00'.repeat(40_000)}` }])).toBe('form null fail too_large')
  })
})
