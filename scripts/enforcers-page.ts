/** Renders what Ambit does with every enforcer, the framework's and its own: from codecs, docstrings, contract and evaluator. */
import { encodeCaveat } from '../src/caveats/caveat.ts'
import type { CaveatOf, KnownCaveat, KnownKind } from '../src/caveats/codec.ts'
import { describeCaveat, describeParts } from '../src/caveats/describe.ts'
import { codecs } from '../src/caveats/registry.ts'
import { getEnvironment } from '../src/chain/deployments.ts'
import { hashDelegation } from '../src/delegation/hash.ts'
import { type Delegation, ROOT_AUTHORITY } from '../src/delegation/types.ts'
import type { Grant } from '../src/grant/types.ts'
import type { Address, Hex } from '../src/primitives/hex.ts'
import { evaluate } from '../src/verdict/evaluate.ts'
import { prepareGrant } from '../src/verdict/prepare.ts'
import type { Counter } from '../src/verdict/types.ts'
import type { Source } from './errors-page.ts'

/**
 * The page.
 *
 * @throws RangeError where a source no longer has the form that is read here: the page would lose it without a word.
 */
export function enforcersPage(sources: readonly Source[]): string {
  const emitted = emittedKinds(textOf(sources, 'src/compile/lower.ts'))
  const framework = codecs.filter(({ kind }) => kind !== 'taskScope')
  const rows = framework.map(({ name, kind, callType }) => {
    const { terms, holds } = docOf(textOf(sources, `src/caveats/${kind}.ts`), kind)
    const { sentence, warnings } = describeCaveat(EXAMPLES[kind], { assets: ASSETS })
    const cells = [
      `\`${name}\``,
      emitted.has(kind) ? 'yes' : '—',
      judged(EXAMPLES[kind]),
      callType,
      terms,
      sentence,
      [holds, ...warnings.map((warning) => `*${warning}*`)].join(' '),
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [
    '<!-- Generated from src/caveats, src/compile, src/verdict and contracts/enforcer by scripts/docs.ts. Do not edit. -->',
    '# Enforcers',
    '',
    'Every enforcer of Delegation Framework 1.3.0, by contract name. Ambit reads the terms of all of them, strictly: bytes with a',
    'second spelling, or under which nothing could ever pass, are `unknown`, and what is unknown never allows anything. Before',
    'anything is signed or decided, the code at each address must be the contract that is described here (`checkDeployment`).',
    '',
    '- **Emits**: the compiler writes it.',
    '- **Judges**: a verdict may rest on it. Where not, the reason that denies stands there.',
    '- **Mode**: one call, a batch, or any. Two that differ in one delegation can never be redeemed.',
    '- **Says**: an example, in the words that a signer sees.',
    '- **Holds, and does not**: in italics what a signer is warned of in that example.',
    '',
    '| Enforcer | Emits | Judges | Mode | Terms | Says | Holds, and does not |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...ownSection(sources),
    '',
  ].join('\n')
}

/** Ours is no row: it says a whole scope, and its layout is a page of its own. */
function ownSection(sources: readonly Source[]): string[] {
  const { terms, holds } = docOf(textOf(sources, 'src/caveats/taskScope/terms.ts'), 'taskScope')
  const parts = describeParts(EXAMPLES.taskScope, { assets: ASSETS })
  return [
    '## Ours: `TaskScopeEnforcer`',
    '',
    holds,
    '',
    "No part of the framework: Ambit's own contract, which the framework's unchanged manager calls. The compiler writes it with the",
    'lowering `fused`, and then it is the only caveat of its delegation: twice in one delegation it would count in one place, which is',
    `denied. Judged: ${judged(EXAMPLES.taskScope)}. One call, or a batch where the terms allow one.`,
    '',
    'An example, in the words that a signer sees:',
    '',
    ...parts.flatMap(({ sentence, warnings }) => [sentence, ...warnings.map((it) => `*${it}*`)].map((it) => `- ${it}`)),
    '',
    '### Its terms',
    '',
    terms,
    '',
    ...layoutOf(textOf(sources, 'contracts/enforcer/TaskScopeTerms.sol')),
    '',
    '### Its `args`',
    '',
    ...layoutOf(textOf(sources, 'contracts/enforcer/TaskScopeRequests.sol')),
  ]
}

/**
 * The first comment with a table in a contract's source, as it stands there.
 *
 * @throws RangeError where there is none.
 */
export function layoutOf(solidity: string): string[] {
  const comments = solidity.match(/(?:^\/\/\/?(?: .*)?\n)+/gm) ?? []
  const found = comments.find((comment) => comment.includes('|---|'))
  if (found === undefined) throw new RangeError('There is no table in this source')
  const lines = found
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\/\/\/? ?/, ''))
  return lines.filter((line) => !line.startsWith('@title')).map((line) => line.replace(/^@notice /, ''))
}

/** Kinds that the compiler puts in order, and so may write. */
export function emittedKinds(lower: string): ReadonlySet<string> {
  const list = /const ORDER: readonly KnownKind\[\] = \[([^\]]*)\]/.exec(lower)?.[1]
  if (list === undefined) throw new RangeError('src/compile/lower.ts has no ORDER of kinds')
  return new Set([...list.matchAll(/'(\w+)'/g)].map(([, kind = '']) => kind))
}

