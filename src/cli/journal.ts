import { AmbitError } from '../errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import type { Drafted } from '../receipt/draft.ts'
import type { Head } from '../receipt/issue.ts'
import type { Kind, Statement } from '../receipt/statement.ts'
import type { Context } from './command.ts'
import { CliError, HomeError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Home } from './home.ts'
import { openIssuer } from './issuer.ts'
import { takeLock } from './lock.ts'

/** A receipt on disk. */
export type Entry = { seq: number; id: string; path: string }
export type Recorded = Entry & { statement: Statement }

const FOLDER = 'receipts'
const HEAD = 'head.json'

/**
 * The receipts of this machine: one bundle a file, named by place and id, and a head that says where the next one goes.
 *
 * Order of writes: the receipt, durably, then the head. A crash between the two leaves a head that is behind, which is
 * seen (the folder has more) and computed anew. A head that is *ahead* means that a receipt is gone: then nothing is
 * issued, because a second receipt in one place forks the journal.
 */
export class Journal {
  readonly #context: Context
  readonly #home: Home

  constructor(context: Context) {
    this.#context = context
    this.#home = context.home()
  }

  /** Signs a draft, keeps it, and says where. What a crash left without its receipt gets it first. */
  async issue<kind extends Kind>(drafted: Drafted<kind>): Promise<Recorded> {
    const { settleStops } = await import('./stopReceipts.ts')
    await settleStops(this.#context, this)
    return this.append(drafted)
  }

  /** The same for a receipt that is itself owed. */
  async append<kind extends Kind>(drafted: Drafted<kind>): Promise<Recorded> {
    const { encodeBundle } = await import('../receipt/bundle.ts')
    const { issueReceipt } = await import('../receipt/issue.ts')
    const release = await takeLock(this.#home, 'receipts', () =>
      this.#context.output.progress('Waiting for the journal…'),
    )
    try {
      const { identity, signer } = await openIssuer(this.#home)
      const head = await this.#head()
      const now = this.#context.now()
      const issued = await issueReceipt(drafted.draft, { signer, issuer: identity, head, now })
      const path = this.#home.file(FOLDER, fileOf(issued.statement.seq, issued.id))
      this.#home.create(path, encodeBundle({ receipt: issued.token, evidence: drafted.evidence }))
      this.#writeHead(issued.head)
      return { seq: issued.statement.seq, id: issued.id, path, statement: issued.statement }
    } finally {
      release()
    }
  }

  /** Everything there is, oldest first. */
  entries(): Entry[] {
    return this.#home.list(FOLDER).flatMap((name) => {
      const [, seq, id] = /^([0-9]{10})-([A-Za-z0-9_-]{43})$/.exec(name) ?? []
      if (seq === undefined || id === undefined) return []
      return [{ seq: Number(seq), id, path: this.#home.file(FOLDER, `${name}.json`) }]
    })
  }

  /**
   * One receipt by place (`#3` or `3`) or by the beginning of its id.
   *
   * @throws {@link CliError} `cli.not_found`, `cli.ambiguous`.
   */
  find(reference: string): Entry {
    const seq = /^#?([0-9]{1,10})$/.exec(reference)?.[1]
    const found = this.entries().filter((entry) =>
      seq === undefined ? entry.id.startsWith(reference) && reference.length >= 4 : entry.seq === Number(seq),
    )
    const [first, second] = found
    if (first !== undefined && second === undefined) return first
    if (first === undefined) {
      throw new CliError('cli.not_found', EXIT.usage, 'There is no such receipt.', {
        details: { receipt: reference },
        fix: 'See `ambit receipts ls`; give its number, or four or more characters of its id.',
      })
    }
    throw new CliError('cli.ambiguous', EXIT.usage, 'Several receipts begin like this.', {
      details: { receipt: reference, matches: found.map(({ id }) => id) },
      fix: 'Give more of the id, or the number.',
    })
  }

  /** Where the head says that the journal ends; `undefined` where there is no head to ask. */
  lastKnown(): { seq: number; id: string } | undefined {
    const head = this.#readHead()
    return head?.id === undefined ? undefined : { seq: head.seq, id: head.id }
  }

  /** True when a decision already has the receipt of what became of it in the end: a second one would tell two stories. */
  async hasSettled(decision: string): Promise<boolean> {
    // Newest first, back to the decision itself: nothing about it was issued before it.
    for (const entry of this.entries().reverse()) {
      if (entry.id === decision) return false
      const statement = await this.statement(entry)
      if (statement.kind !== 'outcome' || statement.decision !== decision) continue
      if (statement.outcome.status !== 'pending' && statement.outcome.status !== 'unknown') return true
    }
    return false
  }

  /** The grant in the newest receipt of its granting: its own copy, which no change of a file reaches. */
  async grantOf(id: Hex): Promise<Grant | undefined> {
    const { parseGrant } = await import('../grant/parse.ts')
    const { parseBundle } = await import('../receipt/bundle.ts')
    const { digest } = await import('../receipt/bytes.ts')
    for (const entry of this.entries().reverse()) {
      try {
        const { kind, grant, evidence } = await this.statement(entry)
        const bytes = kind === 'grant' && grant.id === id ? parseBundle(this.text(entry)).evidence['grant'] : undefined
        const committed = evidence.find((blob) => blob.id === 'grant')?.sha256
        if (bytes !== undefined && digest(bytes) === committed) return parseGrant(new TextDecoder().decode(bytes))
      } catch (error) {
        // A damaged receipt must not keep anybody from ending a grant: there may be an older one.
        if (!(error instanceof AmbitError)) throw error
      }
    }
    return undefined
  }

  /** The bundle as it was written. */
  text(entry: Entry): string {
    return this.#home.read(entry.path) ?? ''
  }

  /** What a receipt of ours says. Not verified: `ambit verify` does that. */
  async statement(entry: Entry): Promise<Statement> {
    const { parseBundle } = await import('../receipt/bundle.ts')
    const { parseStatement } = await import('../receipt/statement.ts')
    const { parseToken } = await import('../receipt/token.ts')
    const token = parseToken(parseBundle(this.text(entry)).receipt)
    if (token.id !== entry.id) throw damaged('the id of a receipt is not that of its file', entry.path)
    return parseStatement(token.payload)
  }

  async #head(): Promise<Head> {
    const entries = this.entries()
    const last = entries.at(-1)
    const kept = this.#readHead()
    if (kept !== undefined && kept.seq === (last?.seq ?? 0) && kept.id === last?.id) return kept
    if (kept !== undefined && kept.seq > (last?.seq ?? 0)) throw damaged('receipts are missing at the end', FOLDER)
    if (last !== undefined) this.#context.output.progress('Computing the head of the journal anew…')
    const head = await this.#recompute(entries)
    this.#writeHead(head)
    return head
  }

  async #recompute(entries: readonly Entry[]): Promise<Head> {
    let head: Head = { seq: 0, roots: {} }
    for (const entry of entries) {
      const statement = await this.statement(entry)
      const linked = statement.seq === head.seq + 1 && statement.seq === entry.seq && statement.prev === head.id
      if (!linked) throw damaged('a receipt does not continue the one before it', entry.path)
      const roots = statement.roots.map(({ delegation, seq }) => [delegation, { seq, id: entry.id }] as const)
      head = { seq: entry.seq, id: entry.id, roots: { ...head.roots, ...Object.fromEntries(roots) } }
    }
    return head
  }

  #readHead(): Head | undefined {
    const text = this.#home.read(this.#home.top(`receipts-${HEAD}`))
    if (text === undefined) return undefined
    try {
      const head = parseJson(text) as Head
      return Number.isSafeInteger(head.seq) && typeof head.roots === 'object' ? head : undefined
    } catch {
      // Torn or edited: the receipts themselves say where the next one goes.
      return undefined
    }
  }

  #writeHead(head: Head): void {
    this.#home.write(this.#home.top(`receipts-${HEAD}`), `${JSON.stringify(head)}\n`)
  }
}

function fileOf(seq: number, id: string): string {
  return `${seq.toString().padStart(10, '0')}-${id}.json`
}

function damaged(why: string, path: string): HomeError {
  return new HomeError('home.damaged', 'The journal of receipts is damaged.', {
    details: { why, path },
    fix: 'Restore the receipts from a backup, or move the folder away and delete issuer.jwk to begin anew.',
  })
}
