import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { applySite } from './mutate-sites.ts'
import { Bench } from './mutate-solidity-run.ts'
import { findSoliditySites } from './mutate-solidity-sites.ts'
import { linked, switched } from './mutate-solidity-switch.ts'
import type { Node, Units } from './mutate-solidity-tree.ts'

const compile: (input: string) => string = createRequire(import.meta.url)('solc').compile
const FILE = 'contracts/a.sol'
const HEAD = 'pragma solidity 0.8.37;\n// ‖ 😀\n'

/** A function of two numbers, in a text whose bytes and characters differ. */
const within = (body: string, before = '') =>
  `${HEAD}${before}function f(uint256 a, uint256 b, bytes4 s) pure returns (uint256 c) { ${body} }\nfunction g(uint256) pure {}\n`

function unitsOf(source: string): Units {
  const settings = { outputSelection: { '*': { '': ['ast'] } } }
  const output = JSON.parse(
    compile(JSON.stringify({ language: 'Solidity', sources: { [FILE]: { content: source } }, settings })),
  )
  expect(output.errors?.filter(({ severity }: { severity: string }) => severity === 'error') ?? []).toEqual([])
  return new Map([[FILE, { source, ast: output.sources[FILE].ast as Node }]])
}

const sitesOf = (source: string) => findSoliditySites(unitsOf(source)).get(FILE) ?? []
const madeOf = (body: string) =>
  sitesOf(within(body)).map((site) => applySite(within(body), site).match(/returns \(uint256 c\) \{ (.*) \}\nf/)?.[1])

describe('findSoliditySites', () => {
  test.each([
    ['c = a + b;', ['c = a - b;']],
    ['c = a - b;', ['c = a + b;', 'c = b - (a);']],
    ['c = a << 1;', ['c = a >> 1;', 'c = a << 0;']],
    ['c = a & ~b;', ['c = a | ~b;', 'c = a & (b);']],
    ['c |= 0x0f;', ['c &= 0x0f;', 'c |= 0x10;']],
    ['c++;', ['c--;']],
    ['if (a < b) c = a;', ['if (a <= b) c = a;', 'if (a > b) c = a;', 'if (false) c = a;']],
    ['if (a == b) revert();', ['if (a != b) revert();', 'if (false) revert();', 'if (a == b) {}']],
    ['c = s == 0 ? a : b;', ['c = s != 0 ? a : b;']],
    ['g(a);', ['{}']],
    [
      'for (; a > b; --a) c = b;',
      ['for (; a >= b; --a) c = b;', 'for (; a < b; --a) c = b;', 'for (; a > b; ++a) c = b;'],
    ],
    ['assembly { c := sub(a, 7) }', ['assembly { c := add(a, 7) }', 'assembly { c := sub(a, 8) }']],
  ])('default: %s', (body, expected) => {
    expect(madeOf(body).sort()).toEqual([...expected].sort())
  })

  test('behavior: a constant is switched where it is used; one that assembly uses is left alone', () => {
    const used = sitesOf(within('c = a + N + N;', 'uint256 constant N = 3;\n'))
    expect(used.find(({ from }) => from === '3')?.edits.map(({ instead }) => instead)).toEqual([
      'uint256(4)',
      'uint256(4)',
    ])
    const inAssembly = sitesOf(within('assembly { c := N }', 'uint256 constant N = 3;\n'))
    expect(inAssembly).toEqual([])
  })
})

describe('switched', () => {
  const source = within(
    'if (a + 1 < b) { g(a); c = N; } assembly { c := add(c, mul(a, 2)) }',
    'uint256 constant N = 3;\n',
  )

  test('default: all changes beside one another, and the code compiles', () => {
    const units = unitsOf(source)
    const sites = findSoliditySites(units).get(FILE) ?? []
    expect(sites).toHaveLength(10)
    const text =
      switched(
        units,
        sites.map(({ edits }) => edits),
        './b.sol',
      ).get(FILE) ?? ''
    const whole = text.replace(/import [^;]*;/, '').concat('function mutant() pure returns (uint256) {}')
    unitsOf(whole)
    for (const [index] of sites.entries()) expect(whole).toMatch(new RegExp(`(?:[!=]= |mutant_, )${index + 1}[ )]`))
  })

  test('behavior: what nothing changes stays as it is', () => {
    expect(switched(unitsOf(source), [], './b.sol').get(FILE)).toBe(source)
  })
})

describe('linked', () => {
  test('default: the number wherever the library is named', () => {
    const hole = `__$${'a1'.repeat(17)}$__`
    expect(linked([`73${hole}00${hole}`, '00'], 26)).toEqual([
      `73${'1a'.padStart(40, '0')}00${'1a'.padStart(40, '0')}`,
      '00',
    ])
  })
})

/** Steps are not recorded: of these there are some millions, and the engine would keep each. */
const TURNS = 100_000
const MOST_MEMORY = 300 * 2 ** 20

/** Tests of one loop, whose set-up asks for the real time as the maker of what is tested does. */
function looping(loop: string): Promise<Bench> {
  const source = `pragma solidity 0.8.37;
interface RealTime { function unixTime() external returns (uint256); }
contract LoopTest {
    function setUp() public { RealTime(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D).unixTime(); }
    function test_loop() public pure { ${loop} }
}`
  const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } }
  const input = { language: 'Solidity', sources: { [FILE]: { content: source } }, settings: { outputSelection } }
  const { contracts } = JSON.parse(compile(JSON.stringify(input)))
  return Bench.open(contracts, { root: process.cwd(), fuzzSeed: `0x${'42'.repeat(32)}`, readable: [] })
}

describe('Bench', () => {
  test('behavior: a test that fails after many steps is not run again to record them', async () => {
    const bench = await looping(`uint256 a; for (uint256 i; i < ${TURNS}; ++i) a ^= i; require(a == 1);`)
    const before = process.resourceUsage().maxRSS
    expect(await bench.run([])).toEqual({ result: 'failed', by: 'LoopTest test_loop()' })
    expect((process.resourceUsage().maxRSS - before) * 1_024).toBeLessThan(MOST_MEMORY)
  })

  test('behavior: one that goes round in circles ends, and is told apart from one that fails', async () => {
    const bench = await looping('for (uint256 i = 1; i != 0;) i = i ^ 2;')
    expect(await bench.run([])).toEqual({ result: 'timedOut' })
  })
})
