/**
 * Writes what is derived and committed: the artifacts of our contracts, so that a demo or a deployment needs no compiler,
 * and the framework's canonical addresses, so that reading them loads no kit. `--check` writes nothing and exits 1 when a file
 * is stale. Every generated file says so in its first line.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Address } from '../src/primitives/hex.ts'
import { contractArtifacts, type Generated, HEADER, readOrNull } from './artifacts.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Every file that is stale or missing, by its path. */
export function staleFiles(files: readonly Generated[]): string[] {
  return files.filter(({ path, text }) => readOrNull(join(ROOT, path)) !== text).map(({ path }) => path)
}

/**
 * Addresses of framework 1.3.0 on every chain where the kit knows it: one set, and the chains that have it. The kit leaves
 * enforcers out for which it builds no caveats; grants of others may carry them, so they come from its list of deployments.
 * Our own enforcer has an address on each of them, deployed or not.
 */
export async function deployments(): Promise<Generated> {
  process.env['DO_NOT_TRACK'] = '1'
  const require = createRequire(join(ROOT, 'node_modules/@metamask/delegation-toolkit/package.json'))
  const { DELEGATOR_CONTRACTS } = require('@metamask/delegation-deployments')
  const { getSmartAccountsEnvironment } = await import('@metamask/delegation-toolkit')
  const chains = Object.keys(DELEGATOR_CONTRACTS['1.3.0']).map(Number)
  const enforcersOf = (chain: number): Record<string, string> =>
    Object.fromEntries(
      Object.entries<string>(DELEGATOR_CONTRACTS['1.3.0'][chain])
        .filter(([name]) => name.endsWith('Enforcer'))
        .map(([name, address]): [string, string] => [name, address.toLowerCase()])
        .sort(([left], [right]) => left.localeCompare(right)),
    )
  const sets = new Map<string, number[]>()
  for (const chain of chains.sort((a, b) => a - b)) {
    const text = JSON.stringify([getSmartAccountsEnvironment(chain, '1.3.0'), enforcersOf(chain)]).toLowerCase()
    sets.set(text, [...(sets.get(text) ?? []), chain])
  }
  const { taskScopeAddress } = await import('../src/chain/taskScope.ts')
  const entries = [...sets.values()].map((ids) => {
    const kit = getSmartAccountsEnvironment(ids[0] as number, '1.3.0')
    const own = { TaskScopeEnforcer: taskScopeAddress(kit.DelegationManager.toLowerCase() as Address) }
    const lower = (value: string | undefined) => (value === undefined ? undefined : value.toLowerCase())
    return {
      chains: ids,
      manager: lower(kit.DelegationManager),
      entryPoint: lower(kit.EntryPoint),
      simpleFactory: lower(kit.SimpleFactory),
      implementations: {
        hybrid: lower(kit.implementations['HybridDeleGatorImpl']),
        multiSig: lower(kit.implementations['MultiSigDeleGatorImpl']),
        stateless7702: lower(kit.implementations['EIP7702StatelessDeleGatorImpl']),
      },
      enforcers: { ...enforcersOf(ids[0] as number), ...own },
    }
  })
  return {
    path: 'src/chain/generated/deployments.ts',
    text: [
      HEADER,
      '/** Canonical deployments of Delegation Framework 1.3.0, and of our enforcer for them: chains with the same addresses share an entry. */',
      `export const deployments = ${JSON.stringify(entries, null, 2)} as const\n`,
    ].join('\n'),
  }
}

/** Where in a contract's code its constructor writes words, in bytes, by what they say. Held by the local chain's test. */
const WORDS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  DelegationManager: {
    self: [6725],
    chainId: [6767],
    domain: [6809],
    nameHash: [6890],
    versionHash: [6930],
    name: [7085],
    version: [7130],
  },
  HybridDeleGator: {
    entryPoint: [
      1676, 2334, 2507, 2750, 2876, 3232, 3413, 3552, 3664, 3900, 4087, 4201, 4803, 4930, 5035, 5286, 5477, 6683, 7438,
      7548, 11598,
    ],
    manager: [2047, 2975, 3106, 3331, 5134, 6060],
    self: [7793, 8592, 8633, 9744],
    chainId: [7835],
    domain: [7877],
    nameHash: [7958],
    versionHash: [7998],
    name: [10029],
    version: [10074],
  },
  EIP7702StatelessDeleGator: {
    entryPoint: [1137, 2039, 2242, 2368, 2724, 2970, 3058, 3188, 3302, 3600, 3727, 4117, 4813, 5582],
    manager: [1402, 2467, 2598, 2823, 3826, 4185],
    self: [1561, 1850, 1942, 2111, 2886, 3495, 5665, 5759],
    chainId: [5801],
    domain: [5843],
    nameHash: [5924],
    versionHash: [5964],
    name: [6451],
    version: [6496],
  },
  LogicalOrWrapperEnforcer: { manager: [156, 248, 513, 770, 1014] },
  NativeTokenPaymentEnforcer: { ArgsEqualityCheckEnforcer: [163, 960], manager: [281, 627, 1626] },
}

