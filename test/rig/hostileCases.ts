/** Hostile inputs by name, each made first and then handled under a stopwatch. Run as a program by `measure.ts`. */
import { appendFileSync, createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { run } from '../../src/cli/run.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import { AmbitError } from '../../src/errors.ts'
import type { Grant } from '../../src/grant/types.ts'
import { chain, compile, delegation, grant, scope, verdict } from '../../src/index.ts'
import { type Hex, uintToBytes } from '../../src/primitives/hex.ts'
import { parseJson } from '../../src/primitives/json.ts'
import type { Scope } from '../../src/scope/types.ts'
import { PAYEES, USDC } from '../arbitraries/scope.ts'
import { addressOf, agent, countingSalt, makeGrant, principal, richDocument } from '../arbitraries/signedGrant.ts'

export type Measured = {
  name: string
  /** The error's code, or what a check said. */
  said: string
  /** Milliseconds of processor time, of all threads: what it takes on a machine with nothing else to do. */
  busy: number
  /** Milliseconds on the wall. */
  waited: number
  /** Megabytes from the resident size before, the garbage collected, to the highest the process ever had: a bound. */
  growth: number
}

type Handle = () => unknown | Promise<unknown>

const environment = chain.getEnvironment(8453)
const OPEN: Hex = `0x${'00'.repeat(18)}0a11`
const address = (index: number): Hex => uintToBytes(BigInt(index) + 1n, 20)

const plain = (more: Partial<Delegation> = {}): Delegation => ({
  delegate: address(2),
  delegator: address(1),
  authority: ROOT_AUTHORITY,
  caveats: [],
  salt: uintToBytes(7n, 32),
  signature: `0x${'11'.repeat(65)}`,
  ...more,
})

const caveats = (count: number) =>
  Array.from({ length: count }, () => ({
    enforcer: environment.enforcers['ValueLteEnforcer'] as Hex,
    terms: uintToBytes(0n, 32),
    args: '0x' as const,
  }))

/** Leaf first, well bound from end to end. */
function chainOf(links: number): Delegation[] {
  const made: Delegation[] = []
  let authority: Hex = ROOT_AUTHORITY
  for (let index = 0; index < links; index++) {
    const link = plain({ delegator: address(index), delegate: address(index + 1), authority, caveats: caveats(1) })
    made.unshift(link)
    authority = delegation.hashDelegation(link)
  }
  return made
}

/** The JSON of a real grant, with something done to it. */
async function editedGrant(edit: (document: Document) => void): Promise<string> {
  const document: Document = JSON.parse(grant.serializeGrant(await makeGrant(environment)))
  edit(document)
  return JSON.stringify(document)
}

type Document = {
  chainId: number
  manager: string
  delegations: { caveats: object[]; delegate: string; salt: string; signature: string }[]
  branches: { links: number[] }[]
  scopes: { task: { purpose: string } }[]
}

function first<item>([one]: readonly item[]): item {
  if (one === undefined) throw new TypeError('an empty list')
  return one
}

const word = (value: number) => value.toString(16).padStart(64, '0')

/**
 * `abi.encode(Delegation[])` in which every element is the same tuple, whose caveats are all the same caveat with the same
 * long terms: a lenient decoder unfolds it into gigabytes.
 */
function inflating(bytes: number): Hex {
  const elements = Math.floor(bytes / 4 / 32)
  const inner = Math.floor(bytes / 4 / 32)
  const terms = Math.floor(bytes / 2 / 32) - 20
  const tuple = elements * 32
  const head = [word(2), word(1), 'f'.repeat(64), word(6 * 32), word(7), word(7 * 32 + inner * 32)]
  const list = [word(inner), ...Array.from({ length: inner }, () => word(inner * 32))]
  const caveat = [
    word(3),
    word(96),
    word(96 + 32 + terms * 32),
    word(terms * 32),
    ...Array(terms).fill('ab'.repeat(32)),
  ]
  const parts = [
    word(32),
    word(elements),
    ...Array.from({ length: elements }, () => word(tuple)),
    ...head,
    ...list,
    ...caveat,
  ]
  return `0x${parts.join('')}${word(0)}`
}

/** A scope that calls one contract, for guards to look at. */
function calling(target: Hex): Scope {
  const rules = [{ id: 'take', class: 'call' as const, target, function: 'function take(uint256 amount)', args: {} }]
  return scope.parseScope(richDocument({ rules, budgets: {} }))
}

const compiling = (target: Hex) => {
  const made = calling(target)
  return () => compile.compile(made, environment, { salt: countingSalt(), nonce: 0n })
}

/**
 * A command line over a file, also its standard input, that begins with `head` and goes on with `piece` over and over, in this process; says the code
 * of its error. Written piece by piece: the making must not take the memory that is measured.
 */
function commandOver(argv: (file: string) => readonly string[], piece: string, size: number, head = '['): Handle {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-hostile-'))
  const file = join(folder, 'hostile.json')
  const many = piece.repeat(Math.ceil(65_536 / piece.length))
  writeFileSync(file, head)
  for (let written = head.length; written < size; written += many.length) appendFileSync(file, many)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const stdin = createReadStream(file)
    stderr.resume()
    const chunks: Buffer[] = []
    stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    const env = { AMBIT_HOME: join(folder, 'home') }
    await run({ argv: [...argv(file), '--json'], env, stdin: stdin as never, stdout, stderr })
    stdin.destroy()
    const { error } = JSON.parse(Buffer.concat(chunks).toString())
    throw new AmbitError(error?.code ?? 'none', '', { fix: '' })
  }
}