/**
 * `yes`, or the reason with which the evaluator leaves a caveat to the chain: asked of the evaluator itself, with a grant of
 * this caveat alone under which nothing else is in doubt.
 */
export function judged(caveat: KnownCaveat): string {
  const environment = getEnvironment(1)
  const delegation: Delegation = {
    delegate: PAYEE,
    delegator: TOKEN,
    authority: ROOT_AUTHORITY,
    caveats: [encodeCaveat(environment, caveat)],
    salt: WORD,
    signature: '0x',
  }
  const grant: Grant = {
    schema: 'ambit.grant.v1',
    id: WORD,
    chainId: environment.chainId,
    manager: environment.manager,
    lowering: 'framework',
    scopes: [],
    scopeHash: WORD,
    accepted: [],
    delegations: [delegation],
    branches: [{ rule: 'any', links: [0] }],
  }
  const prepared = prepareGrant(grant, environment)
  const action = {
    chainId: environment.chainId,
    redeemer: PAYEE,
    calls: [{ to: PAYEE, value: 0n, data: '0x' as const }],
  }
  const verdict = evaluate(prepared, action, {
    chainId: environment.chainId,
    manager: environment.manager,
    block: { number: 150n, hash: WORD, timestamp: START },
    paused: false,
    disabled: { [hashDelegation(delegation)]: false },
    nonces: {},
    // Whatever hook is asked about, it passes.
    counters: new Proxy({}, { get: (): Counter => ({ kind: 'hook', passes: true }) }),
  })
  return verdict.verdict === 'deny' && verdict.code.endsWith('_unknown') ? `\`${verdict.code}\`` : 'yes'
}

