import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Hex } from '../primitives/hex.ts'
import { ScopeError } from './errors.ts'

/** One place in the call data that a rule can speak of. */
export type FunctionInput = {
  /**
   * Parameter name; members of a struct and elements of an array without dynamic parts are listed one by one:
   * `params.amountIn`, `limits.0`. May be empty.
   */
  name: string
  /** Canonical ABI type: `uint256`, `(address,uint256)[]`. */
  type: string
  /** False where the head holds an offset instead of the value. */
  static: boolean
  /** Bytes after the selector. */
  headOffset: number
  /** Bytes in the head; 32 for every dynamic type. */
  size: number
}

export type ParsedFunction = {
  name: string
  /** Four bytes. */
  selector: Hex
  inputs: readonly FunctionInput[]
  /** Bytes of the whole head, without the selector. */
  headSize: number
  /** Canonical: `pay(address,uint256)`. */
  signature: string
}

const MAX_LENGTH = 2_000
const MAX_PARAMETERS = 64
const MAX_DEPTH = 8
/** Words in the head. Larger calls exist, larger pins do not. */
const MAX_WORDS = 2_048
/** Words of an array up to which its elements are listed: nobody writes conditions on more, and each place costs time. */
const MAX_LISTED_WORDS = 64

/** Words between the parameters and the end that say nothing about the call data. */
const MODIFIERS: ReadonlySet<string> = new Set(['external', 'public', 'payable', 'nonpayable', 'view', 'pure'])
/** Words between a type and a name that say nothing about the call data. */
const LOCATIONS: ReadonlySet<string> = new Set(['calldata', 'memory', 'storage', 'payable'])
const ELEMENTARY = /^(?:address|bool|string|bytes(?:[1-9]|[12][0-9]|3[0-2])?|u?int(?:[1-9][0-9]{0,2})?)$/

/**
 * Reads a Solidity signature with parameter names, for example `function pay(address to, uint256 amount)`.
 *
 * Structs are written out as `(address to, uint256 amount) params`; names of structs, enums and contracts are unknown
 * types. What follows the parameters (`external`, `returns (…)`) is read and dropped.
 *
 * @throws {@link ScopeError} `scope.invalid_function`, `scope.unknown_type`.
 */
export function parseFunction(signature: string): ParsedFunction {
  if (typeof signature !== 'string' || signature.length > MAX_LENGTH)
    throw invalid('', `at most ${MAX_LENGTH} characters`)
  const reader = new Reader(signature)
  reader.takeIf('function')
  const name = reader.identifier()
  const parameters = reader.parameters(0)
  while (MODIFIERS.has(reader.peek())) reader.take()
  if (reader.takeIf('returns')) reader.parameters(0)
  reader.takeIf(';')
  if (reader.peek() !== '') throw invalid(reader.peek(), 'the end')

  const inputs: FunctionInput[] = []
  const headSize = layOut(parameters, '', 0, inputs)
  if (headSize > MAX_WORDS * 32) throw invalid(name, `at most ${MAX_WORDS} words of arguments`)
  checkNames(inputs)
  const canonical = `${name}${tupleType(parameters)}`
  const selector: Hex = `0x${bytesToHex(keccak_256(utf8ToBytes(canonical))).slice(0, 8)}`
  return { name, selector, inputs, headSize, signature: canonical }
}

/** Where an argument stands; nothing for the empty name, which is that of whatever has none. */
export function inputNamed(parsed: ParsedFunction | undefined, name: string): FunctionInput | undefined {
  return name === '' ? undefined : parsed?.inputs.find((input) => input.name === name)
}

type Parameter = { name: string; type: Type }
type Type = { text: string; static: boolean; words: number; members?: readonly Parameter[] }

/**
 * Lists the places of a head from `offset` on; a static struct becomes its members, a static array its elements. Returns
 * the offset after it.
 */
function layOut(parameters: readonly Parameter[], prefix: string, offset: number, out: FunctionInput[]): number {
  let at = offset
  for (const { name, type } of parameters) {
    const path = name === '' ? '' : prefix + name
    if (type.members !== undefined && type.static) {
      // A member of a nameless struct has no name that a rule could use, and must not take one from elsewhere.
      layOut(type.members, name === '' ? '\0' : `${path}.`, at, out)
    } else {
      const addressable = !prefix.startsWith('\0')
      out.push({
        name: addressable ? path : '',
        type: type.text,
        static: type.static,
        headOffset: at,
        size: type.words * 32,
      })
    }
    at += type.words * 32
  }
  return at
}