/** What the compiler appends: a hash of sources and settings, which differs between builds of the same code. */
const METADATA = /a2646970667358221220[0-9a-f]{64}64736f6c63430008170033/
/** Its length, in bytes. */
const METADATA_BYTES = 53
/** Where the linker writes a library's address. */
const LINK = /__\$[0-9a-f]{34}\$__/g

/**
 * What the code of each contract of the framework must be, as a hash of it without what differs between builds and
 * deployments. From the published bytecode, save for the one enforcer of which the known chains have another.
 */
export async function knownCode(): Promise<Generated> {
  const { keccak256, stringToHex } = await import('viem')
  const { codecs } = await import('../src/caveats/registry.ts')
  const { bytecode: recorded } = await import('../src/testing/recorded/specificActionBatch.ts')
  const published: Record<string, unknown> = { ...(await import('@metamask/delegation-abis/bytecode')) }
  const contracts = ['DelegationManager', 'HybridDeleGator', 'EIP7702StatelessDeleGator']
  const enforcers = codecs.map(({ name }) => name).filter((name) => name !== 'TaskScopeEnforcer')
  const rows = [...contracts, ...enforcers].map((name) => {
    const creation = name === 'SpecificActionERC20TransferBatchEnforcer' ? recorded : String(published[name])
    // The constructor ends by returning the code, which begins by setting the free memory pointer.
    const behind = creation.slice(creation.indexOf('f3fe60806040') + 4)
    const end = behind.search(METADATA)
    const slots = [...behind.matchAll(/7f0{64}/g)].map(({ index }) => index / 2 + 1)
    const words = Object.entries(WORDS[name] ?? {})
    const known = words.flatMap(([, at]) => at).sort((left, right) => left - right)
    if (end === -1 || `${slots}` !== `${known}`)
      throw new RangeError(`The bytecode of ${name} is not built as expected`)
    const code = behind.slice(0, end)
    const links = [...code.matchAll(LINK)].map(({ index }) => index / 2)
    // What is the same in every deployment stays in the hash.
    const fixed: Record<string, string> = {
      nameHash: keccak256(stringToHex(name)),
      versionHash: keccak256(stringToHex('1')),
      name: shortString(name),
      version: shortString('1'),
    }
    let filled = code.replace(LINK, '0'.repeat(40))
    for (const [what, places] of words) {
      for (const at of places) {
        const word = fixed[what]?.slice(2) ?? '0'.repeat(64)
        filled = filled.slice(0, at * 2) + word + filled.slice(at * 2 + 64)
      }
    }
    const varying = Object.fromEntries(words.filter(([what]) => fixed[what] === undefined))
    const row = {
      bytes: end / 2 + METADATA_BYTES,
      metadata: METADATA_BYTES,
      hash: keccak256(`0x${filled}`),
      words: varying,
      links,
    }
    return `  ${name}: ${JSON.stringify(row)},`
  })
  // Built without that hash, so that every byte of them counts.
  for (const name of ['TaskScopeEnforcer', 'TaskScopeReader'] as const) {
    const { bytecode, runtime } = await import(
      `../src/chain/generated/${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`
    )
    const row = {
      bytes: runtime.bytes,
      metadata: 0,
      hash: keccak256(`0x${bytecode.slice(-2 * runtime.bytes)}`),
      words: runtime.words,
      links: [],
    }
    rows.push(`  ${name}: ${JSON.stringify(row)},`)
  }
  return {
    path: 'src/chain/generated/knownCode.ts',
    text: [
      HEADER,
      "import type { Hex } from '../../primitives/hex.ts'\n",
      'export type KnownCode = {',
      '  /** Length of the whole code. */',
      '  bytes: number',
      '  /** How many of its last bytes are a hash of sources and settings, which no instruction reads. */',
      '  metadata: number',
      '  /** Keccak-256 of it without those, with zeros in the place of words and links. */',
      '  hash: Hex',
      '  /** Where a constructor wrote words that differ between deployments, by what they say. */',
      '  words: Readonly<Record<string, readonly number[]>>',
      "  /** Where a library's address stands, 20 bytes. */",
      '  links: readonly number[]',
      '}\n',
      '/** The code that Ambit knows: of the manager, the accounts, and the enforcers whose terms its codecs describe. */',
      `export const knownCode: Readonly<Record<string, KnownCode>> = {\n${rows.join('\n')}\n}\n`,
    ].join('\n'),
  }
}

