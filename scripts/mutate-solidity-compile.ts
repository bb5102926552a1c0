import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { MutationError } from './mutate-errors.ts'
import { SWITCH, switched } from './mutate-solidity-switch.ts'
import type { Edit, Node, Units } from './mutate-solidity-tree.ts'

const FOLDER = 'contracts/enforcer'
/** What is deployed, each with the source it stands in: everything that is changed is part of one of them. */
const DEPLOYED = ['TaskScopeEnforcer', 'TaskScopeReader'] as const
const OUTPUTS = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']
const SWITCH_AT = `${FOLDER}/${SWITCH.name}.sol`
const MAKER_AT = `${FOLDER}/MutantMaker.t.sol`

/** Where the code of each of {@link DEPLOYED} stands while tests run, in the same order: no test needs to be compiled with it. */
export const CODE_AT = ['c0de0001', 'c0de0002'] as const

/** As the compiler gives them: hex without a prefix. */
export type Compiled = {
  abi: readonly { type: string; name?: string }[]
  evm: { bytecode: { object: string }; deployedBytecode: { object: string } }
}
type Contracts = Readonly<Record<string, Readonly<Record<string, Compiled>>>>
type Output = {
  errors?: readonly { severity: string; errorCode?: string; formattedMessage: string }[]
  sources?: Readonly<Record<string, { ast: Node }>>
  contracts?: Contracts
}
type Settings = {
  viaIR?: boolean
  outputSelection: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/**
 * The enforcer's sources, read once and compiled as often as asked, without the optimizer: what the code means is the same, in
 * two thirds of the time.
 */
export class Sources {
  readonly #texts: ReadonlyMap<string, string>
  readonly #evmVersion: string
  readonly #compile: (input: string) => string

  constructor(root: string, evmVersion: string) {
    const texts = new Map<string, string>()
    for (const file of readdirSync(join(root, FOLDER))) readInto(texts, root, `${FOLDER}/${file}`)
    this.#texts = texts
    this.#evmVersion = evmVersion
    // Takes a second to load: only when something is compiled.
    this.#compile = createRequire(import.meta.url)('solc').compile
  }

  /** What is changed: the enforcer and the reader with all their parts, each with its tree. */
  units(): Units {
    const texts = new Map([...this.#texts].filter(([file]) => !file.endsWith('.t.sol')))
    const { sources } = this.#run(texts, { outputSelection: { '*': { '': ['ast'] } } })
    const own = [...texts].filter(([file]) => file.startsWith(`${FOLDER}/`))
    return new Map(own.map(([file, source]) => [file, { source, ast: sources?.[file]?.ast as Node }]))
  }

  /** The creation code of each of {@link DEPLOYED} with all these changes in it, off until a number is linked in. */
  changed(units: Units, changes: readonly (readonly Edit[])[]): string[] {
    const texts = new Map([...this.#texts].filter(([file]) => !file.endsWith('.t.sol')))
    for (const [file, text] of switched(units, changes, `./${SWITCH.name}.sol`)) texts.set(file, text)
    texts.set(SWITCH_AT, SWITCH.text)
    const outputSelection = Object.fromEntries(DEPLOYED.map((name) => [`${FOLDER}/${name}.sol`, { [name]: OUTPUTS }]))
    const { contracts } = this.#run(texts, { viaIR: true, outputSelection })
    return DEPLOYED.map((name) => contracts?.[`${FOLDER}/${name}.sol`]?.[name]?.evm.bytecode.object ?? '')
  }

  /**
   * The tests, which take what they test from {@link CODE_AT}. Those that the older pipeline's stack does not hold are compiled
   * by the newer one, which takes ten times as long.
   */
  tests(): Contracts {
    const texts = new Map([...this.#texts].map(([file, text]) => [file, file.endsWith('.t.sol') ? made(text) : text]))
    texts.set(MAKER_AT, MAKER)
    const contracts: Record<string, Readonly<Record<string, Compiled>>> = {}
    for (const file of texts.keys()) {
      if (!file.endsWith('.t.sol')) continue
      const outputSelection = { [file]: { '*': OUTPUTS } }
      const old = this.#ask(texts, { outputSelection })
      const deep = old.errors?.some(({ formattedMessage }) => formattedMessage.includes('Stack too deep')) ?? false
      Object.assign(contracts, (deep ? this.#run(texts, { viaIR: true, outputSelection }) : checked(old)).contracts)
    }
    return contracts
  }

  #run(texts: ReadonlyMap<string, string>, settings: Settings): Output {
    return checked(this.#ask(texts, settings))
  }

  #ask(texts: ReadonlyMap<string, string>, settings: Settings): Output {
    const sources = Object.fromEntries([...texts].map(([file, content]) => [file, { content }]))
    const input = { language: 'Solidity', sources, settings: { ...settings, evmVersion: this.#evmVersion } }
    return JSON.parse(this.#compile(JSON.stringify(input)))
  }
}

function checked(output: Output): Output {
  const error = output.errors?.find(({ severity }) => severity === 'error')
  if (error === undefined) return output
  throw new MutationError('mutate.run_failed', 'The contracts cannot be compiled.', {
    details: { why: error.formattedMessage },
    fix: 'Run npm run test:solidity first; where that passes, the change has to be made in another way.',
  })
}

/** A source and all that it imports, by the paths that imports resolve to. */
function readInto(texts: Map<string, string>, root: string, file: string): void {
  if (texts.has(file)) return
  const text = readFileSync(join(root, file.startsWith('@') ? 'node_modules' : '', file), 'utf8')
  texts.set(file, text)
  for (const [, path = ''] of text.matchAll(/^import[^;"]*"([^"]+)";/gm)) {
    readInto(texts, root, path.startsWith('.') ? posix.join(posix.dirname(file), path) : path)
  }
}

/** A test that asks for what it tests instead of carrying its code. */
function made(text: string): string {
  const names = DEPLOYED.filter((name) => text.includes(`new ${name}(`)).map((name) => `make${name}`)
  if (names.length === 0) return text
  const replaced = text.replaceAll(new RegExp(`\\bnew (${DEPLOYED.join('|')})\\(`, 'g'), 'make$1(')
  return `${replaced}\nimport {${names.join(', ')}} from "./MutantMaker.t.sol";\n`
}

const MAKER = `// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {TaskScopeEnforcer} from "./TaskScopeEnforcer.sol";
import {TaskScopeReader} from "./TaskScopeReader.sol";

function makeTaskScopeEnforcer(address manager) returns (TaskScopeEnforcer) {
    return TaskScopeEnforcer(payable(make(address(uint160(0x${CODE_AT[0]})), abi.encode(manager))));
}

function makeTaskScopeReader(TaskScopeEnforcer enforcer, address manager) returns (TaskScopeReader) {
    return TaskScopeReader(make(address(uint160(0x${CODE_AT[1]})), abi.encode(enforcer, manager)));
}

interface RealTime {
    function unixTime() external returns (uint256);
}

/// @dev Asks for the real time first, and forgets it: what has asked for that cannot be repeated, so that the engine does not run a
/// failed test again to record its every step. Of a test that went round in circles these would fill tens of gigabytes.
function make(address code, bytes memory args) returns (address made) {
    RealTime(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D).unixTime();
    bytes memory creation = bytes.concat(code.code, args);
    assembly {
        made := create(0, add(creation, 32), mload(creation))
    }
    require(made != address(0), "not made");
}
`
