import type { ReceiptFilter, ReceiptRow, ReceiptSource } from '../../console/source.ts'
import { AmbitError } from '../../errors.ts'
import type { Bundle } from '../../receipt/bundle.ts'
import type { Statement } from '../../receipt/statement.ts'
import type { Scope } from '../../scope/types.ts'
import type { Trust, VerifyOptions } from '../../verification/index.ts'
import { splitBundles } from '../bundles.ts'
import type { Context } from '../command.ts'
import { environmentsOf } from '../commands/verify.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { type Entry, Journal } from '../journal.ts'
import { readTrust } from '../trust.ts'

/** Receipts of one file: each takes some milliseconds, and somebody waits for the page. */
const MAX_RECEIPTS = 500

/** The journal of this machine, and files that are brought to it. Nothing is asked of any chain. */
export function receiptSource(context: Context): ReceiptSource {
  const journal = () => new Journal(context)
  return {
    async page({ kind, grant, before, most }) {
      const entries = journal()
        .entries()
        .filter(({ seq }) => before === null || seq < before)
        .reverse()
      const rows: ReceiptRow[] = []
      let unreadable = 0
      for (const entry of entries) {
        const statement = await readable(journal(), entry)
        if (statement === undefined) unreadable++
        if (statement === undefined || !isMeant(statement, kind) || (grant !== null && statement.grant.id !== grant))
          continue
        if (rows.length === most) return { rows, older: true, unreadable }
        rows.push(await rowOf(context, journal(), entry, statement))
      }
      return { rows, older: false, unreadable }
    },
    async receipt(seq) {
      const entry = journal()
        .entries()
        .find((one) => one.seq === seq)
      if (entry === undefined) return undefined
      return rowOf(context, journal(), entry, await journal().statement(entry))
    },
    all: async () =>
      journal()
        .entries()
        .map((entry) => journal().text(entry))
        .join(''),
    async verify(text, keySet) {
      const found = splitBundles('file', text)
      if (found.length > MAX_RECEIPTS) {
        throw new CliError('cli.file_too_large', EXIT.usage, 'This holds too many receipts for a page.', {
          details: { receipts: found.length, most: MAX_RECEIPTS },
          fix: 'Check it in a terminal: `ambit verify <file>`.',
        })
      }
      const { verifyJournal } = await import('../../verification/index.ts')
      const trust = keySet === undefined ? await ownTrust(context) : await trustIn(keySet)
      const texts = found.map((bundle) => bundle.text)
      const environment = await environmentsOf(context, found)
      return { verification: await verifyJournal(texts, { trust, environment }), texts }
    },
  }
}

/** `undefined` for a damaged one: it hides no other, and `ambit verify` says which it is. */
async function readable(journal: Journal, entry: Entry): Promise<Statement | undefined> {
  try {
    return await journal.statement(entry)
  } catch (error) {
    if (error instanceof AmbitError) return undefined
    throw error
  }
}

function isMeant(statement: Statement, kind: ReceiptFilter | null): boolean {
  if (kind === null) return true
  if (kind !== 'refusal') return statement.kind === kind
  return statement.kind === 'decision' && statement.verdict.result !== 'allowed'
}

async function rowOf(context: Context, journal: Journal, entry: Entry, statement: Statement): Promise<ReceiptRow> {
  const { verifyBundle } = await import('../../verification/index.ts')
  const text = journal.text(entry)
  const options: VerifyOptions = {
    trust: await ownTrust(context),
    environment: await environmentsOf(context, [{ from: entry.path, text }]),
  }
  const { scope, calls } = await evidenceIn(text, statement)
  return {
    seq: entry.seq,
    id: entry.id,
    statement,
    text,
    verification: await verifyBundle(text, options),
    scope,
    calls,
  }
}

/** Always this machine's own: `--trust` is of another command. */
function ownTrust(context: Context): Promise<Trust> {
  return readTrust({ ...context, options: {} })
}

async function trustIn(text: string): Promise<Trust> {
  const { parseKeySet } = await import('../../receipt/keys.ts')
  const { iss, keys } = parseKeySet(text)
  return { issuers: [{ iss, keys }] }
}

/** What the evidence says beside the statement, as far as the statement commits to it. */
async function evidenceIn(text: string, statement: Statement): Promise<Pick<ReceiptRow, 'scope' | 'calls'>> {
  const { parseBundle } = await import('../../receipt/bundle.ts')
  const { decodeRequestEvidence } = await import('../../receipt/evidence.ts')
  const { parseGrant } = await import('../../grant/parse.ts')
  const { callsInWords } = await import('../../redemption/callWords.ts')
  const { encodeCalls } = await import('../../delegation/execution.ts')
  try {
    const bundle = parseBundle(text)
    const grant = await committed(bundle, statement, 'grant')
    const request = await committed(bundle, statement, 'request')
    const scope = grant === undefined ? undefined : (parseGrant(new TextDecoder().decode(grant)).scopes.at(-1) as Scope)
    const asked = request === undefined ? undefined : decodeRequestEvidence(request).request
    const known = scope ?? { assets: {}, rules: [] }
    return {
      scope: scope ?? null,
      calls: asked === undefined ? null : callsInWords(encodeCalls(asked.calls), known).map(({ sentence }) => sentence),
    }
  } catch (error) {
    // A damaged one is shown as that, by its checks; it must not take the page with it.
    if (!(error instanceof AmbitError)) throw error
    return { scope: null, calls: null }
  }
}

async function committed(bundle: Bundle, { evidence }: Statement, id: string): Promise<Uint8Array | undefined> {
  const { digest } = await import('../../receipt/bytes.ts')
  const bytes = bundle.evidence[id]
  const wanted = evidence.find((blob) => blob.id === id)?.sha256
  return bytes !== undefined && digest(bytes) === wanted ? bytes : undefined
}