/** A text of at most 31 bytes as OpenZeppelin keeps it in one word: left-aligned, its length at the end. */
function shortString(text: string): string {
  const digits = Buffer.from(text).toString('hex')
  return `0x${digits.padEnd(62, '0')}${text.length.toString(16).padStart(2, '0')}`
}

/** Custom errors of the framework's contracts, of our enforcer and of ERC-20 tokens, by selector. */
export async function frameworkErrors(): Promise<Generated> {
  const { toFunctionSelector } = await import('viem')
  const abis: Record<string, unknown> = { ...(await import('@metamask/delegation-abis')) }
  const { abi: erc20 } = await import('../src/testing/generated/testToken.ts')
  const { abi: taskScope } = await import('../src/chain/generated/taskScopeEnforcer.ts')
  Object.assign(abis, { ERC20: erc20, TaskScopeEnforcer: taskScope })
  type Row = { contracts: string[]; name: string; inputs: string[] }
  const table = new Map<string, Row>()
  for (const [contract, abi] of Object.entries(abis)) {
    if (!Array.isArray(abi)) continue
    for (const item of abi) {
      if (item.type !== 'error') continue
      // From the text: given an ABI item, viem hashes the word "error" too.
      const selector = toFunctionSelector(`${item.name}(${item.inputs.map(canonicalType).join(',')})`)
      const row: Row = table.get(selector) ?? {
        contracts: [],
        name: item.name,
        inputs: item.inputs.map(({ type }: { type: string }) => type),
      }
      row.contracts.push(contract)
      table.set(selector, row)
    }
  }
  const rows = [...table].sort(([left], [right]) => left.localeCompare(right))
  const lines = rows.map(([selector, { contracts, name, inputs }]) => {
    // What the manager itself can throw is the manager's; what many throw is nobody's in particular.
    const contract = contracts.includes('DelegationManager')
      ? 'DelegationManager'
      : contracts.length === 1
        ? (contracts[0] ?? null)
        : null
    return `  ${JSON.stringify(selector)}: ${JSON.stringify({ contract, name, inputs })},`
  })
  return {
    path: 'src/chain/generated/errors.ts',
    text: [
      HEADER,
      '/** Custom errors by selector: who throws them (where only one contract does), name, argument types. */',
      'export const customErrors: Readonly<',
      '  Record<string, { contract: string | null; name: string; inputs: readonly string[] }>',
      `> = {\n${lines.join('\n')}\n}\n`,
    ].join('\n'),
  }
}

type AbiParameter = { type: string; components?: AbiParameter[] }

function canonicalType({ type, components = [] }: AbiParameter): string {
  return type.startsWith('tuple') ? `(${components.map(canonicalType).join(',')})${type.slice(5)}` : type
}

async function main(check: boolean): Promise<void> {
  execFileSync(process.execPath, [join(ROOT, 'node_modules/hardhat/dist/src/cli.js'), 'build', '--quiet'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // The second kind reads what the first wrote.
  const first = contractArtifacts()
  const stale = staleFiles(first)
  if (!check) write(first)
  const second = [await deployments(), await knownCode(), await frameworkErrors()]
  stale.push(...staleFiles(second))
  if (!check) {
    write(second)
    console.log(
      `${first.length + second.length} files, ${stale.length} changed${stale.map((path) => `\n  ${path}`).join('')}`,
    )
    return
  }
  for (const path of stale) console.error(`stale: ${path}. Run npm run gen.`)
  process.exitCode = stale.length === 0 ? 0 : 1
}

function write(files: readonly Generated[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.includes('--check'))