/** Two parameters of one name would let a condition speak of the wrong one. */
function checkNames(inputs: readonly FunctionInput[]): void {
  const seen = new Set<string>()
  for (const { name } of inputs) {
    if (name !== '' && seen.has(name)) throw invalid(name, 'names that differ')
    seen.add(name)
  }
}

function tupleType(parameters: readonly Parameter[]): string {
  return `(${parameters.map(({ type }) => type.text).join(',')})`
}

/** Tokens are identifiers, numbers and single characters; one pass, no backtracking. */
class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#tokens = text.match(/[A-Za-z_$][A-Za-z0-9_$]*|[0-9]+|[^\s]/g) ?? []
  }

  peek(): string {
    return this.#tokens[this.#at] ?? ''
  }

  take(): string {
    const token = this.peek()
    this.#at++
    return token
  }

  takeIf(token: string): boolean {
    if (this.peek() !== token) return false
    this.#at++
    return true
  }

  expect(token: string): void {
    if (!this.takeIf(token)) throw invalid(this.peek(), token)
  }

  identifier(): string {
    if (!isIdentifier(this.peek())) throw invalid(this.peek(), 'a name')
    return this.take()
  }

  parameters(depth: number): Parameter[] {
    if (depth > MAX_DEPTH) throw invalid('(', `structs at most ${MAX_DEPTH} deep`)
    this.expect('(')
    const out: Parameter[] = []
    if (this.takeIf(')')) return out
    do {
      if (out.length === MAX_PARAMETERS) throw invalid(this.peek(), `at most ${MAX_PARAMETERS} parameters`)
      const type = this.#arrays(this.#base(depth))
      while (LOCATIONS.has(this.peek())) this.take()
      out.push({ name: isIdentifier(this.peek()) ? this.take() : '', type })
    } while (this.takeIf(','))
    this.expect(')')
    return out
  }

  #base(depth: number): Type {
    if (this.takeIf('tuple') || this.peek() === '(') {
      const members = this.parameters(depth + 1)
      if (members.length === 0) throw invalid('()', 'a struct with members')
      const fixed = members.every(({ type }) => type.static)
      const words = fixed ? members.reduce((sum, { type }) => sum + type.words, 0) : 1
      return { text: tupleType(members), static: fixed, words, members }
    }
    const word = this.identifier()
    const text = word === 'uint' || word === 'int' ? `${word}256` : word
    if (!ELEMENTARY.test(text) || !hasAllowedWidth(text)) throw unknownType(word)
    return { text, static: text !== 'string' && text !== 'bytes', words: 1 }
  }

  #arrays(base: Type): Type {
    let type = base
    for (let dimensions = 0; this.takeIf('['); dimensions++) {
      if (dimensions === MAX_DEPTH) throw invalid('[', `at most ${MAX_DEPTH} dimensions`)
      const size = this.peek() === ']' ? '' : this.take()
      if (size !== '' && !/^[1-9][0-9]{0,3}$/.test(size)) throw invalid(size, 'a size from 1 to 9999')
      this.expect(']')
      const fixed = size !== '' && type.static
      const words = fixed ? type.words * Number(size) : 1
      const element = type
      const text = `${element.text}[${size}]`
      if (words > MAX_WORDS) throw invalid(text, `at most ${MAX_WORDS} words of arguments`)
      const listed = fixed && words <= MAX_LISTED_WORDS
      const members = () => Array.from({ length: Number(size) }, (_, at) => ({ name: `${at}`, type: element }))
      type = { text, static: fixed, words, ...(listed && { members: members() }) }
    }
    return type
  }
}

function isIdentifier(token: string): boolean {
  return /^[A-Za-z_$]/.test(token)
}

/** Integers come in whole bytes up to 256 bits. */
function hasAllowedWidth(type: string): boolean {
  const digits = /^u?int([0-9]+)$/.exec(type)?.[1]
  if (digits === undefined) return true
  const bits = Number(digits)
  return bits % 8 === 0 && bits / 8 <= 32
}

function invalid(found: string, expected: string): ScopeError {
  return new ScopeError({
    code: 'scope.invalid_function',
    pointer: '',
    message: 'This is not a function signature.',
    value: found,
    bound: expected,
    fix: 'Write it as in Solidity, for example function pay(address to, uint256 amount).',
  })
}

function unknownType(type: string): ScopeError {
  return new ScopeError({
    code: 'scope.unknown_type',
    pointer: '',
    message: 'The ABI has no such type.',
    value: type,
    fix: 'Write enums as uint8, contracts as address and structs as (type name, …).',
  })
}
