import { parseAmount } from '../../primitives/amount.ts'
import type { Address } from '../../primitives/hex.ts'
import { readHumanDuration } from '../../primitives/humanDuration.ts'
import { formatInstant, parseDuration, parseInstant, TimeError } from '../../primitives/time.ts'
import { attempt } from '../attempt.ts'
import { ScopeError, type ScopeIssue } from '../errors.ts'
import { DECIMAL } from '../forms.ts'
import { Report } from '../report.ts'
import type { Answers, Frame, Question } from './types.ts'

/** Longest answer that is looked at, characters: 256 accounts and what stands between them. */
const MAX_LENGTH = 16_384

/**
 * Reads answers, each as what its question asks for. A reader returns something also where it reports an issue, so that one
 * reading finds everything; `finish` throws before anybody can use such a value.
 */
export class AnswerReader {
  readonly #report = new Report()
  readonly #answers: Answers
  readonly #frame: Frame
  readonly #questions: ReadonlyMap<string, Question>

  constructor(questions: readonly Question[], answers: Answers, frame: Frame) {
    this.#answers = answers
    this.#frame = frame
    this.#questions = new Map(questions.map((question) => [question.name, question]))
    for (const name of Object.keys(answers)) {
      if (this.#questions.has(name)) continue
      const rest = { value: name, fix: `Answer these: ${[...this.#questions.keys()].join(', ')}.` }
      this.#report.add('scope.unknown_answer', `/${name}`, 'The template does not ask this.', rest)
    }
  }

  /** False where an optional question stayed open. */
  has(name: string): boolean {
    return this.#given(name) !== ''
  }

  text(name: string): string {
    const given = this.#given(name)
    if (given.length > MAX_LENGTH) return this.#bad(name, given.slice(0, 80), `at most ${MAX_LENGTH} characters`)
    if (given === '') {
      const rest = { value: name, fix: `Say: ${this.#questions.get(name)?.ask ?? name}.` }
      this.#report.add('scope.missing_answer', `/${name}`, 'The template needs this answer.', rest)
    }
    return given
  }

  choice(name: string): string {
    const given = this.text(name)
    const choices = this.#questions.get(name)?.choices ?? []
    return given === '' || choices.includes(given) ? given : this.#bad(name, given, choices.join(' or '))
  }

  account(name: string): Address {
    return this.#address(`/${name}`, this.text(name))
  }

  accounts(name: string): Address[] {
    const given = this.text(name).split(/[\s,]+/)
    return given.filter((one) => one !== '').map((one, index) => this.#address(`/${name}/${index}`, one))
  }

  /** An amount in display units, of `asset` where its decimals are known. More than zero unless `zero` is allowed. */
  amount(name: string, asset: Address | 'native', zero: 'zero' | 'positive' = 'positive'): string {
    const given = this.text(name)
    if (given === '') return '1'
    if (!DECIMAL.test(given)) return this.#bad(name, given, 'an amount such as 12.50', '1')
    return this.#report.amount(`/${name}`, given, this.#decimals(asset), zero)
  }

  /** The same in base units, for an argument of a call. */
  units(name: string, asset: Address | 'native'): bigint {
    const given = this.amount(name, asset)
    const decimals = this.#decimals(asset)
    if (decimals !== undefined) return this.#hasIssue(name) ? 1n : parseAmount(given, decimals)
    const rest = { value: asset, fix: 'Name a chain to read them from.' }
    this.#report.add('scope.unknown_decimals', `/${name}`, 'The decimals of this token are not known.', rest)
    return 1n
  }

  /** A whole number from 1 to `most`. */
  count(name: string, most: number): number {
    const given = this.text(name)
    if (given === '') return 1
    const value = /^[1-9][0-9]{0,9}$/.test(given) ? Number(given) : 0
    if (value >= 1 && value <= most) return value
    this.#bad(name, given, `a whole number from 1 to ${most}`)
    return 1
  }

  /** Seconds of a length of time, a minute at the least. */
  seconds(name: string): bigint {
    const given = this.text(name)
    if (given === '') return 60n
    const iso = readHumanDuration(given)
    const seconds =
      iso === undefined
        ? 0n
        : attempt(
            () => parseDuration(iso),
            TimeError,
            () => 0n,
          )
    if (seconds >= 60n) return seconds
    this.#bad(name, given, 'a length of time of a minute or more, such as 30d or 12h')
    return 60n
  }

  /** Unix seconds of an end: a length of time from now, or an instant. In the future. */
  end(name: string): bigint {
    const given = this.text(name)
    if (given === '' || !/^[0-9]{4}-/.test(given)) return this.#frame.now + (given === '' ? 60n : this.seconds(name))
    const end = attempt(
      () => parseInstant(given),
      TimeError,
      () => 0n,
    )
    if (end > this.#frame.now) return end
    this.#bad(name, given, `an instant after ${formatInstant(this.#frame.now)}`)
    return this.#frame.now + 60n
  }

  /** Something that only the template can see. */
  refuse(
    name: string,
    code: ScopeIssue['code'],
    message: string,
    rest: Pick<ScopeIssue, 'fix' | 'value' | 'bound'>,
  ): void {
    this.#report.add(code, `/${name}`, message, rest)
  }

  /**
   * @throws {@link ScopeError} if anything was reported: in the order in which people are asked, each thing once however often
   * an answer was read.
   */
  finish(): void {
    const once = new Map(this.#report.issues.map((issue) => [`${issue.code} ${issue.pointer}`, issue]))
    const names = [...this.#questions.keys()]
    const place = ({ pointer }: ScopeIssue) => names.indexOf(pointer.split('/')[1] ?? '')
    const [first, ...others] = [...once.values()].sort((a, b) => place(a) - place(b))
    if (first !== undefined) throw new ScopeError(first, ...others)
  }

  #given(name: string): string {
    const answer = Object.hasOwn(this.#answers, name) ? (this.#answers[name] ?? '').trim() : ''
    return answer === '' ? (this.#questions.get(name)?.default ?? '') : answer
  }

  #decimals(asset: Address | 'native'): number | undefined {
    return asset === 'native' ? 18 : this.#frame.assets?.[asset]?.decimals
  }

  /** Nothing is said twice: what is missing was reported as that. */
  #address(pointer: string, text: string): Address {
    return text === '' ? `0x${'00'.repeat(20)}` : this.#report.account(pointer, text)
  }

  #hasIssue(name: string): boolean {
    return this.#report.issues.some(({ pointer }) => pointer === `/${name}`)
  }

  #bad(name: string, value: string, bound: string, instead = ''): string {
    const rest = { value, bound, fix: `Write ${this.#questions.get(name)?.example ?? bound}, for example.` }
    this.#report.add('scope.bad_answer', `/${name}`, 'This is no answer to the question.', rest)
    return instead
  }
}