/** The most that any command reads, but for the last piece. */
const SIXTEEN_MB = 16 * 1024 * 1024 - 131_072
const pairs = (size: number) => `[${'[],'.repeat(size / 3 - 2)}[]]`
const members = (size: number) =>
  `{${Array.from({ length: size / 16 }, (_, index) => `"k${index.toString().padStart(8, '0')}":1`).join(',')}}`

const cases: Readonly<Record<string, () => Handle | Promise<Handle>>> = {
  // too much
  'context of 1,000 links': () => {
    const bytes = delegation.encodeContext(chainOf(1_000), { links: 1_000, bytes: 10_000_000 })
    return () => delegation.decodeContext(bytes)
  },
  'context that says it has 1,000 links': () => () =>
    delegation.decodeContext(`0x${word(32)}${word(1_000)}${word(0).repeat(1_000)}`),
  'chain of 1,000 links to check': () => {
    const links = chainOf(1_000)
    return () => said(delegation.checkChain(links, { environment }))
  },
  'chain of 1,000 links to redeem': () => {
    const delegations = chainOf(1_000)
    const links = delegations.map((_, index) => index)
    const made = { delegations, branches: [{ rule: 'x', links }], chainId: environment.chainId } as unknown as Grant
    return () => delegation.encodeContext(made.delegations)
  },
  'grant with a branch of 1,000 links': async () => {
    const text = await editedGrant(({ branches }) => {
      first(branches).links = Array.from({ length: 1_000 }, (_, index) => index % 3)
    })
    return () => grant.parseGrant(text, { environment })
  },
  'grant of 1,000 delegations': async () => {
    const text = await editedGrant(({ delegations }) => {
      for (let index = 0; index < 1_000; index++) delegations.push(structuredClone(first(delegations)))
    })
    return () => grant.parseGrant(text, { environment })
  },
  'context with 10,000 caveats': () => {
    const bytes = delegation.encodeContext([plain({ caveats: caveats(10_000) })], {
      caveats: 10_000,
      bytes: 10_000_000,
    })
    return () => delegation.decodeContext(bytes)
  },
  'context with 17 caveats on a link': () => {
    const bytes = delegation.encodeContext([plain({ caveats: caveats(17) })], { caveats: 17 })
    return () => delegation.decodeContext(bytes)
  },
  'context that says it has 10,000 caveats': () => {
    const bytes = delegation.encodeContext([plain({ caveats: caveats(16) })])
    const lying = bytes.replace(`${word(16)}${word(16 * 32)}`, `${word(10_000)}${word(10_000 * 32)}`)
    return () => delegation.decodeContext(lying)
  },
  'grant with 10,000 caveats': async () => {
    const text = await editedGrant(({ delegations }) => {
      first(delegations).caveats = caveats(10_000)
    })
    return () => grant.parseGrant(text, { environment })
  },
  'chain with 10,000 caveats to check': () => {
    const links = [plain({ caveats: caveats(10_000) })]
    return () => said(delegation.checkChain(links, { environment }))
  },
  'context of 58 KB that unfolds to gigabytes': () => {
    const bytes = inflating(58 * 1024)
    return () => delegation.decodeContext(bytes)
  },
  'context of 31 KB that unfolds to gigabytes': () => {
    const bytes = inflating(30 * 1024)
    return () => delegation.decodeContext(bytes, { links: 1_000, caveats: 1_000 })
  },
  // what JSON can do
  'prototype key in a grant': async () => {
    const text = (await editedGrant(() => {})).replace('"schema"', '"__proto__":{"polluted":true},"schema"')
    return () => grant.parseGrant(text, { environment })
  },
  'prototype key deep in a scope that was read before': async () => {
    const document = JSON.parse(JSON.stringify(richDocument()).replace('"task":{', '"task":{"__proto__":{"a":1},'))
    return () => scope.parseScope(document)
  },
  'constructor as the name of a budget': () => {
    const text = JSON.stringify(richDocument()).replaceAll('"stables"', '"constructor"')
    return () => scope.parseScope(parseJson(text))
  },
  'arrays in arrays': () => () => grant.parseGrant('['.repeat(1_000_000)),
  'grant file just under its bound, of empty arrays': () => {
    const text = pairs(4_194_000)
    return () => grant.parseGrant(text)
  },
  'grant file just under its bound, of members': () => {
    const text = members(4_000_000)
    return () => grant.parseGrant(text)
  },
  'grant file just under its bound, all in one caveat': async () => {
    const text = await editedGrant(({ delegations }) => {
      first(delegations).signature = `0x${'ab'.repeat(2_000_000)}`
    })
    return () => grant.parseGrant(text, { environment })
  },
  'scope file just under its bound, of rules': () => {
    const rule = (index: number) => ({ ...(richDocument().rules[0] as object), id: `r${index}` })
    const text = JSON.stringify({ ...richDocument(), rules: Array.from({ length: 4_500 }, (_, index) => rule(index)) })
    return () => scope.parseScope(parseJson(text))
  },
  'inspect over 16 MB': () => commandOver((file) => ['inspect', file], '[],', SIXTEEN_MB),
  'scope check over 16 MB': () => commandOver((file) => ['scope', 'check', file], '{"a":1},', SIXTEEN_MB),
  'redeem over 16 MB': () =>
    commandOver((file) => ['redeem', file, 'transfer', '--to', PAYEES[0], '--amount', '1'], '[],', SIXTEEN_MB),
  'inspect over a context of 4 MB': () => commandOver((file) => ['inspect', file], '00', 4_000_000, '0x'),
  'inspect over 16 MB of standard input': () => commandOver(() => ['inspect', '-'], '[],', SIXTEEN_MB),
  'verify over 16 MB': () => commandOver((file) => ['verify', file], '[],', SIXTEEN_MB),
  // not canonical
  'upper-case hex in a grant': async () => {
    const text = await editedGrant(({ delegations }) => {
      const one = first(delegations)
      one.salt = `0x${one.salt.slice(2).toUpperCase()}`
    })
    return () => grant.parseGrant(text, { environment })
  },
  'address with dirty upper bytes in a context': () => {
    const bytes = delegation.encodeContext([plain({ caveats: caveats(1) })])
    return () => delegation.decodeContext(bytes.replace(word(3), `ff${word(3).slice(2)}`))
  },
  'half a byte in a context': () => () => delegation.decodeContext(`0x${word(32)}0`),
  // somewhere else, somebody else
  'grant for another chain id': async () => {
    const text = await editedGrant((document) => {
      document.chainId = 1
    })
    return () => grant.parseGrant(text, { environment })
  },
  'grant for another manager': async () => {
    const text = await editedGrant((document) => {
      document.manager = address(9)
    })
    return () => grant.parseGrant(text, { environment })
  },
  'grant judged with another deployment': async () => {
    const made = await makeGrant(environment)
    return () => verdict.prepareGrant(made, { ...environment, manager: address(9) })
  },
  'open delegate in a grant': async () => {
    const text = await editedGrant(({ delegations }) => {
      for (const one of delegations) one.delegate = OPEN
    })
    return () => grant.parseGrant(text, { environment })
  },
  'open delegate to sign': () => () =>
    delegation.signDelegation(principal, {
      delegation: plain({ delegator: addressOf(principal), delegate: OPEN, caveats: caveats(1), signature: '0x' }),
      chainId: environment.chainId,
      manager: environment.manager,
    }),
  'open delegate in a chain to check': () => {
    const links = [plain({ delegate: OPEN, caveats: caveats(1) })]
    return () => said(delegation.checkChain(links, { environment }))
  },
  'call to the principal itself': () => compiling(addressOf(principal)),
  'call to the manager': () => compiling(environment.manager),
  'call to an enforcer': () => compiling(environment.enforcers['NonceEnforcer'] as Hex),
  'the same salt twice in a plan': () => {
    const rules = richDocument().rules.slice(1, 2)
    const made = scope.parseScope(richDocument({ rules, budgets: { coins: { assets: { native: '1' }, max: '0.5' } } }))
    const plan = compile.compile(made, environment, { salt: () => uintToBytes(1n, 32), nonce: 0n })
    const [draft] = plan.drafts
    if (draft === undefined) throw new TypeError('no draft')
    return () => delegation.createDelegations([draft, draft])
  },
  'the same delegation twice in a grant': async () => {
    const text = await editedGrant(({ delegations, branches }) => {
      delegations.push(structuredClone(first(delegations)))
      branches.push({ ...first(branches), links: [delegations.length - 1] })
    })
    return () => grant.parseGrant(text, { environment })
  },
  'a salt of zeros to sign': () => () =>
    delegation.signDelegation(principal, {
      delegation: plain({
        delegator: addressOf(principal),
        delegate: addressOf(agent),
        caveats: caveats(1),
        salt: uintToBytes(0n, 32),
        signature: '0x',
      }),
      chainId: environment.chainId,
      manager: environment.manager,
    }),
  'an action with 100,000 calls': async () => {
    const prepared = verdict.prepareGrant(await makeGrant(environment), environment)
    const call = { to: USDC as Hex, value: 0n, data: '0x' as Hex }
    const action = { chainId: environment.chainId, redeemer: addressOf(agent), calls: Array(100_000).fill(call) }
    const block = { number: 1n, hash: uintToBytes(1n, 32), timestamp: 1_795_500_000n }
    const { chainId, manager } = environment
    const state = { chainId, manager, block, paused: false, disabled: {}, nonces: {}, counters: {} }
    return () => {
      const result = verdict.evaluate(prepared, action, state)
      return result.verdict === 'deny' ? result.code : result.verdict
    }
  },
  // what an account's contract can do
  'ERC-1271': () => {
    const { RPC = '', GRANTS = '', ENVIRONMENT = '' } = process.env
    const deployed = JSON.parse(ENVIRONMENT)
    const grants = JSON.parse(GRANTS) as Grant[]
    const node = chain.createNode(RPC, { retryCount: 0 })
    return async () => {
      const answers: string[] = []
      for (const one of grants) {
        const { facts } = await chain.readFacts(node, { grant: one, environment: deployed })
        answers.push(said(delegation.checkChain(one.delegations, facts)))
      }
      return JSON.stringify(answers)
    }
  },
}

