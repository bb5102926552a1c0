import { createRequire } from 'node:module'
import type { Artifact, EdrContext, SolidityTestRunnerConfigArgs, SuiteResult } from '@nomicfoundation/edr'
import { MutationError } from './mutate-errors.ts'
import type { Run } from './mutate-run.ts'
import { CODE_AT, type Compiled } from './mutate-solidity-compile.ts'

/**
 * What a test may take, or a fuzzed one with each set of arguments: more goes round in circles. The dearest take a third and a
 * fifth of it. A bound in gas, and not in time, that a busy machine cannot reach.
 */
const GAS_LIMITS = { '^test_': 500_000_000n, '^testFuzz_': 50_000_000n } as const
type Pattern = keyof typeof GAS_LIMITS

// Hardhat's own engine, of the version that Hardhat names.
const edr: typeof import('@nomicfoundation/edr') = createRequire(createRequire(import.meta.url).resolve('hardhat'))(
  '@nomicfoundation/edr',
)

/** One contract of tests, of which either those with fixed arguments run or the fuzzed ones. */
type Suite = { id: Artifact['id']; pattern: Pattern }

export type BenchOptions = {
  root: string
  /** Of fuzzed arguments, 32 bytes hex. */
  fuzzSeed: string
  /** Folders that tests may read, relative to the root. */
  readable: readonly string[]
}

/** Runs compiled tests against any code, in one process that stays: nothing is compiled in between. */
export class Bench {
  readonly #options: BenchOptions
  readonly #context: EdrContext
  readonly #artifacts: Artifact[]
  /** The quickest first, once it is known. */
  #suites: readonly Suite[]

  private constructor(context: EdrContext, artifacts: Artifact[], options: BenchOptions) {
    this.#context = context
    this.#artifacts = artifacts
    this.#options = options
    const ids = artifacts.filter(({ contract }) => isSuite(JSON.parse(contract.abi))).map(({ id }) => id)
    this.#suites = (['^test_', '^testFuzz_'] as const).flatMap((pattern) => ids.map((id) => ({ id, pattern })))
  }

  static async open(
    tests: Readonly<Record<string, Readonly<Record<string, Compiled>>>>,
    options: BenchOptions,
  ): Promise<Bench> {
    engine ??= openEngine()
    const context = await engine
    const artifacts = Object.entries(tests).flatMap(([source, contracts]) =>
      Object.entries(contracts)
        .filter(([, { evm }]) => evm.bytecode.object !== '')
        .map(([name, compiled]) => artifactOf(source, name, compiled)),
    )
    return new Bench(context, artifacts, options)
  }

  /**
   * Runs the tests against this code, up to the first suite that fails.
   *
   * @param code - Creation code of what is tested, hex, in the order of {@link CODE_AT}.
   * @throws {@link MutationError} `mutate.run_failed` where there is no test: that kills no mutant.
   */
  async run(code: readonly string[]): Promise<Run> {
    const took = new Map<Suite, number>()
    let ran = 0
    for (const suite of this.#suites) {
      const started = performance.now()
      const { testResults } = await this.#runSuite(suite, code)
      ran += testResults.length
      const failed = testResults.filter(({ status }) => status !== 'Success')
      const first = failed[0]
      if (first !== undefined) {
        if (failed.every(({ reason }) => reason?.includes('OutOfGas') === true)) return { result: 'timedOut' }
        return { result: 'failed', by: `${suite.id.name} ${first.name}` }
      }
      took.set(suite, performance.now() - started)
    }
    if (ran === 0)
      throw new MutationError('mutate.run_failed', 'No test was found.', { fix: 'Run npm run test:solidity.' })
    this.#suites = [...took].sort(([, a], [, b]) => a - b).map(([suite]) => suite)
    return { result: 'passed', took: new Map([...took].map(([{ id, pattern }, time]) => [id.name + pattern, time])) }
  }

  /** The engine may end before it has told of the suite: what it tells is waited for. */
  async #runSuite({ id, pattern }: Suite, code: readonly string[]): Promise<SuiteResult> {
    const config = configOf(pattern, code, this.#options)
    return new Promise((done, fail) => {
      this.#context.runSolidityTests(edr.L1_CHAIN_TYPE, this.#artifacts, [id], config, {}, done).catch(fail)
    })
  }
}

/** One a process. */
let engine: Promise<EdrContext> | undefined

async function openEngine(): Promise<EdrContext> {
  const context = new edr.EdrContext()
  await context.registerSolidityTestRunnerFactory(edr.L1_CHAIN_TYPE, edr.l1SolidityTestRunnerFactory())
  return context
}

function configOf(pattern: Pattern, code: readonly string[], options: BenchOptions): SolidityTestRunnerConfigArgs {
  const { root, fuzzSeed, readable } = options
  // As Hardhat does where no network is named.
  const specification = edr.l1HardforkLatest()
  return {
    projectRoot: root,
    hardfork: edr.l1HardforkToString(specification),
    testPattern: pattern,
    fsPermissions: readable.map((path) => ({ access: edr.FsAccessPermission.ReadDirectory, path })),
    localPredeploys: [
      ...edr.l1GenesisState(specification),
      ...code.map((hex, index) => ({ address: bytesOf((CODE_AT[index] ?? '').padStart(40, '0')), code: bytesOf(hex) })),
    ],
    fuzz: { seed: fuzzSeed },
    gasLimit: GAS_LIMITS[pattern],
    disableBlockGasLimit: true,
    disableTransactionGasCap: true,
  }
}

function artifactOf(source: string, name: string, { abi, evm }: Compiled): Artifact {
  return {
    id: { name, source, solcVersion: '0.8.37' },
    contract: {
      abi: JSON.stringify(abi),
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      linkReferences: {},
      deployedLinkReferences: {},
    },
  }
}

function isSuite(abi: Compiled['abi']): boolean {
  return abi.some(({ type, name }) => type === 'function' && name?.startsWith('test') === true)
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