/** The layout of the terms, and what is said of the enforcer, out of the docstring of its codec. */
export function docOf(source: string, kind: string): { terms: string; holds: string } {
  const doc = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport const ${kind}: Codec<`).exec(source)?.[1] ?? ''
  const paragraphs = doc
    .replace(/^\* ?/, '')
    .split(/\n \*\s*\n/)
    .map((paragraph) =>
      paragraph
        .replace(/\n \*/g, '')
        .replace(/ \(FACTS [^)]*\)/g, '')
        .replace(/\{@link (\w+)\}/g, '`$1`')
        .replace(/^ \* /, '')
        .trim(),
    )
  const terms = paragraphs.find((paragraph) => paragraph.startsWith('Terms'))
  const holds = paragraphs.filter((paragraph) => paragraph !== '' && paragraph !== terms)
  if (terms === undefined || holds.length === 0)
    throw new RangeError(`src/caveats/${kind}.ts does not describe its terms`)
  return { terms: terms.replace(/^Terms[:,] /, ''), holds: holds.join(' ') }
}

function textOf(sources: readonly Source[], path: string): string {
  const found = sources.find((source) => source.path === path)
  if (found === undefined) throw new RangeError(`${path} is not there`)
  return found.text
}

const TOKEN: Address = `0x${'11'.repeat(20)}`
const PAYEE: Address = `0x${'22'.repeat(20)}`
const ASSETS = { [TOKEN]: { symbol: 'USDC', decimals: 6 } }
const WORD: Hex = `0x${'00'.repeat(32)}`
const ETHER = 10n ** 18n
const START = 1_767_225_600n
const PERIOD = { duration: 86_400n, start: START }
const EXECUTION = { target: PAYEE, value: 0n, data: '0xd09de08a' } as const

const EXAMPLES: { readonly [Kind in KnownKind]: CaveatOf<Kind> } = {
  allowedCalldata: { kind: 'allowedCalldata', start: 36n, value: '0x01' },
  allowedMethods: { kind: 'allowedMethods', selectors: ['0xa9059cbb'] },
  allowedTargets: { kind: 'allowedTargets', targets: [PAYEE] },
  approvalRevocation: { kind: 'approvalRevocation', methods: ['erc20Approve', 'permit2Approve'] },
  argsEqualityCheck: { kind: 'argsEqualityCheck', args: '0x1234' },
  blockNumber: { kind: 'blockNumber', after: 100n, before: 200n },
  deployed: { kind: 'deployed', address: PAYEE, salt: WORD, bytecode: '0x6000' },
  erc1155BalanceChange: {
    kind: 'erc1155BalanceChange',
    direction: 'decrease',
    token: TOKEN,
    recipient: PAYEE,
    tokenId: 7n,
    amount: 2n,
  },
  erc20BalanceChange: {
    kind: 'erc20BalanceChange',
    direction: 'decrease',
    token: TOKEN,
    recipient: PAYEE,
    amount: 5_000_000n,
  },
  erc20PeriodTransfer: { kind: 'erc20PeriodTransfer', token: TOKEN, amount: 5_000_000n, ...PERIOD },
  erc20Streaming: {
    kind: 'erc20Streaming',
    token: TOKEN,
    initial: 1_000_000n,
    max: 9_000_000n,
    perSecond: 10n,
    start: START,
  },
  erc20TransferAmount: { kind: 'erc20TransferAmount', token: TOKEN, limit: 5_000_000n },
  erc721BalanceChange: {
    kind: 'erc721BalanceChange',
    direction: 'increase',
    token: TOKEN,
    recipient: PAYEE,
    amount: 1n,
  },
  erc721Transfer: { kind: 'erc721Transfer', token: TOKEN, tokenId: 7n },
  exactCalldata: { kind: 'exactCalldata', data: '0xd09de08a' },
  exactCalldataBatch: { kind: 'exactCalldataBatch', executions: [EXECUTION, EXECUTION] },
  exactExecution: { kind: 'exactExecution', ...EXECUTION },
  exactExecutionBatch: { kind: 'exactExecutionBatch', executions: [EXECUTION, EXECUTION] },
  id: { kind: 'id', id: 7n },
  limitedCalls: { kind: 'limitedCalls', limit: 20n },
  logicalOr: {
    kind: 'logicalOr',
    groups: [
      [{ meaning: { kind: 'limitedCalls', limit: 1n }, args: '0x' }],
      [{ meaning: { kind: 'valueLte', max: 0n }, args: '0x' }],
    ],
  },
  multiTokenPeriod: { kind: 'multiTokenPeriod', periods: [{ token: TOKEN, amount: 5_000_000n, ...PERIOD }] },
  nativeBalanceChange: { kind: 'nativeBalanceChange', direction: 'decrease', recipient: PAYEE, amount: ETHER },
  nativePayment: { kind: 'nativePayment', recipient: PAYEE, amount: ETHER },
  nativePeriodTransfer: { kind: 'nativePeriodTransfer', amount: ETHER, ...PERIOD },
  nativeStreaming: { kind: 'nativeStreaming', initial: 0n, max: ETHER, perSecond: 10n ** 12n, start: START },
  nativeTransferAmount: { kind: 'nativeTransferAmount', limit: ETHER },
  nonce: { kind: 'nonce', nonce: 3n },
  ownershipTransfer: { kind: 'ownershipTransfer', target: PAYEE },
  redeemer: { kind: 'redeemer', redeemers: [PAYEE] },
  specificActionBatch: {
    kind: 'specificActionBatch',
    token: TOKEN,
    recipient: PAYEE,
    amount: 5_000_000n,
    first: EXECUTION,
  },
  taskScope: {
    kind: 'taskScope',
    notBefore: START,
    expiry: START + 30n * 86_400n,
    maxExecutions: 0,
    group: '0x0000000000000001',
    guardian: PAYEE,
    requestKey: null,
    confirmer: null,
    calls: { max: 20n, period: 86_400n },
    redeemers: [],
    budgets: [{ window: 'rolling', period: 86_400n, cap: 200_000_000n, threshold: null }],
    rules: [
      {
        target: TOKEN,
        selector: '0xa9059cbb',
        length: 68,
        longer: false,
        maxValue: 0n,
        conditions: [
          { op: 'equal', word: 0, operand: BigInt(PAYEE) },
          { op: 'at_most', word: 1, operand: 50_000_000n },
        ],
        charges: [{ budget: 0, source: { word: 1 }, weight: 1n }],
        allowance: null,
        measured: null,
      },
    ],
  },
  timestamp: { kind: 'timestamp', after: 0n, before: START },
  valueLte: { kind: 'valueLte', max: 0n },
}