/** The codes with which a chain fails. */
function said({ rows }: { rows: readonly { result: string; code?: string }[] }): string {
  return [...new Set(rows.flatMap((row) => (row.result === 'fail' ? [String(row.code)] : [])))].join() || 'accepted'
}

async function codeOf(handle: Handle): Promise<string> {
  try {
    const result = await handle()
    return typeof result === 'string' ? result : 'accepted'
  } catch (error) {
    if (error instanceof AmbitError) return error.code
    return `not coded: ${error instanceof Error ? error.message : typeof error}`
  }
}

async function measured(name: string): Promise<Measured> {
  const handle = await (cases[name] as NonNullable<(typeof cases)[string]>)()
  ;(globalThis as { gc?: () => void }).gc?.()
  const before = process.memoryUsage.rss()
  const [wall, cpu] = [performance.now(), process.cpuUsage()]
  const result = await codeOf(handle)
  const used = process.cpuUsage(cpu)
  const waited = performance.now() - wall
  const growth = Math.max(0, process.resourceUsage().maxRSS * 1_024 - before) / 1_048_576
  return { name, said: result, busy: (used.user + used.system) / 1_000, waited, growth }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const all: Measured[] = []
  for (const name of JSON.parse(process.env['CASES'] ?? '[]') as string[]) all.push(await measured(name))
  process.stdout.write(JSON.stringify(all))
}
